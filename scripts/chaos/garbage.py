"""Random lines of bytes that a translator should survive, and glossaries of their words."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from functools import cache

from scripts.results import ROOT


def make_lines(rng: random.Random, count: int, huge: bool) -> list[bytes]:
    """Return lines of bytes without line feeds; one in a hundred is long and, if asked, one has half a MB."""
    lines = [rng.choice(KINDS)(rng) for _ in range(count)]
    for place in range(0, count, 100):
        lines[place] = _long(rng, int(2 ** rng.uniform(8, 13)))
    if huge:
        lines[rng.randrange(1, count, 100)] = _long(rng, 500_000)
    return lines


def make_glossary(rng: random.Random, lines: list[bytes]) -> bytes:
    """Return a glossary of words of the lines, and of parts of words, which must not be found."""
    words = sorted({word.decode() for line in lines[:100] for word in re.findall(b"[A-Za-z]{2,20}", line)})
    terms = rng.sample(words, min(40, len(words))) or ["x"]
    terms += [f"{a} {b}" for a, b in zip(terms[::2], terms[1::2], strict=False)]
    terms += [term[: len(term) // 2 + 1] for term in terms[:10]]
    found = {term: rng.choice((term, term.upper(), "otra cosa", "ñ-1 %s", "«x»")) for term in terms}
    return "".join(f"{term}\t{copy}\n" for term, copy in found.items()).encode()


def _long(rng: random.Random, size: int) -> bytes:
    part = rng.choice(KINDS)(rng) or b"x"
    if rng.random() < 0.5:
        return (part * (size // len(part) + 1))[:size]
    data = b""
    while len(data) < size:
        data += rng.choice(KINDS)(rng) * rng.choice((1, 1, 10)) + b" "
    return data[:size]


@cache
def _sentences() -> list[bytes]:
    return [line.split(b"\t")[0] for line in (ROOT / "data" / "dev.tsv").read_bytes().splitlines()]


def _sentence(rng: random.Random) -> bytes:
    return b" ".join(rng.choices(_sentences(), k=rng.choice((1, 1, 2, 3))))


def _mutated(rng: random.Random) -> bytes:
    """A sentence with a few of its bytes changed, dropped or followed by a trap."""
    data = bytearray(_sentence(rng))
    for _ in range(rng.randint(1, 5)):
        place = rng.randrange(len(data))
        data[place : place + rng.randint(0, 2)] = rng.choice((rng.randbytes(1), rng.choice(TRAPS)))
    return bytes(data).replace(b"\n", b"")


def _bytes(rng: random.Random) -> bytes:
    return rng.randbytes(rng.randint(0, 100)).replace(b"\n", b"\r")


def _code_points(rng: random.Random) -> bytes:
    """Code points of all planes or of one block; surrogates as the bytes that some encoders write."""
    begin, end = rng.choice(((0, 0x110000), (0, 0x250), (0x300, 0x370), (0x2000, 0x2070), (0xD700, 0xE100)))
    codes = (rng.randrange(begin, end) for _ in range(rng.randint(0, 60)))
    return "".join(map(chr, codes)).encode("utf-8", "surrogatepass").replace(b"\n", b" ")


def _marks(rng: random.Random) -> bytes:
    """Letters with many combining marks, decomposed Hangul, joined emoji."""
    bases = ("a", "ñ", "\u1112\u1161\u11ab", "👩\u200d🚀", " ", "\u0344", "क")
    tower = (chr(rng.randrange(0x300, 0x370)) for _ in range(int(2 ** rng.uniform(0, 8))))
    return (rng.choice(bases) + "".join(tower) + rng.choice(bases)).encode()


def _traps(rng: random.Random) -> bytes:
    return b"".join(rng.choices(TRAPS, k=rng.randint(0, 20)))


def _spans(rng: random.Random) -> bytes:
    """Text that must stay the same, whole and broken, among words and marks at the edges of a line."""
    pieces = [piece if rng.random() < 0.8 else piece[: rng.randint(0, len(piece))] for piece in SPANS]
    chosen = rng.choices(
        [*pieces, "Tom", "is at", "and", "milk", ",", ".", "¿", '"', "(", ")"], k=rng.randint(1, 12)
    )
    edges = ("", "", "- ", "  1. ", "> ", "— ", "TOM: ", "\t", '"', "// ", "« ")
    return (rng.choice(edges) + rng.choice((" ", " ", "")).join(chosen)).encode()


def _list(rng: random.Random) -> bytes:
    """A list, most often one whose items are translated one by one."""
    items = rng.choices(
        ("milk", "ice cream", "and tea", "don't", "eggs", "Tom", "5", "é"), (9, 9, 2, 2, 9, 1, 1, 1), k=9
    )
    marks = (", ", ", ", ", ", ",", "; ", ". ")
    return (rng.choice(marks).join(items[: rng.randint(2, 9)]) + rng.choice((".", "", "?"))).encode()


def _punctuation(rng: random.Random) -> bytes:
    return "".join(rng.choices("....!?…,;:\"'“”()[]«»—- aA1", k=rng.randint(0, 80))).encode()


TRAPS = [
    b"\x1b[31m",
    b"\x1b[2J",
    b"\x1b]0;title\x07",
    b"\x1bP+q\x1b\\",
    b"\x1b",
    b"\x07",
    b"\x08",
    b"\x7f",
    b"\0",
    b"\r",
    b"\x0b",
    b"\x0c",
    b"\x1c",
    b"\x1e",
    b"\t",
    b"   ",
    b"\xff",
    b"\xc0\x80",
    b"\xed\xa0\x80",
    b"\xf4\x90",
    b"\xe2\x82",
    b"\xf0\x9f\x98",
    b"\x80",
    b"<s>",
    b"</s>",
    b"<unk>",
    b":lag 3",
    b"--lag",
    b"%s",
    b"{0}",
    b"\\n",
    *(chr(code).encode() for code in (0x85, 0x9B, 0x90, 0xAD, 0xA0, 0x2028, 0x2029, 0x202E, 0x2066, 0x200B)),
    *(
        chr(code).encode()
        for code in (0x200D, 0xFEFF, 0xFFFD, 0xFFFF, 0x1F600, 0xE0001, 0x10FFFF, 0x303, 0x3000)
    ),
]
"""Escape sequences, separators, bytes that are not UTF-8, invisible characters, words that mean something."""

SPANS = [
    *(
        "https://example.org/a?b=c#d",
        "me@example.org",
        "/etc/hosts",
        "C:\\Users\\x",
        "report.pdf",
        "@tom",
        "#tag",
    ),
    *("{name}", "%s", "%(n)d", "$1", "${x}", "{{ x }}", "<b>", "</b>", "&amp;", "<!-- x -->", "`print()`"),
    *(
        "1",
        "2",
        "May 12th",
        "the 5th of July",
        "1984",
        "3.14",
        "1,000,000",
        "-5",
        "20°C",
        "5%",
        "$12.50",
        "5 €",
        "3:30",
        "5 p.m.",
        "2020-05-12",
    ),
    *("v2.3.1", "MH370", "+34 91 123 45 67", "0x1F", "COVID-19", "1st", "1990s", "1/2", "½"),
    *("😀", "👩\u200d🚀", "❤️", "🏳️\u200d🌈", "👍🏽", ":)", "¯\\_(ツ)_/¯", "東京", "Yeşilgöz", "☃"),
]

KINDS: tuple[Callable[[random.Random], bytes], ...] = (
    *(_sentence, _mutated, _mutated, _bytes, _code_points, _marks, _traps, _punctuation, _spans, _list),
)
