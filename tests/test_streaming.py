"""Streaming gives what batch decoding gives, as early as the lag allows, and never takes anything back."""

import random
from pathlib import Path

import pytest

from seq2seq.config import parse_config
from seq2seq.decoding import length_limit
from seq2seq.decoding.streaming import SentenceStream
from seq2seq.errors import UsageError
from seq2seq.models import build
from seq2seq.text import END, Vocabulary
from seq2seq.translator import Translator

GOLDEN = Path(__file__).parent / "golden" / "tiny"
LAGS = [*range(13), "full"]


@pytest.fixture(scope="module")
def translator():
    return Translator.load(GOLDEN, "cpu")


@pytest.fixture(scope="module")
def lines():
    bundled = (Path(__file__).parent.parent / "data" / "test.tsv").read_text(encoding="utf-8").splitlines()
    sentences = [line.split("\t")[0] for line in bundled]
    two = [f"{a}. {b}" for a, b in zip(sentences[60:70], sentences[70:80], strict=True)]
    return [*sentences[:60], *two, "", "  ", "cafe\u0301 ☃", "a" * 450, "no end. "]


@pytest.mark.parametrize("lag", LAGS)  # all that the model serves
def test_streaming_is_batch(translator, lines, lag):
    stream = translator.stream(lag)
    rng = random.Random(1)
    text, out = "\n".join(lines), ""
    while text:
        size = rng.randint(1, 7)
        out += stream.feed(text[:size])
        text = text[size:]
    out += stream.finish()
    assert out.split("\n") == translator.translate(lines, lag=lag)


def test_what_is_compared_is_not_one_and_the_same(translator, lines):
    assert len(set(translator.translate(lines, lag=8))) > 50


@pytest.mark.parametrize("lag", [0, 3, 8])
def test_a_symbol_is_written_the_moment_enough_has_been_read(translator, lag):
    stream = SentenceStream(translator.light, lag)
    written = 0
    for count, symbol in enumerate(translator.vocabulary.encode("the cat is under the table"), start=1):
        written += len(stream.read(symbol))
        if not stream.ended:
            assert written == max(0, count - lag)
    assert written > 0


def test_nothing_is_written_before_the_end_at_lag_full(translator):
    stream = translator.stream("full")
    assert stream.feed("the cat is under the table") == ""
    assert stream.finish() == translator.translate("the cat is under the table", lag="full")


def test_what_comes_later_changes_nothing_that_is_written(translator):
    for lag in (0, 3, 8):
        first, second = translator.stream(lag), translator.stream(lag)
        shared = "my brother has a big "
        assert first.feed(shared) == second.feed(shared) != ""
    # ... and it does change what is written afterwards, or this test could not fail.
    assert first.feed("dog in the garden") + first.finish() != second.feed("apple now") + second.finish()


def test_an_accent_may_arrive_after_its_letter(translator):
    composed, decomposed = translator.stream(3), translator.stream(3)
    whole = composed.feed("josé runs") + composed.finish()
    parts = "".join(map(decomposed.feed, "jose\u0301 runs")) + decomposed.finish()
    assert whole == parts


def test_memory_stays_bounded_over_a_line_that_never_ends(translator):
    stream = translator.stream(8)
    longest = 0
    for _ in range(300):
        stream.feed("the cat runs ")
        longest = max(longest, stream.sentence.memory.size)
    assert longest <= 1.5 * translator.config.data.max_chars


def test_a_decoder_that_never_ends_is_cut(translator, monkeypatch):
    bias = translator.light.output_bias_V.copy()
    bias[END] = -1e9
    monkeypatch.setattr(translator.light, "output_bias_V", bias)
    stream = SentenceStream(translator.light, "full")
    assert len(stream.read(END)) == length_limit(1)
    assert stream.ended


def test_a_bidirectional_model_is_refused():
    config = parse_config("model: {embedding: 4, hidden: 4, bidirectional: true}")
    vocabulary = Vocabulary(("a",))
    with pytest.raises(UsageError, match="cannot stream"):
        Translator.of_network(build(config, vocabulary), vocabulary, config, "fp32").stream()
