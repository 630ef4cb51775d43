"""The scanners between that of spans and the cutter of sentences, which make one item of several."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Protocol

from seq2seq.text.span_holding import is_letter
from seq2seq.text.spans import Item


class ItemScanner(Protocol):
    """What turns the clean text of a line into items: `SpanScanner`, or one of the whole line at once."""

    def feed(self, text: str) -> list[Item]:
        """Take the next piece of the line and return the items that are certain now."""

    def finish(self) -> list[Item]:
        """End the line and return the rest of its items."""


class JoiningScanner(ABC):
    """Makes one item of several of another scanner; those that may still become one are held.

    Args:
        scanner: reads the text.
    """

    def __init__(self, scanner: ItemScanner) -> None:
        self._scanner = scanner
        self._held: list[Item] = []

    def feed(self, text: str) -> list[Item]:
        """Take the next piece of the line and return the items that are certain now."""
        return self._release(self._scanner.feed(text), False)

    def finish(self) -> list[Item]:
        """End the line and return the rest of its items. The next piece begins a new line."""
        return self._release(self._scanner.finish(), True)

    def _release(self, items: list[Item], over: bool) -> list[Item]:
        """Return the items that are certain after some more; all of them if the line is over."""
        self._held += items
        out: list[Item] = []
        at = 0
        while at < len(self._held):
            found = self._joined(at, over)
            if found is None:
                break
            item, at = found
            self._follow(item)
            out.append(item)
        del self._held[:at]
        return out

    @abstractmethod
    def _joined(self, at: int, over: bool) -> tuple[Item, int] | None:
        """Return the item that begins at a place of those held and the place after it; None to wait for more.

        Args:
            at: the place.
            over: whether the line is over, so that nothing more comes.
        """

    def _follow(self, item: Item) -> None:  # noqa: B027 - a scanner that notes nothing leaves it so
        """Note what is released."""


def is_of_word(character: str) -> bool:
    """Whether a character is part of a word; an empty string is not."""
    return character != "" and (character.isalnum() or character == "_" or is_letter(character))
