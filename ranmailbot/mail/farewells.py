"""How letters end, in the languages that people write to us in: farewells, and sentences that lead to one.

Data only. Compared word by word without case, accents and punctuation. Known limit: a phrase that is missing here
stays
with the last answer, where the applicant sees it in the acknowledgement.
"""

from __future__ import annotations

from ranmailbot.mail.words import keys

_FAREWELLS = """
best regards, kind regards, kindest regards, regards, warm regards, with kind regards, with best regards, with
regards, many thanks, thanks, thank you, thank you very much, thanks a lot, thanks in advance, many thanks in
advance, best, all the best, all best, best wishes, with best wishes, kind wishes, yours sincerely, sincerely,
sincerely yours, yours faithfully, yours truly, yours, cheers, cordially, greetings, best greetings, kind greetings,
respectfully, respectfully yours, warmly, warmest, warmest regards, take care, tks, br, rgds, kr, with appreciation,
with gratitude, thx, thanx, thnx, thks, tx, rgrds, brgds, b rgds, best rgds, kind rgds, bye, bye bye, bye
for now, see you, see you soon, see you there, talk soon, have a nice day, have a good day, have a nice weekend, xx,
mit freundlichen grüßen, mit freundlichen grüssen, mit freundlichem gruß, mit freundlichem gruss, mit besten grüßen,
mit herzlichen grüßen, mit kollegialen grüßen, mit vielen grüßen, mit lieben grüßen, freundliche grüße, freundliche
grüsse, viele grüße, beste grüße, liebe grüße, herzliche grüße, schöne grüße, kollegiale grüße, freundlich grüßt,
mit bestem gruß, es grüßt, mfg, lg, vg, bg, ggg, glg, vlg, mbg, lg und danke, danke und gruß, danke und lg, bis
bald, bis dann, tschüss,
ciao, servus, schönen gruß, schönen tag noch, schönes wochenende, gruss, grüsse, viele grüsse, liebe grüsse, beste
grüsse, herzliche grüsse, lieben gruß, lieben gruss, mat beschte gréiss, léif gréiss, mat frëndleche gréiss,
 gruß, grüße, hochachtungsvoll, danke, vielen dank, besten dank,
herzlichen dank, herzlichst, herzlich, ihr, ihre,
cordialement, bien cordialement, très cordialement, salutations, sincères salutations, meilleures salutations,
salutations distinguées, bien à vous, bien à toi, merci, merci beaucoup, merci d avance, cdt, cdlt,
respectueusement, sincèrement, amicalement, bonne journée, bonne réception, bises, bisous, bise, biz, la bise, je t
embrasse, amitiés, à bientôt, à plus, a plus,
bonne soirée, bon week end, crdt, cordt, bien cdt, slts,
saluti, cordiali saluti, distinti saluti, cari saluti, un saluto, un caro saluto, grazie, grazie mille,
cordialmente, un cordiale saluto, tanti saluti, buona giornata, buona serata, un abbraccio, baci, a presto, salutoni,
saludos, un saludo, un cordial saludo, un abrazo, atentamente, saludos cordiales, cordialmente, muchas gracias,
gracias, atte, reciba un cordial saludo, slds, sdos, abrazos, un beso, besos, hasta pronto, que tenga un buen día,
cumprimentos, com os melhores cumprimentos, melhores cumprimentos, os melhores cumprimentos, atenciosamente,
obrigado, obrigada, muito obrigado, muito obrigada, abraço, um abraço, saudações, abraços, abç, abs, bjs, beijinhos,
até breve, cumps, cpts,
salutacions, atentament, gràcies, salutacions cordials, una salutació, una abraçada, eskerrik asko, agur, agur bero
bat, un saúdo, saúdos, diolch, diolch yn fawr, cofion, cofion gorau, cofion cynnes, yn gywir, slán, is mise le meas,
met vriendelijke groet, met vriendelijke groeten, vriendelijke groet, vriendelijke groeten, groeten, groet, mvg,
bedankt, hartelijke groet, hartelijke groeten, hoogachtend, dank u wel, alvast bedankt, gr, grt, grtz, grtjs,
groetjes, vr gr, vriendelijke gr, met groet, mvrgr, dank, tot ziens, fijne dag,
med vänliga hälsningar, med vänlig hälsning, vänliga hälsningar, vänlig hälsning, bästa hälsningar, mvh, hälsningar,
vh, mvh och tack, hej då, ha det, ha det bra, ha det gott, ha en fin dag, vi ses, hilsner, mange hilsner, vh, tack,
tack på förhand, med venlig hilsen, venlig hilsen, venlige hilsner, med venlige hilsner, bedste hilsner,
hilsen, de bedste hilsner, med vennlig hilsen, vennlig hilsen, beste hilsen, takk, tak, på forhånd tak, kveðja, með
kveðju, bestu kveðjur, takk fyrir,
ystävällisin terveisin, terveisin, parhain terveisin, yst terv, terv, terkuin, ystävällisesti, hyvää päivänjatkoa,
kiitos, kiitoksin, kunnioittavasti,
lugupidamisega, parimat, tervitades, heade soovidega, parimate soovidega, aitäh, tänan,
ar cieņu, patiesā cieņā, ar patiesu cieņu, cieņā, ar laba vēlējumiem, ar labākajiem vēlējumiem, ar sveicieniem,
sveicieni, paldies, liels paldies, lai veicas, jauku dienu, pagarbiai, su pagarba, geriausi linkėjimai, linkėjimai,
ačiū, dėkoju,
pozdrawiam, pozdrawiam serdecznie, z poważaniem, z wyrazami szacunku, serdecznie pozdrawiam, pozdrowienia, dziękuję,
pozdr, pzdr, pozdro, dzięki, miłego dnia, z góry dziękuję, ukłony, łączę pozdrowienia,
s pozdravem, s pozdravom, s přátelským pozdravem, s priateľským pozdravom, s úctou, hezký den, pekný deň, děkuji,
zdraví, díky, dík, měj se, s přáním hezkého dne, mějte se, s pozdravem a poděkováním, vďaka, zdraví vás,
ďakujem, zdravím,
lep pozdrav, lepo pozdravljeni, s spoštovanjem, lijep pozdrav, lijepi pozdrav, lp, srdačno, s poštovanjem, srdačan
pozdrav, pozdrav, hvala, с поштовањем, срдачан поздрав, поздрав, со почит, с поштовање, хвала,
cu stimă, cu respect, cu deosebită stimă, toate cele bune, mulțumesc, vă mulțumesc, o zi bună, üdvözlettel, üdv,
szívélyes üdvözlettel, tisztelettel, köszönettel, köszönöm, köszi, kösz, üdvözlöm, puszi, szép napot, minden jót,
с уважение, поздрави, сърдечни поздрави, с най добри пожелания, благодаря, поздр, бъдете здрави, хубав ден, лек ден,
с уваж, с уважением, с наилучшими пожеланиями,
всего доброго, спасибо, з повагою, з найкращими побажаннями, дякую,
με εκτίμηση, φιλικά, με φιλικούς χαιρετισμούς, χαιρετισμούς, με τιμή, φιλιά, χαιρετώ, καλή σας μέρα, ευχ, ευχαριστώ,
σας ευχαριστώ, καλή συνέχεια, με
τους καλύτερους χαιρετισμούς,
saygılarımla, saygılarımızla, iyi çalışmalar, iyi günler, selamlar, sevgiler, teşekkürler, teşekkür ederim, me
respekt, me nderime, përshëndetje, faleminderit, tislijiet, grazzi, le meas, go raibh maith agat,
בברכה, תודה, בכבוד רב, תודה רבה, בברכה רבה, יום טוב, בהערכה, مع أطيب التحيات, مع التحية, مع خالص التحية,
تحياتي, مع فائق الاحترام, وتفضلوا بقبول فائق الاحترام, شكرا, شكرا جزيلا, با احترام, با تشکر,
"""

_CLOSINGS = """
looking forward, i look forward, we look forward, hope this helps, i hope this, please do not hesitate, do not
hesitate, don t hesitate, please let me know, please feel free, feel free to, if you have any questions, if you need
anything, should you have, should you need, ich freue mich, wir freuen uns, für rückfragen, bei rückfragen, für
fragen stehe, bei fragen, dans l attente, en restant à, je reste à, nous restons à, n hésitez pas, je vous souhaite,
quedo a, quedamos a, a la espera, en espera de, resto a disposizione, rimango a disposizione, resto in attesa, fico
a aguardar, ficamos ao dispor, ik kijk uit, mocht u, jag ser fram, vi ser fram, jeg ser frem, vi ser frem, jeg
glæder mig, w razie pytań, w przypadku pytań, v případě dotazů, v prípade otázok, za vsa vprašanja, rămân la
dispoziția, várom válaszát, jautājumu gadījumā, gaidīšu atbildi, при въпроси, оставам на разположение, если у вас,
είμαι στη διάθεσή, παραμένω στη διάθεσή,
"""


_LAST_WORDS = """
ps, p s, pps, nb, thanks for, thank you for, many thanks for, thanks again, thank you again, happy to, hope this, hope
that helps, hope it, hope these, see you, let me know, please let, sorry for, apologies for, feel free, any questions,
the others are, the others follow, the other answers, the rest, the remaining, others follow, more to follow, more
tomorrow, i will send, i ll send, you can reach, you can call, reach me, call me, excuse,
den rest, der rest, die anderen antworten, danke für, vielen dank für, danke nochmals, entschuldigen sie, le reste, les
autres réponses, merci pour, merci de, merci encore, désolé, désolée, il resto, grazie per, grazie ancora, el resto,
gracias por, o resto, obrigado por, obrigada por, de rest, bedankt voor, resten, tack för, tak for, takk for, kiitos
ajastanne, aitäh et, dziękuję za, děkuji za, ďakujem za, hvala za, hvala na, köszönöm a, paldies par, ačiū už, mulțumesc
pentru, благодаря за, спасибо за, дякую за, ευχαριστώ για, σας ευχαριστώ για, teşekkürler,
"""

_GREETINGS = """
dear, hello, hi, hey, good morning, good afternoon, good evening, good day, greetings, to whom it may concern,
ladies and gentlemen, sehr geehrte, sehr geehrter, liebe, lieber, liebes, guten tag, guten morgen, hallo, grüß gott,
grüezi, servus, bonjour, bonsoir, cher, chère, chers, chères, madame, monsieur, mesdames, messieurs, buongiorno,
gentile, gentili, egregio, egregi, cara, caro, cari, salve, ciao, estimado, estimada, estimados, estimadas, hola,
buenos días, buenas tardes, querida, querido, caro, cara, caros, prezado, prezada, prezados, bom dia, boa tarde,
olá, beste, geachte, goedendag, goedemorgen, hoi, dag, hej, hejsan, bästa, god dag, kära, kære, hei, kjære, hyvä,
hyvät, terve, moi, tere, lugupeetud, labdien, sveiki, cienījamā, cienījamais, cienījamie, godātā, godātais, godātie,
laba diena, gerbiamas, gerbiama, gerbiamieji, dzień dobry, szanowni, szanowna, szanowny, witam, cześć, dobrý den,
vážená, vážený, vážení, ahoj, dobrý deň, pozdravljeni, spoštovani, dober dan, poštovani, poštovana, dobar dan,
tisztelt, kedves, jó napot, bună ziua, stimată, stimate, stimați, dragă, здравейте, уважаеми, уважаема, добър ден,
здравствуйте, уважаемые, уважаемая, уважаемый, добрый день, шановні, добрий день, доброго дня, поштовани, αγαπητή,
αγαπητέ, αγαπητοί, αξιότιμοι, αξιότιμη, καλημέρα, καλησπέρα, γεια σας, sayın, merhaba, שלום, שלום רב, מרחבא, مرحبا,
السلام عليكم, السادة, السيدة, السيد, i nderuar, bongu, għażiża, a chara
"""


def _phrases(text: str) -> frozenset[tuple[str, ...]]:
    return frozenset(filter(None, (keys(phrase) for phrase in text.split(","))))


FAREWELLS = _phrases(_FAREWELLS)
"""What stands alone on the line above a name, word by word."""
FAREWELL_WORDS = frozenset(phrase[0] for phrase in FAREWELLS)
"""How a farewell begins: most lines are known for none by their first word."""
CLOSINGS = _phrases(_CLOSINGS)
"""How a sentence begins that only leads to the farewell."""
LAST_WORDS = _phrases(_LAST_WORDS)
"""How a remark to us begins that people add below their last answer, as a paragraph of its own."""
GREETINGS = _phrases(_GREETINGS)
"""How a greeting begins."""
