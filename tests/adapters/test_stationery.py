"""What every mail of ours promises, whoever it goes to."""

from __future__ import annotations

import html
import os
import re
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.header import decode_header
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from ranmailbot.adapters.jinja import MOST_HTML, JinjaStationery
from ranmailbot.call.call import Call, MeetingRoom, Person, Privacy, ProfileLine, Question, Session
from ranmailbot.mail import assembly
from ranmailbot.mail.address import Address
from ranmailbot.mail.answers import read_answers
from ranmailbot.mail.form import blank_form, printed_question
from ranmailbot.mail.letter import Line, VisibleText
from ranmailbot.mail.outgoing import CalendarWish, Draft, OutgoingMail
from ranmailbot.mail.sample_drafts import SAMPLE_EVENT, SAMPLE_MESSAGE_ID, SAMPLE_ROOM, sample_drafts, sample_name
from ranmailbot.ports import TemplateFault

ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "templates"
GOLDEN = ROOT / "tests" / "golden"
DATE = datetime(2022, 3, 1, 9, 0, tzinfo=UTC)
KINDS = (
    *("announcement", "form", "acknowledgement", "deadline_reminder", "deadline_notice", "closing", "invitation"),
    *("regret", "rsvp_reminder", "rsvp_receipt", "session_details", "session_reminder", "thanks", "withdrawn"),
    *("withdrawal_check", "correction_check", "participant_check", "passed_on"),
    *("digest", "decision_receipt", "decision_refused", "alarm"),
)
TO_ORGANISERS = {"digest", "decision_receipt", "decision_refused", "alarm"}


def room(number: int) -> MeetingRoom:
    return MeetingRoom(
        join_url=f"https://meet.example.org/ran/j.php?MTID=m{number}d1c0b5e93a24f68&lang=en",
        meeting_number=f"2741 000 010{number}",
        password=f"harbour-lantern-{number}",
        numeric_password=f"4051726{number}",
        video_address=f"2741000010{number}@meet.example.org",
        phones=(),
        approved_by="ilse@ran.example",
        approved_at=DATE,
    )


def session(number: int) -> Session:
    start = datetime(2022, 4, 4 + number, 7, 0, tzinfo=UTC)
    end = start + timedelta(hours=3, minutes=30)
    return Session(
        f"day-{number}", number, f"Day {number}", start, end, "Europe/Brussels", "Online", True, room(number)
    )


CALL = Call(
    key="sample-2022",
    title="Working together & staying well: a meeting <for> practitioners",
    caller="Sample Working Group",
    partners="with input from Another Group",
    short_title="Sample online meeting",
    summary=("What the meeting is about.", "Why it matters."),
    audiences=("Staff: officers and managers", "Partners from outside"),
    places=24,
    language="en",
    language_note="The meeting is held in English, without interpretation",
    rule="Chatham House Rule: what is said may be used, never who said it.",
    zone="Europe/Brussels",
    published=datetime(2022, 2, 28, 23, 0, tzinfo=UTC),
    deadline=datetime(2022, 3, 10, 23, 0, tzinfo=UTC),
    questions=(
        Question(1, "What is your experience in working with other agencies in your field?"),
        Question(2, "What are the most important problems that you meet in your daily work?"),
        Question(3, "Your story"),
    ),
    profile_lines=(ProfileLine("name", "Your name"), ProfileLine("country", "Your country")),
    sessions=(session(1), session(2)),
    contacts=(Person("Contact One", "one@ran.example"), Person("Contact Two", "two@ran.example")),
    organisers=(Person("Ilse Maren", "ilse@ran.example"),),
    mailbox=Person("Sample call", "call@ran.example"),
    privacy=Privacy(
        controller="The Sample Secretariat",
        data_protection_contact="privacy@ran.example",
        legal_basis="Your consent",
        retention="30 days after the meeting",
        processors="The provider of this mailbox",
        notice="Only the organisers read\nyour application.\n\nYou may ask what we hold.",
    ),
    timeline=(),
)
STATIONERY = JinjaStationery(CALL, TEMPLATES)
SAMPLES = sample_drafts(CALL)


def write(draft: Draft, stationery: JinjaStationery = STATIONERY) -> OutgoingMail:
    return stationery.write(draft, SAMPLE_MESSAGE_ID, DATE, SAMPLE_EVENT if draft.calendar else None)


def parsed(mail: OutgoingMail) -> EmailMessage:
    return message_from_bytes(mail.content, policy=policy.default)  # type: ignore[return-value]


def part(mail: OutgoingMail, content_type: str) -> str:
    contents = (p.get_content() for p in parsed(mail).walk() if p.get_content_type() == content_type)
    return next(contents).replace("\r\n", "\n")


def sample(kind: str, number: int = 0) -> Draft:
    return [draft for draft in SAMPLES if draft.kind == kind][number]


def everything_shown(mail: OutgoingMail) -> str:
    page = html.unescape(part(mail, "text/html"))
    return f"{mail.subject}\n{part(mail, 'text/plain')}\n{page}"


def named_samples() -> list[tuple[str, Draft]]:
    names: list[str] = []
    for draft in SAMPLES:
        names.append(sample_name(draft, names))
    return list(zip(names, SAMPLES, strict=True))


each_sample = pytest.mark.parametrize("draft", [d for _, d in named_samples()], ids=[n for n, _ in named_samples()])


# --- all mails ---


def test_there_is_a_sample_of_every_kind():
    assert {draft.kind for draft in SAMPLES} == set(KINDS)


def test_every_kind_renders_and_says_the_same_words_in_text_and_html():
    assert STATIONERY.check() == []


@each_sample
def test_a_mail_has_one_recipient_and_no_copies(draft):
    message = parsed(write(draft))
    assert message.get_all("To") is not None
    assert [a.addr_spec for a in message["To"].addresses] == [draft.to.email]
    assert len(message.get_all("To")) == 1
    assert message["Cc"] is None
    assert message["Bcc"] is None
    assert message["Precedence"] is None
    assert message["Reply-To"] is None


@each_sample
def test_a_mail_is_seven_bit_with_crlf_and_short_lines(draft):
    content = write(draft).content
    assert content.isascii()
    assert b"\r\n" in content
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert b"\r" not in content.replace(b"\r\n", b"")
    assert max(map(len, content.split(b"\r\n"))) <= 78


@each_sample
def test_a_mail_reads_back_as_it_was_meant(draft):
    mail = write(draft)
    message = parsed(mail)
    assert not message.defects
    assert message["Subject"] == mail.subject
    assert message["Message-ID"] == mail.message_id == SAMPLE_MESSAGE_ID
    assert message["Date"].datetime == DATE
    assert message["From"].addresses[0].addr_spec == mail.sender == CALL.mailbox.email
    assert message["Auto-Submitted"] == draft.automatic
    assert message["X-Ranmailbot"] == CALL.key
    assert message["X-Ranmailbot-Kind"] == draft.kind
    assert (message["In-Reply-To"] or "") == draft.in_reply_to
    assert part(mail, "text/plain") == mail.form.text


@each_sample
def test_nothing_of_the_meeting_stands_in_a_subject(draft):
    subject = write(draft).subject
    assert subject.startswith(CALL.short_title)
    assert "practitioners" not in subject


@each_sample
def test_a_page_loads_nothing_runs_nothing_and_is_small(draft):
    page = part(write(draft), "text/html")
    assert len(page.encode()) < MOST_HTML
    tree = LexborHTMLParser(page)
    assert tree.css_first("html").attributes["lang"] == "en"
    assert tree.css_first("title").text().strip()
    assert not tree.css("script, img, link, iframe, object, form, input, [src], [background], [onclick]")
    links = [node.attributes["href"] for node in tree.css("[href]")]
    allowed = SAMPLE_ROOM.join_url if draft.kind.startswith("session_") else "mailto:"
    assert all(link.startswith(("mailto:", allowed)) for link in links)
    assert "url(" not in page
    assert "@import" not in page
    assert all(table.attributes.get("role") == "presentation" for table in tree.css("table"))


@each_sample
def test_whoever_applied_reads_how_to_withdraw_and_who_is_responsible(draft):
    shown = write(draft).form.text
    flat = " ".join(shown.split())
    if draft.kind in TO_ORGANISERS:
        assert "please do not forward it" in flat
        return
    assert 'reply with the one word "withdraw"' in flat
    assert CALL.privacy.controller in flat
    assert CALL.privacy.data_protection_contact in flat
    assert all(person.email in flat for person in CALL.contacts)


@each_sample
def test_a_form_carries_each_question_it_asks_and_a_closing_line(draft):
    mail = write(draft)
    assert mail.form.questions == draft.asks
    assert mail.form.profile_lines == draft.profile_lines
    assert mail.form.ours == (CALL.mailbox.name, CALL.mailbox.email, mail.subject)
    flat = " ".join(mail.form.text.split())
    assert all(question.text in flat for question in draft.asks)
    assert ("k7f2m9q4" in flat) == bool(draft.asks)


@each_sample
def test_whoever_presses_enter_below_a_question_in_thunderbird_stays_there(draft):
    """Thunderbird splits a quote at the caret unless a table holds it: then what is typed lands above the quote."""
    page = LexborHTMLParser(part(write(draft), "text/html"))
    assert len(page.css(".q")) == len(draft.asks)
    assert page.css("table .q, table .answer, table .profile") == []


@pytest.mark.parametrize("name", KINDS)
def test_a_mail_looks_like_its_golden_one(name):
    """After a change that is meant: run the tests once with GOLDEN=write, and read the difference."""
    path = GOLDEN / f"{name}.eml"
    text = with_wildcards(write(sample(name)).content.decode())
    if os.environ.get("GOLDEN") == "write":
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def with_wildcards(text: str) -> str:
    plain = text.replace("\r\n", "\n")
    plain = re.sub(r"=_[am][0-9a-f]{24}", "=_*", plain)
    return re.sub(r"^(Date|Message-ID): .*$", r"\1: *", plain, flags=re.MULTILINE)


# --- names and subjects of strangers ---

SMUGGLED = (
    "x\r\nBcc: victim@example.org",
    "=?utf-8?q?x=0D=0ABcc=3A_victim=40example.org?=",
    "=?utf-8?b?eA0KQmNjOiB2aWN0aW1AZXhhbXBsZS5vcmc=?=",
    "x\u2028Bcc: victim@example.org",
    "x\x85Bcc: victim@example.org",
    "x\n\n<html>body",
    'x" <victim@example.org>, "y',
    "x\\",
    "\ud800\x00\x0b",
    "ā" * 300,
    "word " * 100,
    "w" * 500,
    "=?",
    "",
)


@pytest.mark.parametrize("text", SMUGGLED)
def test_smuggled_lines_stay_inside_subject_and_name(text):
    only_what_was_meant(text)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@example(text="=?utf-8?q?x=0D=0ABcc=3A?= =?utf-8?q?y?=")
@given(text=st.text(max_size=300))
def test_no_name_or_subject_whatever_adds_a_header(text):
    only_what_was_meant(text)


def only_what_was_meant(text: str) -> None:
    draft = replace(sample("rsvp_receipt"), automatic="auto-generated", reply_subject=text)
    mail = write(replace(draft, to=Address(text, "anna@prison.example.org")))
    raw_head = mail.content.partition(b"\r\n\r\n")[0]
    names = [line.split(b":")[0].lower() for line in raw_head.split(b"\r\n") if not line.startswith((b" ", b"\t"))]
    assert len(names) == len(set(names)) == 14
    assert not {b"bcc", b"cc", b"reply-to"} & set(names)
    message = parsed(mail)
    assert [a.addr_spec for a in message["To"].addresses] == ["anna@prison.example.org"]
    # Decoded by the standard library's older code, which knows nothing of the one that reads it back at run time.
    parts = decode_header(message_from_bytes(mail.content)["Subject"].replace("\r\n", "").replace("\n", ""))
    shown = "".join(p.decode(charset or "ascii") if isinstance(p, bytes) else p for p, charset in parts)
    assert shown == mail.subject
    assert not re.search("[\x00-\x1f\x7f-\x9f\u2028-\u202e\ud800-\udfff]", mail.subject)


@pytest.mark.parametrize(
    "email",
    [
        "a@b\r\nBcc: c@d",
        "a b@example.org",
        "<a@example.org>",
        "a@example.org,b@example.org",
        "ä@example.org",
        "",
        "a@b..org",
        "a@",
    ],
)
def test_an_address_that_is_not_one_plain_address_is_refused(email):
    with pytest.raises(TemplateFault) as caught:
        write(replace(sample("thanks"), to=Address("Anna", email)))
    assert caught.value.args[0] == "thanks"


@pytest.mark.parametrize("smuggled", ["x\r\nBcc: v@example.org", "another subject", "x\r\n\r\nbody"])
def test_a_mail_whose_head_reads_otherwise_than_meant_is_not_sent(smuggled, monkeypatch):
    """The last line of defence, tried with an encoder that lets everything through."""
    monkeypatch.setattr(assembly, "unstructured", lambda text, used: smuggled)
    with pytest.raises(TemplateFault, match="finished head"):
        write(sample("thanks"))


@pytest.mark.parametrize("message_id", ["x", "<a b@c>", "<a@b>\r\nBcc: <c@d>", "<a@b", "<<a@b>>", "<ä@b>"])
def test_a_malformed_message_id_of_ours_is_refused_and_one_of_theirs_is_left_out(message_id):
    with pytest.raises(TemplateFault):
        STATIONERY.write(sample("thanks"), message_id, DATE, None)
    theirs = replace(sample("withdrawn"), in_reply_to=message_id, references=(message_id, "<fine@example.org>"))
    message = parsed(write(theirs))
    assert message["In-Reply-To"] is None
    assert message["References"] == "<fine@example.org>"


def test_a_long_thread_keeps_its_first_and_latest_references():
    ids = tuple(f"<letter-{n}@example.org>" for n in range(40))
    kept = parsed(write(replace(sample("withdrawn"), in_reply_to=ids[-1], references=ids)))["References"].split()
    assert kept == [ids[0], *ids[-9:]]


@pytest.mark.parametrize(
    ("original", "subject"),
    [
        ("My application", "Re: My application"),
        ("Re: My application", "Re: My application"),
        ("RE: re : My application", "Re: My application"),
        ("Regards", "Re: Regards"),
        ("Re:", "Sample online meeting: your answer (A-017)"),
        ("", "Sample online meeting: your answer (A-017)"),
    ],
)
def test_a_reply_keeps_the_subject_it_answers_with_one_re(original, subject):
    assert write(replace(sample("rsvp_receipt"), reply_subject=original)).subject == subject


# --- the words of applicants ---

HOSTILE = (
    "{{ 7 * 7 }} {% raw %} <script>alert(1)</script> <img src=http://x.example/p.gif> &lt;b&gt; \u202egpj.exe\x00\ud800"
)


def hostile_facts(draft: Draft) -> Draft:
    understood = [{**one, "text": HOSTILE, "found": True} for one in draft.facts["understood"]]
    profile = [{**one, "text": HOSTILE} for one in draft.facts["profile"]]
    facts = {**draft.facts, "understood": understood, "profile": profile, "unread_attachments": [HOSTILE]}
    return replace(draft, facts=facts)


def test_what_an_applicant_writes_is_neither_markup_nor_template():
    mail = write(hostile_facts(sample("acknowledgement", 1)))
    page = part(mail, "text/html")
    assert not LexborHTMLParser(page).css("script, img, b")
    assert "{{ 7 * 7 }}" in html.unescape(page)
    assert "{{ 7 * 7 }}" in mail.form.text
    assert not re.search("[\x00-\x08\x0b-\x1f\u202a-\u202e\ud800-\udfff]", page + mail.form.text)


def test_an_organiser_sees_hostile_words_as_words():
    draft = sample("digest")
    enquiry = {"sender": HOSTILE, "subject": HOSTILE, "excerpt": HOSTILE, "held_reason": HOSTILE}
    one = {**draft.facts["applications"][0], "name": HOSTILE, "remarks": [HOSTILE]}
    mail = write(
        replace(draft, facts={**draft.facts, "enquiries": [enquiry], "applications": [one], "troubles": [HOSTILE]})
    )
    assert not LexborHTMLParser(part(mail, "text/html")).css("script, img, b")


def test_to_the_unproven_nothing_of_their_own_is_repeated():
    draft = sample("acknowledgement", 2)
    assert draft.facts["show_content"] is False
    words = [{**one, "text": "canary words"} for one in draft.facts["understood"]]
    profile = [{**one, "text": "canary profile"} for one in draft.facts["profile"]]
    facts = {**draft.facts, "understood": words, "profile": profile, "unread_attachments": ["canary.pdf"]}
    mail = write(replace(draft, facts=facts, to=Address("Canary Name", "anna@prison.example.org")))
    assert "canary" not in (everything_shown(mail) + mail.content.decode()).casefold()
    assert "Answer found." in mail.form.text


@pytest.mark.parametrize("kind", ["form", "passed_on"])
def test_an_answer_to_a_stranger_does_not_carry_the_name_the_stranger_chose(kind):
    mail = write(replace(sample(kind), to=Address("Canary Name", "anna@prison.example.org")))
    assert "canary" not in (everything_shown(mail) + mail.content.decode()).casefold()


@pytest.mark.parametrize("name", ["visit www.evil.example", "a@b", "http://x", "<b>x</b>", ""])
def test_a_name_that_could_be_a_link_is_not_used_as_a_greeting(name):
    assert "Hello,\n" in write(replace(sample("thanks"), to=Address(name, "anna@prison.example.org"))).form.text


def test_a_digest_of_many_long_applications_is_not_cut_off_by_mail_clients():
    draft = sample("digest")
    one = draft.facts["applications"][0]
    long = {
        **one,
        "answers": [{**a, "text": "a long story " * 700} for a in one["answers"]],
        "remarks": ["& more " * 900] * 3,
    }
    many = [{**long, "reference": CALL.reference(n)} for n in range(1, 401)]
    enquiries = [{"sender": "a@example.org", "subject": "s" * 300, "excerpt": "word " * 500, "held_reason": ""}] * 300
    facts = {
        **draft.facts,
        "applications": many,
        "enquiries": enquiries,
        "undecided": [CALL.reference(n) for n in range(1, 401)],
    }
    mail = write(replace(draft, facts=facts))
    assert len(part(mail, "text/html").encode()) < MOST_HTML
    assert "A-001" in mail.form.text
    assert "A-100" in mail.form.text


# --- facts that do not fit ---


def test_a_missing_fact_is_a_fault_that_names_the_fact():
    with pytest.raises(TemplateFault, match="reference") as caught:
        write(replace(sample("thanks", 0), kind="regret", facts={}))
    assert caught.value.args[0] == "regret"


def test_a_fault_says_nothing_of_what_somebody_wrote():
    with pytest.raises(TemplateFault) as caught:
        write(replace(sample("closing"), kind="digest", facts={**sample("digest").facts, "since": "canary words"}))
    assert "canary" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_kind_without_template_is_a_fault():
    with pytest.raises(TemplateFault, match="there is no template"):
        write(replace(sample("thanks"), kind="nonsense"))


def test_a_naive_date_is_a_fault():
    with pytest.raises(TemplateFault):
        STATIONERY.write(sample("thanks"), SAMPLE_MESSAGE_ID, datetime(2022, 3, 1), None)  # noqa: DTZ001 - the fault itself


def test_check_finds_a_broken_template_and_a_face_that_says_something_else(tmp_path):
    folder = tmp_path / "templates"
    shutil.copytree(TEMPLATES, folder)
    thanks, regret = folder / "thanks.html.j2", folder / "regret.txt.j2"
    thanks.write_text(thanks.read_text().replace("Thank you", "Thanks"))
    regret.write_text(regret.read_text() + "{% if %}")
    complaints = JinjaStationery(CALL, folder).check()
    assert len(complaints) == 2
    assert any(line.startswith("thanks: its text and its HTML") for line in complaints)
    assert any(line.startswith("regret: ") for line in complaints)


def test_a_style_rule_that_cannot_be_inlined_is_refused(tmp_path):
    folder = tmp_path / "templates"
    shutil.copytree(TEMPLATES, folder)
    (folder / "mail.css").write_text("td p { color: red; }")
    with pytest.raises(TemplateFault, match="cannot be inlined"):
        JinjaStationery(CALL, folder)


# --- what comes back ---


def quoted(form_text: str, new: str) -> VisibleText:
    ours = [Line(line, 1) for line in form_text.split("\n")]
    head = Line(f"On Tue, 1 March 2022, {CALL.mailbox.name} <{CALL.mailbox.email}> wrote:", 0)
    return VisibleText((*(Line(line, 0) for line in new.split("\n")), head, *ours), "plain")


@pytest.mark.parametrize("draft", [draft for draft in SAMPLES if not draft.asks], ids=lambda draft: draft.kind)
def test_a_reply_that_quotes_a_mail_of_ours_brings_back_only_what_is_new(draft):
    form = write(draft).form
    reading = read_answers(quoted(form.text, "yes"), form)
    assert reading.answers == ()
    assert reading.remainder.strip() == "yes"


@each_sample
def test_answers_below_the_questions_of_a_form_are_found(draft):
    form = write(draft).form
    said = {question.number: f"In {2010 + question.number} we tried something new." for question in draft.asks}
    lines: list[Line] = []
    waiting: int | None = None
    for text in form.text.split("\n"):
        if waiting and not text:
            lines.append(Line(said[waiting], 0))
            waiting = None
        begun = [q.number for q in draft.asks if text.startswith(printed_question(q, len(CALL.questions))[:40])]
        waiting = begun[0] if begun else waiting
        lines.append(Line(text, 1))
    reading = read_answers(VisibleText(tuple(lines), "plain"), form)
    assert {answer.question: answer.text for answer in reading.answers} == said
    assert reading.remainder.strip() == ""


# --- other calls ---


def other_call(**changes: object) -> Call:
    return replace(CALL, **changes)


@pytest.mark.parametrize(
    "call",
    [
        other_call(questions=(Question(1, "Why do you want to take part in this meeting of ours?"),)),
        other_call(
            questions=tuple(Question(n, f"What is your view on the topic with number {n}?") for n in range(1, 21))
        ),
        other_call(sessions=(replace(session(1), online=False, room=None, place="Riga, Brīvības iela 1"),)),
        other_call(sessions=tuple(replace(session(1), key=f"s{n}", number=n) for n in range(1, 6))),
        other_call(places=None, partners="", audiences=(), summary=(), rule="", language_note="", profile_lines=()),
        other_call(zone="Asia/Kathmandu", sessions=(replace(session(1), zone="America/Sao_Paulo"),)),
        other_call(contacts=(), organisers=()),
    ],
    ids=["one question", "twenty questions", "in a room", "five on one day", "bare", "two zones", "nobody"],
)
def test_another_call_needs_no_other_template(call):
    stationery = JinjaStationery(call, TEMPLATES)
    assert stationery.check() == []
    for draft in sample_drafts(call):
        text = write(draft, stationery).form.text
        assert "\n\n\n\n\n" not in text
        assert not re.search(r" [,.;]|\(\)|None|\{\{", text), draft.kind


# --- time ---


def test_moments_are_told_in_the_zone_of_call_and_session_on_both_sides_of_the_change_of_clocks():
    text = " ".join(write(sample("announcement")).form.text.split())
    assert "Apply by Thursday 10 March 2022, 23:59 (Brussels time, CET)." in text
    assert "Day 1 of 2: Tuesday 5 April 2022, 09:00–12:30 (Brussels time, CEST), Online" in text
    assert "Day 2 of 2: Wednesday 6 April 2022, 09:00–12:30 (Brussels time, CEST), Online" in text


# --- how to join ---

ROOM_SECRETS = ("meet.example.org", "harbour-lantern", "2741 000 010", "2741000010")


@each_sample
def test_only_the_mails_for_it_say_how_to_join(draft):
    if draft.kind in ("session_details", "session_reminder"):
        return
    shown = everything_shown(write(draft)) + write(draft).content.decode()
    assert not [secret for secret in ROOM_SECRETS if secret in shown]


def test_a_link_that_an_applicant_quotes_is_blacked_out_in_the_digest():
    draft, first = sample("digest"), CALL.sessions[0].room
    words = f"The link {first.join_url} with {first.password} and {first.meeting_number} fails."
    enquiry = {"sender": "a@example.org", "subject": first.join_url, "excerpt": words, "held_reason": ""}
    mail = write(replace(draft, facts={**draft.facts, "enquiries": [enquiry]}))
    shown = everything_shown(mail)
    assert not [secret for secret in ROOM_SECRETS if secret in shown]
    assert "[not shown here]" in shown


def joining(kind: str, **changes: object) -> Draft:
    draft = sample(kind)
    return replace(draft, facts={**draft.facts, **changes})


@pytest.mark.parametrize("kind", ["session_details", "session_reminder"])
@pytest.mark.parametrize(
    "changes",
    [
        {"room": None},
        {"room": replace(SAMPLE_ROOM, join_url="")},
        {"room": replace(SAMPLE_ROOM, join_url="http://meet.example.org/x")},
        {"room": replace(SAMPLE_ROOM, approved_by="")},
        {"session": CALL.sessions[1]},
        {"room": "https://meet.example.org/x"},
    ],
    ids=["none", "empty", "not https", "not approved", "wrong session", "no room"],
)
def test_join_details_that_are_missing_unapproved_or_of_another_session_are_not_sent(kind, changes):
    with pytest.raises(TemplateFault):
        write(joining(kind, **changes))


def test_an_invitation_cannot_carry_the_link_in_its_calendar():
    with pytest.raises(TemplateFault, match="must not"):
        write(replace(sample("invitation"), calendar=CalendarWish("day-1", link=True)))


@pytest.mark.parametrize("kind", ["session_details", "session_reminder"])
def test_join_details_stand_in_every_face_of_their_mail(kind):
    mail = write(sample(kind))
    assert SAMPLE_ROOM.join_url in mail.form.text
    link = LexborHTMLParser(part(mail, "text/html")).css_first(".card-cell a")
    assert link.attributes["href"] == SAMPLE_ROOM.join_url
    if kind == "session_details":
        assert SAMPLE_ROOM.join_url in part(mail, "text/calendar").replace("\r\n ", "").replace("\n ", "")


# --- calendars ---


def test_an_invitation_carries_its_calendar_where_clients_look_for_it():
    message = parsed(write(sample("invitation")))
    assert message.get_content_type() == "multipart/mixed"
    alternative, copy = message.iter_parts()
    assert [p.get_content_type() for p in alternative.iter_parts()] == ["text/plain", "text/html", "text/calendar"]
    calendar = list(alternative.iter_parts())[-1]
    assert calendar["Content-Type"].params == {"charset": "utf-8", "method": "REQUEST"}
    assert calendar["Content-Disposition"] is None
    assert calendar["Content-Transfer-Encoding"] == "base64"
    assert copy.get_content_type() == "application/ics"
    assert copy.get_filename() == "invite.ics"
    assert copy.get_content() == calendar.get_payload(decode=True)
    assert parsed(write(sample("thanks"))).get_content_type() == "multipart/alternative"


def test_a_calendar_without_an_event_is_a_fault():
    with pytest.raises(TemplateFault, match="no UID"):
        STATIONERY.write(sample("invitation"), SAMPLE_MESSAGE_ID, DATE, None)


# --- the look ---


def colours(css: str) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for selectors, body in re.findall(r"([^{}]+)\{([^{}]*)\}", css):
        values = dict(re.findall(r"(?<![a-z-])(color|background-color):\s*(#[0-9a-f]{6})", body))
        for selector in selectors.split(","):
            found.setdefault(selector.strip(), {}).update(values)
    return found


def contrast(one: str, other: str) -> float:
    def light(colour: str) -> float:
        parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


GROUNDS = {
    ".caller": [".letterhead"],
    ".what": [".letterhead"],
    ".small": [".sheet", ".foot"],
    ".link": [".sheet", ".foot", ".card"],
}


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_every_text_stands_out_from_its_ground(mode):
    seen = colours((TEMPLATES / "mail.css").read_text())
    if mode == "dark":
        dark = (TEMPLATES / "small.css").read_text().partition("prefers-color-scheme: dark) {")[2]
        for selector, values in colours(dark).items():
            seen.setdefault(selector, {}).update(values)
    worst = {}
    for selector, values in seen.items():
        if "color" not in values:
            continue
        grounds = (
            [values.get("background-color")]
            if "background-color" in values
            else [seen[g]["background-color"] for g in GROUNDS.get(selector, [".sheet", ".card"])]
        )
        worst[selector] = min(contrast(values["color"], ground) for ground in grounds)
    assert len(worst) > 20
    assert {selector: ratio for selector, ratio in worst.items() if ratio < 4.5} == {}


# --- what goes on a web site ---


def test_the_published_link_opens_a_mail_with_the_whole_blank_form():
    form = blank_form(CALL)
    pages = STATIONERY.publish(form)
    assert set(pages) == {"index.html", "block.html", "form.txt"}
    assert pages["form.txt"] == form.text
    for name in ("index.html", "block.html"):
        links = [n.attributes["href"] for n in LexborHTMLParser(pages[name]).css("a[href^=mailto]")]
        link = max(links, key=len)
        assert urlsplit(link).path == CALL.mailbox.email
        assert "+" not in link
        body = unquote(link.partition("&body=")[2])
        assert body.replace("\r\n", "\n") == form.text
        assert "\n" not in body.replace("\r\n", "")
        assert "%0D%0A" in link
        assert parse_qs(urlsplit(link).query)["subject"] == ["Sample online meeting: application"]


def test_a_long_form_leaves_the_link_short_and_the_page_says_what_to_do():
    call = other_call(
        questions=tuple(
            Question(n, f"What is your own experience with topic number {n}, please?") for n in range(1, 21)
        )
    )
    page = JinjaStationery(call, TEMPLATES).publish(blank_form(call))["index.html"]
    links = [n.attributes["href"] for n in LexborHTMLParser(page).css("a[href^=mailto]")]
    assert max(map(len, links)) < 1_900
    assert "Copy the questions from below into it" in page


def test_the_page_is_accessible_and_needs_nothing_from_elsewhere():
    page = STATIONERY.publish(blank_form(CALL))["index.html"]
    tree = LexborHTMLParser(page)
    assert tree.css_first("html").attributes["lang"] == "en"
    assert tree.css_first("title").text()
    assert len(tree.css("h1")) == len(tree.css("main")) == 1
    assert not tree.css("script, img, link, iframe, [src], [style]")
    assert tree.css_first("a").attributes["href"] == "#apply"
    assert tree.css_first("#apply") is not None
    assert not [n for n in tree.css("[href]") if n.attributes["href"].startswith("http")]
    assert "http" not in page
    assert "url(" not in page
    assert tree.css_first("pre").text() == blank_form(CALL).text
    assert not tree.css_first("for")
    assert all(person.email in page for person in CALL.contacts)


def test_the_same_draft_gives_the_same_bytes():
    assert len({write(sample("invitation")).content for _ in range(3)}) == 1
