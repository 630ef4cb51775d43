"""The network on one clock: causal to the bit, and the same in training, in batch and in streaming."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from seq2seq.config.building import config_from_dict
from seq2seq.config.schema import Config
from seq2seq.decoding.beam import beam_search
from seq2seq.decoding.clocked import ClockedStream
from seq2seq.decoding.decoding_options import DecodingOptions
from seq2seq.decoding.greedy import greedy
from seq2seq.lag import FULL, Lag, read
from seq2seq.models.build import build, to_weights
from seq2seq.models.lagged_rnn import LaggedRNN
from seq2seq.models.layers import RecurrentLayer
from seq2seq.plain import lagged_rnn as plain
from seq2seq.plain.weights import weight_shapes
from seq2seq.storage.modelfile import ModelFile
from seq2seq.text.vocabulary import END, PAD, START, Vocabulary
from seq2seq.training.run import train
from seq2seq.translator import Translator

VOCABULARY = Vocabulary(tuple("abcdefg"))
Array = np.ndarray[Any, Any]
NETWORKS: list[dict[str, Any]] = [
    {},
    {"cell": "gru", "layers": 3},
    {"cell": "rnn", "layers": 1, "feedback": False},
    {"feedback": False},
]
EACH = pytest.mark.parametrize("changes", NETWORKS, ids=str)


def config(lag: Lag, **model: object) -> Config:
    sizes = {"kind": "lagged_rnn", "embedding": 6, "hidden": 10, "dropout": 0.0}
    return config_from_dict({"model": sizes | model, "lag": {"train": lag}}, "test")


def network(lag: Lag = 3, **model: object) -> LaggedRNN:
    """A network away from its initial values."""
    torch.manual_seed(3)
    found = build(config(lag, **model), VOCABULARY).eval()
    assert isinstance(found, LaggedRNN)
    with torch.no_grad():
        for parameter in found.parameters():
            parameter.add_(torch.randn_like(parameter), alpha=0.5)
    return found


def in_numpy(lag: Lag = 3, **model: object) -> plain.NumpyLaggedRNN:
    return plain.NumpyLaggedRNN(config(lag, **model).model, to_weights(network(lag, **model)))


def sources(lengths: list[int], seed: int = 0) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    source_BS = torch.full((len(lengths), max(lengths)), PAD)
    for row, length in zip(source_BS, lengths, strict=True):
        row[: length - 1] = torch.randint(4, len(VOCABULARY), (length - 1,), generator=generator)
        row[length - 1] = END
    return source_BS, torch.tensor(lengths)


def previous(batch: int, length: int) -> Tensor:
    generator = torch.Generator().manual_seed(1)
    previous_BT = torch.randint(4, len(VOCABULARY), (batch, length), generator=generator)
    previous_BT[:, 0] = START
    return previous_BT


def one_step(
    layer: RecurrentLayer, x_BI: Tensor, state: tuple[Tensor, ...]
) -> tuple[Tensor, tuple[Tensor, ...]]:
    """Run the fused module for a single step."""
    packed = tuple(part[None].contiguous() for part in state)
    out_1BH, after = layer.fused(x_BI[None], packed if len(packed) > 1 else packed[0])
    return out_1BH[0], tuple(part[0] for part in (after if len(packed) > 1 else (after,)))


# Training.


@EACH
@pytest.mark.parametrize("lag", [0, 1, 4, 30, FULL])
def test_an_output_is_that_of_its_clock(lag: Lag, changes: dict[str, object]) -> None:
    """Against another implementation of the definition: one sentence, step by step, with blanks."""
    model = network(lag, **changes)
    source_BS, lengths = sources([7, 4, 9])
    previous_BT = previous(3, 6)
    with torch.no_grad():
        together = model(source_BS, lengths, previous_BT, lag)
        for row, size in enumerate(lengths.tolist()):
            layers = [layer for layer in model.layers if isinstance(layer, RecurrentLayer)]
            states = [layer.start(1) for layer in layers]
            delay = size - 1 if lag == FULL else lag
            for s in range(1, delay + 7):
                x = source_BS[row, s - 1] if s <= size else torch.tensor(PAD)
                below = model.source_embedding(x)[None]
                if isinstance(model.target_embedding, nn.Module):
                    y = previous_BT[row, s - delay - 1] if s > delay else torch.tensor(PAD)
                    below = torch.cat([below, model.target_embedding(y)[None]], dim=-1)
                for i, layer in enumerate(layers):
                    below, states[i] = one_step(layer, below, states[i])
                if s > delay:
                    expected = model.output(below)[0]
                    torch.testing.assert_close(together[row, s - delay - 1], expected, rtol=0, atol=1e-5)


@EACH
@pytest.mark.parametrize("lag", [0, 3, 8])
def test_what_is_not_read_yet_changes_no_bit(lag: int, changes: dict[str, object]) -> None:
    model = network(lag, **changes)
    one, lengths = sources([20, 17, 16])
    for t in (1, 2, 5):
        other = one.clone()
        position_S = torch.arange(1, 21)
        unread = (position_S > read(t, lag, 16)) & (position_S < lengths[:, None])
        other[unread] = (other[unread] - 4 + 1) % 7 + 4
        with torch.no_grad():
            a, b = (model(x, lengths, previous(3, 12), lag) for x in (one, other))
        same_BT = (a == b).all(dim=-1)
        assert [row.tolist().index(False) + 1 for row in same_BT] == [t + 1] * 3


def test_only_a_network_with_feedback_depends_on_what_it_wrote() -> None:
    source_BS, lengths = sources([9, 7])
    for feedback in (True, False):
        model, one = network(feedback=feedback), previous(2, 8)
        other = one.clone()
        other[:, 4:] = 4 + (other[:, 4:] == 4).long()
        with torch.no_grad():
            a, b = (model(source_BS, lengths, y, 3) for y in (one, other))
        same_BT = (a == b).all(dim=-1)
        assert same_BT.tolist() == [[True] * (4 if feedback else 8) + [False] * (4 if feedback else 0)] * 2


def test_clocks_before_the_first_output_carry_no_loss() -> None:
    """Their outputs are not even computed: the gradient of a bias counts the symbols of the target alone."""
    model = network()
    source_BS, lengths = sources([9, 7])
    model(source_BS, lengths, previous(2, 5), 3).sum().backward()
    assert model.output.bias.grad is not None
    assert model.output.bias.grad.tolist() == pytest.approx([10.0] * len(VOCABULARY))


# Decoding.


@EACH
@pytest.mark.parametrize("lag", [0, 2, 5, 30, FULL])
def test_both_libraries_give_the_same_numbers(changes: dict[str, object], lag: Lag) -> None:
    model, ours = network(lag, **changes), in_numpy(lag, **changes)
    ids = [[4, 5, 6, 7, 8, 9, 10], [5], [], [10, 4, 4, 9]]
    memory, states = ours.encode(ids, lag), ours.start(4)
    previous_BT = previous(4, 11)
    with torch.no_grad():
        logits = model(
            torch.from_numpy(memory.ids_BS), torch.from_numpy(memory.lengths_B), previous_BT, lag
        ).double()
    logits[..., [PAD, START, 3]] = -torch.inf
    for t, previous_B in enumerate(previous_BT.T.numpy()):
        step = ours.step(previous_B, memory, memory.lengths_B, states, lag)
        states = step.states
        expected = logits[:, t].log_softmax(dim=-1).numpy()
        np.testing.assert_allclose(step.log_probs_NV, expected, rtol=0, atol=2e-5)


@pytest.mark.parametrize("changes", NETWORKS, ids=str)
def test_the_names_and_shapes_of_weights_are_those_of_the_network(changes: dict[str, Any]) -> None:
    expected = {name: tuple(tensor.shape) for name, tensor in network(**changes).state_dict().items()}
    assert weight_shapes(config(3, **changes).model, len(VOCABULARY), 3, {}) == expected


def test_a_stream_is_constant_in_memory_and_on_time() -> None:
    stream = ClockedStream(in_numpy(feedback=True), 8)
    stream.network.output_bias_V[END] = -1e9
    sizes = []
    for count in range(1, 500):
        written = stream.read(4 + count % 7)
        assert len(written) == (count > 8)
        sizes.append(sum(part.size for state in stream.states for part in state))
    assert set(sizes) == {sizes[0]}
    assert set(vars(stream)) == {"network", "lag", "states", "previous", "clock", "written", "over", "ended"}


def test_a_beam_of_one_is_greedy_and_a_wider_one_scores_what_it_writes() -> None:
    ours, model = in_numpy(FULL), network(FULL)
    ids = [[4 + (i * j) % 7 for j in range(1, 3 + i)] for i in range(1, 7)]
    best = greedy(ours, ids, DecodingOptions(FULL))
    assert [found[0].ids for found in beam_search(ours, ids, DecodingOptions(FULL, 1))] == [
        h.ids for h in best
    ]
    for source, (found, *_) in zip(ids, beam_search(ours, ids, DecodingOptions(FULL, 4)), strict=True):
        symbols = [*found.ids, END][: len(found.log_probs)]
        given = torch.tensor([[START, *symbols[:-1]]])
        with torch.no_grad():
            logits = model(torch.tensor([[*source, END]]), torch.tensor([len(source) + 1]), given, FULL)[0]
        logits[:, [PAD, START, 3]] = -torch.inf
        expected = logits.log_softmax(dim=-1)[range(len(symbols)), symbols].tolist()
        assert found.log_probs == pytest.approx(expected, abs=1e-4)


# A trained network: every letter becomes the next one, and twelve have been read before the first is written.


@pytest.fixture(scope="module", params=["lstm", pytest.param("rnn", marks=pytest.mark.slow)])
def trained(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Translator:
    directory = tmp_path_factory.mktemp(request.param)
    rng = random.Random(1)
    lines = ["".join(rng.choices("abcdefg", k=rng.randint(1, 9))) for _ in range(1500)]
    shift = str.maketrans("abcdefg", "bcdefga")
    for name, part in (("train", lines[100:]), ("dev", lines[:20])):
        text = "".join(f"{line}\t{line.translate(shift)}\n" for line in part)
        (directory / f"{name}.tsv").write_text(text)
    settings = {
        "data": {"train": str(directory / "train.tsv"), "dev": str(directory / "dev.tsv")},
        "lag": {"train": 1},
        "model": {"kind": "lagged_rnn", "cell": request.param, "layers": 1, "embedding": 16, "hidden": 48},
        "train": {
            "max_steps": 150,
            "batch_chars": 600,
            "learning_rate": 2e-2,
            "warmup_steps": 10,
            "ema": 0.9,
            "eval_every": 150,
            "select_by": "loss",
            "threads": 1,
        },
    }
    settings["model"]["dropout"] = settings["train"]["label_smoothing"] = 0.0  # type: ignore[index]
    return Translator.load(train(config_from_dict(settings, "test"), directory / "run", device="cpu"))


def lines(count: int, seed: int = 2) -> list[str]:
    rng = random.Random(seed)
    return ["".join(rng.choices("abcdefg", k=rng.randint(3, 9))) for _ in range(count)]


def test_it_learns_from_a_configuration_and_is_read_back(trained: Translator) -> None:
    asked = lines(200)
    answers = trained.translate(asked)
    shift = str.maketrans("abcdefg", "bcdefga")
    right = [line.translate(shift) == answer for line, answer in zip(asked, answers, strict=True)]
    assert sum(right) > 150
    assert trained.translate(asked[:3], beam=1) == answers[:3]
    assert len(trained.translate("x" * 50 + "?")) > 0


def test_streaming_is_batch(trained: Translator) -> None:
    asked = [*lines(150), "", "abc " * 30, "a. b c. d"]
    stream = trained.stream()
    out = "".join(stream.feed(character) for character in "\n".join(asked)) + stream.finish()
    answers = trained.translate(asked)
    assert sum(a == b for a, b in zip(out.split("\n"), answers, strict=True)) >= len(asked) - 1
    assert len(set(answers)) > 120


def test_a_babbler_at_full_streams_what_batch_has() -> None:
    """A regression: batches searched repetitions of this network again, and streams did not."""
    settings = config(FULL)
    weights = to_weights(network(FULL))
    weights["output.bias"][END] += 0.5  # it ends now and then
    babbler = Translator.from_file(ModelFile(settings.to_dict(), list("abcdefg"), "full", weights, {}))
    asked = lines(40)
    stream = babbler.stream(FULL)
    assert [stream.feed(line) + stream.finish() for line in asked] == babbler.translate(asked)
    assert any(not t.ended for t in babbler.translate_lines(asked))


def scores_of_a_stream(translator: Translator, text: str, monkeypatch: pytest.MonkeyPatch) -> list[Array]:
    """The log-probabilities at each step of a sentence that is read character by character."""
    network, scores = translator.networks.numpy, list[Array]()
    assert isinstance(network, plain.NumpyLaggedRNN)
    real = network.log_probs
    with monkeypatch.context() as patch:

        def keep(top_H: Array) -> Array:
            scores.append(real(top_H))
            return scores[-1]

        patch.setattr(network, "log_probs", keep)
        stream = ClockedStream(network, translator.config.decode.lag)
        for symbol in [*translator.vocabulary.encode(text), END]:
            stream.read(symbol)
    return scores


def test_what_comes_later_changes_no_bit_of_a_stream(
    trained: Translator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sentences that part after `same` characters: so do their streams, and not a step sooner."""
    lag, same, sooner = trained.config.decode.lag, 5, 0
    assert isinstance(lag, int)
    chosen = [line for line in lines(200) if len(line) > same + 2]
    for line, end in zip(chosen, chosen[1:] + chosen[:1], strict=True):
        other = line[:same] + end[same:]
        if other[same] == line[same]:
            continue
        one, two = (scores_of_a_stream(trained, text, monkeypatch) for text in (line, other))
        t = same - lag  # the last step that reads nothing beyond
        assert min(len(one), len(two)) > t > 0
        assert all(np.array_equal(a, b) for a, b in zip(one[:t], two[:t], strict=True))
        sooner += not np.array_equal(one[t], two[t])
    assert sooner > 25  # the very next step has read the change, or this test could not fail


def test_one_by_one_is_side_by_side(trained: Translator) -> None:
    asked = lines(100)
    together = trained.translate(asked)
    assert sum(trained.translate(a) == b for a, b in zip(asked, together, strict=True)) >= len(asked) - 1


def test_decoding_is_causal_to_the_bit(trained: Translator) -> None:
    """The changed future changes the later text, and nothing before its clock."""
    one = [line[:3] + "aaaa" for line in lines(40)]
    other = [line[:3] + "fdfd" for line in lines(40)]
    found = [trained.translate_lines(batch) for batch in (one, other)]
    for a, b in zip(*found, strict=True):
        assert a.log_probs[:2] == b.log_probs[:2]  # lag 1: the second letter is written having read the third
        assert a.text[:2] == b.text[:2]
        assert a.text != b.text
    assert len({line.text for line in found[0]}) > 20
