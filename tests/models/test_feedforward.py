"""The network without memory: what it can see, the same in both libraries, trained from a configuration."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
import torch

from seq2seq.config.building import config_from_dict
from seq2seq.config.schema import Config
from seq2seq.errors import UsageError
from seq2seq.lag import FULL, Lag, read_now
from seq2seq.models.build import build, to_weights
from seq2seq.models.feedforward import FeedForward
from seq2seq.plain import feedforward as plain
from seq2seq.plain.sources import Sources
from seq2seq.plain.weights import weight_shapes
from seq2seq.text.vocabulary import END, PAD, START, Vocabulary
from seq2seq.training.run import train
from seq2seq.translator import Translator

VOCABULARY = Vocabulary(tuple("abcdefg"))
WINDOWS = pytest.mark.parametrize("window", [0, 1, 3])


def config(window: int, **model: object) -> Config:
    sizes = {"kind": "feedforward", "embedding": 6, "hidden": 10, "dropout": 0.0, "window": window}
    return config_from_dict({"model": sizes | model}, "test")


def network(window: int, **model: object) -> FeedForward:
    torch.manual_seed(3)
    found = build(config(window, **model), VOCABULARY).eval()
    assert isinstance(found, FeedForward)
    return found


@WINDOWS
@pytest.mark.parametrize("lag", [0, 2, FULL])
def test_an_output_sees_its_window_as_far_as_it_is_read(window: int, lag: Lag) -> None:
    """To the bit: of each symbol that is changed, the outputs that change are those it is visible to."""
    model = network(window)
    size = 12
    one = torch.randint(4, 11, (1, size), generator=torch.Generator().manual_seed(1))
    one[0, -1] = END
    previous_BT = torch.full((1, 15), START)
    for place in range(1, size):
        other = one.clone()
        other[0, place - 1] = 4 + (other[0, place - 1] - 4 + 1) % 7
        with torch.no_grad():
            a, b = (model(x, torch.tensor([size]), previous_BT, lag) for x in (one, other))
        changed = [t for t in range(1, 16) if not torch.equal(a[0, t - 1], b[0, t - 1])]
        right = size if lag == FULL else lag
        assert changed == [
            t for t in range(1, 16) if t - window <= place <= t + window and place <= t + right
        ]


@WINDOWS
@pytest.mark.parametrize("lag", [0, 2, FULL])
def test_both_libraries_give_the_same_numbers(window: int, lag: Lag) -> None:
    model = network(window, layers=3)
    ours = plain.NumpyFeedForward(config(window, layers=3).model, to_weights(model))
    memory = ours.encode([[4, 5, 6, 7, 8, 9, 10], [5], [], [10, 4, 4, 9]], lag)
    states = ours.start(4)
    previous_BT = torch.full((4, 11), START)
    with torch.no_grad():
        logits = model(
            torch.from_numpy(memory.ids_BS), torch.from_numpy(memory.lengths_B), previous_BT, lag
        ).double()
    logits[..., [PAD, START, 3]] = -torch.inf
    for t in range(1, 12):
        read_B = read_now(t, lag, memory.lengths_B)
        step = ours.step(previous_BT[:, 0].numpy(), memory, read_B, states, lag)
        states = step.states
        expected = logits[:, t - 1].log_softmax(dim=-1).numpy()
        np.testing.assert_allclose(step.log_probs_NV, expected, rtol=0, atol=2e-5)


@WINDOWS
def test_the_names_and_shapes_of_weights_are_those_of_the_network(window: int) -> None:
    expected = {name: tuple(tensor.shape) for name, tensor in network(window).state_dict().items()}
    assert weight_shapes(config(window).model, len(VOCABULARY), 0, {}) == expected


def test_sources_are_blank_outside() -> None:
    sources = Sources.of([[4, 5], []])
    assert [sources.at(np.array([s, s])).tolist() for s in (0, 1, 2, 3, 4, 9)] == [
        [PAD, PAD],
        [4, END],
        [5, PAD],
        [END, PAD],
        [PAD, PAD],
        [PAD, PAD],
    ]
    assert sources.select(np.array([1])).lengths_B.tolist() == [1]


def test_it_learns_letter_by_letter_and_nothing_else(tmp_path: Path) -> None:
    rng = random.Random(1)
    lines = ["".join(rng.choices("abcdefg", k=rng.randint(1, 9))) for _ in range(900)]
    shift = str.maketrans("abcdefg", "bcdefga")
    text = "".join(f"{line}\t{line.translate(shift)}\n" for line in lines[100:])
    (tmp_path / "train.tsv").write_text(text)
    settings = {
        "data": {"train": str(tmp_path / "train.tsv")},
        "model": {"kind": "feedforward", "embedding": 16, "hidden": 32, "layers": 1, "dropout": 0.0},
        "train": {"max_steps": 100, "batch_chars": 600, "learning_rate": 2e-2, "ema": 0.9, "threads": 1},
    }
    settings["train"] |= {"warmup_steps": 10, "label_smoothing": 0.0}  # type: ignore[operator]
    path = train(config_from_dict(settings, "test"), tmp_path / "run", device="cpu")
    translator = Translator.load(path)
    assert translator.translate(lines[:100]) == [line.translate(shift) for line in lines[:100]]
    assert translator.translate(lines[:20], beam=3) == [line.translate(shift) for line in lines[:20]]
    with pytest.raises(UsageError, match="it cannot stream"):
        translator.stream()
