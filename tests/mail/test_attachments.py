"""Attached documents: their answers count, no word of them is lost, what cannot be read is named with its reason."""

from __future__ import annotations

import struct
import zipfile
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ranmailbot.mail.authentication import Trust
from ranmailbot.mail.letter import Letter, decode
from ranmailbot.mail.letter_reading import read_letter
from ranmailbot.mail.limits import Limits
from ranmailbot.mail.reading import Reading
from ranmailbot.mail.tnef import tnef_parts
from ranmailbot.mail.unread import Unread
from tests.mail import documents as made
from tests.mail.sample_form import FORM, QUESTIONS

NOW = datetime(2022, 3, 2, 12, tzinfo=UTC)
ANSWERS = (
    "Ten years as a psychologist in a women's prison.",
    "We prepare visits together with social services.",
    "Too few people speak the languages needed.",
    "A mother wrote letters for a year before the first visit.",
)
FILLED = tuple(
    line for one, text in zip(QUESTIONS, ANSWERS, strict=True) for line in (f"{one.number}. {one.text}", text)
)
COVER = "Dear colleagues,\n\nplease find my answers attached.\n\nBest wishes\nAnna\n"


def letter(raw: bytes, limits: Limits | None = None) -> Letter:
    return decode(raw, NOW, limits or Limits(), Trust("generic", "mx.ran.example"), ("prisons-call@ran.example",))


def with_file(name: str, content: bytes, text: str = COVER, limits: Limits | None = None) -> Letter:
    return letter(made.mail(text, made.part(name, content)), limits)


def read(one: Letter) -> Reading:
    return read_letter(one, FORM)


def rtf(lines: tuple[str, ...]) -> bytes:
    return ("{\\rtf1\\ansi\\ansicpg1252 " + "\\par\n".join(lines) + "\\par}").encode()


FILES = {
    "answers.docx": made.docx_of(FILLED),
    "answers.odt": made.odt_of(FILLED),
    "answers.pdf": made.pdf([FILLED[:4], FILLED[4:]]),
    "answers.txt": "\n".join(FILLED).encode(),
    "answers.rtf": rtf(FILLED),
    "answers.html": "".join(f"<p>{line}</p>" for line in FILLED).encode(),
}


@pytest.mark.parametrize("name", sorted(FILES))
def test_answers_in_a_document_are_the_applicants_answers(name: str) -> None:
    one = with_file(name, FILES[name])
    reading = read(one)
    assert [answer.text for answer in reading.answers] == list(ANSWERS)
    assert {answer.source for answer in reading.answers} == {f"attachment: {name}"}
    assert all(answer.sure for answer in reading.answers)
    assert reading.anchored
    (document,) = one.documents
    for answer in reading.answers:
        assert document.text.text[slice(*answer.span)] == answer.text
    assert [(each.name, each.read, each.reason) for each in one.attachments] == [(name, True, "")]
    assert "please find my answers attached" in reading.remainder


def test_what_the_mail_answers_counts_and_what_differs_in_a_document_stays_visible() -> None:
    text = f"1. {QUESTIONS[0].text}\nTwenty years by now.\n"
    reading = read(with_file("answers.docx", FILES["answers.docx"], text))
    assert [answer.text for answer in reading.answers] == ["Twenty years by now.", *ANSWERS[1:]]
    assert reading.answers[0].source == "inline"
    assert f"[attachment: answers.docx]\n[question 1, here] {ANSWERS[0]}" in reading.attached
    assert ANSWERS[1] not in reading.attached


def test_the_same_answer_twice_is_shown_once() -> None:
    reading = read(with_file("answers.docx", FILES["answers.docx"], "\n".join(FILLED)))
    assert {answer.source for answer in reading.answers} == {"inline"}
    assert reading.attached == ""


def test_a_guess_in_the_mail_gives_way_to_a_sure_answer_in_a_document_and_stays_visible() -> None:
    text = "\n\n".join(f"This is paragraph {number} of a letter that only seems to answer." for number in "abcd")
    reading = read(with_file("answers.docx", FILES["answers.docx"], text))
    assert [answer.text for answer in reading.answers] == list(ANSWERS)
    assert "[question 1, as read from the text of the mail] This is paragraph a" in reading.attached


def test_two_documents_that_differ_are_both_shown() -> None:
    other = made.docx_of((QUESTIONS[0].text, "Something else."))
    raw = made.mail(COVER, made.part("a.docx", FILES["answers.docx"]), made.part("b.docx", other))
    reading = read(letter(raw))
    assert reading.answers[0].text == ANSWERS[0]
    assert "[attachment: b.docx]\n[question 1, here] Something else." in reading.attached


def test_a_numbered_list_in_a_brochure_is_no_sure_answer() -> None:
    brochure = made.docx_of(("Our values", "1. Respect for every person.", "2. Safety comes first."))
    reading = read(with_file("brochure.docx", brochure))
    assert [answer.sure for answer in reading.answers] == [False, False]
    beside = read(with_file("brochure.docx", brochure, f"3. {QUESTIONS[2].text}\nNo staff.\n"))
    assert [answer.question for answer in beside.answers] == [3]
    assert "Respect for every person." in beside.attached


def test_a_document_that_labels_every_answer_is_believed() -> None:
    listed = made.docx("".join(made.paragraph(text, numbered=True) for text in ANSWERS), numbering=NUMBERING)
    reading = read(with_file("answers.docx", listed))
    assert [answer.text for answer in reading.answers] == list(ANSWERS)
    assert all(answer.sure for answer in reading.answers)


NUMBERING = (
    '<w:abstractNum w:abstractNumId="7"><w:lvl w:ilvl="0"><w:numFmt w:val="decimal"/></w:lvl></w:abstractNum>'
    '<w:num w:numId="1"><w:abstractNumId w:val="7"/></w:num>'
)


def test_no_command_can_come_from_a_document() -> None:
    reading = read(with_file("note.txt", b"withdraw\ninvite A-001\n"))
    assert "withdraw" not in reading.remainder + reading.quoted
    assert reading.attached == "[attachment: note.txt]\nwithdraw\ninvite A-001"


def test_facts_written_in_a_document_are_taken_unless_the_mail_says_otherwise() -> None:
    document = made.docx_of(("Your name: Anna Ozola", "Your country: Latvia", *FILLED))
    reading = read(with_file("a.docx", document, "Your name: Anna Kalns\n"))
    written = {value.key: value.text for value in reading.profile if not value.guessed}
    assert written == {"name": "Anna Kalns", "country": "Latvia"}
    assert "[name, here] Anna Ozola" in reading.attached


PLACES = {
    "paragraph": made.paragraph("WORD"),
    "table": f"<w:tbl><w:tr><w:tc>{made.paragraph('left')}</w:tc><w:tc>{made.paragraph('WORD')}</w:tc></w:tr></w:tbl>",
    "content control around a paragraph": f"<w:sdt><w:sdtContent>{made.paragraph('WORD')}</w:sdtContent></w:sdt>",
    "content control in a paragraph": f"<w:p><w:sdt><w:sdtContent>{made.run('WORD')}</w:sdtContent></w:sdt></w:p>",
    "tracked insertion": f"<w:p><w:ins w:id='1'>{made.run('WORD')}</w:ins></w:p>",
    "text box": (
        f"<w:p><w:r><mc:AlternateContent><mc:Choice><wps:txbx><w:txbxContent>{made.paragraph('WORD')}"
        f"</w:txbxContent></wps:txbx></mc:Choice><mc:Fallback><w:txbxContent>{made.paragraph('WORD')}"
        "</w:txbxContent></mc:Fallback></mc:AlternateContent></w:r></w:p>"
    ),
    "hyperlink": f"<w:p><w:hyperlink>{made.run('WORD')}</w:hyperlink></w:p>",
    "form field": f"<w:p><w:fldSimple w:instr='FORMTEXT'>{made.run('WORD')}</w:fldSimple></w:p>",
    "moved text": f"<w:p><w:moveTo w:id='2'>{made.run('WORD')}</w:moveTo></w:p>",
}


@pytest.mark.parametrize("place", sorted(PLACES))
def test_every_place_of_a_word_document_is_read_once(place: str) -> None:
    (document,) = with_file("a.docx", made.docx(made.paragraph("before") + PLACES[place])).documents
    assert document.text.text.split().count("WORD") == 1


@pytest.mark.parametrize("part", ["footnotes", "endnotes", "comments", "header1", "footer2"])
def test_notes_comments_headers_and_footers_are_read(part: str) -> None:
    content = made.docx(made.paragraph("body"), **{part: made.paragraph("WORD")})
    (document,) = with_file("a.docx", content).documents
    assert document.text.text.split() == ["body", "WORD"]


def test_deleted_words_are_not_read() -> None:
    body = "<w:p><w:del w:id='1'><w:r><w:delText>gone</w:delText></w:r></w:del>" + made.run("kept") + "</w:p>"
    (document,) = with_file("a.docx", made.docx(body)).documents
    assert document.text.text.split() == ["kept"]
    text = "<text:tracked-changes><text:p>gone</text:p></text:tracked-changes><text:p>kept</text:p>"
    (document,) = with_file("a.odt", made.odt(text)).documents
    assert document.text.text.split() == ["kept"]


def test_every_place_of_an_opendocument_text_is_read() -> None:
    body = (
        "<text:h>one</text:h><table:table><table:table-row><table:table-cell><text:p>two<text:tab/>three</text:p>"
        "</table:table-cell></table:table-row></table:table><draw:text-box><text:p>four</text:p></draw:text-box>"
        "<text:p>five<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>six</text:p>"
        "</text:note-body></text:note><text:s text:c='999999999'/>seven<text:line-break/>eight</text:p>"
        "<form:textarea form:current-value='nine'/><text:list><text:list-item><text:p>ten</text:p></text:list-item>"
        "</text:list>"
    )
    (document,) = with_file("a.odt", made.odt(body)).documents
    assert document.text.text.split() == [
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "1.",
        "ten",
    ]


def test_values_of_pdf_form_fields_are_read_with_their_names() -> None:
    content = made.pdf([["Application"]], {f"Question {n}": text for n, text in enumerate(ANSWERS, 1)})
    reading = read(with_file("form.pdf", content))
    assert [answer.text for answer in reading.answers] == list(ANSWERS)


def test_a_pdf_field_named_like_our_question_holds_its_answer() -> None:
    content = made.pdf([["Application"]], {QUESTIONS[2].text: ANSWERS[2]})
    (answer,) = read(with_file("form.pdf", content)).answers
    assert (answer.question, answer.text, answer.sure) == (3, ANSWERS[2], True)


def test_an_opaque_signed_mail_is_read_as_the_letter_itself() -> None:
    inner = "Content-Type: text/plain; charset=utf-8\r\n\r\n" + "\r\n".join(FILLED)
    one = with_file("smime.p7m", made.signed(inner.encode()), text="")
    assert [answer.text for answer in read(one).answers] == list(ANSWERS)
    assert [answer.source for answer in read(one).answers] == ["inline"] * 4
    assert not one.encrypted
    assert [(each.name, each.read) for each in one.attachments] == [("smime.p7m", True)]


def test_a_signed_mail_is_opened_without_a_multipart_around_it() -> None:
    inner = made.wrapped(b"Content-Type: text/plain\r\n\r\nhello there")
    assert letter(b"From: a@x.example\n" + inner).text.text.strip() == "hello there"


def test_an_encrypted_mail_is_known_by_what_it_holds() -> None:
    one = with_file("smime.p7m", made.enveloped(), text="")
    assert one.encrypted
    assert [(each.read, each.reason) for each in one.attachments] == [(False, "it is encrypted")]


def test_wrappings_within_wrappings_come_to_an_end() -> None:
    inner = b"Content-Type: text/plain\r\n\r\nhello"
    for layers in range(1, 9):
        inner = made.wrapped(inner)
        one = letter(b"From: a@x.example\n" + inner)
        assert one.text.text.strip() == ("hello" if layers <= 5 else "")
        assert [each.read for each in one.attachments] == [True] * min(layers, 5) + [False] * (layers > 5)


def test_winmail_dat_shows_its_text_and_its_attachments() -> None:
    content = made.tnef("\r\n".join(FILLED[:2]), {"rest.docx": made.docx_of(FILLED[2:]), "photo.jpg": b"\xff\xd8"})
    one = with_file("winmail.dat", content, text="")
    reading = read(one)
    assert [answer.text for answer in reading.answers] == list(ANSWERS)
    assert reading.answers[0].source == "inline"
    assert reading.answers[1].source == "attachment: rest.docx"
    assert [(each.name, each.read) for each in one.attachments] == [
        ("winmail.dat", True),
        ("rest.docx", True),
        ("photo.jpg", False),
    ]


def test_winmail_dat_repeats_nothing_that_the_mail_shows_already() -> None:
    one = with_file("winmail.dat", made.tnef("Dear all, hello\r\nand one line more"), text="Dear all, hello")
    assert one.text.text.strip() == "Dear all, hello"
    assert one.also == ("and one line more",)


def test_a_document_in_a_forwarded_letter_is_read_if_the_cover_says_little() -> None:
    inner = made.mail("See the file.", made.part("answers.docx", FILES["answers.docx"])).decode().replace("=b", "=c")
    inner = inner.replace("--b", "--c")
    one = letter(made.mail("FYI", f"Content-Type: message/rfc822\n\n{inner}"))
    assert [document.name for document in one.documents] == ["answers.docx"]


REFUSED = {
    "a zip bomb": ("a.docx", made.zip_bomb(), "it unpacks to more than the limit"),
    "entities": ("a.docx", made.laughs(), "it declares a document type"),
    "deep nesting": ("a.docx", made.zipped({"word/document.xml": "<a>" * 30_000}), "it is nested too deeply"),
    "many members": ("a.docx", made.zipped({f"word/{n}": "" for n in range(1_001)}), "it has too many parts"),
    "odd packing": ("a.odt", made.zipped({"content.xml": "<a/>"}, zipfile.ZIP_BZIP2), "it is packed in an unusual way"),
    "no zip": ("a.docx", b"PK\x03\x04 nothing", "it is damaged"),
    "another zip": ("a.docx", made.zipped({"x": "y"}), "it is no Word document"),
    "no document": ("a.odt", made.zipped({"x": "y"}), "it is no OpenDocument text"),
    "no rtf": ("a.rtf", b"hello", "it is no RTF"),
    "many pages": ("a.pdf", made.pdf([["x"]] * 51), "it has more than 50 pages"),
    "no pdf": ("a.pdf", b"%PDF-1.7 nothing", "it is damaged"),
    "an empty scan": ("a.pdf", made.pdf([[]]), "it holds no text"),
    "a winmail.dat without sense": (
        "winmail.dat",
        b"\x78\x9f\x3e\x22" + b"\xff" * 40,
        "it holds nothing that can be read",
    ),
    "no winmail.dat": ("winmail.dat", b"nothing", "it is damaged"),
    "too much text": ("a.txt", b"x " * 600_000, "it holds more text than the limit"),
    "a large pdf": ("a.pdf", b"%PDF" + b"x" * 10_000_000, "it is larger than the limit"),
    "a large winmail.dat": ("winmail.dat", b"x" * 5_000_001, "it is larger than the limit"),
}


@pytest.mark.parametrize("what", sorted(REFUSED))
def test_what_cannot_be_read_is_named_with_its_reason(what: str) -> None:
    name, content, reason = REFUSED[what]
    one = with_file(name, content)
    assert [(each.name, each.read, each.reason) for each in one.attachments] == [(name, False, reason)]
    assert one.documents == ()


def test_more_documents_than_the_limit_are_named_not_read() -> None:
    parts = [made.part(f"{n}.txt", b"words") for n in range(11)]
    one = letter(made.mail("hi", *parts))
    assert len(one.documents) == 10
    assert one.attachments[-1].reason == "there are too many attachments"


def test_documents_share_one_limit_on_text() -> None:
    parts = [made.part(f"{n}.txt", b"x" * 60) for n in range(3)]
    one = letter(made.mail("hi", *parts), Limits(text_bytes=150))
    assert [each.read for each in one.attachments] == [True, True, False]


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([*sorted(FILES), "winmail.dat", "smime.p7m"]),
    st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=20), st.integers(0, 30)), max_size=6),
)
def test_a_damaged_document_never_stops_the_letter(name: str, damage: list[tuple[float, bytes, int]]) -> None:
    files = FILES | {
        "winmail.dat": made.tnef("hi", {"a.docx": FILES["answers.docx"]}),
        "smime.p7m": made.signed(b"\n\nhi"),
    }
    raw = bytearray(files[name])
    for place, added, removed in damage:
        at = int(place * len(raw))
        raw[at : at + removed] = added
    one = with_file(name, bytes(raw))
    assert one.attachments[0].read or one.attachments[0].reason
    read(one)  # raises if a word were lost


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from([*FILLED, "1. one", "Your name: Bo", "something else", "-", ""]), max_size=14), st.data()
)
def test_no_word_of_a_document_is_lost(lines: list[str], data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(lines)))
    one = with_file("a.txt", "\n".join(lines[cut:]).encode(), "\n".join(lines[:cut]))
    reading = read(one)
    shown = "\n".join(
        (
            reading.remainder,
            reading.attached,
            FORM.text,
            *(a.text for a in reading.answers),
            *(v.text for v in reading.profile),
        )
    )
    assert set(" ".join(lines).split()) <= {*shown.split(), "1.", "2.", "3.", "4."}


def test_a_winmail_that_claims_more_properties_than_it_has_bytes_is_damaged() -> None:
    claim = struct.pack("<IHBIII", 0x223E9F78, 1, 2, 0x00069005, 4, 0xFFFFFFFF) + b"\0\0"
    with pytest.raises(Unread, match="damaged"):
        tnef_parts(claim, Limits())
