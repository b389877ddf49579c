"""The plays: who answers the form, with which client, in which style, and what each of them means to say."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Play:
    """One mail to be made. `attached` is a kind of file (txt, odt) that carries the answers instead of the text."""

    name: str
    client: str
    style: str
    person: str
    address: str
    answers: tuple[str, ...]
    greeting: str = ""
    farewell: str = ""
    signature: str = ""
    options: frozenset[str] = field(default_factory=frozenset)
    attached: str = ""

    @property
    def domain(self) -> str:
        """What follows the @: the machine's name, as far as a client asks for one."""
        return self.address.partition("@")[2]

    @property
    def about(self) -> str:
        """What was played, in words."""
        more = [*sorted(self.options), *([f"answers in an attached .{self.attached}"] if self.attached else [])]
        return ", ".join([self.style, *more])

    def editor(self, folder: Path) -> str:
        """A command that edits the file named after it as this person would."""
        wanted = folder / "play.json"
        answers = ["" for _ in self.answers] if self.attached else list(self.answers)
        facts = {"style": self.style, "answers": answers, "greeting": self.greeting, "farewell": self.farewell}
        wanted.write_text(json.dumps(facts), "utf-8")
        return f"{sys.executable} {Path(__file__).with_name('applicant.py')} {wanted}"


ENGLISH = (
    "I have worked with four women who returned, all in our women's unit.",
    (
        "Visits every second Saturday, prepared with the grandparents and the school psychologist. The children stay "
        "for two hours, and we talk with each of them before and after, because the first ten minutes "
        "decide how it goes."
    ),
    "We get no information in time:\n\n- transfers are told on the day itself\n- the risk assessment stays elsewhere",
    "A mother read bedtime stories onto a recorder. Her son knows them by heart now.",
)
LATVIAN = (
    "Piecus gadus strādāju ar atgriezušāmies sievietēm Iļģuciema cietumā.",
    "Bērni apciemo mātes reizi mēnesī; to sagatavo sociālais dienests.",
    "Trūkst informācijas par ģimeni, un neviens nezina, kurš par to atbild.",
    "Kāda māte ierakstīja pasakas. Dēls tās tagad zina no galvas.",
)
GREEK = (
    "Εργάζομαι επτά χρόνια με γυναίκες που επέστρεψαν.",
    "Προετοιμάζουμε τις επισκέψεις των παιδιών μαζί με το σχολείο.",
    "Η πληροφορία σταματά στην πύλη της φυλακής.",
    "Ένα κορίτσι ζωγράφισε έναν χάρτη για την τάξη του.",
)
FRENCH = (
    "Éducatrice depuis 2016, j’ai suivi trois détenues revenues de zone.",
    "Nous préparons les visites des enfants avec la protection de l’enfance.",
    "Le secret professionnel : chacun sait un morceau, personne ne sait tout.",
    "Un goûter d’anniversaire au parloir, où l’aîné a enfin posé ses questions.",
)
GERMAN = (
    "Seit 2015 arbeite ich als Psychologin im Frauenvollzug.",
    "Gespräche mit Müttern und Großeltern, meist vor der ersten Begegnung.",
    "Die Zuständigkeit wechselt mit der Entlassung – niemand übergibt.",
    "Ein Vater und eine Mutter schrieben gemeinsam ein Tagebuch fürs Kind.",
)
SHORT = ("None so far.", "-", "Time.", "See answer 1")
TWO = ("I run the visiting room.", "", "Doors, keys, and the noise.", "")
NUMBERS = (
    "Since 2019. 12 women, 3 of them with children.",
    "1. Visits\n2. Letters\n3. Phone calls on Sundays",
    "Shifts: 06:00-14:00 leaves nobody for the afternoon.",
    "In 2020 we moved all visits to video within 2 weeks.",
)


def _play(name: str, style: str, person: str, answers: tuple[str, ...], **more: object) -> Play:
    client = name.partition("-")[0]
    domain = {"claws": "probation.example", "thunderbird": "prison.example.org"}.get(client, "city.example")
    words = person.lower().translate(str.maketrans("éšņāöü", "esnaou")).split()
    address = f"{words[0]}.{words[-1]}@{domain}"
    return Play(name, client, style, person, address, answers, **more)  # type: ignore[arg-type] - each as its field


def _options(*words: str) -> frozenset[str]:
    return frozenset(words)


PLAYS = (
    _play("mutt-inline", "inline", "Anna Ozola", LATVIAN, farewell="Ar cieņu\nAnna Ozola"),
    _play("mutt-top", "top", "Jens Voss", GERMAN, greeting="Guten Tag,", farewell="Mit freundlichen Grüßen\nJens Voss",
          signature="Jens Voss\nJustizvollzugsanstalt Musterstadt\nTel. 030 555 12 34"),
    _play("mutt-bottom", "bottom", "Claire Petit", FRENCH, greeting="Bonjour,", farewell="Cordialement,\nClaire Petit",
          signature="Claire Petit"),
    _play("mutt-attached-txt", "note", "Mary Field", ENGLISH, greeting="Dear all,\n\nmy answers are attached.",
          farewell="Kind regards\nMary Field", attached="txt"),
    _play("mutt-flowed", "inline", "Eleni Papas", GREEK, options=_options("format=flowed")),
    _play("neomutt-numbers", "inline", "Karl Brandt", NUMBERS, options=_options("format=flowed")),
    _play("neomutt-alone", "alone", "Nina Sorensen", TWO, greeting="Hello,", farewell="Best,\nNina"),
    _play("nail-inline", "inline", "Peter Hill", ENGLISH, farewell="Best regards\nPeter Hill"),
    _play("nail-top", "top", "Rosa Conti", SHORT, greeting="Hi,", farewell="Rosa"),
    _play("alpine-inline", "inline", "Tom Baker", TWO, signature="Tom Baker\nCity prison service"),
    _play("alpine-top", "top", "Lea Meyer", GERMAN, greeting="Hallo,", farewell="Viele Grüße\nLea Meyer"),
    _play("emacs-inline", "inline", "Ieva Kalna", LATVIAN, farewell="Ieva"),
    _play("emacs-bottom", "bottom", "Marc Roux", FRENCH, greeting="Bonjour,", farewell="Marc Roux"),
    _play("claws-inline", "inline", "Luis Prado", ENGLISH, farewell="Best wishes\nLuis", signature="Luis Prado"),
    _play("claws-top", "top", "Sofia Nikou", GREEK, greeting="Καλημέρα σας,", farewell="Με εκτίμηση\nΣοφία",
          signature="Σοφία Νίκου\nΚοινωνική Υπηρεσία"),
    _play("claws-numbers", "bottom", "Ole Berg", NUMBERS, greeting="Hello,", farewell="Ole"),
    _play("thunderbird-inline", "inline", "Ilze Liepa", LATVIAN, farewell="Ar cieņu\nIlze"),
    _play("thunderbird-top", "top", "Anton Weber", GERMAN, greeting="Guten Tag,",
          farewell="Freundliche Grüße\nAnton Weber"),
    _play("thunderbird-bottom", "bottom", "Luc Morel", FRENCH, greeting="Bonjour,", farewell="Luc Morel"),
    _play("thunderbird-boxes", "boxes", "Ruth Dale", SHORT),
    _play("thunderbird-boxes-enter", "boxes", "Mary Stone", ENGLISH, farewell="Best\nMary"),
    _play("thunderbird-plain-inline", "inline", "Niki Lada", GREEK, farewell="Νίκη", options=_options("plain text"),
          signature="Νίκη Λαδά\nΘεσσαλονίκη"),
    _play("thunderbird-plain-top", "top", "Bob Cole", NUMBERS, greeting="Hi", farewell="Bob",
          options=_options("plain text")),
    _play("thunderbird-attached-odt", "note", "Eva Lind", ENGLISH, greeting="Hello, please see the attached document.",
          farewell="Eva Lind", attached="odt"),
    _play("thunderbird-forwarded", "top", "Ida Holm", TWO, greeting="Please find my answers here.",
          farewell="Best wishes\nIda Holm", options=_options("forwarded")),
)  # fmt: skip
