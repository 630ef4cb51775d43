"""The door for Python: load a model file once, then translate lists of text.

A line of text becomes sentences, sentences become ids, ids go through the network in batches of similar
length, and everything comes back in the order in which it was given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, overload

from seq2seq.config.schema import Config
from seq2seq.decoding.beam import check_beam
from seq2seq.decoding.hypothesis import Hypothesis
from seq2seq.decoding.lines import Translation, as_read, join
from seq2seq.decoding.repetition import Words
from seq2seq.decoding.search import Decode, DecodingOptions, search
from seq2seq.decoding.streaming import TextStream
from seq2seq.errors import UsageError
from seq2seq.lag import FULL, Lag, parse_lag
from seq2seq.plain.encoder_decoder import EncoderDecoder
from seq2seq.plain.networks import plain_network, weight_shapes
from seq2seq.plain.step import Runtime
from seq2seq.pretrained import locate
from seq2seq.storage.content import check_weights, read_settings
from seq2seq.storage.modelfile import ModelFile, read_model
from seq2seq.text.normalise import Counts
from seq2seq.text.reader import Line, LineReader, read_line
from seq2seq.text.symbols import KINDS
from seq2seq.text.vocabulary import Vocabulary

__all__ = ["Translation", "Translator"]

if TYPE_CHECKING:
    from seq2seq.models.build import Network

LITTLE = 8_000
"""So many source characters, times the beam, are translated in the time that it takes to import PyTorch."""

BATCH_CHARS = 12_000
"""Padded source characters that are decoded side by side; a beam of K takes 1/K of it."""


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
        known: the same as a set.
        copies: whether it reads what has to stay as one symbol and copies it.
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
        self.known, self.copies = frozenset(self.vocabulary.characters), KINDS[0] in self.vocabulary
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
        from seq2seq.models.build import to_weights

        characters, lags = list(vocabulary.characters), config.lag.train.to_plain()
        file = ModelFile(config.to_dict(), characters, lags, to_weights(network), {})
        translator = cls(file, precision=precision, device="cpu")
        translator.network, translator.device = network, str(network.output.weight.device)
        return translator

    @cached_property
    def network(self) -> Network:
        """The network in PyTorch, on its device."""
        from seq2seq.devices import pick_device
        from seq2seq.models.build import from_file

        return from_file(self._file, self._name)[0].to(pick_device(self.device)).eval()

    @cached_property
    def bulk(self) -> Runtime:
        """The network in PyTorch, ready to decode; kinds other than the encoder-decoder have NumPy alone."""
        if not isinstance(self.light, EncoderDecoder):
            return self.light
        from seq2seq.models.encoder_decoder import EncoderDecoder as TorchNetwork
        from seq2seq.models.stepwise import TorchRuntime

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
            beam: 1 is greedy, but for sentences that are searched again (see `decoding.search`); by default
                the model's own at lag `full`, and 1 at every other.

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
        counts: Counts | None = None,
    ) -> list[Translation]:
        """Translate lines and tell all there is to tell about each.

        Args:
            lines: any text; what has no letter comes out as it went in.
            lag: as for `translate`.
            beam: as for `translate`.
            n_best: how many alternatives to give for each line; at most `beam`.
            length_penalty: how far long hypotheses are favoured; by default the model's own.
            progress: called with the number of sentences done since the last call.
            attention: whether to keep the attention weights.
            counts: what had to be changed in the lines is counted here.
        """
        lag = self.check_lag(self.config.decode.lag if lag is None else lag)
        penalty = self.config.decode.length_penalty if length_penalty is None else length_penalty
        options = replace(
            self._options(lag, beam), n_best=n_best, length_penalty=penalty, attention=attention
        )
        if options.beam < 1 or n_best < 1:
            raise UsageError("a beam and the number of alternatives are whole numbers from 1")
        if wrong := [line for line in lines if not isinstance(line, str)]:
            raise TypeError(f"a line to translate is a string, not {wrong[0]!r}")
        read = [self.read_line(line, counts) for line in lines]
        sentences = [as_read(part.sentence, lag) for line in read for part in line.sentences]
        ids = [self.vocabulary.encode(sentence.symbols) for sentence in sentences]
        found = iter(self._decode(ids, options, progress))
        return [
            join(line, [next(found) for _ in line.sentences], self.vocabulary, lag, penalty) for line in read
        ]

    def read_line(self, line: str, counts: Counts | None = None) -> Line:
        """Read a line as what is translated and what comes out as it went in.

        Args:
            line: any text.
            counts: what had to be changed in it is counted here.
        """
        read = read_line(line, self.known, self.copies, self.config.data.max_chars, counts)
        if counts is not None:
            counts.cut += any(part.joined for part in read.sentences)
        return read

    def _options(self, lag: Lag, beam: int | None = None) -> DecodingOptions:
        """Return how this model searches at a lag; its own beam is for lag `full`."""
        decode = self.config.decode
        own = decode.beam if lag == FULL else 1
        return DecodingOptions(
            lag=lag,
            beam=own if beam is None else beam,
            length_penalty=decode.length_penalty,
            usual_penalty=decode.length_penalty,
            words=self._words,
            space=self.vocabulary.encode(" ")[0] if self.copies and " " in self.vocabulary else None,
        )

    def stream(self, lag: Lag | str | None = None, beam: int | None = None) -> TextStream:
        """Translate text as it arrives: `feed(text)` returns what can be written now, `finish()` the rest.

        At the default precision it writes what `translate` gives for the same lines.

        Args:
            lag: as for `translate`.
            beam: as for `translate`.

        Raises:
            UsageError: the model was not trained for this lag, or pads its sentences; or a beam is asked for
                under a lag.
        """
        options = self._options(self.check_lag(self.config.decode.lag if lag is None else lag), beam)
        check_beam(options.lag, options.beam, options.n_best)
        reader = LineReader(self.known, self.copies, self.config.data.max_chars)
        return TextStream(self.light, self.vocabulary, reader, options)

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
        ids: list[list[int]],
        options: DecodingOptions,
        progress: Callable[[int], object] | None,
    ) -> list[list[Hypothesis]]:
        """Decode sentences; the result is in the order given."""
        network = self._runtime(options.beam * sum(map(len, ids)))
        first = [progress]  # of all searches the first one goes through every sentence

        def in_batches(decode: Decode, sources: list[Sequence[int]], width: int) -> list[list[Hypothesis]]:
            return self._in_batches(network, decode, sources, width, first.pop() if first else None)

        return search(network, ids, options, in_batches)

    def _in_batches(
        self,
        network: Runtime,
        decode: Decode,
        ids: list[Sequence[int]],
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
        from seq2seq.models.stepwise import TorchRuntime, side_by_side

        on_cpu = isinstance(network, TorchRuntime) and network.device.type == "cpu"
        return side_by_side(decode, batches) if on_cpu else map(decode, batches)


def _batches(lengths: list[int], batch_chars: int) -> Iterator[list[int]]:
    """Yield batches of bounded work, by falling length: what runs out of memory does so at once."""
    order = sorted(range(len(lengths)), key=lambda row: -lengths[row])
    first = 0
    while first < len(order):
        longest = lengths[order[first]]
        batch = order[first : first + max(1, batch_chars // (longest + 1))]
        yield batch
        first += len(batch)
