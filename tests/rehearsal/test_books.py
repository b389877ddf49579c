"""The books bite: each promise is broken once in what was played, and exactly then the audit says so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from ranmailbot.call.application import Decision, Status
from ranmailbot.rehearsal.books import audit
from ranmailbot.rehearsal.chronicle import Seen
from ranmailbot.rehearsal.people import Habit
from ranmailbot.rehearsal.play import Played
from ranmailbot.rehearsal.truth import truths
from tests.rehearsal.conftest import Run


def with_seen(played: Played, seen: list[Seen]) -> Played:
    return replace(played, chronicle=replace(played.chronicle, seen=seen))


def altered(played: Played, kind: str, change: Callable[[Seen], Seen]) -> Played:
    """With the first mail of this kind changed."""
    seen = list(played.chronicle.seen)
    index = next(index for index, mail in enumerate(seen) if mail.kind == kind)
    seen[index] = change(seen[index])
    return with_seen(played, seen)


def broken(played: Played) -> set[str]:
    return {promise for promise, faults in audit(played).checks if faults}


def test_a_whole_call_is_played_without_a_fault(run: Run) -> None:
    assert run.audit.faults == ()
    assert run.audit.incoming == sum(run.audit.outcomes.values()) + run.audit.copies
    assert run.audit.outgoing == sum(run.audit.kinds.values())


def test_the_play_shows_what_matters_most(run: Run) -> None:
    assert {"applied", "corrected", "withdrawn", "decided", "decision_refused", "rsvp_recorded", "bounced"} <= set(
        run.audit.outcomes
    )
    assert {"announcement", "invitation", "regret", "session_details", "session_reminder", "thanks"} <= set(
        run.audit.kinds
    )
    assert any(story.late for story in run.played.stories)


def test_a_letter_missing_from_the_books_is_noticed(run: Run) -> None:
    letters = {**run.played.books.letters, "applied": run.played.books.letters["applied"] - 1}
    played = replace(run.played, books=replace(run.played.books, letters=letters))
    assert broken(played) == {"every letter is in the books"}


def test_a_letter_in_two_folders_is_noticed(run: Run) -> None:
    posted = run.played.chronicle.posted[0].posting.message_id
    filed = {**run.played.filed, "Elsewhere": [(posted, b"")]}
    assert "every letter lies in exactly one folder" in broken(replace(run.played, filed=filed))


def test_a_letter_left_in_the_inbox_is_noticed(run: Run) -> None:
    filed = dict(run.played.filed)
    filed["INBOX"], filed["Applications"] = filed["Applications"][:1], filed["Applications"][1:]
    assert broken(replace(run.played, filed=filed)) == {"every letter lies in exactly one folder"}


def test_a_mail_that_never_arrived_is_noticed(run: Run) -> None:
    seen = [mail for mail in run.played.chronicle.seen if mail.kind != "thanks"]
    assert "every mail is in the books" in broken(with_seen(run.played, seen))


def test_a_mail_delivered_twice_is_noticed(run: Run) -> None:
    seen = [*run.played.chronicle.seen, run.played.chronicle.seen[-1]]
    assert "nobody gets the same thing twice" in broken(with_seen(run.played, seen))


def test_two_closing_mails_to_one_person_are_noticed(run: Run) -> None:
    closings = [mail for mail in run.played.mails if mail.kind == "closing"]
    one, other = closings[0], closings[1]
    mails = tuple(
        replace(mail, application=one.application) if mail.message_id == other.message_id else mail
        for mail in run.played.mails
    )
    moved = [
        replace(mail, delivered_to=one.recipient, to=(one.recipient,)) if mail.message_id == other.message_id else mail
        for mail in run.played.chronicle.seen
    ]
    assert "nobody gets the same thing twice" in broken(with_seen(replace(run.played, mails=mails), moved))


def test_a_second_address_on_a_mail_is_noticed(run: Run) -> None:
    played = altered(run.played, "digest", lambda mail: replace(mail, others=1))
    assert broken(played) == {"every mail has one reader, who expects it"}


def test_an_invitation_beside_a_regret_is_noticed(run: Run) -> None:
    regret = next(mail for mail in run.played.mails if mail.kind == "regret")
    invitation = next(mail for mail in run.played.mails if mail.kind == "invitation")
    mails = tuple(
        replace(mail, application=regret.application) if mail.message_id == invitation.message_id else mail
        for mail in run.played.mails
    )
    assert "nobody holds an invitation and a regret" in broken(replace(run.played, mails=mails))


def test_an_update_that_does_not_raise_its_sequence_is_noticed(run: Run) -> None:
    played = altered(run.played, "session_details", lambda mail: replace(mail, sequence=0))
    assert broken(played) == {"calendar events stay with their person and grow"}


def test_a_lapsed_milestone_is_noticed(run: Run) -> None:
    first, *rest = run.played.books.milestones
    books = replace(run.played.books, milestones=((first[0], "lapsed", first[2]), *rest))
    assert broken(replace(run.played, books=books)) == {"every milestone was kept"}


def test_one_word_of_an_answer_misunderstood_is_noticed(run: Run) -> None:
    first = next(story for story in run.played.stories if story.answers)
    answers = {**first.answers, 1: first.answers[1] + " lost"}
    stories = tuple(replace(one, answers=answers) if one == first else one for one in run.played.stories)
    assert broken(replace(run.played, stories=stories)) == {"what people wrote is what was understood"}


def test_an_application_with_the_wrong_status_is_noticed(run: Run) -> None:
    stories = (replace(run.played.stories[0], status=Status.INCOMPLETE), *run.played.stories[1:])
    assert broken(replace(run.played, stories=stories)) == {"every application stands as its letters say"}


def test_a_decision_nobody_took_is_noticed(run: Run) -> None:
    undecided = next(story for story in run.played.stories if story.decision is None)
    stories = tuple(
        replace(one, decision=Decision.INVITE, told=Decision.INVITE) if one == undecided else one
        for one in run.played.stories
    )
    assert broken(replace(run.played, stories=stories)) == {"only organisers decide, and every decision counts"}


def test_an_answer_to_an_invitation_that_got_lost_is_noticed(run: Run) -> None:
    answered = next(one for one in run.played.stories if one.rsvps and one.status is not Status.WITHDRAWN)
    stories = tuple(replace(one, rsvps={}) if one == answered else one for one in run.played.stories)
    assert broken(replace(run.played, stories=stories)) == {"what invited people said is what was recorded"}


def test_mail_after_a_withdrawal_is_noticed(run: Run) -> None:
    gone = next(letter for letter in run.played.chronicle.posted if letter.posting.withdraws)
    assert gone.posting.person is not None
    who = run.played.people[gone.posting.person].email
    late = next(mail for mail in reversed(run.played.chronicle.seen) if mail.kind == "closing")
    late = replace(late, delivered_to=who, to=(who,), at=run.played.ended, message_id="<x@x.example>")
    played = with_seen(run.played, [*run.played.chronicle.seen, late])
    assert "who withdrew gets the confirmation and nothing more" in broken(played)


@pytest.mark.parametrize("kind", ["acknowledgement", "digest", "invitation"])
def test_a_join_link_in_any_other_mail_is_noticed(kind: str, run: Run) -> None:
    played = altered(run.played, kind, lambda mail: replace(mail, opens=("day-1",)))
    assert broken(played) == {"join links go to confirmed participants only"}


def test_a_join_link_for_somebody_who_did_not_accept_is_noticed(run: Run) -> None:
    found = truths(run.played.chronicle.posted, len(run.played.people))
    unconfirmed = next(
        person
        for person, truth in zip(run.played.people, found, strict=True)
        if truth.applied_at and "ACCEPTED" not in {said for _, session, said in truth.said if session == "day-1"}
    )
    played = altered(
        run.played,
        "session_details",
        lambda mail: replace(mail, delivered_to=unconfirmed.email, to=(unconfirmed.email,)),
    )
    assert "join links go to confirmed participants only" in broken(played)


def test_a_confirmed_participant_without_the_link_is_noticed(run: Run) -> None:
    played = altered(run.played, "session_reminder", lambda mail: replace(mail, opens=()))
    assert "confirmed participants learn how to join" in broken(played)


def test_a_deadline_notice_on_the_day_after_is_noticed(run: Run) -> None:
    played = altered(run.played, "deadline_notice", lambda mail: replace(mail, at=mail.at + timedelta(days=1)))
    assert "each kind of mail leaves on its own day" in broken(played)


@pytest.mark.parametrize("kind", ["session_reminder", "deadline_reminder"])
def test_an_hour_lost_when_the_clocks_change_is_noticed(kind: str, run: Run) -> None:
    seen = [
        replace(mail, at=mail.at + timedelta(hours=1)) if mail.kind == kind else mail
        for mail in run.played.chronicle.seen
    ]
    broken_promises = broken(with_seen(run.played, seen))
    assert "mailings begin at their local time, before and after the clocks change" in broken_promises


def test_an_event_an_hour_too_long_is_noticed(run: Run) -> None:
    played = altered(
        run.played, "invitation", lambda mail: replace(mail, ends=(mail.ends or mail.at) + timedelta(hours=1))
    )
    assert broken(played) == {"every mail about a session says when it is, in local time"}


def test_a_time_missing_from_the_text_is_noticed(run: Run) -> None:
    played = altered(run.played, "session_reminder", lambda mail: replace(mail, untold="09:00"))
    assert broken(played) == {"every mail about a session says when it is, in local time"}


def test_a_person_forgotten_by_the_announcement_is_noticed(run: Run) -> None:
    mails = tuple(mail for mail in run.played.mails if mail.kind != "announcement")
    assert "everybody on the list got the call" in broken(replace(run.played, mails=mails))


def test_an_applicant_who_was_never_told_is_noticed(run: Run) -> None:
    seen = [mail for mail in run.played.chronicle.seen if mail.kind != "acknowledgement"]
    assert "everybody who applied was told so within minutes" in broken(with_seen(run.played, seen))


def test_an_answer_to_a_machine_is_noticed(run: Run) -> None:
    report = run.played.chronicle.bounces[0][2]
    played = altered(run.played, "passed_on", lambda mail: replace(mail, answers=report))
    assert broken(played) == {"machines are never answered"}


def test_an_unproven_sender_who_gets_their_words_back_is_noticed(run: Run) -> None:
    chronicle = run.played.chronicle
    mail = next(one for one in chronicle.seen if one.kind == "acknowledgement")
    letter = next(one for one in chronicle.posted if one.posting.message_id == mail.answers)
    stranger = next(one for one in run.played.people if one.habit is Habit.WEB_FORM)
    unproven = replace(letter, posting=replace(letter.posting, person=stranger.index, proof="none"))
    posted = [unproven if one == letter else one for one in chronicle.posted]
    played = replace(run.played, chronicle=replace(chronicle, posted=posted))
    assert "nobody unproven sees their own words again" in broken(played)


def test_a_digest_that_was_left_out_is_noticed(run: Run) -> None:
    first = next(mail for mail in run.played.chronicle.seen if mail.kind == "digest")
    seen = [mail for mail in run.played.chronicle.seen if mail != first]
    assert "organisers got their digest every day" in broken(with_seen(run.played, seen))
