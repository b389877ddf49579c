"""The round trip says of each thing a provider does to mail what it is, what it costs, and what to do about it."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from ranmailbot.checkup.findings import Finding, Level
from ranmailbot.checkup.online import KEPT, keep
from ranmailbot.checkup.probe import Own, Role, made
from ranmailbot.checkup.trip import Proven
from ranmailbot.mail.authentication import Trust
from tests.checkup.servers import AUTHSERV, BOX, Provider, replaced, trip
from tests.world import OPENING, PlayedClock, World


def played(
    authserv_id: str = AUTHSERV, *, profile: str = "generic", return_tokens: bool = False, **does: object
) -> tuple[dict[str, Finding], Proven | None, Provider]:
    provider = Provider(PlayedClock(OPENING), **does)  # type: ignore[arg-type]
    findings, proven = trip(provider, trust=Trust(profile, authserv_id), return_tokens=return_tokens).run()
    keys = [one.key for one in findings]
    assert len(keys) == len(set(keys)), "one finding for each thing"
    return {one.key: one for one in findings}, proven, provider


def test_a_provider_that_leaves_mail_alone_has_nothing_to_mend_and_keeps_no_probe() -> None:
    found, proven, provider = played()
    assert {one.level for one in found.values()} == {Level.OK}
    assert proven is not None
    assert proven.json() == {
        "at": OPENING.isoformat(), "from_kept": True, "message_ids_kept": True, "return_path_kept": True, "plus": True,
        "verp": True, "archive_seconds": 0.0, "clock_seconds": 0.0, "forged_refused": True, "authserv_ids": [AUTHSERV],
    }  # fmt: skip
    assert provider.messages == []


TROUBLES = [
    ({"rewrite": replaced(r"Message-ID: <\S+>", "Message-ID: <other@city.example>")},
     "trip.message_id", Level.WARNING, "rewrites Message-IDs", "leave Message-IDs alone"),
    ({"rewrite": replaced(r"From: [^\r]*", "From: Bot <service@city.example>")},
     "trip.from", Level.WARNING, "rewrites the From address", "Let the account send as"),
    ({"return_path": "service@city.example"},
     "trip.return_path", Level.WARNING, "rewrites the envelope sender", "Delivery reports go to"),
    ({"return_path": None}, "trip.return_path", Level.NOTE, "does not say by which envelope sender", ""),
    ({"return_path": BOX}, "trip.verp", Level.NOTE, "does not survive", "Message-ID that they return"),
    ({"refuse_verp": True}, "trip.verp", Level.NOTE, "553 5.7.1 to MAIL", "Message-ID that they return"),
    ({"plus": False}, "trip.plus", Level.NOTE, "it did not arrive in time", "Nothing needs it"),
    ({"plus": False, "sorts_plus": True}, "trip.plus", Level.NOTE, "a folder that is named like", "Nothing needs it"),
    ({"sent_lag": None}, "trip.archive", Level.NOTE, "no copy of what we sent came to Sent", "archive_address"),
    ({"junk": True}, "trip.arrival", Level.WARNING, "came into Junk", "trust this mailbox"),
    ({"full": "552 5.2.2 to RCPT"}, "trip.arrival", Level.FAULT, "552 5.2.2", "The mailbox is full"),
    ({"full": "452 4.3.1 to MAIL"}, "trip.arrival", Level.FAULT, "452 4.3.1", "The mailbox is full"),
    ({"full": "550 5.7.1 to MAIL"}, "trip.arrival", Level.FAULT, "550 5.7.1", "rule or filter"),
    ({"lag": None}, "trip.arrival", Level.FAULT, "does not come back", "rule or filter"),
    ({"ahead": timedelta(minutes=10)}, "trip.clock", Level.WARNING, "600 s ahead of ours", "NTP"),
    ({"ahead": timedelta(minutes=-3)}, "trip.clock", Level.WARNING, "180 s behind ours", "NTP"),
    ({"ahead": timedelta(seconds=20)}, "trip.clock", Level.NOTE, "20 s ahead of ours", ""),
    ({"stamps": "Authentication-Results: mx.other.example; dmarc=pass header.from=city.example\r\n"},
     "trip.stamps", Level.WARNING, '"mx.other.example"', 'authserv_id = "mx.other.example"'),
    ({"stamps": ""}, "trip.stamps", Level.NOTE, "is not proven", "from another provider"),
    ({"uidplus": False}, "trip.removed", Level.NOTE, "marked as deleted", ""),
]  # fmt: skip


@pytest.mark.parametrize(("does", "key", "level", "what", "remedy"), TROUBLES, ids=lambda value: str(value)[:40])
def test_what_a_provider_does_is_told_with_its_remedy(
    does: dict[str, object], key: str, level: Level, what: str, remedy: str
) -> None:
    found, _, _ = played(**does)
    finding = found[key]
    assert finding.level is level
    assert what in finding.what
    assert remedy in finding.remedy


def test_what_was_not_proven_is_not_said_to_be() -> None:
    rewritten = replaced(r"Message-ID: <\S+>", "Message-ID: <other@city.example>")
    _, proven, _ = played(plus=False, refuse_verp=True, sent_lag=None, rewrite=rewritten, return_path=None)
    assert proven is not None
    assert (proven.plus, proven.verp, proven.archive_seconds) == (False, False, None)
    assert (proven.message_ids_kept, proven.return_path_kept, proven.from_kept) == (False, None, True)


def test_how_late_the_copy_of_a_sent_mail_comes_is_measured() -> None:
    _, proven, _ = played(sent_lag=17.0)
    assert proven is not None
    assert proven.archive_seconds == pytest.approx(17, abs=0.5)


def test_without_a_configured_name_the_one_that_the_server_signs_with_is_suggested() -> None:
    found, _, _ = played(authserv_id="")
    assert found["trip.stamps"].level is Level.WARNING
    assert f'authserv_id = "{AUTHSERV}"' in found["trip.stamps"].remedy
    assert found["trip.stamps"].setting == "mailbox.authserv_id"
    found, _, _ = played(authserv_id="", stamps="")
    assert found["trip.stamps"].level is Level.WARNING
    assert "ranmailbot decide" in found["trip.stamps"].remedy


def test_a_stamp_without_a_name_is_no_name_to_suggest() -> None:
    found, _, _ = played(authserv_id="", stamps="Authentication-Results: spf=pass; dmarc=pass\r\n")
    assert "spf" not in found["trip.stamps"].remedy


def test_exchange_online_needs_no_name_to_be_configured() -> None:
    found, _, _ = played(authserv_id="", profile="microsoft365", stamps="Authentication-Results: dmarc=pass\r\n")
    assert found["trip.stamps"].level is Level.NOTE
    assert "authserv_id" not in found["trip.stamps"].remedy


@pytest.mark.parametrize(
    ("key", "does"),
    [("trip.verp", {"refuse_verp": True}), ("trip.verp", {"return_path": BOX}), ("trip.plus", {"plus": False})],
)
def test_return_paths_of_their_own_that_do_not_come_back_are_to_be_switched_off(
    key: str, does: dict[str, object]
) -> None:
    assert played(**does)[0][key].level is Level.NOTE
    found, _, _ = played(return_tokens=True, **does)
    assert found[key].level is Level.WARNING
    assert "return_tokens = false" in found[key].remedy


def test_a_server_that_lets_a_forged_verdict_stand_on_top_is_a_fault() -> None:
    class Careless(Provider):
        """Puts its Received below what the sender wrote."""

        def _arriving(self, mail: object) -> bytes:
            content = mail.content  # type: ignore[attr-defined]
            stamp, _, rest = content.partition(b"\r\n")
            received = f"Received: from there by {AUTHSERV}; Tue, 1 Mar 2022 09:00:00 +0000\r\n".encode()
            return stamp + b"\r\n" + received + rest

    findings, proven = trip(Careless(PlayedClock(OPENING))).run()
    (finding,) = [one for one in findings if one.key == "trip.forged"]
    assert finding.level is Level.FAULT
    assert "Take authserv_id out" in finding.remedy
    assert proven is not None
    assert proven.forged_refused is False


def test_a_worker_that_files_the_probes_meanwhile_hinders_nothing() -> None:
    found, _, provider = played(worker=True)
    assert found["trip.arrival"].level is Level.OK
    assert provider.messages == []


def test_a_mailbox_that_goes_away_on_the_way_is_a_fault_and_probes_are_named_for_removal() -> None:
    found, proven, _ = played(broken_after=3)
    assert found["trip.broken"].level is Level.FAULT
    assert "A check of ranmailbot" in found["trip.removed"].remedy
    assert proven is None


def test_the_whole_ends_in_time_though_nothing_ever_arrives() -> None:
    provider = Provider(PlayedClock(OPENING), lag=None, sent_lag=None)
    trip(provider, seconds=30).run()
    assert provider.clock.moment - OPENING < timedelta(seconds=40)


def test_what_was_proven_is_kept_for_the_owner_only_and_only_beside_a_store(tmp_path: Path) -> None:
    _, proven, _ = played()
    assert proven is not None
    assert keep(proven, "imap.city.example", tmp_path / "none").level is Level.NOTE
    assert not (tmp_path / "none").exists()
    for _ in range(2):
        assert keep(proven, "imap.city.example", tmp_path).level is Level.OK
    kept = tmp_path / KEPT
    assert kept.stat().st_mode & 0o777 == 0o600
    assert json.loads(kept.read_text(encoding="utf-8")) == {"host": "imap.city.example", **proven.json()}


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("proven", [True, False], ids=["stamped", "unstamped"])
def test_a_worker_knows_a_probe_for_ours_never_answers_it_and_never_takes_it_for_an_application(
    world: World, role: Role, proven: bool
) -> None:
    probe = made(role, world.tokens.token(), Own(world.call.mailbox.email), OPENING, Trust("generic", "mx.test"))
    verdict = b"Authentication-Results: mx.test; dmarc=pass header.from=ran.example\r\n" if proven else b""
    received = b"Received: from there by mx.test; Tue, 1 Mar 2022 09:00:00 +0000\r\n"
    world.mailbox.deliver(verdict + received + probe.mail.content, OPENING, "INBOX")
    world.settle()
    assert world.outcomes() == ["automatic"]
    assert world.letters()[0].folder == "Automatic"
    assert world.applications() == ()
    assert world.all_sent() == []
    assert world.outbox() == ()


@pytest.mark.parametrize("header", ["X-Ranmailbot: check\r\n", "Auto-Submitted: auto-generated\r\n"])
def test_a_probe_is_known_even_if_a_server_takes_one_of_its_marks_away(world: World, header: str) -> None:
    probe = made(Role.PLAIN, world.tokens.token(), Own(world.call.mailbox.email), OPENING)
    content = probe.mail.content.replace(header.encode(), b"")
    assert content != probe.mail.content
    world.mailbox.deliver(content, OPENING, "INBOX")
    world.settle()
    assert world.outcomes() == ["automatic"]
    assert world.all_sent() == []
