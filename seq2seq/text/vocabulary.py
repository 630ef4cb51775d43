"""The symbols that a model knows, and their ids."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from seq2seq.errors import UserError
from seq2seq.text.normalise import REPLACEMENT
from seq2seq.text.symbols import KINDS

Ids: TypeAlias = npt.NDArray[np.int64]
"""Ids, nodes of word tries, offsets and lengths to compute with, of any shape."""
StoredIds: TypeAlias = npt.NDArray[np.uint16]
"""Ids as they are kept on disk and in large arrays."""

PAD, START, END, UNKNOWN = 0, 1, 2, 3
SPECIALS: Final = 4
"""The first id of a character."""
CODE_POINTS: Final = 0x110000
"""How many code points Unicode has."""


def code_points(text: str) -> npt.NDArray[np.uint32]:
    """Return the code points of `text`, one number for each character."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")


_COPIED_CHARACTERS: Final = frozenset([REPLACEMENT, *KINDS])
_COPIED: Final = re.compile(f"[{REPLACEMENT}{''.join(KINDS)}]")
ALPHABET: Final = "".join(
    [
        *map(chr, range(0x20, 0x7F)),  # printable ASCII
        *(c for c in map(chr, range(0xA1, 0x100)) if c.isalpha()),  # the letters of Latin-1
        "¡¿«»£¥§©®°±·×÷€–—‘’“”…ŒœŠšŽžŸ",
    ]
)
"""Characters that are in every vocabulary, however rare they are in the training data."""


@dataclass(frozen=True)
class Vocabulary:
    """The characters that a model knows, in the order of their ids, which start at `SPECIALS`.

    Both languages share one vocabulary.

    Raises:
        UserError: if `characters` are not distinct single characters, or more than ids of 16 bits can name.
    """

    characters: tuple[str, ...]

    def __post_init__(self) -> None:
        if any(len(character) != 1 for character in self.characters):
            raise UserError("a vocabulary is a list of single characters, but one of its entries is not")
        if len(set(self.characters)) < len(self.characters):
            raise UserError("a vocabulary lists each character once, but one of its entries comes again")
        if len(self) > 2**16:
            raise UserError(f"a vocabulary has at most {2**16 - SPECIALS:,} characters, not {len(self):,}")

    @classmethod
    def build(cls, counts: Mapping[str, int], min_count: int, always: Iterable[str] = ()) -> Vocabulary:
        """Return the vocabulary of all characters that occur at least `min_count` times, by code point.

        Args:
            counts: how often each character occurs.
            min_count: the least number of occurrences.
            always: characters that are included however rare they are.
        """
        frequent = (character for character, count in counts.items() if count >= min_count)
        return cls(()).extend([*frequent, *always])

    def extend(self, characters: Iterable[str]) -> Vocabulary:
        """Return a vocabulary with further characters, which get the next ids; the old ids stay."""
        new = set(characters) - set(self.characters) - {REPLACEMENT}
        return Vocabulary(self.characters + tuple(sorted(new)))

    def __len__(self) -> int:
        """The number of ids, the special ones included."""
        return SPECIALS + len(self.characters)

    def __contains__(self, character: str) -> bool:
        return bool(self._id_of_code[ord(character)] != UNKNOWN)

    def encode(self, text: str) -> list[int]:
        """Return one id for each code point of `text`; no end mark is added."""
        ids: list[int] = self.encode_array(text).tolist()
        return ids

    def encode_array(self, text: str) -> StoredIds:
        """Return the same as `encode` as an array of shape (len(text),), which is fast for long texts."""
        return self._id_of_code.take(code_points(text))

    def decode(self, ids: Iterable[int], copied: Iterable[str] = ()) -> str:
        """Return the characters of `ids`, without the special ids other than `UNKNOWN`.

        Args:
            copied: the texts for the `UNKNOWN` and the kinds of spans among them, in order; when they run
                out, U+FFFD.
        """
        text = "".join([self._text_of_id[i] for i in ids])
        texts = chain(copied, repeat(REPLACEMENT))
        return _COPIED.sub(lambda _: next(texts), text)

    def is_copied(self, symbol: int) -> bool:
        """Whether an id is copied from the source: `UNKNOWN` and the kinds of spans."""
        return self._text_of_id[symbol] in _COPIED_CHARACTERS

    def character(self, symbol: int) -> str:
        """Return the character of an id; an empty string for the special ids other than `UNKNOWN`."""
        return self._text_of_id[symbol]

    @functools.cached_property
    def _id_of_code(self) -> StoredIds:
        table = np.full(CODE_POINTS, UNKNOWN, dtype=np.uint16)
        table[[ord(character) for character in self.characters]] = np.arange(SPECIALS, len(self))
        return table

    @functools.cached_property
    def _text_of_id(self) -> list[str]:
        specials = {UNKNOWN: REPLACEMENT}
        return [specials.get(i, "") for i in range(SPECIALS)] + list(self.characters)


def pad(
    sequences: Sequence[npt.NDArray[np.integer[Any]] | Sequence[int]], before: int | None, after: int | None
) -> Ids:
    """Stack id sequences into an array padded to the longest, (B, L).

    Args:
        sequences: B of them.
        before, after: ids put before and after each sequence, such as `START` and `END`; None for none.
    """
    first, extra = int(before is not None), (before is not None) + (after is not None)
    lengths_B1 = np.fromiter(map(len, sequences), np.int64, len(sequences))[:, None]
    out = np.full((len(sequences), int(lengths_B1.max()) + extra), PAD, dtype=np.int64)
    place_L = np.arange(out.shape[1])
    within_BL = (place_L >= first) & (place_L < first + lengths_B1)
    out[within_BL] = np.concatenate(sequences, dtype=np.int64, casting="unsafe")
    if before is not None:
        out[:, 0] = before
    if after is not None:
        np.put_along_axis(out, first + lengths_B1, after, axis=1)
    return out
