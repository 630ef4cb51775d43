"""Characters: what the models read and write, from raw bytes to numbers.

    bytes ── decode_line ──> text ── normalise ──> clean text ── cut ──> sentences ── Vocabulary ──> ids

Clean text is NFC without control or invisible characters, with single spaces between words and none at the
ends. Normalising and cutting work online: `Normaliser` and `SentenceCutter` take text in pieces of any size
and never take back what they gave; `normalise` and `cut` are the same for text that is there as a whole.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain, repeat
from typing import Final

import numpy as np
import numpy.typing as npt

from seq2seq.errors import UserError

PAD, START, END, UNKNOWN = 0, 1, 2, 3
SPECIALS: Final = 4
"""The first id of a character."""

REPLACEMENT: Final = "\ufffd"
"""Stands for what could not be decoded and for what a model does not know. No vocabulary holds it."""

CODE_POINTS: Final = 0x110000
"""How many code points Unicode has."""

MOST_MARKS: Final = 30
"""More combining marks in a row are dropped, so that no character is endless (the figure of UAX #15)."""


@dataclass
class Counts:
    """What had to be changed in the input of a run; said once, at its end.

    Attributes:
        replaced: bytes that were not UTF-8, and lone surrogates, which became U+FFFD.
        dropped: control and invisible characters, and combining marks beyond `MOST_MARKS`.
        cut: lines longer than a model reads at once, which were translated in parts.
        unknown: characters that the model's vocabulary does not hold.
    """

    replaced: int = 0
    dropped: int = 0
    cut: int = 0
    unknown: int = 0

    def __str__(self) -> str:
        """One sentence; empty if nothing was changed."""
        facts = [
            (self.replaced, "byte that is not UTF-8 was replaced", "bytes that are not UTF-8 were replaced"),
            (self.dropped, "control character was dropped", "control characters were dropped"),
            (self.cut, "long line was cut into sentences", "long lines were cut into sentences"),
            (self.unknown, "character is unknown to the model", "characters are unknown to the model"),
        ]
        said = [f"{count:,} {one if count == 1 else many}" for count, one, many in facts if count]
        return f"in the input, {', '.join(said)}" if said else ""


def decode_line(raw: bytes, counts: Counts | None = None) -> str:
    """Decode one line of UTF-8; what is not UTF-8 becomes U+FFFD and is counted by the byte."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        if counts is not None:
            counts.replaced += len(raw) - len(raw.decode(errors="ignore").encode())
        return raw.decode(errors="replace")


def columns(text: str) -> int:
    """Return how many columns of a terminal `text` takes: marks none, wide characters two."""
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if character < "\u0300":
        return 1
    joins = "\u1160" <= character <= "\u11ff"  # later letters of a Hangul syllable
    if joins or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def normalise(text: str, counts: Counts | None = None) -> str:
    """Return `text` as clean text (see the module): the one door for all that a model reads or is scored on.

    White space of any kind becomes a space, a lone surrogate U+FFFD; other control and format characters are
    dropped. It is the same as one `Normaliser` fed with `text`, in pieces of any size.
    """
    if _is_clean(text):
        return text
    normaliser = Normaliser(counts)
    return normaliser.feed(text) + normaliser.finish()


class Normaliser:
    """Normalises a line that arrives in pieces.

    The last character is held back until the next code point, or the end of the line, shows that it is
    complete: an accent may still follow it. A space is held back until something follows it. Nothing else is
    held, and of one character no more than `MOST_MARKS` marks, so memory stays bounded.
    """

    def __init__(self, counts: Counts | None = None) -> None:
        self.counts = Counts() if counts is None else counts
        self._held = ""
        self._begun = False

    def feed(self, text: str) -> str:
        """Take the next piece of the line and return the clean text that is certain now."""
        return "".join([self._feed(text[at : at + _BLOCK]) for at in range(0, len(text), _BLOCK)])

    def _feed(self, text: str) -> str:
        text = _SPACES.sub(" ", self._held + self._visible(text))
        if not self._begun:
            text = text.lstrip(" ")
            self._begun = text != ""
        last = _last_character(text)
        self._held = self._bounded(text[last:])
        return unicodedata.normalize("NFC", self._bounded(text[:last]))

    def finish(self) -> str:
        """End the line: return what was held back. The next piece begins a new line."""
        last = unicodedata.normalize("NFC", self._held).rstrip(" ")
        self._held, self._begun = "", False
        return last

    @property
    def holds_space(self) -> bool:
        """Whether a space has come, and is held back until something follows it."""
        return self._held == " "

    def _visible(self, text: str) -> str:
        if text.isprintable():
            return text
        visible = text.translate(_VISIBLE)
        self.counts.dropped += len(text) - len(visible)
        self.counts.replaced += len(_SURROGATE.findall(text))
        return visible

    def _bounded(self, text: str) -> str:
        if not _CROWDED.search(text):
            return text
        decomposed = unicodedata.normalize("NFD", text)
        bounded = _surplus_marks().sub(r"\1", decomposed)
        self.counts.dropped += len(decomposed) - len(bounded)
        return bounded


class _Visible:
    """The table for `str.translate`: what becomes of a code point."""

    def __getitem__(self, code: int) -> int | str | None:
        character = chr(code)
        if character.isspace() and not 0x1C <= code <= 0x1F:
            return " "
        category = unicodedata.category(character)
        if category == "Cs":
            return REPLACEMENT
        return None if category in ("Cc", "Cf") else code


_VISIBLE = _Visible()
_BLOCK = 256
"""Code points normalised at once: `unicodedata` sorts the marks of a character in quadratic time."""
_SPACES = re.compile("  +")
_SURROGATE = re.compile("[\ud800-\udfff]")
_CROWDED = re.compile("[^\0-\x7f]{10}")
"""Where there may be too many marks: no code point stands for more than four, and no ASCII one for any."""


def is_text(character: str) -> bool:
    """Whether clean text may hold a code point: it steers no terminal, and is no half of another one."""
    return character == " " or _VISIBLE[ord(character)] == ord(character)


def _is_clean(text: str) -> bool:
    """A quick look that settles nearly every line: True is certain, False is not."""
    if not text.isprintable() or "  " in text or text != text.strip(" "):
        return False
    return text.isascii() or (not _CROWDED.search(text) and unicodedata.is_normalized("NFC", text))


def _last_character(text: str) -> int:
    """Return where the last character of `text` begins: whatever follows, what stands before stays as it is.

    It begins at the last starter that does not itself compose with what precedes it, as some vowel signs and
    the later letters of a Hangul syllable do.
    """
    for place in range(len(text) - 1, 0, -1):
        code_point = text[place]
        if code_point < "\u0300" or (_is_starter(code_point) and _is_apart(text[:place], text[place:])):
            return place
    return 0


def _is_starter(code_point: str) -> bool:
    return unicodedata.combining(unicodedata.normalize("NFD", code_point)[0]) == 0


def _is_apart(before: str, after: str) -> bool:
    nfc = functools.partial(unicodedata.normalize, "NFC")
    return nfc(before + after) == nfc(before) + nfc(after)


@functools.cache
def _surplus_marks() -> re.Pattern[str]:
    """Matches, in decomposed text, a run of too many marks; the group holds those that stay."""
    marks = "".join(mark for mark in map(chr, range(0x300, 0x20000)) if unicodedata.combining(mark))
    return re.compile(f"([{marks}]{{{MOST_MARKS}}})[{marks}]+")


def cut(text: str, limit: int) -> list[str]:
    """Cut clean text into sentences; no text gives no sentence.

    Sentences of up to `limit` characters stay whole; longer ones are cut as `SentenceCutter` says.

    Single spaces between the sentences give `text` back, unless a word was too long and had to be cut itself.
    It is the same as one `SentenceCutter` fed with `text`, in pieces of any size.
    """
    if len(text) < limit and not _MAYBE_END.search(text):
        return [text] if text else []
    cutter = SentenceCutter(limit)
    return cutter.feed(text) + cutter.finish()


class SentenceCutter:
    """Cuts clean text that arrives in pieces into sentences, looking at what has come and never ahead.

    A sentence is over when the character after it arrives. It ends at the space after . ! ? and closing
    quotes or brackets, but not after an abbreviation, an initial, or dots that only mark a pause. A sentence
    that grows beyond `limit` characters, the longest that a model is trained on, is cut at the next space
    after a clause mark, beyond 5/4 of it at the next space, and at 3/2 of it within a word.
    """

    def __init__(self, limit: int) -> None:
        assert limit > 0
        self.limit = limit
        self.longest = limit * 3 // 2
        self._begin()

    def _begin(self) -> None:
        self._pieces: list[str] = []  # in a row, the sentence so far
        self._length = 0  # of all of them
        self._word = ""  # the last word of it
        self._letters = False  # whether a word before that one has any

    def feed(self, text: str) -> list[str]:
        """Take the next piece of clean text and return the sentences that it shows to be over.

        If a single character ends a sentence, that is all that came before it; the character itself begins
        the next sentence, or is the space between the two and belongs to neither.
        """
        first, *words = text.split(" ")
        over = self._append(first)
        for word in words:
            if self.is_over():
                over += self.finish()
            else:
                self._letters = self._has_letters()
                self._grow(" ")
                self._word = ""
            over += self._append(word)
        return over

    def finish(self) -> list[str]:
        """End the text: return its last sentence, if there is one. The next piece begins a new text."""
        last = "".join(self._pieces)
        self._begin()
        return [last] if last else []

    def _append(self, piece: str) -> list[str]:
        over, at = [], 0
        while self._length + len(piece) - at > self.longest:
            room = self.longest - self._length
            self._grow(piece[at : at + room])
            at += room
            over += self.finish()
        self._grow(piece[at:])
        return over

    def _grow(self, piece: str) -> None:
        self._pieces.append(piece)
        self._length += len(piece)
        self._word += piece

    def is_over(self) -> bool:
        """Whether a space, if it came now, would end the sentence so far."""
        if 4 * self._length >= 5 * self.limit or self._length + 1 >= self.longest:
            return True
        clause = self._word.rstrip(_CLOSING).endswith(_CLAUSE_MARKS)
        return (clause and self._length >= self.limit) or (_is_last(self._word) and self._has_letters())

    def _has_letters(self) -> bool:
        return self._letters or any(map(str.isalpha, self._word))


_CLAUSE_MARKS = (",", ";", ":", "–", "—", "...", "…")
_OPENING = "\"'“‘«([¿¡-–—"
_CLOSING = "\"'”’»)]"
_MAYBE_END = re.compile(rf"[.!?…][{re.escape(_CLOSING)}]* ")
_ABBREVIATIONS: Final = frozenset(
    re.findall(
        r"\w+",
        """Mr Mrs Ms Dr Prof Rev Hon Gen Col Capt Lt Sgt Gov Sen Rep St Mt Jr Inc Ltd Co Ave etc vs
        Sr Sra Srta Sres Dra Profa Ud Uds Vd Vds Dña Lic Ing Gral Sto Sta Av Avda EE UU ej núm pág
        sr sra srta dr dra ud uds""",
    )
)
_INITIALS = re.compile(r"[^\W\d_]|([^\W\d_]{1,2}\.)+[^\W\d_]{1,2}")
"""J (as in J. Smith), a.m, U.S, Ph.D, EE.UU, all without the last dot."""


def _is_last(word: str) -> bool:
    """Whether `word`, with a space after it, may be the last one of a sentence."""
    bare = word.rstrip(_CLOSING)
    if not bare.endswith((".", "!", "?", "…")):
        return False
    if bare.endswith(("...", "…")):
        # Most often a pause within a sentence; but before a closing quote the end of what was said.
        return bare != word
    return not (bare.endswith(".") and _is_abbreviation(bare[:-1].lstrip(_OPENING)))


def _is_abbreviation(word: str) -> bool:
    """Whether a full stop after `word` need not end a sentence; after `I`, it nearly always does."""
    return word in _ABBREVIATIONS or (word != "I" and _INITIALS.fullmatch(word) is not None)


def code_points(text: str) -> npt.NDArray[np.uint32]:
    """Return the code points of `text`, one number for each character."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")


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
    def build(cls, counts: Mapping[str, int], min_count: int) -> Vocabulary:
        """Take the characters that occur `min_count` times or more, in the order of their code points."""
        return cls(()).extend(character for character, count in counts.items() if count >= min_count)

    def extend(self, characters: Iterable[str]) -> Vocabulary:
        """Return a vocabulary in which those of `characters` that are new have the next ids; old ids stay."""
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

    def encode_array(self, text: str) -> npt.NDArray[np.uint16]:
        """As `encode`, as an array of shape (len(text),): the way for millions of characters."""
        return self._id_of_code.take(code_points(text))

    def decode(self, ids: Iterable[int], unknown: Iterable[str] = ()) -> str:
        """Return the characters of `ids`; the special ids other than `UNKNOWN` become nothing.

        Args:
            unknown: what the `UNKNOWN` among them stand for, one after the other; then U+FFFD.
        """
        first, *others = "".join([self._text_of_id[i] for i in ids]).split(REPLACEMENT)
        between = chain(unknown, repeat(REPLACEMENT))
        return first + "".join(map("".join, zip(between, others, strict=False)))

    @functools.cached_property
    def _id_of_code(self) -> npt.NDArray[np.uint16]:
        table = np.full(CODE_POINTS, UNKNOWN, dtype=np.uint16)
        table[[ord(character) for character in self.characters]] = np.arange(SPECIALS, len(self))
        return table

    @functools.cached_property
    def _text_of_id(self) -> list[str]:
        specials = {UNKNOWN: REPLACEMENT}
        return [specials.get(i, "") for i in range(SPECIALS)] + list(self.characters)
