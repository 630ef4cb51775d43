"""Characters that a model does not know are carried over, each once, from where attention points."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from tiny import GOLDEN, short_pairs

from seq2seq import translator as translator_module
from seq2seq.decoding.copying import Copies, carried_over, pointed_at
from seq2seq.lag import FULL, Lag
from seq2seq.modelfile import read_model
from seq2seq.text import UNKNOWN
from seq2seq.translator import Translator

TEXTS = [
    "my ☃ dog is hungry",
    "the table ☃✈ is big",
    "✈",
    "where is ✈✈✈?",
    "i like ☃ and ✈",
    "i see the house",
]


@pytest.fixture(scope="module")
def eager() -> Translator:
    """The tiny model, which never met an unknown character, made to like writing that symbol."""
    file = read_model(GOLDEN / "model.safetensors")
    weights = {name: array.copy() for name, array in file.weights.items()}
    weights["output.bias"][UNKNOWN] += 50
    return Translator(replace(file, weights=weights), device="cpu")


def test_each_is_carried_over_once_and_nothing_else_is_made_up(eager: Translator) -> None:
    texts = eager.translate(TEXTS)
    assert [sorted(set(text) & {"☃", "✈", "\ufffd"}) for text in texts] == [
        sorted(set(text) & {"☃", "✈"}) for text in TEXTS
    ]
    for before, after in zip(TEXTS, texts, strict=True):
        assert all(after.count(sign) == before.count(sign) for sign in "☃✈")
    assert texts[-1] == Translator.load(GOLDEN, device="cpu").translate(TEXTS[-1])


def test_a_model_that_does_not_like_it_writes_what_it_wrote(tiny: Translator) -> None:
    assert not set("".join(tiny.translate(TEXTS))) & {"☃", "\ufffd"}


@pytest.mark.parametrize("lag", [0, 3, 12, FULL])
def test_both_runtimes_and_the_stream_agree(
    eager: Translator, lag: Lag, monkeypatch: pytest.MonkeyPatch
) -> None:
    light = eager.translate(TEXTS, lag)
    streams = [eager.stream(lag) for _ in TEXTS]
    assert ["".join(map(s.feed, text)) + s.finish() for s, text in zip(streams, TEXTS, strict=True)] == light
    monkeypatch.setattr(translator_module, "LITTLE", 0)
    assert eager.translate(TEXTS, lag) == light
    assert any("☃" in text for text in light)


def test_what_has_not_been_read_is_not_carried_over(eager: Translator) -> None:
    (line,) = eager.translate_lines(["my dog is ☃"], lag=3)
    assert "☃" in line.text
    assert line.delays[line.text.index("☃")] >= len("my dog is ☃")


def test_a_beam_carries_over_and_gives_attention_only_if_asked(eager: Translator) -> None:
    for attention in (False, True):
        for line, text in zip(
            eager.translate_lines(TEXTS, beam=3, n_best=3, attention=attention), TEXTS, strict=True
        ):
            assert (line.attention is not None) == (attention and line.text != "")
            assert all(line.text.count(sign) == text.count(sign) for sign in "☃✈")
            for alternative, _ in line.alternatives:
                assert all(alternative.count(sign) <= text.count(sign) for sign in "☃✈")


def test_sentences_beside_one_with_unknown_characters_are_scored_as_alone(tiny: Translator) -> None:
    sources = [pair.source for pair in short_pairs(5)]
    alone = tiny.translate_lines(sources)
    beside = tiny.translate_lines([*sources, "the ☃ is big"])
    for one, other in zip(alone, beside, strict=False):
        assert one.text == other.text
        np.testing.assert_allclose(one.log_probs, other.log_probs, atol=1e-4)


def test_the_place_is_where_attention_points() -> None:
    looked = np.array([[0.1, 0.0, 0.9, 0.0], [0.2, 0.1, 0.6, 0.1], [0.0, 0.0, 0.0, 1.0]], np.float32)
    source = [UNKNOWN, 7, UNKNOWN]
    assert carried_over([UNKNOWN, UNKNOWN, 9], looked, source, FULL) == (2, 0)
    assert carried_over([UNKNOWN, 9, UNKNOWN], looked, source, 0) == (0, 2)
    assert pointed_at([0, 2], looked[0], 2) == 0


def test_what_is_counted_follows_the_hypotheses() -> None:
    copies = Copies([[UNKNOWN, 5, UNKNOWN], [5, 5, 5]], beam=2)
    flat: Callable[[], np.ndarray] = lambda: np.log(np.full((4, 6), 1 / 6, np.float32))  # noqa: E731
    allowed = lambda read: np.isfinite(copies.mask(flat(), np.array(read))[:, UNKNOWN]).tolist()  # noqa: E731
    assert allowed([1, 1]) == [True, True, False, False]
    copies.write(np.array([UNKNOWN, 4, 4, 4]))
    assert allowed([2, 2]) == [False, True, False, False]
    copies.write(np.array([4, 4, 4, 4]), np.array([1, 0, 2, 3]))
    assert allowed([2, 2]) == [True, False, False, False]
    assert allowed([3, 3]) == [True, True, False, False]
    copies.select(np.array([1]))
    assert np.exp(copies.mask(flat()[:2], np.array([3]))).sum(axis=1) == pytest.approx([1, 1])
