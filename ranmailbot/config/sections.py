"""What may stand in the configuration: one model for each table, each key with its meaning and an example.

The reference in docs/configuration.md is written from these words. What keys mean to each other is checked elsewhere.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Literal, get_args

from pydantic import BaseModel, Field, create_model

from ranmailbot.call.call import ProfileKey
from ranmailbot.config.alarm_section import AlarmSection
from ranmailbot.config.oauth2 import OAuth2Section
from ranmailbot.config.safe import KeysSection, StorageSection
from ranmailbot.config.settings import TrustProfile
from ranmailbot.config.values import (
    STRICT,
    Day,
    Email,
    Host,
    Key,
    Language,
    LateText,
    Line,
    Moment,
    OptionalLine,
    Prefix,
    Variable,
    WallTime,
    WhenText,
    Words,
    Zone,
)
from ranmailbot.mail.limits import Limits

MailingName = Literal[
    "announcement",
    "deadline_reminder",
    "deadline_notice",
    "closing",
    "invitation",
    "regret",
    "rsvp_reminder",
    "session_details",
    "session_reminder",
    "thanks",
    "digest",
]
MAILINGS: tuple[str, ...] = get_args(MailingName)
"""The names a line of the timeline may give: one for each module of mailings/."""
Security = Literal["tls", "starttls"]


def _key(meaning: str, example: str) -> Any:  # noqa: ANN401 - pydantic's Field is typed so
    return Field(description=meaning, examples=[example])


class CallSection(BaseModel):
    """The call itself: who asks whom, about what, by when."""

    model_config = STRICT
    key: Key = _key("Short name for machines. Never change it once the call runs.", '"prisons-2022-04"')
    title: Line = _key("The title of the meeting, as published.", '"Working together after prison"')
    short_title: Line = _key(
        "Neutral short title for subjects and calendars, which colleagues may see. Says nothing of the topic.",
        '"RAN PRISONS online meeting"',
    )
    caller: Line = _key("Who calls.", '"RAN PRISONS Working Group"')
    partners: OptionalLine = Field(
        default="", description="Who else had a part in it.", examples=['"with input from RAN Rehabilitation"']
    )
    summary: list[Words] = Field(
        min_length=1,
        max_length=12,
        description="What the meeting is about: one text for each paragraph.",
        examples=['["First paragraph.", "Second paragraph."]'],
    )
    audiences: list[Words] = Field(
        min_length=1,
        max_length=12,
        description="Whom the call looks for.",
        examples=['["Prison staff", "Exit workers"]'],
    )
    places: int | None = Field(
        default=None,
        ge=1,
        le=10_000,
        description="How many people can take part; leave it out if you do not say.",
        examples=["40"],
    )
    language: Language = Field(
        default="en",
        description="Language of the call (BCP 47). Who clearly answers in another one is told so, kindly.",
        examples=['"en"'],
    )
    language_note: OptionalLine = Field(
        default="",
        description="What to say about the language of the meeting.",
        examples=['"English, without interpretation"'],
    )
    rule: OptionalLine = Field(
        default="", description="The rule the meeting is held under.", examples=['"Chatham House Rule"']
    )
    zone: Zone = _key("Time zone of the call (IANA name).", '"Europe/Brussels"')
    published: Day = _key("Day on which the call is published.", "2022-03-01")
    deadline: Day = _key(
        "Last day to apply. The whole day counts, until midnight in the zone of the call.", "2022-03-10"
    )
    reference_prefix: Prefix = Field(
        default="A", description="Letters before the number of an application: A gives A-017.", examples=['"A"']
    )


class QuestionSection(BaseModel):
    """One question, word for word; write one block for each, 1 to 20."""

    model_config = STRICT
    text: Line = _key("The question.", '"What is your experience in working with families?"')


class ApplicantSection(BaseModel):
    """An optional line of the form about the applicant; one block for each line."""

    model_config = STRICT
    key: ProfileKey = _key(
        "What it is. With email, an applicant may name another person as the participant, who is asked to confirm.",
        '"name"',
    )
    label: Line = _key("How the form asks for it.", '"Your name"')


class RoomSection(BaseModel):
    """How to join one online session. Never write the host key here."""

    model_config = STRICT
    join_url: Line = _key("The link to join.", '"https://ran.webex.example/ran/j.php?MTID=m0123456789abcdef"')
    meeting_number: Line = _key("9 to 11 digits; spaces are welcome.", '"2741 000 0105"')
    password: Line = _key("The meeting's password.", '"spring-garden"')
    numeric_password: OptionalLine = Field(
        default="", description="The password for phones, digits only.", examples=['"40517263"']
    )
    video_address: OptionalLine = Field(
        default="",
        description="Address for video systems: the meeting number @ a Webex host.",
        examples=['"27410000105@ran.webex.example"'],
    )
    phones: list[Line] = Field(
        default=[], max_length=20, description="Numbers to dial in.", examples=['["+44 20 7946 0105 (London)"]']
    )
    approved_by: Email | None = Field(
        default=None,
        description="Address of the organiser who approved these details. Without it they are never sent.",
        examples=['"organiser@ran.example"'],
    )
    approved_at: Moment | None = Field(
        default=None, description="When that was.", examples=["2022-03-28T15:00:00+02:00"]
    )


class SessionSection(BaseModel):
    """One session of the meeting, in order; one block for each. A session begins and ends on the same day."""

    model_config = STRICT
    key: Key = _key("Short name for machines. Never change it once the call runs.", '"day-1"')
    title: Line = _key("Neutral title; it stands in calendars.", '"Day 1"')
    date: Day = _key("The day.", "2022-04-05")
    start: WallTime = _key("When it begins, in its zone.", '"09:00"')
    end: WallTime = _key("When it ends, on the same day.", '"12:30"')
    zone: Zone | None = Field(
        default=None, description="Its time zone; left out, that of the call.", examples=['"Europe/Brussels"']
    )
    place: Line = _key("Where it is.", '"Online via Webex"')
    online: bool = Field(default=True, description="Whether people join over the internet.", examples=["true"])
    webex: RoomSection | None = Field(
        default=None, description="How to join; may follow later, before the details go out."
    )


class WebexSection(BaseModel):
    """What every Webex link is held against."""

    model_config = STRICT
    hosts: list[Host] = Field(
        default=[],
        max_length=20,
        description="The hosts your links may lead to, nothing else.",
        examples=['["ran.webex.example"]'],
    )
    same_room: bool = Field(
        default=False, description="Whether all sessions share one room on purpose.", examples=["false"]
    )


class PersonSection(BaseModel):
    """One person."""

    model_config = STRICT
    name: Line = _key("Name as it is shown.", '"Anna Sample"')
    email: Email = _key("Address.", '"anna.sample@ran.example"')


class MailboxSection(BaseModel):
    """The mailbox people write to."""

    model_config = STRICT
    server: Literal["built-in", "imap"] = Field(
        default="built-in",
        description='"built-in" (our own server on this machine, for rehearsals) or "imap" (your provider).',
        examples=['"imap"'],
    )
    name: Line = _key("The name that mails come from.", '"RAN PRISONS call"')
    address: Email = _key("The address that people write to.", '"prisons-call@ran.example"')
    host: Host | None = Field(
        default=None,
        description="IMAP server of your provider; needed with server = imap.",
        examples=['"imap.ran.example"'],
    )
    port: int | None = Field(
        default=None, ge=1, le=65_535, description="Left out: 993 for tls, 143 for starttls.", examples=["993"]
    )
    security: Security = Field(
        default="tls",
        description='"tls" or "starttls"; nothing is ever sent in clear.',
        examples=['"tls"'],
    )
    user: Line | None = Field(
        default=None,
        description="Name to log in with; needed with server = imap.",
        examples=['"prisons-call@ran.example"'],
    )
    password_env: Variable | None = Field(
        default=None,
        description="Environment variable that holds the password; this or password_file is needed with server = imap.",
        examples=['"RANMAILBOT_PASSWORD"'],
    )
    password_file: Line | None = Field(
        default=None,
        description="File that holds the password, readable for the bot only.",
        examples=['"/etc/ranmailbot/password"'],
    )
    ca_file: Line | None = Field(
        default=None,
        description="Certificates to trust, if your server has a private authority.",
        examples=['"/etc/ssl/our-ca.pem"'],
    )
    junk: Line = Field(default="Junk", description="Folder for suspected spam: it is read too.", examples=['"Junk"'])
    archive: Line = Field(default="Sent", description="Folder that holds copies of what we sent.", examples=['"Sent"'])
    trust: TrustProfile = Field(
        default="generic",
        description='Whose stamps prove who wrote a letter: "generic", "microsoft365" or "google".',
        examples=['"generic"'],
    )
    authserv_id: OptionalLine = Field(
        default="",
        description="The name your server signs its Authentication-Results with (RFC 8601); needed for generic.",
        examples=['"mx.ran.example"'],
    )
    oauth2: OAuth2Section | None = Field(default=None, description="Access tokens instead of a password.")
    own_dkim: bool = Field(
        default=True,
        description="Check DKIM signatures ourselves where the stamps prove nobody; asks the DNS for the keys.",
        examples=["true"],
    )


class SubmissionSection(BaseModel):
    """The server that takes our mail; needed when the mailbox is not built in."""

    model_config = STRICT
    host: Host | None = Field(
        default=None,
        description="SMTP submission server of your provider; needed with server = imap.",
        examples=['"smtp.ran.example"'],
    )
    port: int | None = Field(
        default=None, ge=1, le=65_535, description="Left out: 465 for tls, 587 for starttls.", examples=["587"]
    )
    security: Security = Field(
        default="tls",
        description='"tls" or "starttls"; nothing is ever sent in clear.',
        examples=['"starttls"'],
    )
    user: Line | None = Field(
        default=None,
        description="Name to log in with; left out, that of the mailbox.",
        examples=['"prisons-call@ran.example"'],
    )
    password_env: Variable | None = Field(
        default=None,
        description="Environment variable that holds the password; left out (and no file), the mailbox's password.",
        examples=['"RANMAILBOT_SMTP_PASSWORD"'],
    )
    password_file: Line | None = Field(
        default=None,
        description="File that holds the password, readable for the bot only.",
        examples=['"/etc/ranmailbot/smtp"'],
    )
    ca_file: Line | None = Field(
        default=None,
        description="Certificates to trust, if your server has a private authority.",
        examples=['"/etc/ssl/our-ca.pem"'],
    )
    archive_address: Email | None = Field(
        default=None,
        description="Address of ours that gets a copy of everything we send.",
        examples=['"archive@ran.example"'],
    )
    oauth2: OAuth2Section | None = Field(
        default=None, description="Access tokens instead of a password; left out (and no password), the mailbox's way."
    )
    return_tokens: bool = Field(
        default=False,
        description="Give each mail a return path of its own (address+token), so that all that comes back says which "
        "mail it was. Only if your provider delivers to such addresses and lets us send from them.",
        examples=["true"],
    )


class TemplatesSection(BaseModel):
    """Where the texts of the mails are."""

    model_config = STRICT
    folder: Line | None = Field(
        default=None,
        description="Folder, seen from this file; left out, the texts that came with the bot.",
        examples=['"our-templates"'],
    )


class AnnouncementSection(BaseModel):
    """Whom to tell that the call is open. Leave it out if you announce the call yourselves."""

    model_config = STRICT
    contacts_csv: Line | None = Field(
        default=None,
        description="A CSV file with the columns email and name, seen from this file.",
        examples=['"contacts.csv"'],
    )


class PrivacySection(BaseModel):
    """What the law wants said (Regulation (EU) 2018/1725 and the GDPR). The bot does not start without it."""

    model_config = STRICT
    controller: Words = _key("Who is responsible for the data.", '"RAN Practitioners, on behalf of the Commission"')
    data_protection_contact: Words = _key("Whom to ask about the data.", '"privacy@ran.example"')
    legal_basis: Words = _key("Why the data may be used.", '"Article 5(1)(d): your consent"')
    retention: Words = _key("How long the data is kept.", '"Deleted 30 days after the meeting."')
    processors: Words = _key("Who else handles it.", '"The provider of the mailbox"')
    notice: Words = _key(
        "The notice in the call mail and the acknowledgement.", '"Your data is used to choose participants."'
    )


class TimelineSection(BaseModel):
    """One line of the timeline: which mailing is due when; one block for each."""

    model_config = STRICT
    mailing: MailingName = _key("Which mailing.", '"deadline_reminder"')
    when: WhenText = _key("The moment, in the zone of the call or of the session.", '"deadline - 2 days at 09:00"')
    late: LateText = Field(
        default="6 hours",
        description="How long after its moment it may still go out, if the bot was off; "
        "for invitation, regret and session_details: how long it goes on.",
        examples=['"6 hours"'],
    )
    edition: int = Field(
        default=1,
        ge=1,
        le=999,
        description="Raise it to send a mailing once more that has gone out already.",
        examples=["2"],
    )


LIMIT_WORDS = {
    "message_bytes": "Largest letter that is read, in bytes.",
    "header_block_bytes": "Largest block of headers, in bytes.",
    "header_bytes": "Largest single header, in bytes.",
    "headers": "Most headers in a letter.",
    "parts": "Most parts in a letter.",
    "depth": "How deeply parts may be nested.",
    "text_bytes": "Most text that is decoded, in bytes.",
    "answer_characters": "Most text that is searched for answers, in characters.",
    "html_bytes": "Most HTML that is read, in bytes.",
    "html_depth": "How deeply HTML may be nested.",
    "documents": "Most attached documents that are read in one letter.",
    "document_bytes": "Largest attached document that is read, in bytes.",
    "pdf_pages": "Most pages of a PDF that is read.",
    "tnef_bytes": "Largest winmail.dat that is opened, in bytes.",
    "zip_members": "Most parts of an attached .docx or .odt.",
    "zip_member_bytes": "Largest of these parts when it is unpacked, in bytes.",
    "zip_ratio": "How many times larger than packed such a part may be.",
    "child_memory_bytes": "Most memory a child process of the reading room may add while it reads, in bytes.",
    "child_cpu_seconds": "Most processor time for reading one letter, in seconds.",
    "child_wall_seconds": "Longest time for reading one letter, in seconds.",
    "attempts": "How often a letter that takes the bot down is tried before it is put aside.",
    "replies_per_sender_per_day": "Most automatic replies to one person in a day.",
    "replies_per_domain_per_day": "Most automatic replies in a day to unproven addresses of one domain.",
    "replies_per_hour": "Most automatic replies in an hour; more stops all sending until a person resumes it.",
    "messages_per_minute": "Most mails sent in a minute; Exchange Online allows 30.",
    "send_attempts": "How often a mail is tried before it is given up.",
    "settle_seconds": "How long an acknowledgement of an incomplete application waits for the next letter, in seconds.",
}
NOUGHT_ALLOWED = frozenset({"settle_seconds"})


def _limit(name: str, standard: int) -> Any:  # noqa: ANN401 - pydantic wants (type, Field) pairs here
    meaning = LIMIT_WORDS.get(name, name.replace("_", " "))
    least = 0 if name in NOUGHT_ALLOWED else 1
    return (int, Field(default=standard, ge=least, le=10**9, description=meaning, examples=[str(standard)]))


LimitsSection = create_model(
    "LimitsSection",
    __config__=STRICT,
    __doc__="How much is taken from strangers and how fast mail goes out. All have good defaults.",
    **{name: _limit(name, standard) for name, standard in asdict(Limits()).items()},
)


class ConfigFile(BaseModel):
    """The whole file."""

    model_config = STRICT
    call: CallSection
    questions: list[QuestionSection] = Field(min_length=1, max_length=20)
    applicant: list[ApplicantSection] = Field(default=[], max_length=5)
    sessions: list[SessionSection] = Field(min_length=1, max_length=50)
    webex: WebexSection = Field(default_factory=WebexSection)
    contacts: list[PersonSection] = Field(
        min_length=1, max_length=20, description="Whom to ask; named in the mails. One block for each person."
    )
    organisers: list[PersonSection] = Field(
        min_length=1,
        max_length=20,
        description="Who gets the digest and decides by replying to it. One block for each.",
    )
    mailbox: MailboxSection
    submission: SubmissionSection = Field(default_factory=SubmissionSection)
    storage: StorageSection = Field(default_factory=StorageSection)
    keys: KeysSection = Field(default_factory=KeysSection)
    alarm: AlarmSection = Field(default_factory=AlarmSection)
    templates: TemplatesSection = Field(default_factory=TemplatesSection)
    announcement: AnnouncementSection = Field(default_factory=AnnouncementSection)
    privacy: PrivacySection
    limits: LimitsSection = Field(default_factory=LimitsSection)  # type: ignore[valid-type]  # a model made at import
    timeline: list[TimelineSection] = Field(min_length=1, max_length=100)
