"""The door for Python: load a model file once, then translate lists of text.

A line of text becomes sentences, sentences become ids, ids go through the network in batches of similar
length, and everything comes back in the order in which it was given.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, overload

import numpy as np
from numpy.typing import NDArray

from seq2seq.config import Config
from seq2seq.decoding import Hypothesis, normalised
from seq2seq.decoding.beam import AGAIN, beam_search
from seq2seq.decoding.greedy import greedy
from seq2seq.decoding.repetition import Words
from seq2seq.decoding.streaming import TextStream
from seq2seq.errors import UsageError
from seq2seq.lag import FULL, Lag, delays, parse_lag
from seq2seq.modelfile import ModelFile, check_weights, read_model, read_settings
from seq2seq.plain.encoder_decoder import EncoderDecoder
from seq2seq.plain.networks import plain_network, weight_shapes
from seq2seq.pretrained import locate
from seq2seq.runtime import Runtime
from seq2seq.text import Vocabulary, cut, normalise

if TYPE_CHECKING:
    from seq2seq.models import Network

LITTLE = 8_000
"""So many source characters, times the beam, are translated in the time that it takes to import PyTorch."""

BATCH_CHARS = 12_000
"""Padded source characters that are decoded side by side; a beam of K takes 1/K of it."""


@dataclass(frozen=True)
class Translation:
    """One line, translated.

    Attributes:
        source: the line as the network read it.
        text: its translation.
        lag: the lag it was translated at.
        score: log-probability of the translation, divided by its length to the power of the length penalty.
        confidence: the geometric mean of the probabilities of all symbols written, end marks too; in (0, 1].
        log_probs: for each character of `text`, the natural logarithm of its probability; the space
            that joins two sentences was not chosen by the network and has 0.
        delays: for each character of `text`, how many characters of `source` had been read by then.
        ended: False where the decoder did not stop by itself and was cut.
        alternatives: with n-best, all hypotheses from the best on, as (text, score).
        attention: if asked for, for each character of `text` the weights of the characters of `source`; those
            of end marks are left out, so a row may sum to less than 1.
    """

    source: str
    text: str
    lag: Lag
    score: float
    confidence: float
    log_probs: tuple[float, ...]
    delays: tuple[int, ...]
    ended: bool
    alternatives: tuple[tuple[str, float], ...]
    attention: NDArray[np.float32] | None = field(default=None, compare=False, repr=False)


class Translator:
    """A trained model, ready to translate.

    Args:
        file: what the model file holds.
        name: what to call it in messages.
        device: cpu, cuda, or auto: CUDA, where it is there, for much text.
        precision: fp32, or bf16 for speed: bf16 changes a character in some per cent of the sentences. By
            default what the model file says.

    Attributes:
        config: the configuration it was trained with; its `decode` section holds the defaults of `translate`.
        vocabulary: the characters it knows.
        light: the network in NumPy.
        repeats: whether a translation may say something twice in a row that its source does not; may be set.
            At lags below `full` it always may, for what is written is never taken back; and so may networks
            without a decoder of their own.

    Raises:
        CheckpointError: a setting is wrong, or weights are missing, left over or of another shape.
        UserError: the device is not there, or cannot compute in bf16.
    """

    def __init__(
        self, file: ModelFile, name: str = "the model", device: str = "auto", precision: str | None = None
    ) -> None:
        self.config, self.vocabulary = read_settings(file.config, file.characters, name)
        model, lags = self.config.model, self.config.lag.train
        shapes = weight_shapes(model, len(self.vocabulary), lags.largest, file.weights)
        check_weights(file.weights, shapes, name)
        self.light = plain_network(model, file.weights, self.vocabulary)
        self.precision = precision or self.config.decode.precision
        self.repeats = self.config.decode.repeats
        self._file, self._name, self.device = file, name, device
        if device not in ("auto", "cpu"):
            self.bulk  # noqa: B018 - a device that is not there is said at once
        if self.precision == "bf16":
            from seq2seq.devices import check_precision, pick_device

            check_precision(self.precision, pick_device(device))

    @classmethod
    def load(
        cls, path: str | Path | None = None, device: str = "auto", precision: str | None = None
    ) -> Translator:
        """Open a model file: a `model.safetensors`, or the run directory that holds it, or the package's own.

        The rest is as in `Translator`.

        Raises:
            CheckpointError: the file is damaged or is no model file.
            UserError: the file cannot be read, or the device is not there or cannot compute in bf16.
        """
        path = locate(path)
        return cls(read_model(path), str(path), device, precision)

    @classmethod
    def of_network(
        cls, network: Network, vocabulary: Vocabulary, config: Config, precision: str
    ) -> Translator:
        """Return a translator for a network that is at hand, where it is: for scores during training."""
        from seq2seq.models import to_weights

        characters, lags = list(vocabulary.characters), config.lag.train.to_plain()
        file = ModelFile(config.to_dict(), characters, lags, to_weights(network), {})
        translator = cls(file, precision=precision, device="cpu")
        translator.network, translator.device = network, str(network.output.weight.device)
        return translator

    @cached_property
    def network(self) -> Network:
        """The network in PyTorch, on its device."""
        from seq2seq.devices import pick_device
        from seq2seq.models import from_file

        return from_file(self._file, self._name)[0].to(pick_device(self.device)).eval()

    @cached_property
    def bulk(self) -> Runtime:
        """The network in PyTorch, ready to decode; kinds other than the encoder-decoder have NumPy alone."""
        if not isinstance(self.light, EncoderDecoder):
            return self.light
        from seq2seq.models.encoder_decoder import EncoderDecoder as TorchNetwork
        from seq2seq.models.runtime import TorchRuntime

        assert isinstance(self.network, TorchNetwork)
        return TorchRuntime(self.network, self.precision, self.vocabulary)

    @property
    def _words(self) -> Words | None:
        """The words of the vocabulary if nothing may be said twice in a row."""
        return None if self.repeats or not isinstance(self.light, EncoderDecoder) else self._all_words

    @cached_property
    def _all_words(self) -> Words:
        return Words(self.vocabulary)

    @overload
    def translate(  # type: ignore[overload-overlap]  # a string is a sequence of strings, too
        self, text: str, lag: Lag | str | None = None, beam: int | None = None
    ) -> str: ...
    @overload
    def translate(
        self, text: Sequence[str], lag: Lag | str | None = None, beam: int | None = None
    ) -> list[str]: ...
    def translate(
        self, text: str | Sequence[str], lag: Lag | str | None = None, beam: int | None = None
    ) -> str | list[str]:
        """Translate a text or a list of texts; each comes back as one line.

        Args:
            text: what to translate; it is normalised and cut into sentences first.
            lag: a whole number or `full`; by default the model's own.
            beam: 1 is greedy, but for sentences that are searched again (see `repeats`); by default the
                model's own.

        Raises:
            UsageError: the model was not trained for this lag, or a beam is asked for under a lag.
            TypeError: `text` is neither a string nor a list of them.
        """
        lines = [text] if isinstance(text, str) else text
        texts = [translation.text for translation in self.translate_lines(lines, lag, beam)]
        return texts[0] if isinstance(text, str) else texts

    def translate_lines(
        self,
        lines: Sequence[str],
        lag: Lag | str | None = None,
        beam: int | None = None,
        n_best: int = 1,
        length_penalty: float | None = None,
        progress: Callable[[int], object] | None = None,
        attention: bool = False,
    ) -> list[Translation]:
        """Translate lines and tell all there is to tell about each.

        Args:
            lines: any text; an empty line gives an empty translation.
            lag: as for `translate`.
            beam: as for `translate`.
            n_best: how many alternatives to give for each line; at most `beam`.
            length_penalty: how far long hypotheses are favoured; by default the model's own.
            progress: called with the number of sentences done since the last call.
            attention: whether to keep the attention weights.
        """
        lag = self.check_lag(self.config.decode.lag if lag is None else lag)
        beam = self.config.decode.beam if beam is None else beam
        penalty = self.config.decode.length_penalty if length_penalty is None else length_penalty
        if beam < 1 or n_best < 1:
            raise UsageError("a beam and the number of alternatives are whole numbers from 1")
        if wrong := [line for line in lines if not isinstance(line, str)]:
            raise TypeError(f"a line to translate is a string, not {wrong[0]!r}")
        sources = [normalise(line) for line in lines]
        sentences = [cut(source, self.config.data.max_chars) for source in sources]
        flat = [sentence for line in sentences for sentence in line]
        found = iter(self._decode(flat, lag, beam, n_best, penalty, progress, attention))
        return [
            self._join(source, line, [next(found) for _ in line], lag, penalty)
            for source, line in zip(sources, sentences, strict=True)
        ]

    def stream(self, lag: Lag | str | None = None) -> TextStream:
        """Translate text as it arrives: `feed(text)` returns what can be written now, `finish()` the rest.

        At the default precision it writes what `translate` gives for the same lines.

        Raises:
            UsageError: the model was not trained for this lag, or it is bidirectional.
        """
        lag = self.check_lag(self.config.decode.lag if lag is None else lag)
        penalty = self.config.decode.length_penalty
        return TextStream(self.light, self.vocabulary, lag, self.config.data.max_chars, self._words, penalty)

    def check_lag(self, lag: Lag | str) -> Lag:
        """Return `lag` if the model was trained for it.

        Raises:
            UsageError: with the lags that there are.
        """
        try:
            lag = parse_lag(lag)
        except ValueError as error:
            raise UsageError(str(error)) from None
        if not self.config.lag.train.serves(lag):
            served = self.config.lag.train.describe()
            raise UsageError(f"this model was not trained for lag {lag}; it serves {served}")
        return lag

    def _decode(
        self,
        sentences: list[str],
        lag: Lag,
        beam: int,
        n_best: int,
        penalty: float,
        progress: Callable[[int], object] | None,
        attention: bool,
    ) -> list[list[Hypothesis]]:
        """Decode sentences; the result is in the order given."""
        ids = [self.vocabulary.encode(sentence) for sentence in sentences]
        network = self._runtime(beam * sum(map(len, ids)))
        words, usual_penalty = self._words, self.config.decode.length_penalty  # a stream knows no other

        def narrow(batch: list[list[int]]) -> list[list[Hypothesis]]:
            return [[best] for best in greedy(network, batch, lag, penalty, attention)]

        def wide(batch: list[list[int]]) -> list[list[Hypothesis]]:
            return beam_search(network, batch, lag, beam, penalty, n_best, attention, words)

        def again(batch: list[list[int]]) -> list[list[Hypothesis]]:
            return beam_search(network, batch, lag, AGAIN, usual_penalty, 1, attention, words)

        if beam > 1 or n_best > 1:
            return self._in_batches(network, wide, ids, beam, progress)
        found = self._in_batches(network, narrow, ids, 1, progress)
        if lag == FULL and words is not None:
            rows = [i for i, (best,) in enumerate(found) if words.circles(ids[i], best.ids, best.ended)]
            better = self._in_batches(network, again, [ids[i] for i in rows], AGAIN)
            for i, (best,) in zip(rows, better, strict=True):
                found[i] = [best] if best.ended and best.ids else found[i]
        return found

    def _in_batches(
        self,
        network: Runtime,
        decode: Callable[[list[list[int]]], list[list[Hypothesis]]],
        ids: list[list[int]],
        width: int,
        progress: Callable[[int], object] | None = None,
    ) -> list[list[Hypothesis]]:
        """Decode in batches of similar length, with `width` hypotheses of each sentence."""
        found: list[list[Hypothesis]] = [[]] * len(ids)
        batches = list(_batches([len(sentence) for sentence in ids], BATCH_CHARS // width))
        done = self._map(network, lambda rows: decode([ids[row] for row in rows]), batches)
        for rows, results in zip(batches, done, strict=True):
            for row, result in zip(rows, results, strict=True):
                found[row] = result
            if progress is not None:
                progress(len(rows))
        return found

    def _runtime(self, work: int) -> Runtime:
        """The network in NumPy for a little work, in PyTorch for much, and where only PyTorch can do it."""
        if work <= LITTLE and self.device in ("auto", "cpu") and self.precision == "fp32":
            return self.light
        return self.bulk

    def _map(
        self,
        network: Runtime,
        decode: Callable[[list[int]], list[list[Hypothesis]]],
        batches: list[list[int]],
    ) -> Iterator[list[list[Hypothesis]]]:
        """Decode the batches in order; on a CPU several at a time, if PyTorch computes them."""
        if network is self.light:
            return map(decode, batches)
        from seq2seq.models.runtime import TorchRuntime, side_by_side

        on_cpu = isinstance(network, TorchRuntime) and network.device.type == "cpu"
        return side_by_side(decode, batches) if on_cpu else map(decode, batches)

    def _join(
        self, source: str, sentences: list[str], found: list[list[Hypothesis]], lag: Lag, penalty: float
    ) -> Translation:
        """Put the translated sentences of one line back together."""
        texts: list[str] = []
        log_probs: list[float] = []
        waits: list[int] = []
        looked: list[tuple[int, int, Hypothesis]] = []
        begin = 0
        for sentence, hypotheses in zip(sentences, found, strict=True):
            best = hypotheses[0]
            begin = source.index(sentence, begin)
            here = [begin + d for d in delays(len(best.ids), lag, len(sentence) + 1)]
            if waits and here:
                log_probs.append(0.0)
                waits.append(here[0])
            looked.append((len(log_probs), begin, best))
            texts.append(self._spell(best, sentence))
            log_probs += best.log_probs[: len(best.ids)]
            waits += here
            begin += len(sentence)
        return Translation(
            source=source,
            text=" ".join(filter(None, texts)),
            lag=lag,
            score=_score([hypotheses[0] for hypotheses in found], penalty),
            confidence=math.exp(_score([hypotheses[0] for hypotheses in found], 1.0)),
            log_probs=tuple(log_probs),
            delays=tuple(waits),
            ended=all(hypotheses[0].ended for hypotheses in found),
            alternatives=tuple(self._alternatives(found, sentences, penalty)),
            attention=_attention(looked, len(log_probs), len(source)),
        )

    def _spell(self, hypothesis: Hypothesis, sentence: str) -> str:
        return self.vocabulary.decode(hypothesis.ids, (sentence[place] for place in hypothesis.copied))

    def _alternatives(
        self, found: list[list[Hypothesis]], sentences: list[str], penalty: float
    ) -> Iterator[tuple[str, float]]:
        """The i-th alternative of a line is made of its sentences' i-th hypotheses, or the last there is."""
        for i in range(max(map(len, found), default=0)):
            row = [hypotheses[min(i, len(hypotheses) - 1)] for hypotheses in found]
            texts = map(self._spell, row, sentences)
            yield " ".join(filter(None, texts)), _score(row, penalty)


def _attention(
    looked: list[tuple[int, int, Hypothesis]], target: int, source: int
) -> NDArray[np.float32] | None:
    """Put the attention of a line's sentences together, each at its place in target and source: (T, S)."""
    if all(best.attention_TS is None for _, _, best in looked):
        return None
    weights_TS = np.zeros((target, source), np.float32)
    for row, column, best in looked:
        if best.attention_TS is not None:
            height, width = best.attention_TS.shape
            weights_TS[row : row + height, column : column + width - 1] = best.attention_TS[:, :-1]
    return weights_TS


def _score(hypotheses: Iterable[Hypothesis], penalty: float) -> float:
    log_probs = [value for hypothesis in hypotheses for value in hypothesis.log_probs]
    return normalised(sum(log_probs), len(log_probs), penalty) if log_probs else 0.0


def _batches(lengths: list[int], batch_chars: int) -> Iterator[list[int]]:
    """Yield batches of bounded work, by falling length: what runs out of memory does so at once."""
    order = sorted(range(len(lengths)), key=lambda row: -lengths[row])
    first = 0
    while first < len(order):
        longest = lengths[order[first]]
        batch = order[first : first + max(1, batch_chars // (longest + 1))]
        yield batch
        first += len(batch)
