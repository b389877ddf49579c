"""What people put around an answer that is no part of it: "Answer:" before it, "[...]" after it.

Fear: taking a word that says something. Only names of an answer with a colon, with no number but the question's own,
and only brackets that hold nothing. Known limit: languages that are not listed keep their "Answer:".
"""

from __future__ import annotations

import re

from ranmailbot.mail.layout import Layout, Span

_NAMES = (
    "answer|ans|my answer|reply|response|a|antwort|meine antwort|réponse|reponse|ma réponse|r|risposta|respuesta|resposta"
    "|antwoord|svar|vastaus|vastus|atbilde|atsakymas|odpowiedź|odpověď|odpoveď|odgovor|válasz|răspuns|отговор|ответ"
    "|відповідь|απάντηση|cevap|yanıt|תשובה|الجواب|الإجابة"
)
_BEFORE = re.compile(
    rf"[\s*_>-]*(?:{_NAMES})[ \t*_.#]*(?:(?P<number>\d{{1,2}})[ \t*_]*[:.)]|[:：])[*_]*\s*", re.IGNORECASE
)
_AFTER = re.compile(r"\s*(?:[\[(<](?:\.{2,4}|…|snip|cut|gekürzt)[\])>]\s*)+$", re.IGNORECASE)
_LONGEST = 60


def trimmed_answer(layout: Layout, question: int, spans: tuple[Span, ...]) -> tuple[tuple[Span, ...], list[Span]]:
    """The spans of an answer without what only says that it is one, and the marks; as given if nothing would be left."""
    marks: list[Span] = []
    start, end = spans[0]
    before = _BEFORE.match(layout.text, start, min(end, start + _LONGEST))
    if before is not None and before["number"] in (None, str(question)) and before.end() < end:
        marks.append((start, before.end()))
        spans = (layout.trimmed((before.end(), end)), *spans[1:])
    start, end = spans[-1]
    after = _AFTER.search(layout.text, max(start, end - _LONGEST), end)
    if after is not None and after.start() > start:
        marks.append((after.start(), end))
        spans = (*spans[:-1], layout.trimmed((start, after.start())))
    return spans, marks
