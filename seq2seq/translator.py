"""The Python interface: load a model file once, then translate lists of text.

A line of text is cut into sentences, these become ids, the ids are decoded in batches, and the translations
come back in the order of the lines.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, overload

from seq2seq.config.schema import Config
from seq2seq.decoding.confidence import Calibration
from seq2seq.decoding.decoding_options import DecodingOptions, DecodingRequest
from seq2seq.decoding.lines import Translation, as_read, check_lines, to_translation
from seq2seq.decoding.repetition import WordBoundaries
from seq2seq.decoding.sampling import Sampling
from seq2seq.decoding.search import search
from seq2seq.decoding.streaming import TextStream
from seq2seq.errors import UsageError
from seq2seq.lag import FULL, Lag, parse_lag
from seq2seq.models.pair import NetworkPair
from seq2seq.plain.encoder_decoder import NumpyEncoderDecoder
from seq2seq.pretrained import locate
from seq2seq.storage.modelfile import ModelFile, read_model
from seq2seq.text.foreign import ForeignLines
from seq2seq.text.glossary import NO_TERMS, Glossary
from seq2seq.text.normalise import Counts
from seq2seq.text.reader import Line, LineReader, read_line
from seq2seq.text.symbols import KINDS
from seq2seq.text.vocabulary import Vocabulary
from seq2seq.text.words import learnt_characters

__all__ = ["TextStream", "Translation", "Translator"]

if TYPE_CHECKING:
    from seq2seq.models.build import Network


class Translator:
    """A trained model, ready to translate.

    Several threads may use one translator at the same time: small inputs and streams are computed side by
    side, large inputs one after the other. A stream itself belongs to one thread.

    Args:
        networks: those of a model; `load` and `from_file` make them.
        calibration: of its confidence, if it has one.

    Attributes:
        networks: the model in NumPy and in PyTorch.
        config: the configuration it was trained with; its `decode` section holds the defaults of `translate`.
        vocabulary: the characters it knows.
        copies: whether it reads each span, such as an address or a number, as one symbol and copies it.
        calibration: as given.
    """

    def __init__(self, networks: NetworkPair, calibration: Calibration | None = None) -> None:
        self.networks, self.calibration = networks, calibration
        self.config, self.vocabulary = networks.config, networks.vocabulary
        self.copies = KINDS[0] in self.vocabulary

    @classmethod
    def load(
        cls, path: str | Path | None = None, device: str = "auto", precision: str | None = None
    ) -> Translator:
        """Open a model: a `model.safetensors`, the run directory that holds one, or one of the package.

        Args:
            path: of the model, or the name of a model of the package; by default the package's own model.
            device: cpu, cuda, or auto: CUDA, if there is one, for large inputs.
            precision: fp32, or bf16 or int8 for speed: either changes some characters, int8 in more
                sentences than bf16. By default that of the model file.

        Raises:
            CheckpointError: the file is damaged or is no model file.
            UserError: the file cannot be read, the device is not there or cannot compute in bf16, or the
                kind of network is decoded on the CPU in fp32 alone.
        """
        path = locate(path)
        return cls.from_file(read_model(path), str(path), device, precision)

    @classmethod
    def from_file(
        cls, file: ModelFile, name: str = "the model", device: str = "auto", precision: str | None = None
    ) -> Translator:
        """Return a translator for the content of a model file; `name` is its name in messages.

        The rest is as in `load`.
        """
        networks = NetworkPair.from_file(file, name, device, precision)
        return cls(networks, Calibration.of_info(file.info, name))

    @classmethod
    def of_network(
        cls, network: Network, vocabulary: Vocabulary, config: Config, precision: str
    ) -> Translator:
        """Return a translator for a PyTorch network in memory, on its device: for scores during training."""
        return cls(NetworkPair.of_network(network, vocabulary, config, precision))

    @property
    def precision(self) -> str:
        """The usual precision of decoding: fp32, bf16 or int8; a stream is decoded in fp32 or int8."""
        return self.networks.precision

    @overload
    def translate(  # type: ignore[overload-overlap]  # a string is a sequence of strings, too
        self,
        text: str,
        lag: Lag | str | None = None,
        beam: int | None = None,
        glossary: Glossary | None = None,
    ) -> str: ...
    @overload
    def translate(
        self,
        text: Sequence[str],
        lag: Lag | str | None = None,
        beam: int | None = None,
        glossary: Glossary | None = None,
    ) -> list[str]: ...
    def translate(
        self,
        text: str | Sequence[str],
        lag: Lag | str | None = None,
        beam: int | None = None,
        glossary: Glossary | None = None,
    ) -> str | list[str]:
        """Translate a text or a list of texts; each comes back as one line.

        Args:
            text: what to translate; it is normalised and cut into sentences first.
            lag: a whole number or `full`; by default the model's own.
            beam: 1 is greedy search, except for sentences that are searched again (see `decoding.search`); by
                default the model's own at lag `full`, and 1 at every other.
            glossary: terms whose translations are given.

        Raises:
            UsageError: the model was not trained for this lag, a beam is asked for below lag `full`, or the
                model was trained without spans and cannot use a glossary.
            TypeError: `text` is neither a string nor a list of them.
        """
        if not isinstance(text, (str, Sequence)):
            raise TypeError(f"text to translate is a string or a list of strings, not {text!r:.60}")
        lines = [text] if isinstance(text, str) else text
        request = DecodingRequest(lag, beam, glossary=glossary)
        texts = [translation.text for translation in self.decode(lines, request)]
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
        repeats: bool | None = None,
        glossary: Glossary | None = None,
        sampling: Sampling | None = None,
    ) -> list[Translation]:
        """Translate lines and return each translation with its score, delays and alternatives.

        Args:
            lines: any text; a line without a letter comes out as it went in.
            lag: as for `translate`.
            beam: as for `translate`.
            n_best: how many alternatives to return for each line; at most `beam`.
            length_penalty: above 1 favours long hypotheses; by default the model's own.
            progress: called with the number of sentences done since the last call.
            attention: whether to keep the attention weights.
            repeats: whether a translation may repeat a phrase that its source does not; by default the
                model's own. Below lag `full` it always may.
            glossary: as for `translate`.
            sampling: draw translations by their probability instead of searching for the best; without
                `beam`, and with one alternative.

        Raises:
            UsageError: the model was not trained for this lag, or beam and number of alternatives do not fit.
            TypeError: a line is not a string.
        """
        request = DecodingRequest(
            lag, beam, n_best, length_penalty, repeats, None, attention, glossary, sampling
        )
        return self.decode(lines, request, progress)

    def decode(
        self,
        lines: Sequence[str],
        request: DecodingRequest,
        progress: Callable[[int], object] | None = None,
        counts: Counts | None = None,
    ) -> list[Translation]:
        """Translate lines as `translate_lines` does.

        Args:
            lines: any text.
            request: how to translate them.
            progress: called with the number of sentences done since the last call.
            counts: counts here what had to be changed in the lines, which it numbers from its `line` on.

        Raises:
            UserError: the model cannot do what is asked for; see `options`.
            TypeError: a line is not a string.
        """
        options = self.options(request)
        check_lines(lines)
        read = []
        for line in lines:
            if counts is not None:
                counts.line += 1
            read.append(self.read_line(line, counts, request.glossary, options.lag == FULL))
        sentences = [as_read(part.sentence, options.lag) for line in read for part in line.sentences]
        sources = [self.vocabulary.encode(sentence.symbols) for sentence in sentences]
        network = self.networks.for_work(options.beam * sum(map(len, sources)), options.precision)
        if options.sampling is not None:
            numbered = options.sampling.numbered([len(line.sentences) for line in read])
            options = replace(options, sampling=numbered)
        with self.networks.turn(network):
            found = iter(search(network, sources, options, progress))
        return [
            to_translation(line, [next(found) for _ in line.sentences], self.vocabulary, options)
            for line in read
        ]

    def stream(
        self, lag: Lag | str | None = None, beam: int | None = None, glossary: Glossary | None = None
    ) -> TextStream:
        """Translate text as it arrives: `feed(text)` returns what can be written now, `finish()` the rest.

        It is computed with NumPy in fp32, or in int8 if that is the precision, and writes what `translate`
        returns for the same lines.

        Args:
            lag: as for `translate`.
            beam: as for `translate`.
            glossary: as for `translate`.

        Raises:
            UsageError: the model was not trained for this lag, or pads its sentences; or a beam is asked for
                below lag `full`.
        """
        return self.decode_stream(DecodingRequest(lag, beam, glossary=glossary))

    def decode_stream(self, request: DecodingRequest) -> TextStream:
        """Translate text as it arrives, as `stream` does; it is computed in fp32 if bf16 is asked for.

        Raises:
            UserError: the model cannot do what is asked for; see `options`.
        """
        if request.sampling is not None:
            raise UsageError("a stream does not draw: leave out `temperature`, `top_p` and `seed`")
        options = self.options(request)
        glossary = (request.glossary or NO_TERMS) if self.copies else None
        limit, lists = self.config.data.max_chars, options.lag == FULL
        reader = LineReader(self.known, self.copies, limit, glossary=glossary, lists=lists)
        return TextStream(self.networks.in_numpy(options.precision), self.vocabulary, reader, options)

    def options(self, request: DecodingRequest) -> DecodingOptions:
        """Return the options of a search with this model: what is asked for, or else the model's own.

        Raises:
            UsageError: the model was not trained for this lag, beam and number of alternatives do not fit,
                or the kind of network cannot do what is asked for.
            UserError: the device cannot compute in bf16.
        """
        if request.glossary is not None and not self.copies:
            raise UsageError(
                "this model was trained without spans (data.spans), so it cannot copy a given translation: "
                "`glossary` needs a model that was trained with them"
            )
        decode = self.config.decode
        lag = self.served_lag(decode.lag if request.lag is None else request.lag)
        beam, penalty = request.beam, request.length_penalty
        if beam is None:
            beam = decode.beam if lag == FULL and request.sampling is None else 1
        precision = request.precision or self.networks.precision
        self.networks.check_precision(precision)
        return DecodingOptions(
            lag=lag,
            beam=beam,
            n_best=request.n_best,
            length_penalty=decode.length_penalty if penalty is None else penalty,
            own_length_penalty=decode.length_penalty,
            words=None if self._may_repeat(request) else self._words,
            space=self.vocabulary.encode(" ")[0] if self.copies and " " in self.vocabulary else None,
            attention=request.attention,
            precision=precision,
            sampling=request.sampling,
            calibration=self.calibration,
        )

    def _may_repeat(self, request: DecodingRequest) -> bool:
        """Whether a phrase may be repeated; networks other than the encoder-decoder always may."""
        if self.networks.has_decoder:
            return self.config.decode.repeats if request.repeats is None else request.repeats
        if request.repeats is False:
            kind = self.config.model.kind
            raise UsageError(f"a {kind} network cannot avoid repetitions: `repeats` cannot be false")
        return True

    @cached_property
    def foreign_lines(self) -> ForeignLines | None:
        """What finds lines that are not in the source language; None for a model without words."""
        network = self.networks.any_numpy
        if not isinstance(network, NumpyEncoderDecoder) or not (
            network.source_words and network.target_words
        ):
            return None
        source, target = network.source_words.trie, network.target_words.trie
        known = self.vocabulary
        return ForeignLines(lambda words: source.has(words, known), lambda words: target.has(words, known))

    @cached_property
    def known(self) -> frozenset[str]:
        """The characters that it has learnt to read; a word with another letter is a name, and is copied."""
        network = self.networks.any_numpy
        words = network.source_words if isinstance(network, NumpyEncoderDecoder) else None
        return learnt_characters(self.vocabulary, words.trie.keys_P if words else None)

    @cached_property
    def _words(self) -> WordBoundaries:
        return WordBoundaries(self.vocabulary)

    def read_line(
        self,
        line: str,
        counts: Counts | None = None,
        glossary: Glossary | None = None,
        lists: bool = False,
    ) -> Line:
        """Return a line as sentences to translate and literal text between them; count changes in `counts`.

        Args:
            line: any text.
            counts: counts here what had to be changed in the line.
            glossary: terms whose translations are given.
            lists: whether each item of a bare list is a sentence, as at lag `full`.
        """
        terms = (glossary or NO_TERMS) if self.copies else None
        return read_line(line, self.known, self.copies, self.config.data.max_chars, counts, terms, lists)

    def served_lag(self, lag: Lag | str) -> Lag:
        """Return a lag, parsed, if the model was trained for it.

        Raises:
            UsageError: with the lags that it was trained for.
        """
        try:
            lag = parse_lag(lag)
        except ValueError as error:
            raise UsageError(str(error)) from None
        if not self.config.lag.train.serves(lag):
            served = self.config.lag.train.describe()
            raise UsageError(f"this model was not trained for lag {lag}; it serves {served}")
        return lag
