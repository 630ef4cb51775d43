"""Write sentence pairs composed by rule: lists, dates, times of day, ordinals, decades, numbers in words.

    python -m scripts.release.composed train.tsv --out composed.tsv --apart dev.tsv --number 27000 --seed 1

Real pairs have few lists and dates, so a model that has met only those loses items. One pair in nine is one
of PAIRS in capital letters. A pair that shares a side with a dev set is left out. The same arguments write
the same file.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Final

from scripts.release.composed.numbers import (
    DAYS,
    MONTHS,
    clock,
    date,
    english,
    named,
    place,
    spanish,
    suffixed,
)
from scripts.release.mixture import Known
from seq2seq.corpus.pairs import Pair, read_pairs, to_lines
from seq2seq.storage.files import write_text_atomic

_HERE: Final = Path(__file__).parent
_LONGEST: Final = 60
"""Most characters of a pair that is written in capital letters."""


def _rows(name: str) -> list[list[str]]:
    lines = (_HERE / name).read_text("utf-8").splitlines()
    return [line.split("\t") for line in lines if not line.startswith("#")]


def _table(name: str) -> dict[str, list[tuple[str, str]]]:
    table: dict[str, list[tuple[str, str]]] = {}
    for kind, source, target in _rows(name):
        table.setdefault(kind, []).append((source, target))
    return table


NOUNS: Final = _rows("nouns.tsv")
WORDS: Final = _table("words.tsv")
FRAMES: Final = _table("frames.tsv")


def capital(text: str) -> str:
    """Return a text whose first letter is a capital, behind the opening mark of a Spanish sentence."""
    start = 1 if text.startswith(("¿", "¡")) else 0
    return text[:start] + text[start : start + 1].upper() + text[start + 1 :]


def joined(rng: Random, items: list[tuple[str, str]], bare: bool = False) -> tuple[str, str]:
    """Return the items as a list in both languages; a bare one, outside a sentence, may lack the "and"."""
    sources, targets = [item[0] for item in items], [item[1] for item in items]
    if bare and rng.random() < 0.6:
        return ", ".join(sources), ", ".join(targets)
    last = targets[-1].lower()
    link, enlace = "and", "e" if last.startswith(("i", "hi")) and not last.startswith("hie") else "y"
    if rng.random() < 0.12:
        link, enlace = "or", "u" if last.startswith(("o", "ho")) else "o"
    comma = "," if len(items) > 2 and rng.random() < 0.5 else ""
    source = f"{', '.join(sources[:-1])}{comma} {link} {sources[-1]}"
    return source, f"{', '.join(targets[:-1])} {enlace} {targets[-1]}"


def _noun(form: str, row: list[str]) -> tuple[str, str]:
    """Return a noun with an article, in the plural, or in the plural with an article in Spanish alone."""
    one, many, uno, muchos = row
    feminine, article = (
        uno.startswith("la "),
        "an" if one[0] in "aeio" or one in ("umbrella", "hour") else "a",
    )
    return {
        "the": (f"the {one}", uno),
        "a": (f"{article} {one}".replace("an euro", "a euro"), ("una" if feminine else "un") + uno[2:]),
        "many": (many, muchos),
        "liked": (many, f"{'las' if feminine else 'los'} {muchos}"),
    }[form]


ITEMS: Final[dict[str, list[tuple[str, str]]]] = {
    **{form: [_noun(form, row) for row in NOUNS] for form in ("the", "a", "many", "liked")},
    **{kind: WORDS[kind] for kind in ("food", "adjective", "language", "subject", "place", "name")},
    "feminine": [(a, b[:-1] + "a" if b.endswith("o") else b) for a, b in WORDS["adjective"]],
    "verb": [(a.removeprefix("to "), b) for a, b in WORDS["verb"]],
    "day": [(f"{a}s", f"los {b}{'s' if b.endswith('o') else ''}") for a, b in named(DAYS)],
}


def in_sentence(rng: Random) -> tuple[str, str]:
    """A list in a sentence: I bought apples, pears, and milk."""
    kind = rng.choice(list(ITEMS))
    source, target = rng.choice(FRAMES[kind])
    length = min(rng.choice((2, 3, 3, 3, 4, 4, 5, 6, 7, 8)), len(ITEMS[kind]))
    listed, lista = joined(rng, rng.sample(ITEMS[kind], length))
    return source.format(listed), target.format(lista)


def alone(rng: Random) -> tuple[str, str]:
    """A list alone: apple, pear, banana; Monday, Tuesday, Wednesday; one, two, three."""
    length = rng.choice((2, 3, 3, 4, 4, 5, 6, 7, 8))
    kind = rng.choice(("the", "a", "many", "one", "one", *WORDS, "rows", "rows", "numbers"))
    if kind == "rows":
        row = named(rng.choice((DAYS, MONTHS)))
        start = rng.randrange(len(row))
        items = [row[(start + i) % len(row)] for i in range(min(length, len(row)))]
        if rng.random() < 0.3:
            rng.shuffle(items)
    elif kind == "numbers":
        start, step = rng.randint(0, 90), rng.choice((1, 1, 1, 2, 5, 10, -1))
        items = [(english(n), spanish(n)) for n in range(start, start + step * length, step) if n >= 0]
    elif kind == "one":
        items = [(row[0], row[2].split(" ", 1)[1]) for row in rng.sample(NOUNS, length)]
    else:
        items = rng.sample(ITEMS.get(kind) or WORDS[kind], length)
    if rng.random() < 0.3:
        items = [(capital(a), capital(b)) for a, b in items]
    return joined(rng, items, bare=True)


def contracted(text: str) -> str:
    """Return Spanish with "del" and "al"."""
    return re.sub(r"\b([dD]e|[aA]) el\b", r"\1l", text)


def on_a_date(rng: Random) -> tuple[str, str]:
    """A date in a sentence or alone: He was born on July 5, 1999."""
    day, dia = date(rng)
    form = rng.random()
    if form < 0.15:
        return day, dia
    if form < 0.25:
        end, fin = date(rng)
        return f"from {day} to {end}", contracted(f"de {dia} a {fin}")
    if form < 0.4:
        source, target = rng.choice(FRAMES["today"])
        return source.format(day), target.format(dia.removeprefix("el "))
    source, target = rng.choice(FRAMES["date"])
    return source.format(day), target.format(dia)


def in_order(rng: Random) -> tuple[str, str]:
    """An ordinal in digits: She lives on the 3rd floor; on the 21st."""
    if rng.random() < 0.2:
        day = rng.randint(1, 31)
        source, target = rng.choice(FRAMES["date"])
        return source.format(f"the {suffixed(day)}"), target.format(f"el {spanish(day)}")
    gender = rng.choice(("m", "f"))
    source, target = rng.choice(FRAMES[f"order {gender}"])
    text, word, before = place(rng, gender == "f")
    return source.format(text), re.sub("<(.*)>", rf"{word} \1" if before else rf"\1 {word}", target)


def in_a_decade(rng: Random) -> tuple[str, str]:
    """A decade in digits: He grew up in the 1980s; in the late '50s."""
    tens = rng.randrange(20, 100, 10)
    text, words = f"{rng.choice(('19', '19', '', chr(39)))}{tens}s", f"los años {spanish(tens)}"
    if rng.random() < 0.3:
        part, parte = rng.choice((("early ", "principios"), ("mid-", "mediados"), ("late ", "finales")))
        source, target = rng.choice(FRAMES["part of a decade"])
        return source.format(f"the {part}{text}"), target.format(f"a {parte} de {words}")
    source, target = rng.choice(FRAMES["decade"])
    return source.format(f"the {text}"), target.format(words)


def at_a_time(rng: Random) -> tuple[str, str]:
    """A time of day in words: The train leaves at half past five."""
    time, hora = clock(rng)
    form = rng.random()
    if form < 0.2:
        end, fin = clock(rng)
        source, target = rng.choice(FRAMES["hours"])
        return source.format(time, end), contracted(target.format(hora, fin))
    if form < 0.7:
        source, target = rng.choice(FRAMES["clock"])
        return source.format(time), contracted(target.format(hora))
    source, target = rng.choice(FRAMES["now"])
    if hora.startswith("las "):
        target = target.replace("Es", "Son").replace("era", "eran")
    return source.format(time), target.format(hora.removeprefix("el "))


def in_words(rng: Random) -> tuple[str, str]:
    """A number in words, most often with a noun: There are twenty-three apples here."""
    number = rng.randint(2, rng.choice((12, 30, 99, 99, 999, 9_999)))
    form = rng.random()
    if form < 0.12:
        return english(number), spanish(number)
    if form < 0.4:
        source, target = rng.choice(FRAMES["age"] if number < 100 else FRAMES["price"])
        return source.format(english(number)), target.format(spanish(number, "m"))
    _, many, uno, muchos = rng.choice(NOUNS)
    source, target = rng.choice(FRAMES["count"])
    counted = f"{spanish(number, 'f' if uno.startswith('la ') else 'm')} {muchos}"
    return source.format(f"{english(number)} {many}"), target.format(counted)


KINDS: Final[dict[Callable[[Random], tuple[str, str]], int]] = {
    in_sentence: 30,
    alone: 30,
    on_a_date: 15,
    in_order: 5,
    in_a_decade: 3,
    at_a_time: 15,
    in_words: 10,
}


def compose(rng: Random) -> Pair:
    """Return a pair of one of the kinds; both sides begin with a capital letter, or neither."""
    source, target = rng.choices(list(KINDS), list(KINDS.values()))[0](rng)
    source = re.sub(r"\.\.$", ".", source)
    if source.endswith((".", "?")) or rng.random() < 0.8:
        source, target = capital(source), capital(target)
    return Pair(source, target)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pairs", type=Path, metavar="PAIRS", help="real pairs for those in capital letters")
    parser.add_argument("--out", type=Path, required=True, help="the file to write")
    parser.add_argument(
        "--apart", type=Path, nargs="+", default=[], metavar="DEV", help="dev sets to share no sentence with"
    )
    parser.add_argument("--number", type=int, default=27_000, help="number of pairs (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of the random choices (default: %(default)s)")
    options = parser.parse_args()
    rng = Random(options.seed)
    held_out = Known(pair for file in options.apart for pair in read_pairs(file))
    real = [pair for pair in read_pairs(options.pairs) if len(pair.source) <= _LONGEST]
    pairs = {
        Pair(pair.source.upper(), pair.target.upper()): None for pair in rng.sample(real, options.number // 9)
    }
    while len(pairs) < options.number:
        pair = compose(rng)
        if pair not in held_out:
            pairs[pair] = None
    order = list(pairs)
    rng.shuffle(order)
    write_text_atomic(options.out, to_lines(order))
    print(f"{len(pairs):,} pairs")


if __name__ == "__main__":
    main()
