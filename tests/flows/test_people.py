"""Who wrote it, for whom and for how many: names behind one address, corrected lines, two people, guesses, language."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from ranmailbot.call.application import Status
from tests.world import WORDS, Mail, World, answers

ANN, BOB, BOX = "ann@example.org", "bob@example.org", "info@prison.example"
ALL = answers((1, 2, 3, 4))
OTHER = answers((1, 2, 3, 4), ("Other one.", "Other two.", "Other three.", "Other four."))


def form(world: World, address: str, name: str) -> Mail:
    world.post(address, "Hello", name=name)
    world.settle()
    return world.mails(address, "form")[0]


def named(written: str, text: str) -> str:
    return f"Your name: {written}\n\n{text}" if written else text


# The table of intake/whose.py: (name written first, display name first, name written then, display name then, the text
# that comes then, whether it answers the acknowledgement) -> how many applications there are.
TABLE = [
    ("agree, written both times", "Anna Berg", "Info", "Anna Berg", "Info", OTHER, False, 1),
    ("agree in one word", "Anna Berg", "Info", "A. Berg", "Info", OTHER, False, 1),
    ("written twice, two names", "Anna Berg", "Info", "Carl Lund", "Info", OTHER, False, 2),
    ("written twice, two names, on the acknowledgement", "Anna Berg", "Info", "Carl Lund", "Info", OTHER, True, 2),
    ("written, then only the office's name", "Anna Berg", "Prison Info", "", "Prison Info", OTHER, False, 1),
    ("the office's name, then written", "", "Prison Info", "Anna Berg", "Prison Info", OTHER, False, 1),
    ("written, then another display name", "Anna Berg", "Info", "", "Carl Lund", OTHER, False, 2),
    ("the same, but on the acknowledgement", "Anna Berg", "Info", "", "Carl Lund", OTHER, True, 1),
    ("the same, but it only completes", "Anna Berg", "Info", "", "Carl Lund", "4. New.", False, 1),
    ("display name, then another written", "", "Ann Example", "Carl Lund", "Ann Example", OTHER, False, 2),
    ("the same, but on the acknowledgement", "", "Ann Example", "Carl Lund", "Ann Example", OTHER, True, 1),
    ("the same, but it only completes", "", "Ann Example", "Carl Lund", "Ann Example", "4. New.", False, 1),
    ("two display names", "", "Ann Example", "", "Carl Lund", OTHER, False, 2),
    ("two display names, on the acknowledgement", "", "Ann Example", "", "Carl Lund", OTHER, True, 1),
    ("no name at all, then one", "", "", "", "Carl Lund", OTHER, False, 1),
]


@pytest.mark.parametrize("row", TABLE, ids=[row[0] for row in TABLE])
def test_names_behind_one_address(world: World, row: tuple[str, str, str, str, str, str, bool, int]) -> None:
    _, first, shown, second, shown_then, text, on_acknowledgement, applications = row
    sent = form(world, BOX, shown)
    world.post(BOX, named(first, answers((1, 2, 3))), to=sent, name=shown)
    world.pass_time(minutes=2)
    to = world.mails(BOX, "acknowledgement")[-1] if on_acknowledgement else sent
    world.post(BOX, named(second, text), to=to, name=shown_then)
    world.pass_time(minutes=2)
    assert len(world.applications()) == applications
    asked = "another person" in world.mails(BOX, "acknowledgement")[-1].text
    assert asked == (applications > 1), "who opens a second application is asked whether that was meant"


def test_a_second_person_of_an_office_loses_nobody_an_answer_and_is_shown_to_the_organisers(world: World) -> None:
    sent = form(world, BOX, "Prison Info")
    for name, text in (("Anna Berg", ALL), ("Carl Lund", OTHER)):
        world.post(BOX, named(name, text), to=sent, name="Prison Info")
        world.settle()
    anna, carl = world.applications()
    assert ([one.text for one in anna.answers], carl.answers[0].text) == (list(WORDS), "Other one.")
    assert carl.possibly_same_as == (anna.reference,)


def test_a_letter_of_an_office_without_a_name_goes_to_the_one_it_completes_or_to_a_new_one(world: World) -> None:
    sent = form(world, BOX, "Prison Info")
    world.post(BOX, named("Anna Berg", ALL), to=sent, name="Prison Info")
    world.post(BOX, named("Carl Lund", answers((1, 2, 3), ("A.", "B.", "C."))), to=sent, name="Prison Info")
    world.settle()
    world.post(BOX, "4. A story of Carl's.", to=sent, name="Prison Info")
    world.settle()
    assert [person.version for person in world.applications()] == [1, 2]
    world.post(BOX, "1. Nobody knows whose.", to=sent, name="Prison Info")
    world.settle()
    assert len(world.applications()) == 3
    assert world.applications()[0].answers[0].text == WORDS[0]


@pytest.mark.parametrize(
    "line",
    [
        "Your country: Latvia",
        "Country: Latvia, not Lithuania",
        "Your country: Latvia\n\nAnn",
        "Dear all,\nmy country is Latvia.",
    ],
)
def test_a_line_about_the_person_on_top_of_the_acknowledgement_is_a_correction(world: World, line: str) -> None:
    world.post(ANN, f"Your country: Lithuania\n\n{ALL}", to=form(world, ANN, "Ann Example"))
    world.settle()
    acknowledgement = world.mails(ANN, "acknowledgement")[-1]
    quoted = "\n".join(f"> {row}" for row in acknowledgement.text.split("\n"))
    world.post(ANN, f"{line}\n\n{quoted}", to=acknowledgement)
    world.settle()
    (person,) = world.applications()
    assert (world.outcomes()[-1], person.value("country"), person.version) == ("corrected", "Latvia", 2)
    assert [answer.text for answer in person.answers] == list(WORDS)
    last = world.mails(ANN, "acknowledgement")[-1].text
    assert "We have noted your change to “Your country”." in last
    assert "Your country: Latvia\n" in last


def test_a_corrected_name_in_answer_to_the_acknowledgement_is_no_second_person(world: World) -> None:
    world.post(ANN, f"Your name: Ann Exmaple\n\n{ALL}", to=form(world, ANN, "Ann Example"))
    world.settle()
    world.post(ANN, "Your name: Johanna Sample", to=world.mails(ANN, "acknowledgement")[-1])
    world.settle()
    (person,) = world.applications()
    assert person.name == "Johanna Sample"


def test_an_acknowledgement_that_comes_back_unchanged_corrects_nothing(world: World) -> None:
    world.apply(ANN)
    acknowledgement = world.mails(ANN, "acknowledgement")[-1]
    quoted = "\n".join(f"> {row}" for row in acknowledgement.text.split("\n"))
    world.post(ANN, f"Thank you!\n\n{quoted}", to=acknowledgement)
    world.settle()
    assert (world.outcomes()[-1], world.applications()[0].version) == ("enquired", 1)


def test_a_line_about_the_person_from_a_stranger_changes_nothing(world: World) -> None:
    world.apply(ANN)
    world.post(BOB, "Your country: Latvia", to=world.mails(ANN, "acknowledgement")[-1], name="Bob")
    world.post(ANN, "Your country: Latvia", proven=False)
    world.settle()
    assert world.applications()[0].value("country") == ""
    assert len(world.applications()) == 1


@pytest.mark.parametrize(
    "text",
    [
        f"Your name: Anna Berg and Ben Young\n\n{ALL}",
        f"We both apply: Anna Berg and Ben Young.\n\n{ALL}",
        f"Your name: Anna Berg\n\n{ALL}\n\nYour name: Ben Young\n\n{OTHER}",
        "1. Ann: ten years. Bob: two.\n\n2. Both: none.\n\n3. Ann: time. Bob: money.\n\n4. -",
    ],
    ids=["name line", "words", "two sets", "two voices"],
)
def test_two_people_in_one_mail_are_told_so_and_shown_as_such(world: World, text: str) -> None:
    world.post(ANN, text, to=form(world, ANN, "Anna Berg"), name="Anna Berg")
    world.pass_time(minutes=2)
    assert world.applications()[0].several
    assert "please send one mail for" in world.mails(ANN, "acknowledgement")[-1].text
    world.go_to(world.clock.moment + timedelta(days=1))
    digest = world.mails(world.call.organisers[0].email, "digest")[-1].text
    assert "seems to be written for two people" in " ".join(digest.split())


@pytest.mark.parametrize(
    "text",
    [
        f"Your name: Anna Berg, Head of Training and Care\n\n{ALL}",
        f"{ALL}\n\nMy colleague Ben Young and I run the groups together.",
        "1. We: two mothers. Children: three.\n\n2. None\n\n3. Time: none. Money: none.\n\n4. -",
    ],
)
def test_one_person_is_one_person(world: World, text: str) -> None:
    world.post(ANN, text, to=form(world, ANN, "Anna Berg"), name="Anna Berg")
    world.pass_time(minutes=2)
    assert not world.applications()[0].several


def test_what_is_guessed_is_called_a_guess_to_the_person_and_to_the_organisers(world: World) -> None:
    sender = "anna@ievp.gov.lv"
    letter = f"{ALL}\n\nKind regards,\nAnna Berg\nPsychologist\n+371 6700 0000"
    world.post(sender, letter, to=form(world, sender, "Anna Berg"), name="Anna Berg")
    world.settle()
    text = world.mails(sender, "acknowledgement")[-1].text
    for line in ("Your role: Psychologist", "Your country: Latvia", "Your organisation: ievp.gov.lv"):
        assert f"{line} (guessed; tell us if it is wrong)" in text
    world.go_to(world.clock.moment + timedelta(days=1))
    digest = " ".join(world.mails(world.call.organisers[0].email, "digest")[-1].text.split())
    assert "Anna Berg, Psychologist (guessed), ievp.gov.lv (guessed), Latvia (guessed)" in digest


def test_a_new_signature_is_no_new_version(world: World) -> None:
    world.apply(ANN)
    world.post(ANN, f"{ALL}\n\nKind regards,\nAnn Example\nPrison psychologist", to=world.mails(ANN, "form")[0])
    world.settle()
    assert (world.outcomes()[-1], world.applications()[0].version) == ("repeated", 1)


LATVIAN = (
    "Strādāju cietumā kopš 2015. gada, galvenokārt ar sievietēm.",
    "Mēs organizējam tikšanās divas reizes mēnesī.",
    "Trūkst kopīga riska novērtējuma un tulku.",
    "Kāda māte katru vakaru lasīja dēlam pasaku pa tālruni.",
)


def test_answers_in_another_language_are_taken_and_kindly_told_the_language_of_the_meeting(world: World) -> None:
    world.post(ANN, answers((1, 2, 3, 4), LATVIAN), to=form(world, ANN, "Ann Example"))
    world.settle()
    assert world.applications()[0].status is Status.COMPLETE
    text = " ".join(world.mails(ANN, "acknowledgement")[-1].text.split())
    assert "Your answers seem not to be in English." in text
    assert "The meeting is held in English, without interpretation." in text


def test_answers_in_the_language_of_the_call_are_told_nothing(world: World, tmp_path: Path) -> None:
    world.apply(ANN)
    assert "seem not to be" not in world.mails(ANN, "acknowledgement")[-1].text
    latvian = World(tmp_path / "lv", language="lv")
    latvian.post(ANN, answers((1, 2, 3, 4), LATVIAN), to=form(latvian, ANN, "Ann Example"))
    latvian.settle()
    assert "seem not to be" not in latvian.mails(ANN, "acknowledgement")[-1].text
    latvian.engine.dispose()


PICTURE = ("image/jpeg", "photo.jpg")
VOICE = ("audio/mp4", "memo.m4a")


@pytest.mark.parametrize(("kind", "words"), [(PICTURE, "pictures"), (VOICE, "sound")])
@pytest.mark.parametrize("text", ["", "Sent from my iPhone"])
@pytest.mark.parametrize("applied", [False, True])
def test_a_photo_or_a_voice_memo_alone_is_answered_kindly(
    world: World, kind: tuple[str, str], words: str, text: str, applied: bool
) -> None:
    if applied:
        world.apply(ANN, (1,))
        world.pass_time(days=2)
    world.mailbox.deliver(attached(world, kind, text), world.clock.moment)
    world.settle()
    assert world.outcomes()[-1] == "unreadable"
    answer = " ".join(world.mails(ANN)[-1].text.split())
    assert "We cannot read pictures or listen to sound" in answer
    assert words in answer


def test_a_photo_beside_answers_is_no_hindrance(world: World) -> None:
    world.mailbox.deliver(attached(world, PICTURE, ALL), world.clock.moment)
    world.settle()
    assert world.applications()[0].status is Status.COMPLETE


def attached(world: World, kind: tuple[str, str], text: str) -> bytes:
    """A letter of Ann's with a picture or a sound in it, in answer to nothing."""
    content, name = kind
    return (
        f"Authentication-Results: mx.test; dmarc=pass header.from=example.org\r\n"
        f"Received: from there by mx.test; Tue, 1 Mar 2022 09:00:00 +0000\r\n"
        f"From: Ann Example <{ANN}>\r\nTo: {world.call.mailbox.email}\r\nSubject: My answers\r\n"
        f"Date: {world.clock.moment:%a, %d %b %Y %H:%M:%S} +0000\r\nMessage-ID: <photo@example.org>\r\n"
        f"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
        f"Content-Type: text/plain\r\n\r\n{text.replace(chr(10), chr(13) + chr(10))}\r\n--b\r\n"
        f'Content-Type: {content}; name="{name}"\r\nContent-Disposition: attachment; filename="{name}"\r\n'
        "Content-Transfer-Encoding: base64\r\n\r\nAAAAAAAA\r\n--b--\r\n"
    ).encode()
