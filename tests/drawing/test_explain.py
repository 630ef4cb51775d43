"""The unrolled network: what it shows is what happened."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny import GOLDEN, load_copying

from seq2seq.cli import run
from seq2seq.drawing.explain import END_SIGN, SPAN_SIGN, Unrolled, draw, to_text, unroll
from seq2seq.errors import UsageError
from seq2seq.lag import FULL, Lag
from seq2seq.translator import Translator

SENTENCE = "it is hot today"


@pytest.mark.parametrize("lag", [0, 5, FULL])
def test_what_is_written_is_the_translation_and_each_character_at_its_time(
    tiny: Translator, lag: Lag
) -> None:
    found = unroll(tiny, SENTENCE, lag)
    assert found.source == SENTENCE + END_SIGN
    assert found.text == tiny.translate(SENTENCE, lag) + END_SIGN
    first = len(SENTENCE) + 1 if lag == FULL else lag + 1
    assert found.clocks == list(range(first, first + len(found.text)))
    assert found.steps == max(len(found.source), found.clocks[-1])


@pytest.mark.parametrize(("lag", "letters"), [(5, "me"), (FULL, "")])
def test_a_span_is_one_symbol(lag: Lag, letters: str) -> None:
    """Under a lag its first letters have been read by then, as those of any word."""
    found = unroll(load_copying(50), "  mail me@here.org", lag)
    assert found.source == f"mail {letters}{SPAN_SIGN}{END_SIGN}"
    assert found.text.count(SPAN_SIGN) == 1
    assert found.text.endswith(END_SIGN)
    bottom = next(layer for layer, _ in found.layers)
    assert len(bottom.h_TH) == len(found.source)


def test_the_layers_are_shown_as_they_ran(tiny: Translator) -> None:
    """Encoder states are those of the network itself; a decoder begins with the first character written."""
    found = unroll(tiny, SENTENCE, 5)
    network: Any = tiny.networks.numpy
    names = [(layer.name, first) for layer, first in found.layers]
    model = tiny.config.model
    assert names == [
        *((f"encoder {i + 1}", 1) for i in range(model.encoder_layers)),
        *((f"decoder {i + 1}", 6) for i in range(model.decoder_layers)),
    ]
    bottom, writing = found.layers[0][0], found.layers[-1][0]
    assert len(bottom.h_TH) == len(found.source)
    assert len(writing.h_TH) == len(found.text)
    state = bottom.layer.start(1)
    for symbol, expected_H in zip(tiny.vocabulary.encode(SENTENCE), bottom.h_TH, strict=False):
        h_1H, state = bottom.layer.step(bottom.project(network.source_embedding[[symbol]]), state)
        np.testing.assert_allclose(h_1H[0], expected_H, atol=1e-6)
    gates = np.array(bottom.gates_TGH)
    assert gates.shape == (len(found.source), 3, model.hidden)
    assert ((gates > 0) & (gates < 1)).all()
    assert all(type(layer).__name__ == "Layer" for layer in network.encoder), (
        "the network itself is as it was"
    )


def test_nothing_that_had_not_been_read_was_looked_at(tiny: Translator) -> None:
    found = unroll(tiny, SENTENCE, 5)
    attention_TS = np.asarray(found.attention_TS)
    assert attention_TS.shape == (len(found.text) - 1, len(found.source))
    for row_S, clock in zip(attention_TS, found.clocks, strict=False):
        assert row_S[:clock].sum() == pytest.approx(1, abs=1e-5)
        assert not row_S[clock:].any()


def test_three_lines_of_time() -> None:
    unrolled = Unrolled(2, "ab⏎", "x y⏎", [3, 4, 5, 6], [])
    assert to_text(unrolled) == "time    1 2 3 4 5 6\nreads   a b ⏎\nwrites      x ␣ y ⏎"


def test_a_drawing(tiny: Translator, tmp_path: Path) -> None:
    draw(unroll(tiny, SENTENCE, 5), tmp_path / "e.png")
    assert (tmp_path / "e.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(("text", "said"), [("", "has none"), ("12:30!", "has none"), ("one? two?", "has 2")])
def test_one_sentence_is_wanted(tiny: Translator, text: str, said: str) -> None:
    with pytest.raises(UsageError, match=f"one sentence is wanted, and .* {said}"):
        unroll(tiny, text)


def test_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plot = tmp_path / "e.png"
    assert run(["explain", SENTENCE, "-m", str(GOLDEN), "--lag", "5", "--plot", str(plot)]) == 0
    assert capsys.readouterr().out.startswith("time ")
    assert plot.exists()


@pytest.mark.parametrize("option", ["--device", "--precision"])
def test_the_computation_cannot_be_chosen(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The network is unrolled with NumPy in fp32."""
    with pytest.raises(SystemExit):
        run(["explain", SENTENCE, "-m", str(GOLDEN), option, "cpu"])
    assert f"unrecognized arguments: {option} cpu" in capsys.readouterr().err
