"""Streaming gives what batch decoding gives, as early as the lag allows, and never takes anything back."""

import random
from pathlib import Path

import numpy as np
import pytest
from test_decoding import is_tie

from seq2seq.config import parse_config
from seq2seq.decoding import length_limit
from seq2seq.decoding.greedy import greedy
from seq2seq.decoding.streaming import SentenceStream
from seq2seq.errors import UsageError
from seq2seq.models import build
from seq2seq.text import END, Vocabulary, cut, normalise
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
    two = [f"{a}. {b}" for a, b in zip(sentences[30:35], sentences[35:40], strict=True)]
    return [*sentences[:30], *two, "", "  ", "cafe\u0301 ☃", "a" * 450, "no end. "]


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
    batch = translator.translate(lines, lag=lag)
    assert len(set(batch)) > 0.7 * len(lines)
    apart = [line for line, a, b in zip(lines, out.split("\n"), batch, strict=True) if a != b]
    assert len(apart) <= 1  # one in a thousand, rounded up, and then a tie
    assert all(parts_at_ties(translator, line, lag) for line in apart)


def parts_at_ties(translator, line, lag):
    """Whether each sentence of a line is streamed as batch decoding has it, or parts from it at a tie."""
    for sentence in cut(normalise(line), translator.config.data.max_chars):
        source = translator.vocabulary.encode(sentence)
        stream, written = SentenceStream(translator.light, lag), []
        for symbol in [*source, END]:
            written += stream.read(symbol)
        (batch,) = greedy(translator.bulk, [source], lag)
        if written != batch.ids and not is_tie(translator.network, source, lag, written, batch.ids):
            return False
    return True


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


def recorded(translator, text, lag, monkeypatch):
    """Stream a text to its end; return the scores of every step, to the bit."""
    steps, step = [], translator.light.step

    def keep(*arguments):
        steps.append(step(*arguments))
        return steps[-1]

    with monkeypatch.context() as patch:
        patch.setattr(translator.light, "step", keep)
        stream = translator.stream(lag)
        for character in text:
            stream.feed(character)
        stream.finish()
    return [field for found in steps for field in vars(found).values() if isinstance(field, np.ndarray)]


@pytest.mark.parametrize("lag", [0, 3, 8])
def test_what_comes_later_changes_no_bit_of_what_is_written(translator, lines, lag, monkeypatch):
    """Whole sentences that part after `same` characters: so do their streams, and not a step sooner."""
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


def test_a_sentence_is_written_out_as_soon_as_a_space_shows_that_it_is_over(translator):
    """The space was once held back until something followed it, and the sentence with it."""
    for lag in (3, "full"):
        stream = translator.stream(lag)
        first = stream.feed("where is the dog?") + stream.feed(" ")
        assert first == translator.translate("where is the dog?", lag=lag)
        rest = stream.feed("  ") + stream.feed("\u0301") + stream.feed("where is he?") + stream.finish()
        assert first + rest == translator.translate("where is the dog? \u0301where is he?", lag=lag)


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
