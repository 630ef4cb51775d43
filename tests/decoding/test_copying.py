"""Copying of spans: each once, chosen by attention; spans that are left out are added at the end."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny import GOLDEN, load_copying, short_pairs

from seq2seq.decoding.beam import beam_search
from seq2seq.decoding.copying import with_all
from seq2seq.decoding.decoding_options import DecodingOptions
from seq2seq.decoding.greedy import greedy
from seq2seq.decoding.hypothesis import Hypothesis, length_limit
from seq2seq.decoding.search import SECOND_BEAM, search
from seq2seq.lag import FULL, Lag
from seq2seq.text.symbols import NUMBER
from seq2seq.text.vocabulary import END, UNKNOWN
from seq2seq.translator import Translator

LAGS: list[Lag] = [0, 3, 8, FULL]
UNKNOWNS = [
    "my ☃ dog is hungry",
    "the table ☃✈ is big",
    "where is ✈ ✈ ✈?",
    "i like ☃ and ✈",
    "i see the house",
]
SPANS = [
    line.split("\t")[1:]
    for line in (Path(__file__).parents[1] / "golden" / "spans.tsv").read_text(encoding="utf-8").splitlines()
]


@pytest.fixture(scope="module")
def old() -> Translator:
    """A model without kinds of spans, which likes to copy unknown characters."""
    return load_copying(50, spans=False)


def spans_of(translator: Translator, text: str, lag: Lag) -> list[str]:
    """Return the texts of the spans of a line as it is read at a lag."""
    sentences = [part.sentence for part in translator.read_line(text).sentences]
    sentences = [sentence.whole() if lag == FULL else sentence for sentence in sentences]
    return [span.text for sentence in sentences for span in sentence.spans]


# Characters that a model does not know.


def test_each_is_carried_over_once_and_nothing_else_is_made_up(old: Translator) -> None:
    assert not old.copies
    texts = old.translate(UNKNOWNS)
    for before, after in zip(UNKNOWNS, texts, strict=True):
        assert all(after.count(sign) == before.count(sign) for sign in "☃✈")
        assert "\ufffd" not in after
    assert texts[-1] == Translator.load(GOLDEN, device="cpu").translate(UNKNOWNS[-1])


def test_a_model_that_does_not_like_it_writes_what_it_wrote(tiny: Translator) -> None:
    assert not set("".join(tiny.translate(UNKNOWNS))) & {"☃", "\ufffd"}


# Spans of kinds.


@pytest.mark.parametrize("lag", LAGS)
def test_each_span_is_copied_once_and_what_the_network_leaves_out_is_counted(
    eager: Translator, lag: Lag
) -> None:
    texts = [text for text, *_ in SPANS[::7]]
    left_out: Counter[bool] = Counter()
    for text, found in zip(texts, eager.translate_lines(texts, lag), strict=True):
        spans = spans_of(eager, text, lag)
        assert sorted(found.copied) == sorted(spans)
        assert 0 <= found.uncopied <= len(spans)
        for copied, count in Counter(spans).items():
            assert found.text.count(copied) >= count
        left_out[bool(found.uncopied)] += 1
    # The network ends some of its sentences before all has been read; at lag full there is nothing to miss.
    assert (left_out[True] == 0) == (lag == FULL)
    assert left_out[False] > 10


@pytest.mark.parametrize("lag", LAGS)
def test_both_libraries_and_the_stream_agree(
    eager: Translator, old: Translator, lag: Lag, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [text for text, *_ in SPANS[::34]]
    for translator, texts in ((eager, lines), (old, UNKNOWNS)):
        numpy = translator.translate_lines(texts, lag)
        stream = translator.stream(lag)
        assert ["".join(map(stream.feed, text)) + stream.finish() for text in texts] == [
            x.text for x in numpy
        ]
        assert stream.left_out.count == sum(found.uncopied for found in numpy)
        assert any(found.copied for found in numpy)
        with monkeypatch.context() as patch:
            patch.setattr("seq2seq.models.pair.LITTLE", 0)
            torch = translator.translate_lines(texts, lag)
        assert [found.text for found in torch] == [found.text for found in numpy]
        assert [(b.copied, b.uncopied) for b in torch] == [(a.copied, a.uncopied) for a in numpy]


def test_what_has_not_been_read_is_not_copied(eager: Translator) -> None:
    for lag in (0, 3):
        (found,) = eager.translate_lines(["at 7 we go to 12 and see me@here.org"], lag)
        for copied in found.copied:
            assert found.delays[found.text.index(copied)] >= found.source.index(copied) + len(copied)
        assert found.copied


def test_the_characters_of_a_copied_span_have_the_delay_of_its_symbol(eager: Translator) -> None:
    (found,) = eager.translate_lines(["see me@here.org now"], 0)
    assert found.copied == ("me@here.org",)
    place = found.text.index("me@here.org")
    assert set(found.delays[place : place + 11]) == {len("see me@here.org")}
    assert found.log_probs[place] <= 0
    assert found.log_probs[place + 1 : place + 11] == (0.0,) * 10
    assert all(found.log_probs[:place])


def test_a_beam_copies_and_gives_attention_only_if_asked(eager: Translator) -> None:
    texts = [text for text, *_ in SPANS[::23]]
    for attention in (False, True):
        found = eager.translate_lines(texts, FULL, beam=3, n_best=3, attention=attention)
        for line, text in zip(found, texts, strict=True):
            assert (line.attention is not None) == attention
            assert sorted(line.copied) == sorted(spans_of(eager, text, FULL))
            assert line.uncopied == 0
            for copied, count in Counter(line.copied).items():
                assert all(alternative.count(copied) >= count for alternative, _ in line.alternatives)


def test_sentences_beside_one_with_spans_are_scored_as_alone(eager: Translator) -> None:
    sources = [pair.source for pair in short_pairs(5)]
    alone = eager.translate_lines(sources)
    beside = eager.translate_lines([*sources, "it is 7 and not 8"])
    for one, other in zip(alone, beside, strict=False):
        assert one.text == other.text
        np.testing.assert_allclose(one.log_probs, other.log_probs, atol=1e-4)


# What is left over.


@pytest.mark.parametrize("lag", [0, 3, FULL])
def test_what_is_left_over_is_written_once_all_has_been_read_a_space_before_each(
    unwilling: Translator, lag: Lag
) -> None:
    for text in ("you owe me 17", "it is 7 or 8", "a@b.com is it", "i see 3 dogs and a house and a cat"):
        sentence = unwilling.read_line(text).sentences[0].sentence
        sentence = sentence.whole() if lag == FULL else sentence
        (free,) = greedy(
            unwilling.networks.numpy, [unwilling.vocabulary.encode(sentence.symbols)], DecodingOptions(lag)
        )
        assert (free.ended, free.uncopied) == (True, len(sentence.spans))
        (found,) = unwilling.translate_lines([text], lag)
        rest = "".join(f" {span.text}" for span in sentence.spans)
        assert found.text == unwilling.vocabulary.decode(free.ids) + rest
        assert found.copied == tuple(span.text for span in sentence.spans)
        assert (found.uncopied, found.ended) == (free.uncopied, True)
        assert found.delays[-len(rest) :] == (len(text),) * len(rest)
        assert found.log_probs[-len(rest) :] == (0.0,) * len(rest)
        assert found.score == pytest.approx(free.score, abs=1e-4)  # what is added has no part in it
        stream = unwilling.stream(lag)
        early = stream.feed(text)
        assert early + stream.finish() == found.text
        assert not any(span.text in early for span in sentence.spans)
        assert stream.left_out.count == found.uncopied


def test_a_sentence_that_is_cut_still_ends_with_what_it_left_out(
    unwilling: Translator, monkeypatch: pytest.MonkeyPatch
) -> None:
    bias = unwilling.networks.numpy.output_bias_V.copy()
    bias[END] = -1e9
    monkeypatch.setattr(unwilling.networks.numpy, "output_bias_V", bias)
    for lag in (3, FULL):
        (found,) = unwilling.translate_lines(["it is 7 or 8"], lag)
        assert found.text.endswith(" 7 8")
        assert len(found.text) == length_limit(len("it is 7 or 8") + 1) + len(" 7 8")
        assert (found.ended, found.copied, found.uncopied) == (False, ("7", "8"), 2)
        stream = unwilling.stream(lag)
        assert stream.feed("it is 7 or 8") + stream.finish() == found.text


def test_a_model_without_kinds_of_spans_leaves_out_what_it_does_not_copy() -> None:
    model = load_copying(-50, spans=False)
    for lag in (3, FULL):
        (found,) = model.translate_lines(["my ☃ dog is hungry"], lag)
        stream = model.stream(lag)
        assert stream.feed("my ☃ dog is hungry") + stream.finish() == found.text
        assert (found.copied, found.uncopied, stream.left_out.count) == ((), 1, 1)
        assert "☃" not in found.text


def test_what_is_added_at_the_end_is_told_from_what_the_network_wrote() -> None:
    source, weights = [7, 5, 8, 7], np.full((2, 5), 0.2, np.float32)
    best = Hypothesis([6, 7], [-1.0, -2.0, -0.5], -1.2, True, (3,), 2, attention_TS=weights)
    whole = with_all(best, source, [UNKNOWN, 7, 8], space=4)
    assert (whole.ids, whole.copied, whole.added) == ([6, 7, 4, 7, 4, 8], (3, 0, 2), 4)
    assert whole.log_probs == [-1.0, -2.0, 0.0, 0.0, 0.0, 0.0, -0.5]
    assert (whole.uncopied, whole.score, whole.ended) == (2, -1.2, True)
    assert whole.attention_TS is not None
    np.testing.assert_array_equal(whole.attention_TS[:2], weights)
    assert whole.attention_TS.shape == (6, 5)
    assert not whole.attention_TS[2:].any()
    assert with_all(best, source, [UNKNOWN, 7, 8], space=None) is best
    complete = Hypothesis([7, 8, 7], [-1.0] * 4, -1.0, True, (0, 2, 3), 0)
    assert with_all(complete, source, [UNKNOWN, 7, 8], space=4) is complete
    nothing = with_all(Hypothesis([], [-1.0], -1.0, True, (), 3), source, [UNKNOWN, 7, 8], space=4)
    assert nothing.ids == [7, 4, 8, 4, 7]  # no space before the first


# The search.


def hypotheses(translator: Translator, lag: Lag, texts: list[str], **changes: object) -> list[Hypothesis]:
    options = DecodingOptions(lag, space=translator.vocabulary.encode(" ")[0], **changes)  # type: ignore[arg-type]
    sources = [
        translator.vocabulary.encode(translator.read_line(text).sentences[0].sentence.symbols)
        for text in texts
    ]
    return [best for best, *_ in search(translator.networks.numpy, sources, options)]


def test_a_sentence_that_leaves_something_out_is_searched_again(
    monkeypatch: pytest.MonkeyPatch, unwilling: Translator
) -> None:
    """With a beam that has to copy; if that has no end, the spans are added to the first translation."""
    calls: list[tuple[str, int]] = []

    def wide(network: Any, sources: Any, options: DecodingOptions) -> list[list[Hypothesis]]:
        calls.append(("beam", options.beam))
        assert options.copy_all
        return beam_search(network, sources, options)

    def narrow(network: Any, sources: Any, options: DecodingOptions) -> list[Hypothesis]:
        calls.append(("greedy", len(sources)))
        return greedy(network, sources, options)

    monkeypatch.setattr("seq2seq.decoding.bulk.beam_search", wide)
    monkeypatch.setattr("seq2seq.decoding.bulk.greedy", narrow)
    found = hypotheses(unwilling, FULL, ["it is 7", "i see the house"])
    assert calls == [("greedy", 2), ("beam", SECOND_BEAM)]
    assert [(h.uncopied, h.added, len(h.copied)) for h in found] == [(1, 2, 1), (0, 0, 0)]
    calls.clear()
    assert hypotheses(unwilling, FULL, ["i see the house"])[0].uncopied == 0
    assert calls == [("greedy", 1)]
    calls.clear()
    hypotheses(unwilling, 3, ["it is 7"])
    assert calls == [("greedy", 1)]


def test_the_second_search_finds_a_place_within_the_sentence() -> None:
    """With a model that likes to copy a little, and not enough for greedy search."""
    model = load_copying(3)
    source = model.vocabulary.encode(f"my house is at {NUMBER}")
    (first,) = greedy(model.networks.numpy, [source], DecodingOptions(FULL))
    ((again, *_),) = beam_search(
        model.networks.numpy, [source], DecodingOptions(FULL, SECOND_BEAM, copy_all=True)
    )
    assert (first.uncopied, again.uncopied, again.ended) == (1, 0, True)
    (found,) = model.translate_lines(["my house is at 9"], beam=1)
    assert found.text == model.vocabulary.decode(again.ids, ["9"])
    assert found.uncopied == 0
    assert not found.text.endswith(" 9")


def test_every_alternative_has_all_spans_and_no_two_are_the_same(unwilling: Translator) -> None:
    (line,) = unwilling.translate_lines(["see me@here.org at 7"], FULL, beam=4, n_best=4)
    texts = [text for text, _ in line.alternatives]
    assert len(texts) > 1
    assert len(set(texts)) == len(texts)
    assert all(text.endswith(" me@here.org 7") for text in texts)
    assert line.uncopied == 2


def test_an_alternative_that_becomes_the_best_one_by_its_spans_is_given_once(
    monkeypatch: pytest.MonkeyPatch, unwilling: Translator
) -> None:
    space, number = unwilling.vocabulary.encode(f" {NUMBER}")
    without = Hypothesis([5], [-1.0] * 2, -1.0, True, (), 1)
    with_it = Hypothesis([5, space, number], [-1.0] * 4, -2.0, True, (0,), 0)
    other = Hypothesis([6], [-1.0] * 2, -3.0, True, (), 1)
    monkeypatch.setattr(
        "seq2seq.decoding.bulk.beam_search",
        lambda _, __, options: [[without, with_it, other][: options.n_best]],
    )
    options = DecodingOptions(FULL, 3, n_best=3, space=space)
    (found,) = search(unwilling.networks.numpy, [[number]], options)
    assert [one.ids for one in found] == [[5, space, number], [6, space, number]]


def test_a_beam_that_has_to_copy_does_not_end_before(eager: Translator, unwilling: Translator) -> None:
    source = eager.vocabulary.encode(f"it is {NUMBER} or {NUMBER}")
    for model in (eager, unwilling):
        ((best, *_),) = beam_search(
            model.networks.numpy, [source], DecodingOptions(FULL, 3, n_best=3, copy_all=True)
        )
        assert best.ended == (best.uncopied == 0)
        assert best.ended == (model is eager)
    free = [h for (h,) in beam_search(unwilling.networks.numpy, [source], DecodingOptions(FULL, 3))]
    assert [(h.ended, h.uncopied) for h in free] == [(True, 2)]
