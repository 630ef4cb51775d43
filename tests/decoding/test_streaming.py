"""Streaming writes the same as batch decoding, as early as the lag allows, and takes nothing back."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ties import is_tie

from seq2seq.config.loading import parse_config
from seq2seq.decoding.decoding_options import DecodingOptions
from seq2seq.decoding.greedy import greedy
from seq2seq.decoding.hypothesis import Hypothesis, length_limit
from seq2seq.decoding.lines import Translation, to_translation
from seq2seq.decoding.streaming import SentenceStream, TextStream
from seq2seq.errors import UsageError
from seq2seq.lag import FULL, Lag
from seq2seq.models.build import build
from seq2seq.plain.encoder_decoder import NumpyEncoderDecoder
from seq2seq.plain.step import Step
from seq2seq.text.reader import LineReader, Literal, SentenceEnd, Separator, read_line
from seq2seq.text.spans import Item
from seq2seq.text.vocabulary import END, Vocabulary
from seq2seq.translator import Translator

GOLDEN = Path(__file__).parents[1] / "golden" / "tiny"
LAGS: list[Lag] = [*range(13), "full"]


@pytest.fixture(scope="module")
def translator() -> Translator:
    return Translator.load(GOLDEN, "cpu")


def in_numpy(translator: Translator) -> NumpyEncoderDecoder:
    """Return the network in NumPy."""
    network = translator.networks.numpy
    assert isinstance(network, NumpyEncoderDecoder)
    return network


@pytest.fixture(scope="module")
def lines() -> list[str]:
    bundled = (Path(__file__).parents[2] / "data" / "test.tsv").read_text(encoding="utf-8").splitlines()
    sentences = [line.split("\t")[0] for line in bundled]
    two = [f"{a}. {b}" for a, b in zip(sentences[30:33], sentences[35:38], strict=True)]
    odd = ["", "  ", "cafe\u0301 ☃", "a" * 300, "no end. ", " - one\ttwo ", "1, 2. three? 4! five", '"six"\t']
    return [*sentences[:15], *two, *odd]


FEW_LAGS = (0, 1, 5, 12, FULL)


@pytest.mark.parametrize(  # all that the model serves
    "lag", [lag if lag in FEW_LAGS else pytest.param(lag, marks=pytest.mark.slow) for lag in LAGS]
)
def test_streaming_is_batch(translator: Translator, lines: list[str], lag: Lag) -> None:
    stream = translator.stream(lag)
    rng = random.Random(1)
    text, out = "\n".join(lines), ""
    while text:
        size = rng.randint(1, 7)
        out += stream.feed(text[:size])
        text = text[size:]
    out += stream.finish()
    batch = translator.translate(lines, lag=lag)
    assert len(set(batch)) > 0.7 * len(lines)
    apart = [line for line, a, b in zip(lines, out.split("\n"), batch, strict=True) if a != b]
    assert len(apart) <= 1  # one in a thousand, rounded up, and then a tie
    assert all(parts_at_ties(translator, line, lag) for line in apart)


def parts_at_ties(translator: Translator, line: str, lag: Lag) -> bool:
    """Whether each sentence of a line is streamed as in batch decoding, or differs from it at a tie."""
    for part in translator.read_line(line).sentences:
        source = translator.vocabulary.encode(part.sentence.symbols)
        stream, written = SentenceStream(in_numpy(translator), DecodingOptions(lag)), list[int]()
        for symbol in [*source, END]:
            written += stream.read(symbol)
        (batch,) = greedy(translator.networks.torch, [source], DecodingOptions(lag))
        if written != batch.ids and not is_tie(translator.networks.network, source, lag, written, batch.ids):
            return False
    return True


@pytest.mark.parametrize("lag", [0, 3, 8])
def test_a_symbol_is_written_the_moment_enough_has_been_read(translator: Translator, lag: int) -> None:
    stream = SentenceStream(in_numpy(translator), DecodingOptions(lag))
    written = 0
    for count, symbol in enumerate(translator.vocabulary.encode("the cat is under the table"), start=1):
        written += len(stream.read(symbol))
        if not stream.ended:
            assert written == max(0, count - lag)
    assert written > 0


def test_nothing_is_written_before_the_end_at_lag_full(translator: Translator) -> None:
    stream = translator.stream("full")
    assert stream.feed("the cat is under the table") == ""
    assert stream.finish() == translator.translate("the cat is under the table", lag="full")


def recorded(
    translator: Translator, text: str, lag: int, monkeypatch: pytest.MonkeyPatch
) -> list[np.ndarray[Any, Any]]:
    """Stream a text to its end; return the scores of every step, to the bit."""
    network, steps = in_numpy(translator), list[Step]()
    step = network.step

    def keep(*arguments: Any) -> Step:
        steps.append(step(*arguments))
        return steps[-1]

    with monkeypatch.context() as patch:
        patch.setattr(network, "step", keep)
        stream = translator.stream(lag)
        for character in text:
            stream.feed(character)
        stream.finish()
    return [field for found in steps for field in vars(found).values() if isinstance(field, np.ndarray)]


@pytest.mark.parametrize("lag", [0, 3, 8])
def test_what_comes_later_changes_no_bit_of_what_is_written(
    translator: Translator, lines: list[str], lag: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sentences that differ after `same` characters: so do their streams, and not a step earlier."""
    same, sooner = 11, 0
    chosen = [line for line in lines if len(line) > same + 4 and line.isascii()][:40]
    for line, end in zip(chosen, chosen[1:] + chosen[:1], strict=True):
        other = line[:same] + end[same:]
        one, two = (recorded(translator, text, lag, monkeypatch) for text in (line, other))
        t = same - lag  # the last step that reads nothing beyond
        assert len(one) > t
        assert all(np.array_equal(a, b) for a, b in zip(one[:t], two[:t], strict=True))
        sooner += not np.array_equal(one[t], two[t])
    assert sooner > 0.6 * len(chosen)  # the very next step has read the change, or this test could not fail


def test_a_sentence_is_written_out_as_soon_as_a_space_shows_that_it_is_over(translator: Translator) -> None:
    """A regression: the space was held back until something followed it, and the sentence with it."""
    lags: tuple[Lag, ...] = (3, "full")
    for lag in lags:
        stream = translator.stream(lag)
        first = stream.feed("where is the dog?") + stream.feed(" ")
        assert first == translator.translate("where is the dog?", lag=lag)
        rest = stream.feed("  ") + stream.feed("\u0301") + stream.feed("where is he?") + stream.finish()
        assert first + rest == translator.translate("where is the dog? \u0301where is he?", lag=lag)


def test_an_accent_may_arrive_after_its_letter(translator: Translator) -> None:
    composed, decomposed = translator.stream(3), translator.stream(3)
    whole = composed.feed("josé runs") + composed.finish()
    parts = "".join(map(decomposed.feed, "jose\u0301 runs")) + decomposed.finish()
    assert whole == parts


def test_memory_stays_bounded_over_a_line_that_never_ends(translator: Translator) -> None:
    stream = translator.stream(8)
    longest = 0
    for _ in range(300):
        stream.feed("the cat runs ")
        assert isinstance(stream.sentence, SentenceStream)
        longest = max(longest, stream.sentence.memory.size)
    assert longest <= 1.5 * translator.config.data.max_chars


def test_a_decoder_that_never_ends_is_cut(translator: Translator, monkeypatch: pytest.MonkeyPatch) -> None:
    bias = in_numpy(translator).output_bias_V.copy()
    bias[END] = -1e9
    monkeypatch.setattr(translator.networks.numpy, "output_bias_V", bias)
    stream = SentenceStream(in_numpy(translator), DecodingOptions(3))
    assert len(stream.read(END)) == length_limit(1)
    assert not stream.ended


# At lag `full` a sentence is kept until it is over, and searched as in batches.


def test_at_lag_full_the_own_beam_of_a_model_searches_in_batches_and_streams(
    translator: Translator, lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    greedily = translator.translate(lines)
    config = translator.config
    decode = type(config.decode)(lag=FULL, beam=4)
    monkeypatch.setattr(translator, "config", type(config)(**{**vars(config), "decode": decode}))
    wide = translator.translate(lines)
    assert wide != greedily
    assert wide == translator.translate(lines, beam=4)
    assert translator.translate(lines, beam=1) == greedily
    stream = translator.stream()
    assert ["".join(map(stream.feed, line)) + stream.finish() for line in lines] == wide
    # A beam is of no use at another lag, where nothing is taken back: there the search is greedy.
    stream = translator.stream(3)
    batch = translator.translate(lines, 3)
    assert ["".join(map(stream.feed, line)) + stream.finish() for line in lines] == batch
    assert batch == translator.translate(lines, 3, beam=1)


@pytest.mark.parametrize("lag", [3, FULL])
def test_a_model_that_reads_both_ways_streams_what_it_translates(lag: Lag) -> None:
    """It reads backwards only at lag full, where a sentence is complete before anything is written."""
    lags = "lag: {train: {uniform: [0, 8], full: 0.5}}"
    config = parse_config(f"model: {{embedding: 8, hidden: 12, bidirectional: true}}\n{lags}")
    vocabulary = Vocabulary(tuple(" abcdefghijklmnopqrstuvwxyz"))
    model = Translator.of_network(build(config, vocabulary), vocabulary, config, "fp32")
    texts = ["the cat is under the table", "where is my dog", "a b"]
    stream = model.stream(lag)
    assert ["".join(map(stream.feed, text)) + stream.finish() for text in texts] == model.translate(
        texts, lag
    )


def test_a_feedforward_model_is_refused() -> None:
    config = parse_config("model: {kind: feedforward, embedding: 4, hidden: 4}")
    vocabulary = Vocabulary(("a",))
    with pytest.raises(UsageError, match="cannot stream"):
        Translator.of_network(build(config, vocabulary), vocabulary, config, "fp32").stream()


def test_a_stream_takes_text_alone(translator: Translator) -> None:
    stream: Any = translator.stream(3)
    with pytest.raises(TypeError, match="text to translate is a string, not b'hi'"):
        stream.feed(b"hi")


# How the parts of a line come together.

KNOWN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ .,!?'")


class Scripted:
    """Replaces a `SentenceStream`: writes a given text, each character when the lag allows it."""

    def __init__(self, vocabulary: Vocabulary, text: str, lag: int) -> None:
        self.ids, self.lag, self.count = vocabulary.encode(text), lag, 0
        self.left: list[int] = []

    def read(self, symbol: int) -> list[int]:
        self.count += 1
        until = len(self.ids) if symbol == END else max(0, self.count - self.lag)
        done = max(0, self.count - 1 - self.lag)
        return self.ids[done:until]

    def take_copied(self) -> list[int]:
        return []


def both_ways(
    monkeypatch: pytest.MonkeyPatch, line: str, texts: list[str], lag: int, limit: int = 200
) -> tuple[Translation, str]:
    """Return a line as a batch and a stream join it, if its sentences are translated as `texts`."""
    vocabulary = Vocabulary(tuple(sorted(KNOWN)))
    read = read_line(line, KNOWN, True, limit)
    found = [[Hypothesis(vocabulary.encode(text), [-1.0] * (len(text) + 1), -1.0, True)] for text in texts]
    batch = to_translation(read, found, vocabulary, DecodingOptions(lag))
    left = [*texts, ""]  # a stream begins a sentence before it knows whether there is one
    monkeypatch.setattr("seq2seq.decoding.streaming.SentenceStream", Scripted)
    monkeypatch.setattr(
        "seq2seq.decoding.streaming.begin", lambda *_: Scripted(vocabulary, left.pop(0) if left else "", lag)
    )
    network: Any = None  # the scripted sentences do not use it
    stream = TextStream(network, vocabulary, LineReader(KNOWN, True, limit), DecodingOptions(lag))
    return batch, "".join(map(stream.feed, line)) + stream.finish()


def test_what_joins_the_parts_of_a_sentence_has_read_no_more_than_the_lag_allows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """At lag 3 the name at the end of the second part is not known yet when a word like it is written.

    Nor is the stop within it known, which would let a stop of the translation stand; at lag full both are.
    """
    line = "when we came home at night all the lamps were out and there is Ana. he said so"
    assert [part.joined for part in read_line(line, KNOWN, True, 60).sentences] == [True, False, False]
    texts = ["Cuando llegamos", "Ana vive", "Eso dijo"]
    for lag, joined in ((3, "Cuando llegamos ana vive Eso dijo"), (60, "Cuando llegamos Ana vive Eso dijo")):
        batch, stream = both_ways(monkeypatch, line, texts, lag, limit=60)
        assert batch.text == stream == joined


@pytest.mark.parametrize("lag", [0, 3])
@pytest.mark.parametrize(
    ("line", "texts", "expected"),
    [
        ("One. Two.", ["Uno.", "Dos."], "Uno. Dos."),
        ("One. Two.", ["", "Dos."], "Dos."),
        ("One. Two.", ["Uno.", ""], "Uno."),
        ("One. Two. Three.", ["Uno.", "", "Tres."], "Uno. Tres."),
        (" One.  Two. ", ["Uno.", "Dos."], " Uno. Dos. "),
        ("- One. {x}! Two.", ["Uno.", "Dos."], "- Uno. {x}! Dos."),
        ("- One. {x}! Two.", ["", ""], "- {x}!"),
        ("One.\t Two.", ["Uno.", "Dos."], "Uno.\t Dos."),
        ("One.\t Two.", ["Uno.", ""], "Uno.\t "),
        ("One. \tTwo. ", ["", "Dos."], " \tDos. "),
        ("{x}! One. 14.", ["Uno."], "{x}! Uno. 14."),
        ("{x}! One. 14.", [""], "{x}! 14."),
        ("One. {x}! Two.", ["", "Dos."], "{x}! Dos."),
        ("One. {x}! Two.", ["Uno.", ""], "Uno. {x}!"),
        ("\t", [], "\t"),
    ],
)
def test_what_stays_and_what_is_translated_come_together_alike(
    monkeypatch: pytest.MonkeyPatch, line: str, texts: list[str], expected: str, lag: int
) -> None:
    batch, stream = both_ways(monkeypatch, line, texts, lag)
    assert batch.text == stream == expected
    assert len(batch.delays) == len(batch.log_probs) == len(batch.text)


def test_what_the_stream_is_given_is_what_the_line_consists_of() -> None:
    """The events of a reader are spans and characters, ends of sentences, separators and literal text."""
    reader = LineReader(KNOWN, True, 200)
    events = reader.feed("- See 42. {x}! Ok.\tNo") + reader.finish()
    assert [type(event) for event in events] == [
        *(Literal, *[Item] * 6, SentenceEnd, Separator, Literal, Separator, *[Item] * 3, SentenceEnd),
        *(Literal, *[Item] * 2, SentenceEnd),
    ]


@pytest.mark.parametrize("seed", range(40))
def test_empty_translations_leave_the_same_spaces_in_a_batch_and_a_stream(
    monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """A separator and a literal space were the same event, so the two could differ by a space."""
    rng = random.Random(seed)
    line = "".join(
        rng.choice(["One.", "{x}!", "(1)", "Two!", '"']) + rng.choice([" ", " ", "  ", "\t", " \t "])
        for _ in range(rng.randint(1, 7))
    )
    texts = [rng.choice(["", "", "Uno.", "Dos"]) for _ in read_line(line, KNOWN, True, 200).sentences]
    batch, stream = both_ways(monkeypatch, line, texts, 3)
    assert batch.text == stream
