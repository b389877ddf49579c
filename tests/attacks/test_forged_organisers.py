"""Nobody but an authenticated organiser, in new visible words, in reply to a digest of their own, decides anything."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest

from ranmailbot.call.application import Decision
from ranmailbot.flows.decide import decide_by_command
from tests.attacks.tools import BOB, QuickWorld, facts, raw_letter, received, two_applicants, verdict_of
from tests.flows.test_announce import local
from tests.world import AUTHSERV

ILSE, EVIL = "ilse.maren@ran.example", "evil.example"
PASS_EVIL, PASS_RAN = verdict_of(EVIL), verdict_of("ran.example")
NONE_RAN = verdict_of("ran.example", "none")
INVITE = "invite A-001\ndecline A-002"
AR = "Authentication-Results: "
GOOD = f"{AUTHSERV}; dmarc=pass header.from=ran.example"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[QuickWorld]:
    one = QuickWorld(tmp_path_factory.mktemp("organisers"))
    two_applicants(one)
    yield one
    one.engine.dispose()


def digest(world: QuickWorld, organiser: str = ILSE) -> str:
    return world.mails(organiser, "digest")[-1].message_id


def nothing_is_decided(world: QuickWorld, head: str, body: str = INVITE, **more: str) -> None:
    before = facts(world)
    reply = {"In-Reply-To": digest(world), "References": digest(world)}
    world.deliver(raw_letter(world, head, body, more=reply | {k.replace("_", "-"): v for k, v in more.items()}))
    unchanged(world, before)


def unchanged(world: QuickWorld, before: list[tuple[object, ...]]) -> None:
    """Nothing has changed; if it has, the next attack finds it as it was all the same."""
    after = facts(world)
    decide_by_command(world.store, world.clock, world.tokens, world.call, decision=None, numbers=(1, 2))
    assert after == before


def word(text: str, how: str = "b") -> str:
    coded = base64.b64encode(text.encode()).decode() if how == "b" else "".join(f"={c:02X}" for c in text.encode())
    return f"=?utf-8?{how}?{coded}?="


FROMS = {
    "two addresses run together": f"From: {ILSE} <eve@evil.example>",
    "two addresses run together, turned": f"From: eve@evil.example <{ILSE}>",
    "quoted display name": f'From: "{ILSE}" <eve@evil.example>',
    "list of two": f"From: {ILSE}, eve@evil.example",
    "list of two, turned": f"From: eve@evil.example, {ILSE}",
    "two in angles": f"From: <{ILSE}> <eve@evil.example>",
    "group": f"From: Organisers: {ILSE};",
    "group and an address": f"From: Organisers: {ILSE}; eve@evil.example",
    "empty group": f"From: {ILSE}:;",
    "comment": f"From: eve@evil.example ({ILSE})",
    "comment inside the address": "From: ilse.maren(x)@ran.example(@evil.example)",
    "comment with a bracket": f'From: ("(" <{ILSE}>) <eve@evil.example>',
    "comment that does not close": f"From: {ILSE} (<eve@evil.example>",
    "encoded name": f"From: {word(ILSE)} <eve@evil.example>",
    "encoded address": f"From: {word(f'<{ILSE}>')} <eve@evil.example>",
    "encoded local part": f"From: <{word('ilse.maren', 'q')}@ran.example>",
    "encoded everything": f"From: {word(f'Ilse <{ILSE}>')}",
    "encoded line break": f"From: {word(chr(13) + chr(10) + 'From: ' + ILSE)} <eve@evil.example>",
    "encoded NUL": f"From: <{ILSE}{word(chr(0))}@evil.example>",
    "Cyrillic e": "From: <ils\u0435.maren@ran.example>",
    "Cyrillic a in the domain": "From: <ilse.maren@r\u0430n.example>",
    "punycode domain": "From: <ilse.maren@xn--rn-7kc.example>",
    "Kelvin sign": "From: <ilse.maren@ran.example\u212a>",
    "full-width at": "From: <ilse.maren\uff20ran.example>",
    "full-width dot": "From: <ilse.maren@ran\uff0eexample>",
    "dotless i": "From: <\u0131lse.maren@ran.example>",
    "long s": "From: <il\u017fe.maren@ran.example>",
    "zero width": "From: <ilse.maren@ran.example\u200b>",
    "subdomain": "From: <ilse.maren@mail.ran.example>",
    "longer domain": "From: <ilse.maren@ran.example.evil.example>",
    "trailing dot": "From: <ilse.maren@ran.example.>",
    "many trailing dots": "From: <ilse.maren@ran.example...>",
    "leading dot": "From: <.ilse.maren@ran.example>",
    "plus part": "From: <ilse.maren+x@ran.example>",
    "percent hack": "From: <ilse.maren%ran.example@evil.example>",
    "bang path": "From: <evil.example!ilse.maren@ran.example>",
    "source route": f"From: <@evil.example:{ILSE}>",
    "quoted local part": 'From: <"ilse.maren"@ran.example>',
    "quoted local part with an address": f'From: <"{ILSE}"@evil.example>',
    "domain literal": "From: <ilse.maren@[127.0.0.1]>",
    "folded address": "From: <ilse.maren@ran.\n example>",
    "folded name": f"From: Ilse\n <{ILSE}>\n <eve@evil.example>",
    "two From, organiser first": f"From: {ILSE}\nFrom: eve@evil.example",
    "two From, organiser last": f"From: eve@evil.example\nFrom: {ILSE}",
    "two From, both the organiser": f"From: {ILSE}\nFrom: {ILSE}",
    "odd case twice": f"FROM: {ILSE}\nfrom: eve@evil.example",
    "blank before the colon": f"From : {ILSE}\nFrom: eve@evil.example",
    "only a Sender": f"Sender: {ILSE}\nFrom: eve@evil.example",
    "only a Reply-To": f"Reply-To: {ILSE}\nFrom: eve@evil.example",
    "only a Resent-From": f"Resent-From: {ILSE}\nFrom: eve@evil.example",
    "X-Original-From": f"X-Original-From: {ILSE}\nX-Sender: {ILSE}\nFrom: eve@evil.example",
    "Return-Path": f"Return-Path: <{ILSE}>\nFrom: eve@evil.example",
    "no From at all": f"Sender: {ILSE}\nReply-To: {ILSE}",
    "NUL": f"From: {ILSE}\x00 <eve@evil.example>",
    "carriage return": f"From: {ILSE}\x0b <eve@evil.example>",
    "the other organiser's name": "From: Tomas LINDE <eve@evil.example>",
}


@pytest.mark.parametrize("sender", FROMS.values(), ids=FROMS.keys())
@pytest.mark.parametrize("verdict", [PASS_EVIL, NONE_RAN], ids=["evil passes", "nobody passes"])
def test_a_sender_who_only_looks_like_an_organiser_decides_nothing(
    world: QuickWorld, sender: str, verdict: str
) -> None:
    nothing_is_decided(world, verdict + received() + sender + "\n")


RESULTS = {
    "none": "",
    "another server": f"{AR}evil.example; dmarc=pass header.from=ran.example\n",
    "a longer server": f"{AR}{AUTHSERV}.evil.example; dmarc=pass header.from=ran.example\n",
    "a shorter server": f"{AR}test; dmarc=pass header.from=ran.example\n",
    "a server in a comment": f"{AR}evil.example ({AUTHSERV}); dmarc=pass header.from=ran.example\n",
    "a comment before the server": f"{AR}({AUTHSERV};) evil.example; dmarc=pass header.from=ran.example\n",
    "a server with a dot": f"{AR}{AUTHSERV}.; dmarc=pass header.from=ran.example\n",
    "a Cyrillic server": f"{AR}m\u0445.test; dmarc=pass header.from=ran.example\n",
    "fail above pass": f"{AR}{AUTHSERV}; dmarc=fail header.from=ran.example\n{AR}{GOOD}\n",
    "nothing above pass": f"{AR}{AUTHSERV}; none\n{AR}{GOOD}\n",
    "torn above pass": f'{AR}{AUTHSERV}; spf="\n{AR}{GOOD}\n',
    "two results": f"{AR}{AUTHSERV}; dmarc=fail header.from=ran.example; dmarc=pass header.from=ran.example\n",
    "two passes": f"{AR}{GOOD}; dmarc=pass header.from=ran.example\n",
    "in a comment": f"{AR}{AUTHSERV}; dmarc=fail (; dmarc=pass header.from=ran.example) header.from=ran.example\n",
    "in nested comments": f"{AR}{AUTHSERV}; dmarc=none (a (b) ; dmarc=pass header.from=ran.example)\n",
    "in a quoted string": f'{AR}{AUTHSERV}; dmarc=fail reason="; dmarc=pass header.from=ran.example"\n',
    "in an escaped quote": f'{AR}{AUTHSERV}; dmarc=fail reason="\\"; dmarc=pass header.from=ran.example; \\""\n',
    "another domain": f"{AR}{AUTHSERV}; dmarc=pass header.from=evil.example\n",
    "two domains": f"{AR}{AUTHSERV}; dmarc=pass header.from=evil.example header.from=ran.example\n",
    "two domains, turned": f"{AR}{AUTHSERV}; dmarc=pass header.from=ran.example header.from=evil.example\n",
    "a subdomain": f"{AR}{AUTHSERV}; dmarc=pass header.from=mail.ran.example\n",
    "a parent": f"{AR}{AUTHSERV}; dmarc=pass header.from=example\n",
    "a longer domain": f"{AR}{AUTHSERV}; dmarc=pass header.from=ran.example.evil.example\n",
    "a full address": f"{AR}{AUTHSERV}; dmarc=pass header.from={ILSE}\n",
    "no domain": f"{AR}{AUTHSERV}; dmarc=pass\n",
    "an empty domain": f'{AR}{AUTHSERV}; dmarc=pass header.from=""\n',
    "only spf and dkim": f"{AR}{AUTHSERV}; spf=pass smtp.mailfrom=ran.example; dkim=pass header.d=ran.example\n",
    "policy.dmarc": f"{AR}{AUTHSERV}; x-dmarc=pass header.from=ran.example\n",
    "a word that begins with pass": f"{AR}{AUTHSERV}; dmarc=passed header.from=ran.example\n",
    "bestguesspass": f"{AR}{AUTHSERV}; dmarc=bestguesspass header.from=ran.example\n",
    "folded over lines": f"{AR}{AUTHSERV};\n dmarc=fail\n header.from=ran.example;\n\tdmarc=pass\n header.from=x\n",
    "encoded words": f"{AR}{word(GOOD)}\n",
    "ARC instead": f"ARC-Authentication-Results: i=1; {GOOD}\n",
    "a lookalike field": f"Authentication-Result: {GOOD}\nX-Authentication-Results: {GOOD}\n",
    "an original one": f"Original-Authentication-Results: {GOOD}\n",
    "Received-SPF": "Received-SPF: pass (ran.example)\n",
    "version 2": f"{AR}{AUTHSERV} 2; dmarc=pass header.from=ran.example\n",
    "padded to be cut": f"{AR}{GOOD}{' ' * 9_000}; dmarc=fail header.from=ran.example\n",
}


@pytest.mark.parametrize("results", RESULTS.values(), ids=RESULTS.keys())
def test_forged_or_doubtful_results_authenticate_nobody(world: QuickWorld, results: str) -> None:
    nothing_is_decided(world, results + received() + f"From: {ILSE}\n")


@pytest.mark.parametrize(
    "head",
    [
        f"{received()}{AR}{GOOD}\nFrom: {ILSE}\n",
        f"{AR}{AUTHSERV}; none\n{received()}{AR}{GOOD}\n{received()}From: {ILSE}\n",
        f"{AR}{GOOD}\nFrom: {ILSE}\n",
        f"From: {ILSE}\n{AR}{GOOD}\n",
        f"X-Received: x\n{AR}{GOOD}\nFrom: {ILSE}\n",
        f"not a header\n{received()}{AR}{GOOD}\nFrom: {ILSE}\n",
    ],
    ids=["below", "between two", "no Received", "no Received, last", "X-Received", "after a torn line"],
)
def test_results_below_the_first_received_are_the_senders_own(world: QuickWorld, head: str) -> None:
    nothing_is_decided(world, head)


ILSE_PASSES = PASS_RAN + received() + f"From: Ilse <{ILSE}>\n"


@pytest.mark.parametrize("name", ["From", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "Content-Type"])
@pytest.mark.parametrize("place", ["above", "below"])
def test_a_signature_covers_one_field_of_a_name_so_a_second_one_takes_the_proof_away(
    world: QuickWorld, name: str, place: str
) -> None:
    second = {
        "From": f"Ilse <{ILSE}>",
        "Date": f"{world.clock.moment:%a, %d %b %Y %H:%M:%S} +0000",
        "In-Reply-To": digest(world),
        "References": digest(world),
        "Message-ID": "<another@ran.example>",
        "Content-Type": "text/plain; charset=us-ascii",
    }.get(name, "Fresh")
    added = f"{name}: {second}\n"
    if place == "above":
        nothing_is_decided(world, PASS_RAN + received() + added + f"From: Ilse <{ILSE}>\n")
    else:
        raw = raw_letter(world, ILSE_PASSES, INVITE, more={"In-Reply-To": digest(world), "References": digest(world)})
        head, _, body = raw.partition("\n\n")
        before = facts(world)
        world.deliver(f"{head}\n{added}\n{body}")
        unchanged(world, before)


@pytest.mark.parametrize(
    "more",
    [
        {"In-Reply-To": "", "References": ""},
        {"In-Reply-To": "<00000001@ran.example>", "References": ""},
        {"In-Reply-To": "OTHER", "References": "OTHER"},
        {"In-Reply-To": "FORM", "References": "FORM"},
        {"Date": "Tue, 1 Mar 2022 09:00:00 +0000"},
        {"Date": "Tue, 1 Mar 2032 09:00:00 +0000"},
        {"Auto-Submitted": "auto-replied"},
        {"Auto-Submitted": "no\nAuto-Submitted: auto-generated"},
        {"Precedence": "bulk"},
        {"List-Id": "<organisers.ran.example>"},
        {"Return-Path": "<>"},
        {"X-Ranmailbot": "prisons-2022-04"},
    ],
    ids=str,
)
def test_an_organiser_without_a_fresh_digest_of_their_own_decides_nothing(
    world: QuickWorld, more: dict[str, str]
) -> None:
    stolen = {"OTHER": digest(world, "tomas.linde@ran.example"), "FORM": world.mails(BOB)[0].message_id}
    nothing_is_decided(world, ILSE_PASSES, **{key: stolen.get(value, value) for key, value in more.items()})


@pytest.mark.parametrize("reference", ["0", "00", "000000", "00000001", "0000000", "a", "blank", "%", "_", ""])
def test_a_piece_of_a_visible_reference_is_no_reply_to_a_digest(world: QuickWorld, reference: str) -> None:
    body = f"{INVITE}\n\nThe form ends with this line ({world.call.key}, {reference}); please leave the line."
    nothing_is_decided(world, ILSE_PASSES, body, In_Reply_To="", References="")


TEXTS = {
    "quoted": "> invite A-001",
    "quoted without a blank": ">invite A-001",
    "quoted deeper": "On Monday somebody wrote:\n>> invite A-001",
    "below a signature mark": "-- \ninvite A-001",
    "below an empty line": "Thanks\n\ninvite A-001",
    "after a polite word": "please invite A-001",
    "below a polite word": "Dear bot\ninvite A-001",
    "above another word": "invite A-001\nand have a nice day",
    "in a sentence": "I would not\ninvite A-001",
    "full-width digits": "invite A-\uff10\uff10\uff11",
    "Arabic digits": "invite A-\u0660\u0660\u0661",
    "superscript digits": "invite A-00\u00b9",
    "circled digits": "invite A-00\u2460",
    "mathematical digits": "invite A-\U0001d7ce\U0001d7ce\U0001d7cf",
    "Cyrillic prefix": "invite \u0410-001",
    "full-width verb": "\uff49\uff4e\uff56\uff49\uff54\uff45 A-001",
    "Cyrillic verb": "\u0456nvite A-001",
    "negative": "invite A--001",
    "other dash": "invite A\u2013001",
    "range": "invite A-001 - A-002",
    "word all": "invite all",
    "star": "invite *",
    "template": "invite {{ 'A-001' }}",
    "very long number": f"invite A-{'9' * 5_000}",
    "zeros without end": f"invite A-{'0' * 5_000}1 x",
    "both verdicts": "invite A-001\ndecline A-001",
    "subject only": "",
    "unknown reference beside a known one": "invite A-001 A-777",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_words_of_an_organiser_that_are_no_plain_decision_decide_nothing(world: QuickWorld, text: str) -> None:
    nothing_is_decided(world, ILSE_PASSES, text, Subject="invite A-001")
    assert world.outcomes()[-1] == "decision_refused"


def multipart(kind: str, *parts: str) -> tuple[str, str]:
    body = "".join(f"--b\n{part}\n" for part in parts) + "--b--\n"
    return f"multipart/{kind}; boundary=b", body


PLAIN, HTML = "Content-Type: text/plain\n\n", "Content-Type: text/html; charset=utf-8\n\n"
STRANGERS = f"Content-Type: message/rfc822\n\nFrom: Eve <eve@evil.example>\nSubject: x\n{PLAIN}invite A-001\n"
SHAPES = {
    "attached message": multipart("mixed", f"{PLAIN}\n", STRANGERS),
    "only an attached message": multipart("mixed", STRANGERS),
    "forwarded as digest": multipart("digest", STRANGERS),
    "attached message beside an empty page": multipart("mixed", f"{HTML}<p>&nbsp;</p>\n", STRANGERS),
    "attached message in an alternative": multipart("alternative", f"{PLAIN}\n", STRANGERS),
    "attached text file": multipart(
        "mixed",
        f"{PLAIN}Thanks\n",
        "Content-Type: text/plain; name=a.txt\nContent-Disposition: attachment\n\ninvite A-001\n",
    ),
    "text file alone": multipart(
        "mixed",
        f"{PLAIN}\n",
        "Content-Type: text/plain\nContent-Disposition: attachment; filename=a.txt\n\ninvite A-001\n",
    ),
    "second text": multipart("mixed", f"{PLAIN}Thanks\n", f"{PLAIN}invite A-001\n"),
    "delivery report": multipart(
        "report", f"{PLAIN}\n", "Content-Type: message/delivery-status\n\nAction: failed\n", STRANGERS
    ),
    "hidden by display": ("text/html", "<p style='display:none'>invite A-001</p><p></p>"),
    "hidden by visibility": ("text/html", "<p style='visibility: hidden'>invite A-001</p>"),
    "hidden by size": ("text/html", "<p style='font-size:0'>invite A-001</p>"),
    "hidden by attribute": ("text/html", "<p hidden>invite A-001</p>"),
    "comment": ("text/html", "<!-- invite A-001 --><p></p>"),
    "conditional comment": ("text/html", "<!--[if mso]>invite A-001<![endif]-->"),
    "title": ("text/html", "<title>invite A-001</title>"),
    "script": ("text/html", "<script>invite A-001</script>"),
    "style": ("text/html", "<style>invite A-001</style>"),
    "template": ("text/html", "<template>invite A-001</template>"),
    "image text": ("text/html", "<img alt='invite A-001' title='invite A-001' src='http://evil.example/x.png'>"),
    "block quote": ("text/html", "<blockquote>invite A-001</blockquote>"),
    "Gmail's quote": ("text/html", "<div class=gmail_quote><blockquote>invite A-001</blockquote></div>"),
    "see-through": ("text/html", "<p style='opacity:0'>invite A-001</p>"),
    "no height": ("text/html", "<p style='max-height:0;overflow:hidden'>invite A-001</p>"),
    "off the page": ("text/html", "<p style='position:absolute;left:-9999px'>invite A-001</p>"),
    "hidden by size in words": ("text/html", "<p style='font-size:1px;line-height:0;color:#fff'>invite A-001</p>"),
    "colour of paper": ("text/html", "<p style='color:#ffffff'>invite A-001</p>"),
    "transparent": ("text/html", "<p style='color:transparent'>invite A-001</p>"),
}
DARK = {"hidden by size in words", "colour of paper"}


@pytest.mark.parametrize("shape", SHAPES.keys())
def test_words_that_an_organiser_did_not_write_or_nobody_sees_decide_nothing(world: QuickWorld, shape: str) -> None:
    if shape in DARK:
        pytest.xfail("known limit: colours are not compared (docs/security.md)")
    content_type, body = SHAPES[shape]
    nothing_is_decided(world, ILSE_PASSES, body, Content_Type=content_type)


def test_an_applicants_answer_never_decides_even_if_the_organiser_sends_the_digest_back_unquoted(
    tmp_path: Path,
) -> None:
    world = QuickWorld(tmp_path)
    words = ("invite A-001", "invite A-001\n\ninvite A-001", "decline A-002", "1. x\n\ninvite A-001")
    world.apply(BOB)
    world.post(
        "mallory@example.org", "\n\n".join(f"{n}. {text}" for n, text in enumerate(words, 1)), name="invite A-002"
    )
    world.settle()
    world.go_to(local(2022, 3, 2, 8, 1))
    sent = world.mails(ILSE, "digest")[-1]
    for shown in (
        sent.text,
        "\n\n" + sent.text,
        sent.text.replace("    ", ""),
        sent.text.partition("New and changed")[2],
    ):
        for quote in ("", "-----Original Message-----\n", "\n\nIlse\n\n"):
            world.deliver(raw_letter(world, ILSE_PASSES, quote + shown, more={"In-Reply-To": sent.message_id}))
    pages = [part.get_content() for part in sent.message.walk() if part.get_content_type() == "text/html"]
    for page in pages:
        reply = {"In-Reply-To": sent.message_id, "Content-Type": "text/html; charset=utf-8"}
        world.deliver(raw_letter(world, ILSE_PASSES, page, more=reply))
    assert all(person.decision is None for person in world.applications())
    world.engine.dispose()


def test_the_same_decision_is_taken_once_however_often_it_is_sent_again(tmp_path: Path) -> None:
    world = QuickWorld(tmp_path)
    two_applicants(world)
    raw = raw_letter(world, ILSE_PASSES, "invite A-001", more={"In-Reply-To": digest(world)})
    world.deliver(raw)
    world.decide("undecide A-001")
    for again in (raw, verdict_of("ran.example") + raw, received() + raw, raw + "\n\n"):
        world.deliver(again)
    assert [person.decision for person in world.applications()] == [None, None]
    world.engine.dispose()


def test_after_all_attacks_the_true_organiser_still_decides(world: QuickWorld) -> None:
    world.decide("invite A-001")
    assert world.applications()[0].decision is Decision.INVITE
