"""Whether answers are clearly in another language than the call's: said only where nobody would doubt it."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from ranmailbot.mail.language import clearly_not, language_name

LETTERS = sorted((Path(__file__).parent.parent / "letters").rglob("*.toml"))
FOREIGN = (
    "Strādāju cietumā kopš 2015. gada, galvenokārt ar sievietēm un viņu ģimenēm.",
    "Dirbu kalėjime psichologe jau dešimt metų ir padedu šeimoms.",
    "Töötan naistevanglas sotsiaaltöötajana ja aitan peresid kümme aastat.",
    "Työskentelen naisvankilassa ja autan perheitä tapaamisten aikana joka viikko.",
    "Jag arbetar i ett kvinnofängelse och stöder familjer före och efter frigivningen.",
    "Jeg arbejder i et kvindefængsel og støtter familier før og efter løsladelsen.",
    "Seit zehn Jahren arbeite ich im Frauenvollzug und begleite Familien nach der Entlassung.",
    "Ik werk sinds tien jaar in een vrouwengevangenis en begeleid gezinnen na de vrijlating.",
    "Je travaille depuis dix ans dans une prison pour femmes et j’accompagne les familles.",
    "Trabajo desde hace diez años en una prisión de mujeres y acompaño a las familias.",
    "Trabalho há dez anos numa prisão de mulheres e acompanho as famílias.",
    "Lavoro da dieci anni in un carcere femminile e seguo le famiglie.",
    "Lucrez de zece ani într-o închisoare de femei și însoțesc familiile.",
    "Od dziesięciu lat pracuję w więzieniu dla kobiet i wspieram rodziny.",
    "Deset let pracuji v ženské věznici a pomáhám rodinám po propuštění.",
    "Desať rokov pracujem v ženskej väznici a pomáham rodinám po prepustení.",
    "Deset let delam v ženskem zaporu in pomagam družinam po izpustu.",
    "Već deset godina radim u ženskom zatvoru i pomažem obiteljima.",
    "Tíz éve dolgozom egy női börtönben, és segítem a családokat.",
    "От десет години работя в женски затвор и помагам на семействата.",
    "Εργάζομαι εδώ και δέκα χρόνια σε γυναικείες φυλακές και στηρίζω τις οικογένειες.",
    "Я десять лет работаю в женской тюрьме и помогаю семьям.",
    "Я десять років працюю в жіночій в’язниці та допомагаю сім’ям.",
    "On yıldır bir kadın cezaevinde çalışıyorum ve ailelere destek oluyorum.",
    "אני עובדת עשר שנים בכלא נשים ומלווה משפחות של אסירות.",
    "أعمل منذ عشر سنوات في سجن للنساء وأرافق العائلات كل أسبوع.",
    "Ilni għaxar snin naħdem f’ħabs tan-nisa u ngħin lill-familji tagħhom.",
    "Táim ag obair i bpríosún ban le deich mbliana anuas anseo.",
)
ENGLISH = (
    "Ten years as a psychologist in Ilguciems prison.",
    "I work at JVA Köln-Ossendorf, Abteilung Frauenvollzug, as a social worker.",
    "Information sharing with the Bāriņtiesa and the Valsts probācijas dienests is slow.",
    "No staff. No interpreters. No budget. No time at all for families.",
    "Our NGO Kinder- und Jugendhilfe Rhein-Neckar e.V. supports children of prisoners.",
    'A mother said: "Es paldies jums par visu, ko jūs darāt manam bērnam". It made us proud, and the visits went on.',
    "Psychologist, Penitenciarul Târgșor, Romania, since 2012; groups for mothers.",
    "i am prison oficer in Latvia, i work with womans and there childrens, is very dificult becaus no time",
    "Twa wee bairns cam tae visit their mither ilka week; the staff were braw.",
)


@pytest.mark.parametrize("text", FOREIGN, ids=lambda text: text[:20])
def test_a_sentence_in_another_language_is_told_from_english(text: str) -> None:
    assert clearly_not([text], "en")


@pytest.mark.parametrize("text", ENGLISH, ids=lambda text: text[:20])
def test_english_with_foreign_names_quotes_and_faults_stays_english(text: str) -> None:
    assert not clearly_not([text], "en")


@pytest.mark.parametrize("texts", [[], [""], ["-", "?"], ["Zehn Jahre.", "Keine."], ["Nav. Nav laika."], ["12 / 4"]])
def test_a_few_words_say_nothing(texts: list[str]) -> None:
    assert not clearly_not(texts, "en")


def test_half_and_half_is_not_clear() -> None:
    assert not clearly_not([FOREIGN[6], "I also speak English well and would be glad to take part in it."], "en")


def test_the_language_of_the_call_is_what_it_is_held_against() -> None:
    german, latvian = FOREIGN[6], FOREIGN[0]
    assert not clearly_not([german], "de-AT")
    assert clearly_not([latvian], "de")
    assert clearly_not([ENGLISH[0]], "de")
    assert not clearly_not([FOREIGN[17]], "sr"), "Croatian and Serbian are told apart by nobody in ten words"


def test_control_characters_and_torn_text_are_no_fault() -> None:
    assert not clearly_not(["\x00\x07\udc80" * 40], "en")
    assert clearly_not([f"{FOREIGN[6]}\x00\x07"], "en")


def test_a_language_is_named_in_english() -> None:
    assert (language_name("en-GB"), language_name("lv"), language_name("tlh")) == ("English", "Latvian", "")


def test_no_english_letter_of_the_collection_is_taken_for_another_language() -> None:
    found = {path.stem: set(" ".join(_answers(path)).casefold().split()) for path in LETTERS if _foreign(path)}
    plain_english = {"the", "with", "since", "years", "and", "our"}
    assert [name for name, said in found.items() if said & plain_english] == []
    assert len(found) >= 55, "letters in other languages that are long enough to tell"


def _foreign(path: Path) -> bool:
    return clearly_not(_answers(path), "en")


def _answers(path: Path) -> list[str]:
    return list(tomllib.loads(path.read_text("utf-8")).get("answers", {}).values())
