"""The size of the unrolled network: formulas against what is counted, and a formula that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from seq2seq.errors import UserError
from seq2seq.experiments import unrolled_size
from seq2seq.experiments.harness import RunOptions, perform
from seq2seq.experiments.unrolled_size import ATTENTIVE, LAGGED, edges, nodes


def test_the_size_of_a_short_sentence() -> None:
    """Three symbols read, two written, two layers: four clocks on one stack, or five slices on two."""
    assert nodes(LAGGED, 3, 2) == 8
    assert edges(LAGGED, 3, 2) == 18
    assert nodes(ATTENTIVE, 3, 2) == 10
    assert edges(ATTENTIVE, 3, 2) == 20 + 2 + 2 + 6


def test_a_wrong_formula_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unrolled_size, "nodes", lambda *_: 60)
    with pytest.raises(UserError, match="S = 20, T = 20: nodes missed by the formula is"):
        perform(unrolled_size.EXPERIMENT, RunOptions(tmp_path, quick=True))
