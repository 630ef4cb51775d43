"""Real pairs and frames become sentences with spans; what cannot be copied or read back is dropped."""

from __future__ import annotations

import re
from collections.abc import Iterable
from random import Random
from typing import Final

from scripts.release.spans.added_ways import quote
from scripts.release.spans.drafts import Draft, put
from scripts.release.spans.frames import FRAMES, fill
from scripts.release.spans.ways import WAYS, Way
from seq2seq.corpus.bitext import as_symbols
from seq2seq.corpus.pairs import Pair, align_sentences
from seq2seq.text.normalise import normalise
from seq2seq.text.spans import scan
from seq2seq.text.symbols import KINDS
from seq2seq.text.vocabulary import ALPHABET

SHARES: Final = (55, 27, 12, 6)
"""Per cent of the sentences that get one, two, three and four spans."""
FRAME_SHARE: Final = 0.36
"""Share of the sentences that are made from frames."""
QUOTED: Final = 0.04
"""Share of the sentences that are put in quotation marks, wholly or only a name in them."""
HASTE: Final = 0.25
"""Share of the sentences whose source loses its final mark, its capitals, or both, as typed in haste."""
LONGEST: Final = 130
"""Characters of the longest real sentence that gets spans."""
TRIES: Final = 40
"""How many pairs are tried with a way, and how many ways with a pair, before another is drawn."""
KNOWN: Final = frozenset(ALPHABET)
"""The characters that every vocabulary has."""

_ODD = re.compile(r"[^\x20-\x7e¡-ÿŒœ“”‘’—–…]|[<>{}@#%$€£\\/`|_*~^=\[\]+&©°«»]|:-?[()D]")
_NUMBER = re.compile(r"\d+(?:[.,:/-]\d+)*")
_ALONE = re.compile(r"(?<![\w.,:/-])(?:\d{1,2}:\d\d|\d+)(?![\w:/-]|[.,]\d)")


def prepare(pair: Pair) -> Draft | None:
    """Return the draft of a pair, with its numbers in digits as spans; None if it has other odd characters.

    Numbers in digits on one side only stay as they are, since one of the ways may use them.
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


# Checks of a finished sentence


_AN = re.compile(r"[\W_]*(?:8|11(?!\d)|18(?!\d)|[aeioAEIO]|[FHLMNRSX](?:[\dA-Z_-]|$))")
_STARTS_WITH_I = re.compile(r"\W*(?:i|hi(?!e)|í|ī|и)", re.IGNORECASE)
_LETTER = re.compile(r"[^\W\d_]")
_STARTS_WITH_O = re.compile(r"\W*h?(?:o|ó|ō|о|8|11(?!\d))", re.IGNORECASE)


def kinds(draft: Draft) -> str | None:
    """Return the symbols that the spans are read as, in order; None if they could not be copied.

    They can be copied if they are read as they were put in, those of one kind are in the same order on both
    sides, no two are equal, and the words before them agree with them: no "an" before a consonant, no "y"
    before an i.
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
        return None  # without a known letter it is never translated
    # A line is cut into sentences before it is read, and a cut may separate the sides of a span.
    parts = align_sentences(pair)
    if len(parts) > 1 and not all(_LETTER.search(part.source) and as_symbols(part, KNOWN) for part in parts):
        return None
    return "".join(item.symbol for item in found[0])


def _fits(draft: Draft, text: str, slot: str) -> bool:
    """Whether a span occurs once on each side, after articles and conjunctions that agree with its sound."""
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
    """Return the draft with a source as typed in haste: without final mark, in lower case, or both."""
    source, chance = draft.source, rng.random()
    if chance < 0.65:
        source = re.sub(r"[.!?]+$", "", source)
    if chance > 0.4:
        source = source.lower()
    return draft.with_sides(source, draft.target)


class Maker:
    """Makes random sentences with spans.

    Args:
        pairs: real pairs; may be empty.
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
        """Fill a frame, and add spans until there are `number`."""
        own = number if self.rng.random() < 0.8 else self.rng.randint(1, number)
        return self._more(fill(self.rng.choice(self._frames[own]), self.rng), number)

    def _real(self, number: int) -> Draft | None:
        """Put spans into a real pair; None if no pair was found that suits the way that was drawn."""
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
        """Add spans until there are `number`; ways that suit every pair are used at most once."""
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
