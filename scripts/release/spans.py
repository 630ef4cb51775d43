"""Write sentence pairs with spans in them: numbers, prices, times, names, addresses, codes, tags, emoji …

    python -m scripts.release.spans train.tsv more.tsv games.tsv.gz --out spans.tsv --number 120000 --seed 1

A span comes out as it went in, and the model reads only of what kind it is. Real pairs have few of them, so
they are put into real pairs (`span_ways`) and into short sentences made for them (`span_frames`): one to four
in a sentence, the same texts on both sides, those of one kind in the same order. The same arguments write
the same file. A line of PAIRS is English, tab, Spanish. Further columns are ignored, but for a number in the
fourth, which says how near the English is to everyday text: if it is not above --domain, so is the line.
"""

from __future__ import annotations

import argparse
import gzip
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from random import Random
from typing import Final

from scripts.release.span_drafts import Draft, put
from scripts.release.span_frames import FRAMES, fill
from scripts.release.span_ways import WAYS, Way, quote
from seq2seq.corpus.bitext import as_symbols
from seq2seq.corpus.pairs import Pair, align_sentences, parse_columns, scan_lines, to_lines
from seq2seq.errors import UserError
from seq2seq.storage.files import write_text_atomic
from seq2seq.text.normalise import normalise
from seq2seq.text.spans import scan
from seq2seq.text.symbols import KIND_NAMES, KINDS
from seq2seq.text.vocabulary import ALPHABET

SHARES: Final = (55, 27, 12, 6)
"""Of the sentences, how many per cent get one, two, three and four spans."""
FRAME_SHARE: Final = 0.36
"""Of the sentences, the share made from frames."""
QUOTED: Final = 0.04
"""The share of sentences in quotation marks, or with a name in them."""
HASTE: Final = 0.25
"""The share of sentences whose source is as it may be typed in haste."""
LONGEST: Final = 130
"""Characters of the longest real sentence that gets spans."""
TRIES: Final = 40
"""Pairs that a way is offered, and ways that a pair is offered, before another choice is made."""
KNOWN: Final = frozenset(ALPHABET)
"""The characters that every vocabulary has."""

_ODD = re.compile(r"[^\x20-\x7e¡-ÿŒœ“”‘’—–…]|[<>{}@#%$€£\\/`|_*~^=\[\]+&©°«»]|:-?[()D]")
_NUMBER = re.compile(r"\d+(?:[.,:/-]\d+)*")
_ALONE = re.compile(r"(?<![\w.,:/-])(?:\d{1,2}:\d\d|\d+)(?![\w:/-]|[.,]\d)")


def read(files: Iterable[Path], domain: float) -> Iterator[Pair]:
    """Yield the pairs that may get spans.

    Raises:
        UserError: for the first line that is no pair, with its place; for a file that cannot be read.
    """

    def parse(line: str) -> Pair:
        columns = line.split("\t", 4)
        try:
            far = len(columns) > 3 and float(columns[3]) <= domain
        except ValueError:
            far = False
        return Pair("", "") if far else parse_columns(line)

    for file in files:
        try:
            with gzip.open(file, "rb") if file.suffix == ".gz" else file.open("rb") as lines:
                for item in scan_lines(lines, str(file), parse):
                    if isinstance(item, UserError):
                        raise item
                    if item.source and len(item.source) <= LONGEST and len(item.target) <= 1.5 * LONGEST:
                        yield item
        except OSError as error:
            raise UserError(f"{file}: cannot be read: {error.strerror}") from error


def prepare(pair: Pair) -> Draft | None:
    """Return the draft of a pair, its own numbers in digits made spans; None if it has other odd signs.

    Numbers that are in digits on one side only remain, for one of the ways may take them.
    """
    if _ODD.search(pair.source) or _ODD.search(pair.target):
        return None
    draft = Draft(*pair)
    ours, theirs = _NUMBER.findall(pair.source), _NUMBER.findall(pair.target)
    for text in ours:
        if ours.count(text) != 1 or theirs.count(text) != 1:
            continue
        places = [
            found.start()
            for side in (draft.source, draft.target)
            for found in _ALONE.finditer(side)
            if found[0] == text
        ]
        if len(places) == 2:
            draft, slot = draft.add(text)
            draft = draft.with_sides(
                put(draft.source, places[0], places[0] + len(text), slot),
                put(draft.target, places[1], places[1] + len(text), slot),
            )
    return draft


# What must be true of a sentence


_AN = re.compile(r"[\W_]*(?:8|11(?!\d)|18(?!\d)|[aeioAEIO]|[FHLMNRSX](?:[\dA-Z_-]|$))")
_STARTS_WITH_I = re.compile(r"\W*(?:i|hi(?!e)|í|ī|и)", re.IGNORECASE)
_LETTER = re.compile(r"[^\W\d_]")
_STARTS_WITH_O = re.compile(r"\W*h?(?:o|ó|ō|о|8|11(?!\d))", re.IGNORECASE)


def kinds(draft: Draft) -> str | None:
    """Return the symbols that the spans are read as, in their order; None if they cannot be copied.

    The spans are read as they were put in, those of one kind in the same order on both sides, no two are the
    same, and the words before them fit: no "an" before a consonant, no "y" before an i.
    """
    pair = draft.pair()
    if len(set(draft.texts)) < len(draft.texts) or any(normalise(side) != side for side in pair):
        return None
    if not all(_fits(draft, text, slot) for slot, text in draft.slots()):
        return None
    found = [[item for item in scan(side, KNOWN) if item.symbol in KINDS] for side in pair]
    here, there = (sorted(items, key=lambda item: item.symbol) for items in found)
    if [item[:2] for item in here] != [item[:2] for item in there]:
        return None
    if sorted(item.text for item in here) != sorted(draft.texts):
        return None
    if as_symbols(pair, KNOWN) is None:
        return None  # no letter that is known: it is never translated
    # A line is cut into sentences before it is read, and a cut may part what belongs together.
    parts = align_sentences(pair)
    if len(parts) > 1 and not all(_LETTER.search(part.source) and as_symbols(part, KNOWN) for part in parts):
        return None
    return "".join(item.symbol for item in found[0])


def _fits(draft: Draft, text: str, slot: str) -> bool:
    """Whether a span is once on each side, and the words before it are those that its sound asks for."""
    if draft.source.count(slot) != 1 or draft.target.count(slot) != 1:
        return False
    before, behind = draft.source[: draft.source.index(slot)], draft.target[: draft.target.index(slot)]
    if re.search(r"\b[Aa]n? $", before) and (before[-2] == "n") != bool(_AN.match(text)):
        return False
    if not text[0].isalnum():
        return True
    word = behind[-3:].lower()
    if word in (" y ", " e ") and (word == " e ") != bool(_STARTS_WITH_I.match(text)):
        return False
    return word not in (" o ", " u ") or (word == " u ") == bool(_STARTS_WITH_O.match(text))


def haste(draft: Draft, rng: Random) -> Draft:
    """Return the draft with its source as it may be typed: no final mark, small letters, or both."""
    source, chance = draft.source, rng.random()
    if chance < 0.65:
        source = re.sub(r"[.!?]+$", "", source)
    if chance > 0.4:
        source = source.lower()
    return draft.with_sides(source, draft.target)


class Maker:
    """Makes sentences with spans, one after the other.

    Args:
        pairs: real ones, may be none.
        seed: of the random choices.
    """

    def __init__(self, pairs: Iterable[Pair], seed: int) -> None:
        self.rng = Random(seed)
        self.drafts = [draft for pair in pairs if (draft := prepare(pair))]
        self._ways = list(WAYS)
        self._places = {
            way: [i for i, draft in enumerate(self.drafts) if hint.search(draft.source)]
            for way, (_, hint) in WAYS.items()
            if hint
        }
        self._frames = {n: [frame for frame in FRAMES if len(frame.sorts) == n] for n in (1, 2, 3, 4)}

    def make(self) -> tuple[Draft, str]:
        """Return the next sentence, and the symbols that its spans are read as."""
        number = self.rng.choices((1, 2, 3, 4), SHARES)[0]
        from_frame = not self.drafts or self.rng.random() < FRAME_SHARE
        while True:
            draft = self._framed(number) if from_frame else self._real(number)
            if draft is None or len(draft.texts) != number:
                continue
            if self.rng.random() < QUOTED:
                draft = quote(draft, self.rng)
            if self.rng.random() < HASTE:
                draft = haste(draft, self.rng)
            symbols = kinds(draft)
            if symbols is not None:
                return draft, symbols

    def _framed(self, number: int) -> Draft:
        """A frame, and what is missing to the number of spans put around it."""
        own = number if self.rng.random() < 0.8 else self.rng.randint(1, number)
        return self._more(fill(self.rng.choice(self._frames[own]), self.rng), number)

    def _real(self, number: int) -> Draft | None:
        """A real pair with spans; of the pairs that may give an occasion for the first way, some do."""
        way = self._way(self._ways)
        places = self._places.get(way)
        for _ in range(TRIES):
            index = self.rng.choice(places) if places else self.rng.randrange(len(self.drafts))
            draft = self.drafts[index]
            if len(draft.texts) < number and (more := way(draft, self.rng)):
                return self._more(more, number)
        return None

    def _way(self, ways: list[Way]) -> Way:
        return self.rng.choices(ways, [WAYS[way][0] for way in ways])[0]

    def _more(self, draft: Draft, number: int) -> Draft:
        """Put spans in until there are as many as wanted; each way that needs no occasion at most once."""
        left = list(self._ways)
        for _ in range(TRIES):
            if len(draft.texts) >= number:
                break
            way = self._way(left)
            more = way(draft, self.rng)
            if more is not None and len(more.texts) <= number:
                draft = more
                if WAYS[way][1] is None:
                    left.remove(way)
        return draft


def main() -> None:
    """Read the pairs and write those with spans."""
    parser = argparse.ArgumentParser(description="Write sentence pairs with spans in them.")
    parser.add_argument("pairs", nargs="+", type=Path, metavar="PAIRS", help="real pairs, .tsv or .tsv.gz")
    parser.add_argument("--out", type=Path, required=True, help="the file to write")
    parser.add_argument("--number", type=int, default=120_000, help="how many pairs (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of the random choices (default: %(default)s)")
    parser.add_argument("--domain", type=float, default=-0.6, help="bound of column 4 (default: %(default)s)")
    options = parser.parse_args()
    try:
        maker = Maker(read(options.pairs, options.domain), options.seed)
    except UserError as error:
        raise SystemExit(str(error)) from None
    pairs, counts, spans = dict[Pair, None](), Counter[int](), Counter[str]()
    while len(pairs) < options.number:
        draft, symbols = maker.make()
        pair = draft.pair()
        if pair not in pairs:
            pairs[pair] = None
            counts[len(symbols)] += 1
            spans.update(symbols)
    write_text_atomic(options.out, to_lines(pairs))
    print(f"{len(pairs):,} pairs; with one span, two, …:", *(f"{counts[n]:,}" for n in sorted(counts)))
    print("spans:", ", ".join(f"{KIND_NAMES[kind]} {number:,}" for kind, number in spans.most_common()))


if __name__ == "__main__":
    main()
