"""The sorts of texts that become spans, each with the kind of symbol that it is read as.

Every function takes a random generator and returns the text alone.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Final

from scripts.release.spans import name_texts, number_texts
from seq2seq.text.symbols import (
    ADDRESS,
    CODE,
    DATE,
    MARKUP,
    MONEY,
    NAME,
    NUMBER,
    ONE,
    PLACEHOLDER,
    QUANTITY,
    SIGN,
    TIME,
    YEAR,
)

Generator = Callable[[Random], str]

SORTS: Final[dict[str, tuple[str, Generator]]] = {
    "one": (ONE, number_texts.one),
    "count": (NUMBER, number_texts.count),
    "small": (NUMBER, number_texts.small_number),
    "number": (NUMBER, number_texts.number),
    "big": (NUMBER, number_texts.big_number),
    "odd": (NUMBER, number_texts.odd_number),
    "decimal": (NUMBER, number_texts.decimal),
    "score": (NUMBER, number_texts.score),
    "year": (YEAR, number_texts.year),
    "percent": (QUANTITY, number_texts.percent),
    "distance": (QUANTITY, number_texts.distance),
    "length": (QUANTITY, number_texts.length),
    "temperature": (QUANTITY, number_texts.temperature),
    "weight": (QUANTITY, number_texts.weight),
    "kitchen": (QUANTITY, number_texts.kitchen),
    "volume": (QUANTITY, number_texts.volume),
    "size": (QUANTITY, number_texts.data_size),
    "speed": (QUANTITY, number_texts.speed),
    "quantity": (QUANTITY, number_texts.quantity),
    "money": (MONEY, number_texts.money),
    "time": (TIME, number_texts.time),
    "time12": (TIME, number_texts.hour_12),
    "hours": (TIME, number_texts.hours),
    "date": (DATE, number_texts.day),
    "url": (ADDRESS, name_texts.url),
    "mail": (ADDRESS, name_texts.mail),
    "path": (ADDRESS, name_texts.path),
    "file": (ADDRESS, name_texts.file_name),
    "handle": (ADDRESS, name_texts.handle),
    "tag": (ADDRESS, name_texts.hashtag),
    "address": (ADDRESS, name_texts.address),
    "version": (CODE, name_texts.version),
    "reference": (CODE, name_texts.reference),
    "flight": (CODE, name_texts.flight),
    "phone": (CODE, name_texts.phone),
    "ticked": (CODE, name_texts.ticked),
    "code": (CODE, name_texts.code),
    "holder": (PLACEHOLDER, name_texts.placeholder),
    "counter": (PLACEHOLDER, name_texts.counter),
    "name": (NAME, name_texts.name),
    "emoji": (SIGN, name_texts.emoji),
    "mark": (MARKUP, name_texts.mark),
}
"""For each sort, the kind of symbol that its texts are (nearly always) read as, and their generator."""
