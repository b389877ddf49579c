"""From the mailbox to the books: each letter ends in one outcome, one folder, and asks for the right mails."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from ranmailbot.call.application import Status
from ranmailbot.desk import Outcome
from ranmailbot.intake import understanding
from ranmailbot.ports import Unavailable
from tests.mail.documents import docx_of, mail, part
from tests.world import WORDS, World, answers, settings

ANN, BOB = "ann@example.org", "bob@example.org"


def test_whoever_writes_anything_gets_the_form_once(world: World) -> None:
    world.post(ANN, "How can I take part?")
    world.settle()
    world.post(ANN, "And is it in English?", to=world.mails(ANN)[0])
    world.settle()
    assert world.kinds(ANN) == ["form", "passed_on"]
    assert world.outcomes() == ["form_sent", "enquired"]
    assert len(world.mailbox.folders["Enquiries"]) == 2


def test_a_complete_reply_becomes_an_application_and_is_acknowledged_at_once(world: World) -> None:
    world.apply(ANN)
    (person,) = world.applications()
    assert person.status is Status.COMPLETE
    assert [answer.text for answer in person.answers] == list(WORDS)
    (mail,) = world.mails(ANN, "acknowledgement")
    assert person.reference in mail.text
    assert WORDS[0] in mail.text


def test_answers_under_the_quoted_questions_of_the_form_are_read(world: World) -> None:
    world.post(ANN, "Hello")
    world.settle()
    form = world.mails(ANN)[0]
    quoted = "\n".join(f"> {line}" for line in form.text.split("\n"))
    end = 0
    for question, words in zip(world.call.questions, WORDS, strict=True):
        start = quoted.index(" ".join(question.text.split()[:4]), end)
        end = quoted.index("\n> \n", start)
        quoted = f"{quoted[:end]}\n{words}{quoted[end:]}"
    world.post(ANN, f"Le 1 mars, {world.call.mailbox.email} a écrit :\n{quoted}", to=form)
    world.settle()
    (person,) = world.applications()
    assert [answer.text for answer in person.answers] == list(WORDS)


def test_an_incomplete_application_is_asked_only_for_what_is_open(world: World) -> None:
    world.apply(ANN, (1, 2))
    assert world.kinds(ANN) == ["form"], "the acknowledgement waits a moment for the next letter"
    world.pass_time(minutes=2)
    (mail,) = world.mails(ANN, "acknowledgement")
    asked = mail.text.partition("Questions that are still open")[2] or mail.text
    assert world.call.questions[3].text.split()[-1] in asked
    assert world.applications()[0].status is Status.INCOMPLETE


def test_answers_that_come_one_a_mail_make_one_application_and_one_acknowledgement(world: World) -> None:
    world.post(ANN, "Hello")
    world.settle()
    form = world.mails(ANN)[0]
    for number in (1, 2, 3, 4):
        world.post(ANN, answers((number,)), to=form)
        world.pass_time(seconds=5)
    (person,) = world.applications()
    assert person.version == 4
    assert person.status is Status.COMPLETE
    world.pass_time(minutes=5)
    assert len(world.mails(ANN, "acknowledgement")) == 1, "those that waited were replaced, not only delayed"


def test_a_correction_replaces_only_its_own_answer(world: World) -> None:
    world.apply(ANN)
    world.post(ANN, "3. Something else now.", to=world.mails(ANN, "acknowledgement")[0])
    world.settle()
    (person,) = world.applications()
    assert person.version == 2
    assert [answer.text for answer in person.answers] == [WORDS[0], WORDS[1], "Something else now.", WORDS[3]]
    assert world.outcomes()[-1] == "corrected"


def test_an_unchanged_repeat_makes_no_version_and_no_second_acknowledgement(world: World) -> None:
    world.apply(ANN)
    world.post(ANN, answers((1, 2, 3, 4)), to=world.mails(ANN, "form")[0])
    world.pass_time(hours=1)
    assert world.applications()[0].version == 1
    assert len(world.mails(ANN, "acknowledgement")) == 1
    assert world.outcomes()[-1] == "repeated"


def test_the_second_letter_of_a_batch_is_judged_on_what_the_first_one_stored(world: World) -> None:
    world.post(ANN, "Hello")
    world.settle()
    form = world.mails(ANN)[0]
    world.post(ANN, answers((1, 2, 3, 4)), to=form)
    world.post(ANN, "1. Better words.", to=form)
    world.settle()
    (person,) = world.applications()
    assert person.version == 2
    assert person.answers[0].text == "Better words."


def test_after_the_deadline_it_is_stored_marked_late_and_told_so(world: World) -> None:
    world.clock.moment = world.call.deadline
    world.apply(ANN)
    assert world.applications()[0].late
    assert "after the deadline" in world.mails(ANN, "acknowledgement")[0].text


def test_the_last_moment_of_the_last_day_is_in_time(world: World) -> None:
    world.clock.moment = world.call.deadline - timedelta(seconds=1)
    world.apply(ANN)
    assert not world.applications()[0].late


def test_a_colleague_who_answers_a_forwarded_form_makes_an_application_of_their_own(world: World) -> None:
    world.apply(ANN)
    world.post(BOB, answers((1, 2, 3, 4)), to=world.mails(ANN, "form")[0], name="Bob Other")
    world.settle()
    ann, bob = world.applications()
    assert (ann.version, bob.address) == (1, BOB)
    assert bob.possibly_same_as == (ann.reference,)


def test_another_name_behind_a_shared_address_opens_a_second_application_and_asks(world: World) -> None:
    box = "info@prison.example"
    world.post(box, "Hello", name="Prison Info")
    world.settle()
    form = world.mails(box)[0]
    world.post(box, f"Your name: Anna Berg\n\n{answers((1, 2, 3, 4))}", to=form, name="Prison Info")
    world.settle()
    world.post(box, f"Your name: Carl Lund\n\n{answers((1, 2, 3, 4))}", to=form, name="Prison Info")
    world.settle()
    assert [person.name for person in world.applications()] == ["Anna Berg", "Carl Lund"]
    assert "another person" in world.mails(box, "acknowledgement")[-1].text


def test_a_stranger_cannot_change_a_proven_application(world: World) -> None:
    world.apply(ANN)
    world.post(ANN, "1. Forged words.", proven=False)
    world.settle()
    assert world.applications()[0].answers[0].text == WORDS[0]
    assert world.outcomes()[-1] == "held"


def test_the_words_of_an_unproven_sender_are_not_repeated(world: World) -> None:
    world.post(ANN, answers((1, 2, 3, 4)), proven=False)
    world.settle()
    (mail,) = world.mails(ANN)
    assert mail.kind == "acknowledgement"
    assert WORDS[0] not in mail.text


def test_an_out_of_office_is_kept_and_never_answered(world: World) -> None:
    world.post(ANN, "I am away.", headers="Auto-Submitted: auto-replied\r\n")
    world.settle()
    assert world.outcomes() == ["automatic"]
    assert world.mails(ANN) == []


def test_an_application_that_forbids_replies_is_an_application_without_a_reply(world: World) -> None:
    world.post(ANN, "Hello")
    world.settle()
    suppressed = "X-Auto-Response-Suppress: All\r\n"
    world.post(ANN, answers((1, 2, 3, 4)), to=world.mails(ANN)[0], headers=suppressed)
    world.settle()
    assert len(world.applications()) == 1
    assert world.kinds(ANN) == ["form"]


def test_a_letter_in_junk_is_a_letter(world: World) -> None:
    world.post(ANN, answers((1, 2, 3, 4)), folder="Junk")
    world.settle()
    assert len(world.applications()) == 1
    assert world.mailbox.folders["Junk"] == []


def test_whoever_is_proven_withdraws_by_one_word_and_gets_nothing_more(world: World) -> None:
    world.apply(ANN, (1,))
    world.post(ANN, "Withdraw\n\nBest regards\nAnn", to=world.mails(ANN)[0])
    world.settle()
    assert world.applications()[0].status is Status.WITHDRAWN
    assert world.kinds(ANN) == ["form", "withdrawn"], "the acknowledgement that waited is void"
    world.go_to(world.call.deadline + timedelta(days=2))
    assert world.kinds(ANN) == ["form", "withdrawn"]


def test_a_forged_withdrawal_changes_nothing_and_asks_the_stored_address(world: World) -> None:
    world.apply(ANN)
    world.post(ANN, "withdraw", proven=False)
    world.settle()
    assert world.applications()[0].status is Status.COMPLETE
    assert world.kinds(ANN)[-1] == "withdrawal_check"
    world.post(ANN, "withdraw", to=world.mails(ANN)[-1], proven=False)
    world.settle()
    assert world.applications()[0].status is Status.WITHDRAWN, "the round trip is the proof"


@pytest.mark.parametrize("text", ["How can I take part?", "Good morning to all of you."])
def test_a_first_mail_is_no_application_even_where_one_paragraph_would_be_an_answer(tmp_path: Path, text: str) -> None:
    world = World(tmp_path, questions=settings().call.questions[:1])
    world.post(ANN, text)
    world.settle()
    assert world.outcomes() == ["form_sent"]


def test_a_question_in_reply_to_the_form_is_no_answer(tmp_path: Path) -> None:
    world = World(tmp_path, questions=settings().call.questions[:1])
    world.post(ANN, "Hello")
    world.settle()
    world.post(ANN, "May I answer in French?", to=world.mails(ANN)[0])
    world.settle()
    assert world.outcomes()[-1] == "enquired"


@pytest.mark.parametrize(
    ("asked", "text", "outcome"),
    [
        (False, "\n\n".join(WORDS), "form_sent"),
        (True, "\n\n".join(WORDS), "applied"),
        (True, "\n\n".join((*WORDS[:3], "Is that enough?")), "applied"),
        (True, "\n\n".join(("Is that all?", "Who comes?", "When?", "And why?")), "enquired"),
        (True, "a) Ten years.\nb) None.\nc) Is there any?\nd) No.", "applied"),
    ],
)
def test_proposed_answers_of_somebody_who_was_asked_are_an_application(
    world: World, asked: bool, text: str, outcome: str
) -> None:
    if asked:
        world.post(ANN, "Hello")
        world.settle()
    world.post(ANN, text, to=world.mails(ANN)[0] if asked else None)
    world.settle()
    assert world.outcomes()[-1] == outcome
    if outcome == "applied":
        assert world.applications()[0].status is Status.INCOMPLETE, "unsure answers are asked about again"


def test_a_withdrawal_is_no_answer_even_where_one_paragraph_would_be_one(tmp_path: Path) -> None:
    world = World(tmp_path, questions=settings().call.questions[:1])
    world.apply(ANN, (1,))
    world.post(ANN, "Withdraw", to=world.mails(ANN)[-1])
    world.settle()
    assert world.applications()[0].status is Status.WITHDRAWN


def test_a_forged_withdrawal_of_somebody_who_has_not_applied_stops_no_reminder(world: World) -> None:
    world.post(ANN, "Hello")
    world.settle()
    world.post(ANN, "withdraw", proven=False)
    world.go_to(world.call.deadline - timedelta(hours=12))
    assert "deadline_notice" in world.kinds(ANN)


def test_somebody_who_has_not_applied_can_ask_for_no_more_mail(world: World) -> None:
    world.post(ANN, "Hello")
    world.settle()
    world.post(ANN, "withdraw", to=world.mails(ANN)[0])
    world.go_to(world.call.deadline - timedelta(hours=12))
    assert world.kinds(ANN) == ["form"]


def test_a_letter_without_one_author_is_kept_for_people_and_answered_by_nobody(world: World) -> None:
    world.post(ANN, "my data", headers=f"From: {BOB}\r\n")
    world.settle()
    assert world.outcomes() == ["passed_on"]
    assert world.all_sent() == []


def test_a_sentence_that_speaks_of_withdrawing_is_asked_about(world: World) -> None:
    world.apply(ANN)
    world.post(ANN, "I do not want to withdraw, only to ask.", to=world.mails(ANN)[0])
    world.settle()
    assert world.applications()[0].status is Status.COMPLETE
    assert world.outcomes()[-1] == "withdrawal_asked"


def test_requests_for_data_reach_the_organisers(world: World) -> None:
    world.apply(ANN)
    world.post(ANN, "my data", to=world.mails(ANN)[0])
    world.settle()
    assert world.outcomes()[-1] == "passed_on"
    assert world.kinds(ANN)[-1] == "passed_on"


def test_at_most_three_automatic_replies_a_day_but_completion_is_always_told(world: World) -> None:
    world.apply(ANN, (1,))
    form = world.mails(ANN)[0]
    for n in range(6):
        world.post(ANN, f"1. Version {n}", to=form)
        world.pass_time(minutes=5)
    assert len(world.mails(ANN)) == 3
    world.post(ANN, answers((1, 2, 3, 4)), to=form)
    world.settle()
    assert world.kinds(ANN)[-1] == "acknowledgement"
    assert world.applications()[0].status is Status.COMPLETE


def test_a_letter_seen_again_is_a_copy_without_a_second_answer(world: World) -> None:
    world.post(ANN, "Hello", message_id="<same@example.org>")
    world.settle()
    world.post(ANN, "Hello", message_id="<same@example.org>")
    world.settle()
    assert world.kinds(ANN) == ["form"]
    assert world.reports.books().copies == 1
    assert len(world.mailbox.folders["Copies"]) == 1


def test_everything_dragged_back_to_the_inbox_after_a_new_uidvalidity_changes_nothing(world: World) -> None:
    world.apply(ANN)
    before = (world.applications(), len(world.all_sent()))
    for folder in ("Applications", "Enquiries"):
        for raw in world.mailbox.raws(folder):
            world.mailbox.deliver(raw, world.clock.moment)
    world.mailbox.renumber("INBOX")
    world.settle()
    assert (world.applications(), len(world.all_sent())) == before


def test_the_same_message_id_with_other_content_is_another_letter(world: World) -> None:
    world.post(BOB, "Hello", message_id="<taken@example.org>")
    world.settle()
    world.post(ANN, answers((1, 2, 3, 4)), message_id="<taken@example.org>")
    world.settle()
    assert len(world.applications()) == 1


def test_a_crash_between_commit_and_move_files_the_letter_without_a_second_answer(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.post(ANN, "Hello")
    with monkeypatch.context() as patch:
        patch.setattr(world.mailbox, "file", _unavailable)
        with pytest.raises(Unavailable):
            world.receiver.run()
    world.settle()
    assert world.kinds(ANN) == ["form"]
    assert world.reports.books().copies == 0
    assert len(world.mailbox.folders["Enquiries"]) == 1


def test_one_letter_that_cannot_be_judged_is_shunted_and_the_others_go_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = understanding.read_letter

    def broken(letter, form):
        if "poison" in letter.text.text:
            raise RuntimeError("a fault of ours")
        return real(letter, form)

    monkeypatch.setattr(understanding, "read_letter", broken)
    world.post(ANN, "poison")
    world.post(BOB, "Hello")
    world.settle()
    assert sorted(world.outcomes()) == ["form_sent", "shunted"]
    assert len(world.mailbox.folders["Shunted"]) == 1
    world.go_to(world.clock.moment + timedelta(days=1))
    digest = world.mails(world.call.organisers[0].email, "digest")[-1]
    assert "Shunted" in digest.text


def test_a_letter_that_takes_the_bot_down_is_not_tried_for_ever(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(BaseException):
        pass

    world.post(ANN, "Hello")
    with monkeypatch.context() as patch:
        patch.setattr(understanding, "read_letter", _killed(Killed))
        for _ in range(world.limits.attempts):
            with pytest.raises(Killed):
                world.receiver.run()
    world.settle()
    assert world.outcomes() == ["quarantined"]
    assert len(world.mailbox.folders["Quarantine"]) == 1


def test_a_letter_that_takes_the_bot_down_takes_no_other_letter_with_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = understanding.read_letter

    class Killed(BaseException):
        pass

    def poisoned(letter, form):
        if "poison" in letter.text.text:
            raise Killed
        return real(letter, form)

    monkeypatch.setattr(understanding, "read_letter", poisoned)
    for n in range(6):
        world.post(f"person{n}@example.org", "poison" if n == 3 else "Hello")
    for _ in range(world.limits.attempts):
        with pytest.raises(Killed):
            world.receive()
    world.settle()
    assert sorted(world.outcomes()) == ["form_sent"] * 5 + ["quarantined"]


def test_a_letter_over_the_limit_is_put_aside_and_counted(world: World) -> None:
    world.mailbox._message_bytes = 100
    world.post(ANN, "x" * 200)
    world.settle()
    assert world.outcomes() == ["quarantined"]


@pytest.mark.parametrize("returned", [-1, 0], ids=["acknowledgement", "form"])
def test_a_returned_mail_marks_the_person_and_never_becomes_an_application(world: World, returned: int) -> None:
    world.apply(ANN, (1,))
    world.pass_time(minutes=5)
    comes_back(world, returned)
    assert world.outcomes()[-1] == "bounced"
    assert world.applications()[0].undeliverable
    world.go_to(world.call.deadline)
    assert "deadline_notice" not in world.kinds(ANN)


def test_a_returned_mail_on_an_older_application_marks_the_newer_one_of_that_address_too(world: World) -> None:
    world.apply(ANN)
    world.post(ANN, "withdraw", to=world.mails(ANN)[-1])
    world.settle()
    told = len(world.mails(ANN)) - 1
    world.post(ANN, answers((1, 2, 3, 4)))
    world.settle()
    comes_back(world, told)
    assert [person.undeliverable for person in world.applications()] == [True, True]


def comes_back(world: World, returned: int) -> None:
    """A delivery report on one of Ann's mails arrives."""
    report = (
        "This is a report.\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.test\n\n"
        f"Final-Recipient: rfc822; {ANN}\nAction: failed\nStatus: 5.1.1\n\n--b\nContent-Type: message/rfc822\n\n"
        f"Message-ID: {world.mails(ANN)[returned].message_id}\nSubject: x\n\n1. What?\n--b--"
    )
    raw = (
        "Return-Path: <>\r\nFrom: Mail System <MAILER-DAEMON@mx.test>\r\nSubject: Undelivered\r\n"
        "Message-ID: <dsn@mx.test>\r\nMIME-Version: 1.0\r\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\n"
    ) + report.replace("\n", "\r\n")
    world.mailbox.deliver(raw.encode(), world.clock.moment)
    world.settle()


def test_no_letter_is_answered_to_our_own_address(world: World) -> None:
    world.post(world.call.mailbox.email, "Hello")
    world.settle()
    assert world.all_sent() == []


def test_nothing_of_anybody_is_in_the_database_file(world: World) -> None:
    world.apply("canary.person@secret.example", name="Canary Nightingale")
    world.pass_time(minutes=5)
    world.engine.dispose()
    folder = Path(world.engine.url.database or "").parent
    data = b"".join(path.read_bytes() for path in sorted(folder.iterdir()))
    for word in (b"canary", b"Canary", b"Nightingale", b"secret.example", WORDS[0].encode(), WORDS[3].encode()):
        assert word not in data


def test_a_new_letter_of_the_same_person_reaches_the_person_again(world: World) -> None:
    world.apply(ANN, (1, 2))
    with world.store.begin() as books:
        person = replace(world.applications()[0], undeliverable=True)
        books.record("test", Outcome("bounced", applications=(person,)), (), world.clock.now(), None)
    world.apply(ANN, (3, 4))
    assert not world.applications()[0].undeliverable


def _unavailable(*_: object) -> None:
    raise Unavailable("the connection broke")


def _killed(fault: type[BaseException]):
    def kill(*_: object) -> None:
        raise fault

    return kill


class ClosedRoom:
    """A reading room in which no child can be started."""

    def prepare(self) -> None:
        """It only shows when somebody reads."""

    def read(self, *_: object) -> list[object]:
        raise Unavailable("no child process can be started to read letters in")


def test_letters_that_could_not_even_be_tried_are_not_counted_as_tried(world: World) -> None:
    world.post(ANN, "Hello")
    closed = replace(world.receiver, room=ClosedRoom())
    for _ in range(world.limits.attempts + 1):
        with pytest.raises(Unavailable):
            closed.run()
    world.settle()
    assert world.outcomes() == ["form_sent"]


def test_answers_in_an_attached_document_make_an_application(world: World) -> None:
    asked = world.call.questions
    lines = [line for q in asked for line in (f"{q.number}. {q.text}", f"Answer number {q.number} of mine.")]
    raw = mail("Please see the files.", part("answers.docx", docx_of(lines)), part("old.doc", b"\xd0\xcf\x11\xe0"))
    raw = raw.replace(b"From: Anna Ozola <anna@prison.example>", f"From: Ann <{ANN}>".encode())
    world.mailbox.deliver(raw, world.clock.moment)
    world.settle()
    (person,) = world.applications()
    assert person.status is Status.COMPLETE
    assert {answer.source for answer in person.answers} == {"attachment: answers.docx"}
    (text,) = [sent.text for sent in world.mails(ANN, "acknowledgement")]
    assert "We could not read what was attached" in text


def test_a_document_is_no_request(world: World) -> None:
    world.apply(ANN)
    raw = mail("", part("note.txt", b"withdraw")).replace(b"anna@prison.example", ANN.encode())
    world.mailbox.deliver(raw, world.clock.moment)
    world.settle()
    assert not world.applications()[0].withdrawn
    assert "withdrawal_asked" not in world.outcomes()


def test_a_disk_that_fails_while_a_letter_is_judged_is_no_fault_of_the_letter(world: World) -> None:
    full = [True]

    def write(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if full[0] and statement.startswith("INSERT INTO applications"):
            raise OperationalError(statement, None, sqlite3.OperationalError("database or disk is full"))

    event.listen(world.engine, "before_cursor_execute", write)
    world.post(ANN, answers((1, 2, 3, 4)))
    with pytest.raises(Unavailable):
        world.receive()
    assert world.outcomes() == []
    assert len(world.mailbox.folders["INBOX"]) == 1
    full[0] = False
    world.settle()
    assert world.outcomes() == ["applied"]
