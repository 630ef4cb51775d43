"""How sentences are searched for their translations: one record, handed to every search."""

from __future__ import annotations

from dataclasses import dataclass

from seq2seq.decoding.repetition import Words
from seq2seq.errors import UsageError
from seq2seq.lag import FULL, Lag


@dataclass(frozen=True)
class DecodingOptions:
    """The options of one search.

    Attributes:
        lag: τ.
        beam: K, the beam size; above 1 only at lag `full`, because under a shorter lag every symbol is final
            as soon as it is written.
        n_best: how many hypotheses of each sentence to return, at most K.
        length_penalty: a finished hypothesis of n symbols is ranked by log-probability / n ** length_penalty.
        own_length_penalty: the model's own, used where a sentence is searched again: a stream has no other.
        words: how the vocabulary makes words, so that nothing is said twice in a row at lag `full`; None
            allows repetition.
        space: the symbol between words, if the vocabulary has one. Spans that were left out are written at
            the end of the sentence, after it; with None they stay left out.
        attention: whether to keep the attention weights.
        copy_all: whether a hypothesis of a beam may not end before it has copied all spans of its source.

    Raises:
        UsageError: for a beam under a lag, for more hypotheses than the beam holds, or for a number below 1.
    """

    lag: Lag
    beam: int = 1
    n_best: int = 1
    length_penalty: float = 1.0
    own_length_penalty: float = 1.0
    words: Words | None = None
    space: int | None = None
    attention: bool = False
    copy_all: bool = False

    def __post_init__(self) -> None:
        if self.beam < 1 or self.n_best < 1:
            raise UsageError("`beam` and `n_best` must be whole numbers from 1")
        if self.n_best > self.beam:
            raise UsageError(f"`n_best` {self.n_best} needs `beam` {self.n_best} or more, not {self.beam}")
        if self.beam > 1 and self.lag != FULL:
            raise UsageError(
                f"a beam needs lag full: at lag {self.lag} nothing that was written can be taken back; "
                "use `beam` 1"
            )
