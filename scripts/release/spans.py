"""Write sentence pairs with spans in them: numbers, prices, times, names, addresses, codes, tags, emoji …

    python scripts/release/spans.py train.tsv more.tsv games.tsv.gz --out spans.tsv --number 120000

A span comes out as it went in, and the model reads only of what kind it is. Real pairs have few of them, so
they are put into real pairs (`span_ways`) and into short sentences made for them (`span_frames`): one to four
in a sentence, the same texts on both sides, those of one kind in the same order. The same arguments write
the same file. A line of PAIRS is English, tab, Spanish; further columns are ignored, except that a number in
the fourth that is not above --domain, which says how near the English is to everyday text, leaves the line out.
"""

from __future__ import annotations

import argparse
import gzip
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Final

import span_texts
from span_frames import FILLER, FILLERS, FRAMES, PLACE, Frame
from span_texts import kind_of_number
from span_ways import FIRST, SLOT, WAYS, Draft, Way, capital, face, put, quote

from seq2seq.errors import UserError
from seq2seq.files import write_text_atomic
from seq2seq.pairs import Pair, parse_columns, scan_lines
from seq2seq.text import normalise
from seq2seq.text.symbols import CODE, KIND_NAMES, MARKUP, NAME, PLACEHOLDER, TIME

SHARES: Final = (55, 27, 12, 6)
"""Of the sentences, how many per cent get one, two, three and four spans."""
FRAME_SHARE: Final = 0.38
"""Of the sentences, the share made from frames."""
QUOTED, FACES, HASTE = 0.04, 0.02, 0.25
"""The shares of sentences in quotation marks, with a face of plain signs, and typed in haste."""
LONGEST: Final = 110
"""Characters of the longest real sentence that gets spans."""
TRIES: Final = 40
"""Pairs that a way is offered, and ways that a pair is offered, before another choice is made."""

_FOREIGN = re.compile(r"[^\x20-\x7e¡-ÿŒœ“”‘’—–…]|[<>{}@#%$€£\\/`|_*~^=\[\]+&©°«»]|:-?[()D]")
_NUMBER = re.compile(r"\d+(?:[.,:/-]\d+)*")
_SPAN_NUMBER = re.compile(r"(?<![\w.,:/-])\d+(?![\w:/-]|[.,]\d)")
_SPAN_TIME = re.compile(r"(?<![\w.,:/-])\d{1,2}:\d\d(?![\w:/-]|[.,]\d)")


def read(files: list[Path], domain: float) -> Iterator[Pair]:
    """Yield the pairs that may get spans.

    Raises:
        UserError: for the first line that is no pair, with its place.
    """

    def parse(line: str) -> Pair:
        columns = line.split("\t")
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
    if _FOREIGN.search(pair.source) or _FOREIGN.search(pair.target):
        return None
    draft = Draft(pair.source, pair.target)
    if not re.search(r"\d", pair.source + pair.target):
        return draft
    ours, theirs = _NUMBER.findall(pair.source), _NUMBER.findall(pair.target)
    if len(ours) > 3:
        return None
    for text in ours:
        if ours.count(text) != 1 or theirs.count(text) != 1:
            continue
        pattern = _SPAN_TIME if ":" in text else _SPAN_NUMBER
        here = [found for found in pattern.finditer(draft.source) if found[0] == text]
        there = [found for found in pattern.finditer(draft.target) if found[0] == text]
        if len(here) != 1 or len(there) != 1:
            continue
        draft, slot = draft.add(TIME if ":" in text else kind_of_number(text), text)
        draft = draft.with_sides(
            put(draft.source, here[0].start(), here[0].end(), slot),
            put(draft.target, there[0].start(), there[0].end(), slot),
        )
    return draft


# --- frames -----------------------------------------------------------------------------------------------

MIXED: Final = {
    "name": "name:72 holder:18 handle:5 code:3 ticked:1",
    "count": "count:93 counter:7",
    "money": "money:96 holder:4",
    "date": "date:97 holder:3",
    "time": "time:97 holder:3",
    "file": "file:94 holder:6",
    "phone": "phone:97 holder:3",
    "percent": "percent:97 holder:3",
}
"""What else may stand in the place of a sort of a frame."""


def fill(frame: Frame, rng: Random) -> Draft:
    """Fill the places of a frame."""
    source, target = frame.source, frame.target
    for name in dict.fromkeys(FILLER.findall(source)):
        words = rng.sample(FILLERS[name], source.count(f"<{name}>"))
        for here, there in words:
            source = source.replace(f"<{name}>", here, 1)
            target = target.replace(f"<{name}>", there, 1)
    target = re.sub(
        r"\b([dD]e|[aA]) el\b", lambda m: m[1].rstrip("eE") + "l" if m[1] in "aA" else m[1] + "l", target
    )
    draft = Draft(source, target)
    for sort in frame.sorts:
        wanted = MIXED.get(sort)
        if wanted:
            names, weights = zip(*(item.split(":") for item in wanted.split()), strict=True)
            wanted = rng.choices(names, [float(weight) for weight in weights])[0]
        draft, slot = draft.new(wanted or sort, rng)
        place = f"{{{sort}}}"
        draft = draft.with_sides(draft.source.replace(place, slot, 1), draft.target.replace(place, slot, 1))
    assert not PLACE.search(draft.source + draft.target)
    return draft.with_sides(capital(draft.source), one_o_clock(draft))


def one_o_clock(draft: Draft) -> str:
    """Return the Spanish side with "la" before times at one o'clock: "son las 1:15" is "es la 1:15"."""

    def singular(match: re.Match[str]) -> str:
        kind, text = draft.spans[ord(match["slot"]) - FIRST]
        if kind != TIME or not span_texts.is_one_o_clock(text):
            return match[0]
        verb = {"son": "es", "eran": "era", None: None}[match["verb"] and match["verb"].lower()]
        if verb and match["verb"][0].isupper():
            verb = verb.capitalize()
        return f"{verb + ' ' if verb else ''}{match['article'][0]}a {match['slot']}"

    pattern = rf"(?:\b(?P<verb>son|eran) )?\b(?P<article>las) (?P<slot>{SLOT.pattern})"
    return capital(re.sub(pattern, singular, draft.target, flags=re.IGNORECASE))


# --- one sentence -----------------------------------------------------------------------------------------

_LETTERS_AN = re.compile(r"[\W_]*(?:8|11(?!\d)|18(?!\d)|[AEIOaeio]|[FHLMNRSX](?:[\dA-Z_-]|$))")


def finish(draft: Draft) -> Draft | None:
    """Return the draft if all is well: every span once on each side, those of one kind in the same order.

    Texts must differ and not be in each other or in the sentence, for then nobody could tell which is meant.
    Numbers that remain outside of spans, "an" before consonants and "y" before i are reasons as well.
    """
    ours, theirs = SLOT.findall(draft.source), SLOT.findall(draft.target)
    if len(ours) != len(draft.spans) or sorted(ours) != sorted(theirs) or len(set(ours)) != len(ours):
        return None
    by_kind = [
        [[slot for slot in side if draft.spans[ord(slot) - FIRST][0] == kind] for side in (ours, theirs)]
        for kind in KIND_NAMES
    ]
    if any(here != there for here, there in by_kind):
        return None
    if re.search(r"\d", draft.source + draft.target):
        return None
    texts = [text for _, text in draft.spans]
    rest = SLOT.sub("\0", draft.source) + "\0" + SLOT.sub("\0", draft.target)
    for place, text in enumerate(texts):
        if text in rest or any(text in other for i, other in enumerate(texts) if i != place):
            return None
        if normalise(text) != text:
            return None
    for slot in ours:
        kind, text = draft.spans[ord(slot) - FIRST]
        before = draft.source[: draft.source.index(slot)]
        behind = draft.target[: draft.target.index(slot)]
        if re.search(r"\b[Aa]n $", before) and not _LETTERS_AN.match(text):
            return None
        if re.search(r"\b[Aa] $", before) and _LETTERS_AN.match(text):
            return None
        if kind in (MARKUP, PLACEHOLDER):
            continue
        i, o = (
            re.match(r"\W*(?:i|hi(?!e)|í)", text, re.IGNORECASE),
            re.match(r"\W*h?(?:o|ó|ō|8|11\b)", text, re.IGNORECASE),
        )
        if (re.search(r"\by $", behind) and i) or (re.search(r"\be $", behind) and not i):
            return None
        if (re.search(r"\bo $", behind) and o) or (re.search(r"\bu $", behind) and not o):
            return None
    return draft


def haste(draft: Draft, rng: Random) -> Draft:
    """Return the draft with its source as it may be typed: without a final mark, in small letters, or both."""
    source, chance = draft.source, rng.random()
    if chance < 0.65:
        source = re.sub(r"[.!?]+$", "", source)
    if chance > 0.4:
        source = source.lower()
    return draft.with_sides(source, draft.target)


def render(draft: Draft) -> Pair:
    """Return the pair with the texts of its spans."""

    def text(match: re.Match[str]) -> str:
        return draft.text(match[0])

    return Pair(SLOT.sub(text, draft.source), SLOT.sub(text, draft.target))


class Maker:
    """Makes sentences with spans, one after the other.

    Args:
        pairs: real ones.
        seed: of the random choices.
    """

    def __init__(self, pairs: Iterator[Pair], seed: int) -> None:
        self.rng = Random(seed)
        self.drafts = [draft for pair in pairs if (draft := prepare(pair))]
        self._places = {
            way: [i for i, draft in enumerate(self.drafts) if hint.search(draft.source)]
            for way, (_, hint) in WAYS.items()
            if hint
        }
        self._frames = {n: [frame for frame in FRAMES if len(frame.sorts) == n] for n in (1, 2, 3, 4)}

    def make(self) -> Draft:
        """Return the next sentence, its texts not yet put in."""
        number = self.rng.choices((1, 2, 3, 4), SHARES)[0]
        while True:
            from_frame = not self.drafts or self.rng.random() < FRAME_SHARE
            draft = self._framed(number) if from_frame else self._real(number)
            if draft is None or len(draft.spans) != number or finish(draft) is None:
                continue
            if self.rng.random() < QUOTED:
                draft = quote(draft, self.rng)
            elif self.rng.random() < FACES:
                draft = face(draft, self.rng)
            if self.rng.random() < HASTE:
                draft = haste(draft, self.rng)
            return draft

    def _framed(self, number: int) -> Draft | None:
        """A frame, and what is missing to the number of spans put around it."""
        own = number if number < 3 and self.rng.random() < 0.8 else self.rng.randint(1, min(number, 3))
        draft: Draft | None = fill(self.rng.choice(self._frames[own]), self.rng)
        return self._more(draft, number, list(WAYS))

    def _real(self, number: int) -> Draft | None:
        """A real pair with spans; of the pairs that may give an occasion for the first way, some do."""
        way = self._way(list(WAYS))
        places = self._places.get(way)
        for _ in range(TRIES):
            index = self.rng.choice(places) if places else self.rng.randrange(len(self.drafts))
            draft = self.drafts[index]
            if len(draft.spans) < number and (more := way(draft, self.rng)):
                return self._more(more, number, list(WAYS))
        return None

    def _way(self, ways: list[Way]) -> Way:
        return self.rng.choices(ways, [WAYS[way][0] for way in ways])[0]

    def _more(self, draft: Draft | None, number: int, ways: list[Way]) -> Draft | None:
        """Put spans in until there are as many as wanted; each way that needs no occasion at most once."""
        left = list(ways)
        for _ in range(TRIES):
            if draft is None or len(draft.spans) >= number:
                return draft
            way = self._way(left)
            more = way(draft, self.rng)
            if more is not None and len(more.spans) <= number:
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
    parser.add_argument(
        "--domain", type=float, default=-0.6, help="least of a fourth column (default: %(default)s)"
    )
    options = parser.parse_args()
    try:
        maker = Maker(read(options.pairs, options.domain), options.seed)
    except UserError as error:
        raise SystemExit(str(error)) from None
    lines, counts, kinds, seen = [], Counter[int](), Counter[str](), set[Pair]()
    while len(lines) < options.number:
        draft = maker.make()
        pair = render(draft)
        if pair in seen:
            continue
        seen.add(pair)
        lines.append(f"{pair.source}\t{pair.target}\n")
        counts[len(draft.spans)] += 1
        kinds.update(KIND_NAMES[kind] for kind, _ in draft.spans)
    write_text_atomic(options.out, "".join(lines))
    print(f"{len(lines):,} pairs; with one span, two, …:", *(f"{counts[n]:,}" for n in sorted(counts)))
    print("spans:", ", ".join(f"{kind} {number:,}" for kind, number in kinds.most_common()))


__all__ = ["CODE", "NAME", "Maker", "fill", "finish", "haste", "prepare", "read", "render"]

if __name__ == "__main__":
    main()
