"""What sample people say: sentences of an invented trade, about nobody and no place.

No real person, prisoner, child or institution is named or recognisable here. Sentences hold {slots} that
`people.py` fills from the seed, so that no two people say the same.
"""

from __future__ import annotations

from collections.abc import Mapping

GIVEN = (
    "Ilze", "Marta", "Jonas", "Eleni", "Nikos", "Petra", "Anneke", "Bram", "Chiara", "Luca", "Agnieszka", "Pavel",
    "Sanna", "Mikael", "Ines", "Rui", "Aoife", "Declan", "Camille", "Baptiste", "Katalin", "Andrei", "Mirela", "Tomas",
    "Zuzana", "Vesna", "Goran", "Kadri", "Rasa", "Dimitra", "Stefanos", "Ulrike", "Matthias", "Freja", "Soren", "Lena",
)  # fmt: skip

FAMILY = (
    "Ozolina-Muster", "Probst-Beispiel", "Vzorova", "Beispielsen", "Voorbeeld", "Esempio", "Przykladowa", "Musterova",
    "Mallila", "Exempelsson", "Exemplo", "Samplaigh", "Exemple", "Mintas", "Exemplescu", "Pavyzdys", "Primerova",
    "Primorac", "Naidis", "Paradeigma", "Paradigmatos", "Mustermann-Lind", "Eksempel", "Vzorek", "Peldane", "Testberg",
    "Testerhof", "Proefstra", "Campione", "Wzorska", "Ukazkova", "Oigeste", "Bandyma", "Dokimos", "Provkvist", "Essai",
)  # fmt: skip

PLACES: tuple[tuple[str, str, str], ...] = (
    ("Latvia", "lv", "Europe/Riga"), ("Greece", "gr", "Europe/Athens"), ("Germany", "de", "Europe/Berlin"),
    ("Netherlands", "nl", "Europe/Amsterdam"), ("Belgium", "be", "Europe/Brussels"), ("France", "fr", "Europe/Paris"),
    ("Italy", "it", "Europe/Rome"), ("Poland", "pl", "Europe/Warsaw"), ("Czechia", "cz", "Europe/Prague"),
    ("Finland", "fi", "Europe/Helsinki"), ("Sweden", "se", "Europe/Stockholm"), ("Denmark", "dk", "Europe/Copenhagen"),
    ("Portugal", "pt", "Europe/Lisbon"), ("Spain", "es", "Europe/Madrid"), ("Ireland", "ie", "Europe/Dublin"),
    ("Hungary", "hu", "Europe/Budapest"), ("Romania", "ro", "Europe/Bucharest"), ("Bulgaria", "bg", "Europe/Sofia"),
    ("Croatia", "hr", "Europe/Zagreb"), ("Slovenia", "si", "Europe/Ljubljana"), ("Estonia", "ee", "Europe/Tallinn"),
    ("Lithuania", "lt", "Europe/Vilnius"), ("Austria", "at", "Europe/Vienna"),
)  # fmt: skip
"""Country, the code in addresses, and whose clock people there write by."""

EMPLOYERS: tuple[tuple[str, str], ...] = (
    ("Prison Service", "prison-service"), ("Probation Office", "probation"), ("Youth Welfare Agency", "youth-welfare"),
    ("Family Support Network", "families"), ("Exit Programme", "exit"), ("Municipal Safety Office", "city"),
    ("Ministry of Justice", "justice"), ("Trauma Care Centre", "trauma-care"), ("University Clinic", "clinic"),
)  # fmt: skip

ROLES = (
    "prison psychologist", "correctional officer", "probation officer", "social worker", "family worker",
    "exit worker", "deputy governor", "mental health nurse", "local coordinator", "police liaison officer",
)  # fmt: skip

THEMES: Mapping[str, tuple[str, ...]] = {
    "child": (
        "For {n} years we have prepared visits with the youth welfare office, seen from the side of the child.",
        "I supervise a visiting room where parents and children can cook and play, {k} afternoons a month.",
        "My part is the bridge between the unit inside and the carers outside; we meet every {k} weeks.",
        "We wrote a short guide for teachers and carers on what to say after a visit, now used in {k} districts.",
        "Little so far: about {n} families, most of them seen together with a colleague from social services.",
    ),
    "experience": (
        "I have worked for {n} years as a {role}, the last {k} of them on a unit with a special regime.",
        "Our team of {k} follows a small group from the first interview to the months after release.",
        "Since {n} years I train colleagues in risk and needs assessment and sit in on case conferences.",
        "I came to this work from general social work; {n} years in, I coordinate {k} agencies around each case.",
        "Mainly assessment and counselling, about {n} cases, each of them discussed with partners outside.",
    ),
    "challenge": (
        "Information is shared too late: it often takes {k} weeks until all partners know who does what.",
        "Short sentences leave us about {n} months, which is too little to build trust.",
        "Staff turnover is high; of {n} colleagues trained, fewer than half still work on the unit.",
        "Different legal bases for prison, probation and youth welfare make joint files difficult.",
        "Stigma after release: housing, school and work are refused as soon as the background is known.",
    ),
    "story": (
        "A weekly round table of {k} partners turned a deadlock into a plan within {n} weeks.",
        "We failed first: our programme started too early. When we waited {k} weeks, most people stayed.",
        "An officer who simply asked how the visit went changed more than our programme; we teach that to {n} others.",
        "Letters read aloud and recorded for home became a routine which {k} other prisons have taken over.",
    ),
    "any": (
        "In short: {n} years of practice, {k} partner agencies, and a great deal still to learn.",
        "We do this in a team of {k}; I would gladly bring our working paper of {n} pages.",
        "As a {role} I see it from one side only, which is why exchange with others matters to me.",
        "It depends on the region; in ours {k} services share one coordinator, and that has worked for {n} years.",
        "We began {n} years ago with a pilot, and learned to keep it small, voluntary and patient.",
    ),
}
"""Sentences by what a question seems to be about; `any` fits every question."""

HINTS: Mapping[str, tuple[str, ...]] = {
    "child": ("child", "parent", "famil"),
    "challenge": ("challenge", "difficult", "obstacle", "problem"),
    "experience": ("experience", "background", "work with"),
    "story": ("story", "example", "success", "share"),
}
"""Words of a question that call for a theme. The theme whose word comes first in this table wins."""

LANGUAGES: Mapping[str, tuple[str, ...]] = {
    "lv": (
        "Strādāju šajā jomā {n} gadus kopā ar {k} sociālajiem darbiniekiem un ļoti vēlos dalīties pieredzē.",
        "Mūsu lielākās grūtības ir laika trūkums un pārāk vēla informācijas apmaiņa starp iestādēm.",
        "Katru mēnesi rīkojam {k} kopīgas sanāksmes, kurās piedalās arī pašvaldība.",
        "Pēc {n} mēnešiem redzējām, ka mierīga saruna palīdz vairāk nekā jebkura veidlapa.",
    ),
    "el": (
        "Εργάζομαι {n} χρόνια ως ψυχολόγος και συνεργάζομαι με {k} υπηρεσίες της πόλης.",
        "Η μεγαλύτερη δυσκολία είναι ότι οι πληροφορίες φτάνουν αργά στους συναδέλφους μας.",
        "Οργανώνουμε συναντήσεις κάθε {k} εβδομάδες, με υπομονή και σεβασμό.",
        "Μετά από {n} μήνες είδαμε ότι η εμπιστοσύνη χτίζεται με μικρά βήματα.",
    ),
    "de": (
        "Seit {n} Jahren arbeite ich im Vollzug, überwiegend mit Müttern und im Übergang nach der Entlassung.",
        "Größte Hürde: unterschiedliche Zuständigkeiten; oft vergehen {k} Wochen, bis alle Bescheid wissen.",
        "Wir führen regelmäßig Fallkonferenzen mit {k} Stellen durch, auch mit der Jugendhilfe.",
        "Ein früher Anruf bei den Angehörigen hat nach {n} Wochen mehr bewirkt als jedes Gutachten.",
    ),
}

ENQUIRIES = (
    "Dear colleagues, may somebody who works only part-time in this field take part as well?",
    "Good morning, will the slides be available afterwards? I cannot promise to be there on both mornings.",
    "Hello, is there a participation fee, and do you issue a certificate of attendance?",
)

DISCLAIMER = (
    "This message and any attachments are confidential and intended solely for the addressee. "
    "If you have received it in error, please delete it and inform the sender. "
    "Scanned by the mail gateway of the administration."
)
