"""The abbreviations of English and Spanish, after which a full stop need not end a sentence."""

from __future__ import annotations

import re
from typing import Final


def word_list(text: str) -> frozenset[str]:
    """Return the words of a text with white space between them."""
    return frozenset(text.split())


NEVER_LAST: Final = word_list(
    """Mr Mrs Ms Mx Messrs Dr Drs Prof Rev Hon Gen Col Capt Cpt Cmdr Cdr Lt Sgt Cpl Maj Adm Gov Sen Rep
    Pres Supt St Mt Ft Fr Univ fig figs Fig Figs eq eqs Eq pp vol vols Vol Vols dept Dept approx Approx
    vs Vs cf Cf viz ca Ca ie Ie eg Eg resp Resp Ex temp esp incl Tel tel chap Chap Sr Sra Srta Sres Sras
    Srs Dra Dres Profa Dña Lic Ing Arq Gral Cnel Cap Sto Sta Av Avda Avd Pza Pdte EE ej Ej núm núms Núm
    pág págs Pág mín Mín máx Máx sgte aprox Aprox vol cap ed sr sra srta sres dr dra prof lic ing MR MRS
    MS DR PROF"""
)
"""Abbreviations that never end a sentence: titles, and others that precede a name, a number or an example."""

MAY_BE_LAST: Final = word_list(
    """Inc Ltd Co Corp Bros Assn Jr Ave Blvd Rd etc Etc no nos No Nos art arts Art sec Sec ch Ch Op op max
    min Max Min ext Ext eds Ed est Est tbsp tsp lb lbs oz ft hr hrs yr yrs sq dpto Dpto Jan Feb Mar Apr
    Jun Jul Aug Sep Sept Oct Nov Dec Mon Tue Tues Wed Thu Thur Thurs Fri Sat Sun Ud Uds Vd Vds ud uds UU
    Cía Ltda"""
)
"""Abbreviations that may end a sentence, or are words themselves; a capital letter after them shows it."""

DOTTED_MAY_BE_LAST: Final = word_list("""a.m p.m d.c b.c a.d a.c ph.d m.d u.k u.n u.s.a e.u ee.uu s.a s.l""")
"""The same with dots inside, in lower case and without the last dot; all others never end a sentence.

"U.S" is not among them: after it a capital letter nearly always begins a name ("the U.S. Army": 18 of 19
times in the training data).
"""

DOTTED: Final = re.compile(r"([^\W\d_]{1,2}\.)+[^\W\d_]{1,2}")
"""Matches abbreviations with dots inside, without the last dot: a.m, U.S, Ph.D, EE.UU."""

BEFORE_NAMES: Final = word_list(
    """and or by with of to from for than as like said says de del y e o u por para con a al que dijo dice
    señor señora"""
)
"""Small words after which a capital letter with a stop is an initial: "by J. Smith", not "vitamin C."."""
