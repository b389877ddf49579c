"""A form as a mail of ours may carry it, for tests of the reader. The reader must work with any text like it."""

from __future__ import annotations

from collections.abc import Sequence

from ranmailbot.call.call import ProfileLine, Question
from ranmailbot.mail.form import SentForm, closing_line, printed_profile_line, printed_question

QUESTIONS = (
    Question(1, "What is your experience in dealing with female returnees in prison?"),
    Question(2, "What is your experience in dealing with imprisoned FTF parents and their children?"),
    Question(3, "What are the specific challenges you face?"),
    Question(4, "Can you share a story about a professional challenge or a successful activity?"),
)
PROFILE = (
    ProfileLine("name", "Your name"),
    ProfileLine("organisation", "Your organisation"),
    ProfileLine("role", "Your role"),
    ProfileLine("country", "Your country"),
)
TITLE = "Multi-agency cooperation in dealing with imprisoned female returnees and protecting children’s rights"
SUBJECT = "RAN PRISONS online meeting: call for participants"
NAME = "RAN PRISONS call"
ADDRESS = "prisons-call@ran.example"
OURS = (NAME, ADDRESS, SUBJECT, TITLE)

INTRODUCTION = f"""RAN PRISONS Working Group
RAN PRISONS online meeting

Dear colleague,

We are looking for participants for this meeting:

{TITLE}

It takes place online on two mornings, in English, without interpretation.

Whom we are looking for

- Prison staff: correctional officers, prison management, psychologists
- External practitioners who work inside prisons and with the children

How to apply: reply to this mail and write below each question. Short answers are welcome. You may also write your \
answers at the top of your mail, with the numbers of the questions. No attachment and no account is needed.

Please do not make any prisoner, child or colleague recognisable.
"""

FOOT = """You will get an answer within minutes that says what we understood and what is missing.

----------
To withdraw, or to get no more mail about this call, reply with the one word "withdraw". To see or erase your data, \
reply "my data" or "erase".

Responsible for your data: the RAN PRISONS secretariat. Data protection contact: privacy@ran.example.
"""


def printed_then(question: Question, total: int) -> str:
    """As forms were printed when eight words counted as short: the reader knows what was sent, not how forms look
    today.
    """
    if len(question.text.split()) == 7:
        return f"Question {question.number} of {total}: {question.text} — please write your answer below this line"
    return printed_question(question, total)


def sent_form(
    questions: Sequence[Question] = QUESTIONS,
    profile: Sequence[ProfileLine] = PROFILE,
    introduction: str = INTRODUCTION,
    foot: str = FOOT,
) -> SentForm:
    """A form mail of ours: introduction, profile lines, questions with room for answers, closing line, foot."""
    blocks = [introduction]
    if profile:
        blocks.append("About you (optional)\n\n" + "\n".join(map(printed_profile_line, profile)) + "\n")
    blocks += [f"{printed_then(question, 4)}\n\n\n" for question in questions]
    if questions:
        blocks.append(closing_line("ran-prisons-2022", "k3v9x") + "\n")
    blocks.append(foot)
    return SentForm("<form@ran.example>", "\n".join(blocks), tuple(questions), tuple(profile), OURS)


FORM = sent_form()
