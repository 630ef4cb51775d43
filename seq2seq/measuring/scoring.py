"""Scores of given translations: the log-probability that a model gives to each."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from seq2seq.corpus.bitext import as_symbols
from seq2seq.corpus.pairs import Pair
from seq2seq.decoding.decoding_options import DecodingRequest
from seq2seq.decoding.forcing import forced_log_probs
from seq2seq.text.normalise import normalise
from seq2seq.text.spans import Item, scan
from seq2seq.translator import Translator


@dataclass(frozen=True)
class GivenTranslation:
    """The score of a given translation.

    Attributes:
        source, target: as scored: normalised.
        log_probs: natural logarithm of the probability of each symbol and of the end mark; empty if the model
            could never write the translation, because it has a span, such as a number, that the source lacks.
    """

    source: str
    target: str
    log_probs: tuple[float, ...]

    @property
    def log_probability(self) -> float:
        """Their sum; minus infinity if the model could never write the translation."""
        return sum(self.log_probs) if self.log_probs else -math.inf

    @property
    def mean_probability(self) -> float:
        """The geometric mean of the probabilities; 0 if the model could never write the translation."""
        return math.exp(self.log_probability / max(1, len(self.log_probs)))


def score_translations(
    translator: Translator,
    pairs: Sequence[Pair],
    request: DecodingRequest,
    progress: Callable[[int], object] | None = None,
) -> list[GivenTranslation]:
    """Return the score of each pair, in their order.

    A pair is scored as one sentence, as in training: it is not cut, and the marks at its edges, such as
    bullets and quotation marks, are left out on both sides where training leaves them out.

    Args:
        translator: of the model.
        pairs: a source and a translation each.
        request: the lag and the precision count.
        progress: called with the number of pairs done since the last call.

    Raises:
        UserError: the model cannot do what is asked for; see `Translator.options`.
    """
    options = translator.options(request)
    clean = [Pair(normalise(source), normalise(target)) for source, target in pairs]
    read = [_read(translator, pair) for pair in clean]
    encode = translator.vocabulary.encode
    sources = [encode(pair.source) for pair in read if pair is not None]
    targets = [encode(pair.target) for pair in read if pair is not None]
    network = translator.networks.for_work(sum(map(len, sources)), options.precision)
    found = iter(forced_log_probs(network, sources, targets, options.lag, progress))
    scored = []
    for pair, symbols in zip(clean, read, strict=True):
        log_probs = next(found) if symbols is not None else []
        possible = all(math.isfinite(value) for value in log_probs)
        scored.append(GivenTranslation(*pair, tuple(log_probs) if possible else ()))
    return scored


def _read(translator: Translator, pair: Pair) -> Pair | None:
    """Return both sides as the model's symbols; None if the target has a span that the source lacks."""
    if translator.copies and (symbols := as_symbols(pair, translator.known)):
        return symbols
    source, target = (scan(side, translator.known, translator.copies) for side in pair)
    if not _copied(target) <= _copied(source):
        return None
    # At lag `full` the first letters of a span are not read apart from it.
    return Pair(_symbols(source), _symbols(target))


def _copied(items: Sequence[Item]) -> set[tuple[str, str]]:
    return {(item.symbol, item.text) for item in items if item.symbol != item.text}


def _symbols(items: Sequence[Item]) -> str:
    out: list[str] = []
    for item in items:
        del out[len(out) - item.letters :]
        out.append(item.symbol)
    return "".join(out)
