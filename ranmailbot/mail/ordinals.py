"""Labels that say their number in words ("First question:", "Zweitens,", "③"), in the languages people write in.

Compared word by word without case and accents. Fear: "First, ... Second, ..." inside one answer, so a number without
"question" or the like beside it is `spoken` as weak. Known limit: up to ten; what is missing here is no label.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from ranmailbot.mail.words import keys

_ORDINALS = """
first firstly 1st one erste ersten erster erstes erstens eins première premier premièrement primo 1er 1ère 1re prima
primera primero primeira primeiro eerste första første první prvni prvé prvá pierwsze pierwsza pierwsze pirmkārt
pirmais pirmā pirmo pirmajam pirma pirmas pirmasis esiteks esimene ensiksi ensimmäinen első elsőként primul întâi
първо първи първият първа первое первый первых первая перше πρώτο πρώτη πρώτον prvo prva prvi ראשית ראשונה أولا
الأول birinci ilk
|
second secondly 2nd two zweite zweiten zweiter zweites zweitens zwei deuxième deuxièmement seconde secundo secondo
2e 2ème 2nde seconda segunda segundo tweede andra anden andre druhá druhé druga drugie otrkārt otrais otrā otro
otrajam antra antras antrasis teiseks teine toiseksi toinen második másodszor doilea doua второ втори вторият втора
второе второй вторых вторая друге δεύτερο δεύτερη δεύτερον drugo drugi שנית שנייה ثانيا الثاني ikinci
|
third thirdly 3rd three dritte dritten dritter drittes drittens drei troisième troisièmement tertio 3e 3ème terza
terzo tercera tercero terceira terceiro derde tredje třetí tretia tretí trzecie trzecia treškārt trešais trešā trešo
trešajam trečia trečias kolmandaks kolmas kolmanneksi harmadik harmadszor treilea treia трето трети третият третье
третий третьих третья третє τρίτο τρίτη τρίτον treće treća tretje tretji שלישית ثالثا الثالث üçüncü
|
fourth fourthly 4th four vierte vierten vierter viertes viertens vier quatrième quatrièmement quarto 4e 4ème quarta
cuarta cuarto vierde fjärde fjerde čtvrtá čtvrté štvrtá czwarte czwarta ceturtkārt ceturtais ceturtā ceturto
ketvirta ketvirtas neljandaks neljas neljänneksi neljäs negyedik negyedszer patrulea patra четвърто четвърти
четвертое четвертый четвертых четверте τέταρτο τέταρτη τέταρτον četvrto četvrta רביעית رابعا الرابع dördüncü
|
fifth fifthly 5th five fünfte fünften fünfter fünftens fünf cinquième cinquièmement quinto 5e 5ème quinta vijfde
femte pátá páté piata piąte piąta piektkārt piektais piektā penkta penktas viies viidenneksi viides ötödik cincilea
cincea пето пети пятое пятый πέμπτο πέμπτη πέμπτον peto peta חמישית خامسا beşinci
|
sixth 6th six sechste sechsten sechster sechstens sechs sixième 6e 6ème sesta sesto sexta sexto zesde sjätte sjette
šestá szóste sestais sestā šešta kuues kuudes hatodik шесто шести шестое έκτο šesto ששית سادسا altıncı
|
seventh 7th seven siebte siebten siebter siebtens sieben septième 7e 7ème settima settimo séptima sétima zevende
sjunde syvende sedmá siódme septītais septītā septinta seitsmes seitsemäs hetedik седмо седьмое έβδομο sedmo
|
eighth 8th eight achte achten achter achtens acht huitième 8e 8ème ottava ottavo octava oitava achtste åttonde
ottende osmá ósme astotais astotā aštunta kaheksas kahdeksas nyolcadik осмо восьмое όγδοο osmo
|
ninth 9th nine neunte neunten neunter neuntens neun neuvième 9e 9ème nona nono novena negende nionde niende devátá
dziewiąte devītais devītā devinta üheksas yhdeksäs kilencedik девето девятое ένατο deveto
|
tenth 10th ten zehnte zehnten zehnter zehntens zehn dixième 10e 10ème decima decimo décima tiende tionde desátá
dziesiąte desmitais desmitā dešimta kümnes kymmenes tizedik десето десятое δέκατο deseto
"""
_LAST = "finally lastly schließlich zuletzt enfin infine finalmente slutligen wreszcie beidzot наконец накрая τέλος"

ORDINALS: dict[str, int] = {
    key: number
    for number, spelt in enumerate(_ORDINALS.split("|"), 1)
    for word in spelt.split()
    for key in keys(word)[:1]
} | dict.fromkeys(keys(_LAST), 0)
"""What each of these words counts, as it is compared; 0 for the last one."""

QUESTION_NOUNS = frozenset(
    keys(
        """
        question q frage vraag domanda pregunta pergunta pytanie pytania otázka otázce otázku kérdés kérdésre
        întrebare întrebarea jautājums jautājumu jautājumam klausimas klausimą küsimus küsimusele kysymys
        kysymykseen fråga frågan spørgsmål spørsmål въпрос въпроса вопрос вопросу запитання питання ερώτηση
        ερώτημα pitanje vprašanje answer antwort réponse risposta respuesta resposta antwoord odpowiedź odpověď
        odpoveď válasz răspuns atbilde atsakymas vastus vastaus svar отговор ответ відповідь απάντηση odgovor
        point punkt punto item שאלה תשובה שאלה السؤال الجواب soru cevap mistoqsija galdera erantzuna
        pyetja spurning savol sual сұрақ 問題 問 質問 问题 질문
        """
    )
)
"""What people call a question or its answer, next to its number."""

_AROUND = frozenset(
    keys(
        """
        the to your my answer for as on in re ad regarding concerning about with regard and at zu zur zum auf
        die der das den bei was betrifft à a la le l pour sur en quant ma alla per el al sobre o ten op de uw na
        do po k ke za til på och og om uz par į apie dėl a az la par de pentru по на за към на во по к στην στο
        για την το η number no nr
        """
    )
)
SMALL_WORDS = _AROUND | QUESTION_NOUNS
"""What may stand around such a word without saying anything: "To the second question:"."""

_LABEL = re.compile(
    r"[ \t*_#•>\-–—]*+(?P<label>[^\W_][^\n:：,;.()!?]{0,48}?)[*_]*"
    r"(?P<close>[ \t]?[:：.)]|,(?=\s)|[ \t]+[-–—](?=[ \t])|[ \t]*$)[*_]*",
    re.MULTILINE,
)
_ROUND = re.compile(r"[ \t*_>]*+(?P<label>[①-⑳❶-❿])(?!\w)[ \t.:)]*")
_PLACES = re.compile(r"^(?=.)|(?<=[.!?;,:])[ \t]+(?=\S)", re.MULTILINE)
_MOST_WORDS, _MOST_PLACES, _LONGEST = 6, 4_000, 80


@dataclass(frozen=True, slots=True)
class SpokenNumber:
    """A label in words: characters [start, end), its number. `strong`: it says that it is a question's."""

    start: int
    end: int
    number: int
    strong: bool
    at_line: bool


def spoken_numbers(text: str) -> Iterator[SpokenNumber]:
    """The labels in words, at line starts, and within lines those that name a question or have a colon."""
    for place in islice(_PLACES.finditer(text), _MOST_PLACES):
        at_line = place.start() == 0 or text[place.start() - 1] == "\n"
        found = _at(text, place.end(), at_line)
        if found is not None and (at_line or found.strong or text[found.start : found.end].rstrip().endswith(":")):
            yield found


def only_counts(name: str) -> bool:
    """Whether these words say nothing but a number and that a question is meant."""
    said = keys(name)
    return not QUESTION_NOUNS.isdisjoint(said) and all(word in ORDINALS or word in SMALL_WORDS for word in said)


def _at(text: str, place: int, at_line: bool) -> SpokenNumber | None:
    around = _ROUND.match(text, place)
    if around is not None:
        return SpokenNumber(
            around.start("label"), around.end(), int(unicodedata.numeric(around["label"])), True, at_line
        )
    # To the end of the line, so that "$" means just that; a label that is longer is none.
    stop = text.find("\n", place, place + _LONGEST)
    match = _LABEL.match(text, place, stop if stop >= 0 else min(len(text), place + _LONGEST))
    said = keys(match["label"]) if match is not None else ()
    numbers = [word for word in said if word in ORDINALS]
    if match is None or not numbers or len(said) > _MOST_WORDS:
        return None
    others = [word for word in said if word != numbers[-1]]
    if not all(word in SMALL_WORDS for word in others):
        return None
    strong = any(word in QUESTION_NOUNS for word in others)
    if not strong and (match["close"].strip() in (".", "") or text[match.end() : match.end() + 1] in ("", "\n")):
        return None
    return SpokenNumber(match.start("label"), match.end(), ORDINALS[numbers[-1]], strong, at_line)
