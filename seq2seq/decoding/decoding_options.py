"""How sentences are translated: what a caller asks for, and the options of the search that follow from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from seq2seq.decoding.confidence import Calibration
from seq2seq.decoding.sampling import Sampling
from seq2seq.errors import UsageError
from seq2seq.lag import FULL, Lag

if TYPE_CHECKING:
    from seq2seq.decoding.repetition import WordBoundaries
    from seq2seq.text.glossary import Glossary


@dataclass(frozen=True)
class DecodingRequest:
    """What a caller asks for; None stands for the model's own value.

    Attributes:
        lag: a whole number or `full`.
        beam: the beam size; 1 is greedy search. The model's own applies at lag `full`; other lags are greedy.
        n_best: how many alternatives to return for each line; at most `beam`.
        length_penalty: above 1 favours long hypotheses.
        repeats: whether a translation may repeat a phrase that its source does not. Below lag `full` it
            always may, because output is final there.
        precision: fp32 or bf16.
        attention: whether to keep the attention weights.
        glossary: terms whose translations are given.
        sampling: draw symbols instead of searching for the best; None to search.
    """

    lag: Lag | str | None = None
    beam: int | None = None
    n_best: int = 1
    length_penalty: float | None = None
    repeats: bool | None = None
    precision: str | None = None
    attention: bool = False
    glossary: Glossary | None = None
    sampling: Sampling | None = None


@dataclass(frozen=True)
class DecodingOptions:
    """The options of one search, with the facts of the model that it needs.

    Attributes:
        lag: τ.
        beam: K, the beam size; above 1 only at lag `full`, because below it every symbol is final as soon as
            it is written.
        n_best: how many hypotheses of each sentence to return, at most K.
        length_penalty: a finished hypothesis of n symbols is ranked by log-probability / n ** length_penalty.
        own_length_penalty: the model's own length penalty, used by the second search.
        words: detects repeated phrases at lag `full`; None allows them.
        space: the symbol between words, if the vocabulary has one. Spans that were left out are written at
            the end of the sentence, each after a space; with None they stay left out.
        attention: whether to keep the attention weights.
        copy_all: whether a hypothesis of a beam may not end before it has copied all spans of its source.
        precision: fp32 or bf16; a stream is computed in fp32 whatever it is.
        sampling: draw symbols instead of searching for the best, with K = 1; None to search.
        calibration: of the model's confidence, if it has one.

    Raises:
        UsageError: for a beam below lag `full` or with sampling, for more hypotheses than the beam holds, or
            for a number below 1.
    """

    lag: Lag
    beam: int = 1
    n_best: int = 1
    length_penalty: float = 1.0
    own_length_penalty: float = 1.0
    words: WordBoundaries | None = None
    space: int | None = None
    attention: bool = False
    copy_all: bool = False
    precision: str = "fp32"
    sampling: Sampling | None = None
    calibration: Calibration | None = None

    def __post_init__(self) -> None:
        if self.beam < 1 or self.n_best < 1:
            raise UsageError("`beam` and `n_best` must be whole numbers from 1")
        if self.sampling and self.beam > 1:
            raise UsageError(f"sampling draws one symbol after the other: use `beam` 1, not {self.beam}")
        if self.n_best > self.beam:
            raise UsageError(f"`n_best` {self.n_best} needs `beam` {self.n_best} or more, not {self.beam}")
        if self.beam > 1 and self.lag != FULL:
            raise UsageError(
                f"beam search needs lag full: at lag {self.lag} output is final as soon as it is written; "
                "use `beam` 1"
            )
