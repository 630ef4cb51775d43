"""The words that decide where a sentence begins or may be cut; the abbreviations have a file of their own."""

from __future__ import annotations

from typing import Final

from seq2seq.text.abbreviations import word_list

CONJUNCTIONS: Final = word_list(
    """and but or because which that who when while if although though so where since until unless"""
)
"""English words before which a long sentence may be cut. Where there is none, it is cut at a space."""

FIRST_WORDS: Final = word_list(
    """I You He She It We They The This That These Those There Here A An My Your His Her Its Our Their Some
    All Each Every No Yes Not Oh Well And But Or So Then Now If When While Because Since After Before As
    In On At For From With Without To By Of What Which Who Where Why How Is Are Was Were Do Does Did Don
    Can Could Will Would Should May Must Have Has Had Be Let Please Thanks Thank Hello Hi Bye Sorry Tom
    Mary See Use Click Select Press Check Try Enter Yo Tú Él Ella Nosotros Ellos Usted El La Los Las Lo
    Un Una Unos Unas Este Esta Esto Estos Estas Ese Esa Eso Mi Tu Su Sus Sí Y Pero O Si Cuando Mientras
    Porque Después Antes Como En De Para Por Con Sin Qué Quién Dónde Cómo Es Son Era Hay No Se Me Te Le
    Que Gracias Hola Puede Puedes Compruebe Consulte Aquí Todos Todas Cada Muestra Ahora Ya Está Están
    Bueno Vale Per"""
)
"""Words that begin a sentence even without a space before them; other words with a capital may be code."""


def beginnings(words: frozenset[str]) -> frozenset[str]:
    """Return all prefixes of the words, the words themselves included."""
    return frozenset(word[:end] for word in words for end in range(1, len(word) + 1))
