"""The lines of a file that are no pairs: how many there are, and the first of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from seq2seq.corpus.pairs import Pair
from seq2seq.errors import UserError, counted

MOST_KEPT: Final = 5


@dataclass
class BadLines:
    """Counts bad lines in memory of a fixed size: a small archive may hold millions of them.

    Attributes:
        count: how many there are.
        first: the errors of the first `MOST_KEPT`.
        pairs: how many lines were pairs.
    """

    count: int = 0
    first: list[UserError] = field(default_factory=list)
    pairs: int = 0

    def add(self, error: UserError) -> None:
        """Count one more line."""
        self.count += 1
        if len(self.first) < MOST_KEPT:
            self.first.append(error)

    def without(self, items: Iterable[Pair | UserError]) -> Iterator[Pair]:
        """Yield the pairs among `items`, and count both."""
        for item in items:
            if isinstance(item, UserError):
                self.add(item)
            else:
                self.pairs += 1
                yield item

    def lines(self) -> list[str]:
        """Return the first errors, and how many more there are, as lines of text."""
        more = (
            [f"and {counted(self.count - len(self.first), 'more bad line')}"]
            if self.count > len(self.first)
            else []
        )
        return [*map(str, self.first), *more]
