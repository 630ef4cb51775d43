"""Networks of equal size."""

from __future__ import annotations

import pytest

from seq2seq.experiments.sizes import equal_width, parameters


def test_the_number_of_weights_is_that_of_the_network() -> None:
    from seq2seq.config.building import config_from_dict
    from seq2seq.models.build import build
    from seq2seq.text.vocabulary import Vocabulary

    model = {"embedding": 4, "hidden": 6, "encoder_layers": 1, "decoder_layers": 2, "position_bias": True}
    vocabulary = Vocabulary(("a", "b"))
    config = config_from_dict({"model": model, "lag": {"train": "full"}}, "test")
    network = build(config, vocabulary)
    assert parameters(model, len(vocabulary)) == sum(part.numel() for part in network.parameters())


@pytest.mark.parametrize("cell", ["rnn", "gru"])
def test_another_cell_gets_as_many_weights(cell: str) -> None:
    model = {"kind": "lagged_rnn", "embedding": 8, "hidden": 32, "layers": 1}
    goal = parameters(model, 20)
    width = equal_width({**model, "cell": cell}, 20, goal)
    assert width > 32
    assert parameters({**model, "cell": cell, "hidden": width}, 20) == pytest.approx(goal, rel=0.03)
