"""Forms of other calls, in several languages, printed as our plain mails are: wrapped, with room for answers."""

from __future__ import annotations

import textwrap
from functools import cache

from ranmailbot.call.call import Question
from ranmailbot.mail.form import SentForm, printed_question

from .client_forms import kept_form

_ASKED = {
    "nurses": (
        "Since when have you planned the shifts of other nurses, and on which wards?",
        "How do you prepare young colleagues for their first night alone on a ward?",
        "Which tasks take time that you would rather spend with patients?",
        "What made experienced colleagues leave, and what would have made them stay?",
        "Is there a practice in your hospital that you think others should copy?",
    ),
    "pflege": (
        "Seit wann planen Sie die Dienste anderer Pflegekräfte, und auf welchen Stationen?",
        "Wie bereiten Sie junge Kolleginnen auf ihre erste Nacht allein auf einer Station vor?",
        "Welche Aufgaben kosten Zeit, die Sie lieber mit den Kranken verbringen würden?",
        "Was hat erfahrene Kolleginnen bewogen zu gehen, und was hätte sie gehalten?",
        "Gibt es in Ihrem Haus etwas, das andere Ihrer Meinung nach übernehmen sollten?",
    ),
    "soins": (
        "Depuis quand organisez-vous les services d’autres infirmières, et dans quelles unités ?",
        "Comment préparez-vous les jeunes collègues à leur première nuit seules dans une unité ?",
        "Quelles tâches prennent un temps que vous préféreriez passer avec les malades ?",
        "Qu’est-ce qui a fait partir des collègues expérimentées, et qu’est-ce qui les aurait retenues ?",
        "Y a-t-il dans votre hôpital une pratique que d’autres devraient reprendre selon vous ?",
    ),
    "cuidados": (
        "¿Desde cuándo planifica usted los turnos de otras enfermeras, y en qué plantas?",
        "¿Cómo prepara a las compañeras jóvenes para su primera noche solas en una planta?",
        "¿Qué tareas le quitan un tiempo que preferiría pasar con los enfermos?",
        "¿Qué hizo marcharse a compañeras con experiencia, y qué las habría retenido?",
        "¿Hay en su hospital alguna práctica que otros, según usted, deberían copiar?",
    ),
    "libraries": (
        "How long has your library lent things other than books? Who had the idea first?",
        "Which objects are borrowed most often? Please name three of them if you can.",
        "What breaks, and who repairs it? How do you pay for that?",
    ),
    "biblioteche": (
        "Da quanto tempo la vostra biblioteca presta oggetti? Chi ha avuto per primo questa idea?",
        "Quali oggetti vengono chiesti più spesso? Indicatene tre, se possibile.",
        "Che cosa si rompe, e chi lo ripara? Come pagate le riparazioni?",
    ),
    "choirs": (
        "Which songs do the members of your choir know by heart?",
        "How many people come to a rehearsal on a normal evening?",
        "Where do you rehearse, and what does the room cost you?",
        "Who chooses the programme of the concerts, and how is that decided?",
        "What do you do with people who cannot sing in tune?",
        "When did you last perform outside your own town, and for whom?",
        "How do you find new members among people under thirty?",
        "Which other choirs would you like to sing with, and why?",
    ),
    "ogrody": (
        "Od kiedy prowadzą Państwo wspólny ogród i ile osób w nim pracuje?",
        "Co sprawia Państwu najwięcej kłopotu w utrzymaniu ogrodu przez cały rok?",
        "Jakie rośliny poleciliby Państwo komuś, kto dopiero zaczyna?",
    ),
    "single": ("What would you like to tell the other participants about the street you live in?",),
}
TRANSLATIONS = {"nurses": ("pflege", "soins", "cuidados"), "libraries": ("biblioteche",)}
"""Forms that say the same: what a mail program makes of one when it translates what it quotes."""
OWN = tuple(_ASKED)
_HINTED = ("choirs", "cuidados")
_HINT = "(One or two sentences are enough.)"
_LINK = "More about the meeting: https://meeting.example/2022/spring?lang=en"


@cache
def people_form(name: str) -> SentForm:
    """The form of this name: the frame of a real mail of ours around these questions."""
    frame = kept_form("prisons").form
    lines = frame.text.split("\n")
    first = next(number for number, line in enumerate(lines) if line.startswith("1. "))
    last = next(number for number, line in enumerate(lines) if line.startswith("The form ends"))
    head = "\n".join(lines[:first]).replace("Please do not make any", f"{_LINK}\n\nPlease do not make any")
    questions = tuple(Question(number, asked) for number, asked in enumerate(_ASKED[name], 1))
    blocks: list[str] = []
    for question in questions:
        block = "\n".join(textwrap.wrap(printed_question(question, len(questions)), 72, subsequent_indent="   "))
        blocks.append(f"{block}\n{_HINT}\n\n\n\n" if name in _HINTED else f"{block}\n\n\n\n")
    text = "\n".join((head, "".join(blocks) + "\n".join(lines[last:])))
    return SentForm(frame.key, text, questions, frame.profile_lines, frame.ours)


SENTENCES = (
    "We began in {year} with {number} families and one room.",
    "Since {year}, on ward {number} and later on all others.",
    "Not at all.",
    "None so far",
    "n/a",
    "Time; there is never enough of it, and nobody counts the hours.",
    "Thank you for asking: the paperwork.",
    "The rest of the team, because they know the place better than I do.",
    "Best of all was a summer party for {number} guests.",
    "Dear God, where should I begin! Everything takes {number} days.",
    "Hello is the first word that we teach there.",
    "Thanks to a new law we may do so since {year}.",
    "Ja, seit {year}; davor nur auf einer Station mit {number} Betten.",
    "Die größte Schwierigkeit: niemand ist zuständig.",
    "Depuis {year}, avec une petite équipe ; nous sommes {number}.",
    "Desde {year}, con {number} personas y mucha paciencia.",
    "Il tempo, sempre il tempo: mancano {number} persone.",
    "Kopš {year}. gada, kopā ar {number} kolēģiem.",
    "Od {year} roku, mamy {number} osób w zespole.",
    "Η πρώτη φορά ήταν το {year}.",
    "С {number} души от {year} г. насам.",
    "יש לנו {number} אנשים.",
    "Three come to mind:\n- the keys\n- the forms\n- the telephone",
    "It began badly.\n\nLater, in {year}, it went better than anybody had expected.",
    "We asked ourselves: what do they need? Nobody knew.",
    "I am the only one, so all of it (about {number} hours a week).",
)
NAMES = ("Ilse Brandt", "Tõnu Kask", "Marta Nowak", "Σοφία Νικολάου", "Claire Dubois", "Noa Levi", "John Baker")
GREETINGS = (
    "Dear Alexandra,",
    "Dear all,\n\nplease find my answers below.",
    "Sehr geehrte Frau Korn,",
    "Bonjour,",
    "Hola,",
    "Labdien!",
    "",
    "",
)
FAREWELLS = (
    "Best regards\n{name}",
    "Kind regards,\n\n{name}\nHead of unit\nTel. +371 555 0123",
    "Mit freundlichen Grüßen\n{name}",
    "Cordialement,\n{name}",
    "Un saludo\n{name}",
    "Ar cieņu\n{name}",
    "-- \n{name}",
    "{name}",
    "Sent from my iPhone",
    "",
    "",
)
ATTRIBUTIONS = (
    "On Tue, 1 Mar 2022 at 10:04, {us} <{mail}> wrote:",
    "On Tue, 1 Mar 2022 at 10:04, {us} <{mail}>\nwrote:",
    "On Tue, Mar 1, 2022, 10:04\n{us} <{mail}> wrote:",
    "Am Di., 1. März 2022 um 10:04 Uhr schrieb {us} <\n{mail}>:",
    "Am 01.03.2022 um 10:04 schrieb {us}:",
    "Le mar. 1 mars 2022 à 10:04, {us} <{mail}> a\nécrit :",
    "Il giorno mar 1 mar 2022 alle ore 10:04 {us} <\n{mail}> ha scritto:",
    "El mar, 1 mar 2022 a las 10:04, {us} (<{mail}>)\nescribió:",
    "wt., 1 mar 2022 o 10:04 {us} <{mail}>\nnapisał(a):",
    "otrd., 2022. g. 1. marts, plkst. 10:04 — lietotājs {us}\n(<{mail}>) rakstīja:",
    "{us} <{mail}> hat am 01.03.2022 10:04 CET geschrieben:",
)
HEADERS = (
    "From: {us} <{mail}>\nSent: Tuesday, 1 March 2022 10:04\nTo: {name}\nSubject: {subject}",
    "Von: {us} <{mail}>\nGesendet: Dienstag, 1. März 2022 10:04\nAn: {name}\nBetreff: {subject}",
    "De : {us} <{mail}>\nEnvoyé : mardi 1 mars 2022 10:04\nÀ : {name}\nObjet : {subject}",
    "-----Original Message-----\nFrom: {us} <{mail}>\nDate: 1 March 2022 10:04\nTo: {name}\nSubject: {subject}",
)
BANNERS = (
    "[EXTERNAL] This message comes from outside. Do not open links you do not expect.",
    "CAUTION: This email originated from outside of the organisation.",
    "ACHTUNG: Diese E-Mail kommt von außerhalb.",
)
