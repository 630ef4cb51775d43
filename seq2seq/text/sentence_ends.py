"""Whether a word ends a sentence: its stop, its closing marks, and the abbreviations and initials."""

from __future__ import annotations

from enum import Enum

from seq2seq.text.abbreviations import BEFORE_NAMES, DOTTED, DOTTED_MAY_BE_LAST, MAY_BE_LAST, NEVER_LAST
from seq2seq.text.quotations import CLOSING, OPENING
from seq2seq.text.symbols import MARKUP, SIGN


class EndKind(Enum):
    """Whether a sentence ends at the space after a word.

    Attributes:
        NEVER: it does not.
        SURE: it does, whatever follows.
        CLOSED: it does unless a small letter follows, as in '"Stop!" he said'.
        CAPITAL: it does if a capital letter follows, or a mark that opens a sentence.
    """

    NEVER = 0
    SURE = 1
    CLOSED = 2
    CAPITAL = 3

    def comes_before(self, symbol: str) -> bool:
        """Whether the sentence ends if `symbol` follows the space."""
        if self is EndKind.CLOSED:
            return not (symbol.islower() or symbol in ",;:")
        return self is EndKind.CAPITAL and (symbol.isupper() or symbol in '"“«‘¿¡')


def end_after(word: str, previous: str) -> EndKind:
    """Return whether a sentence ends with `word` and a space after it, and on what that depends.

    Args:
        previous: the word before it.
    """
    bare = word.rstrip(CLOSING)
    if not bare.endswith((".", "!", "?", "…")):
        return EndKind.NEVER
    if bare.endswith(("..", "…")):
        # Most often a pause inside a sentence, but before a closing mark the end of what was said.
        return EndKind.NEVER if _is_open(word) else EndKind.CLOSED
    if not bare.lstrip(OPENING).strip("."):
        # Dots alone; a single one between spaces ends a sentence if a capital letter follows.
        return EndKind.CAPITAL if bare == word == "." else EndKind.NEVER
    if bare.endswith("."):
        ending = _after_a_full_stop(bare[:-1].lstrip(OPENING), previous)
        if ending is EndKind.NEVER or (ending is EndKind.CAPITAL and _is_open(word)):
            return ending
    return EndKind.SURE if _is_open(word) else EndKind.CLOSED


def _is_open(word: str) -> bool:
    """Whether no closing quotation mark or bracket follows the stop; tags and signs do not count."""
    return word.rstrip(MARKUP + SIGN).endswith((".", "!", "?", "…"))


def is_abbreviation(text: str) -> bool:
    """Whether a full stop after `text` is likely that of an abbreviation or initial at its end."""
    *before, word = text.split(" ")
    word = word.lstrip(OPENING)
    ending = _after_a_full_stop(word, before[-1] if before else "")
    is_no_word = word == "etc" or "." in word or word[:1].isupper()
    return ending is EndKind.NEVER or (ending is EndKind.CAPITAL and len(word) > 1 and is_no_word)


def _after_a_full_stop(word: str, previous: str) -> EndKind:
    if len(word) == 1 and word.isalpha():
        return _after_an_initial(word, previous)
    if word == "al" and previous == "et":
        return EndKind.CAPITAL
    if "." in word and DOTTED.fullmatch(word):
        return EndKind.CAPITAL if word.lower() in DOTTED_MAY_BE_LAST else EndKind.NEVER
    if word in NEVER_LAST:
        return EndKind.NEVER
    return EndKind.CAPITAL if word in MAY_BE_LAST else EndKind.SURE


def _after_an_initial(letter: str, previous: str) -> EndKind:
    if not letter.isupper() or not previous:
        return EndKind.NEVER
    if letter == "I":
        return EndKind.SURE
    if letter == "M":
        return EndKind.NEVER  # Monsieur
    if previous.isalpha() and previous.islower():
        return EndKind.NEVER if previous in BEFORE_NAMES else EndKind.CAPITAL
    return EndKind.CAPITAL if previous in ("a.", "d.") else EndKind.NEVER
