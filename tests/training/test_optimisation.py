"""The optimiser: the average by its formula, weight decay, resuming, embedding tables."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from seq2seq.config.schema import ModelConfig, TrainConfig
from seq2seq.errors import CheckpointError
from seq2seq.lag import LagDistribution
from seq2seq.models.encoder_decoder import EncoderDecoder
from seq2seq.text.vocabulary import END, START, Vocabulary
from seq2seq.text.words import learn_trie
from seq2seq.training.loss import loss_sum
from seq2seq.training.optimisation import (
    BETAS,
    TABLES_EVERY,
    Optimisation,
    OptimisationState,
    RowAdam,
)

TRAIN = TrainConfig(max_steps=100, warmup_steps=10, learning_rate=1.0, weight_decay=0.1, ema=0.9)


def optimisation(seed: int = 0, **changes: object) -> Optimisation:
    torch.manual_seed(seed)
    config = ModelConfig(embedding=4, hidden=6, encoder_layers=1, decoder_layers=2)
    network = EncoderDecoder(config, 9, LagDistribution.parse({"uniform": [0, 4], "full": 0.5}))
    return Optimisation(network, replace(TRAIN, **changes))  # type: ignore[arg-type]


def set_gradients(run: Optimisation, seed: int, scale: float = 1.0) -> None:
    generator = torch.Generator().manual_seed(seed)
    for parameter in run.network.parameters():
        parameter.grad = scale * torch.randn(parameter.shape, generator=generator)


def test_a_step_uses_the_rate_of_its_number() -> None:
    """The first step of AdamW changes each weight by the learning rate, whatever the size of the gradient."""
    run = optimisation(weight_decay=0.0)
    for step, rate in ((4, 0.5), (9, 1.0)):
        run.adamw.state.clear()
        before = run.network.output.weight.detach().clone()
        set_gradients(run, 1)
        run.step(step)
        moved = (run.network.output.weight - before).abs()
        torch.testing.assert_close(moved, torch.full_like(moved, rate), rtol=1e-3, atol=1e-3)


def test_a_step_drops_the_gradients() -> None:
    run = optimisation()
    set_gradients(run, 1)
    run.step(0)
    assert all(parameter.grad is None for parameter in run.network.parameters())


@pytest.mark.parametrize(
    ("ema", "step", "kept"), [(0.9, 0, 0.1), (0.9, 8, 0.5), (0.9, 10_000, 0.9), (0.0, 10_000, 0.0)]
)
def test_the_average_by_its_formula(ema: float, step: int, kept: float) -> None:
    """The decay of the average is (1 + step) / (10 + step) at first, and `ema` later."""
    run = optimisation(ema=ema)
    before = [average.clone() for average in run.averaged.parameters()]
    set_gradients(run, 1)
    run.step(step)
    for average, old, now in zip(run.averaged.parameters(), before, run.network.parameters(), strict=True):
        torch.testing.assert_close(average, kept * old + (1 - kept) * now.detach())
        assert not torch.equal(now, old)


def test_the_average_is_a_network_of_its_own_that_does_not_learn() -> None:
    run = optimisation()
    assert run.network.training
    assert not run.averaged.training
    assert not any(parameter.requires_grad for parameter in run.averaged.parameters())
    shared = {p.data_ptr() for p in run.averaged.parameters()} & {
        p.data_ptr() for p in run.network.parameters()
    }
    assert not shared


def test_only_matrices_decay() -> None:
    """Without gradients, weight decay alone changes a weight."""
    run = optimisation()
    with torch.no_grad():
        for parameter in run.network.parameters():
            parameter.fill_(1.0)
            parameter.grad = torch.zeros_like(parameter)
    run.step(9)
    factors = {name: set(parameter.flatten().tolist()) for name, parameter in run.network.named_parameters()}
    decayed = {name for name, values in factors.items() if values == {torch.tensor(0.9).item()}}
    untouched = {name for name, values in factors.items() if values == {1.0}}
    assert decayed | untouched == set(factors)
    assert {name for name in factors if "weight" in name and "norms" not in name} == decayed
    assert {"bottom.initial", "output.bias", "bottom.fused.bias_hh_l0", "decoder_norms.0.weight"} <= untouched


def test_clipping_gives_the_norm_and_shortens_long_gradients_only() -> None:
    run = optimisation(clip_norm=2.0)
    for scale, expected in ((1.0, 2.0), (1e-3, None)):
        set_gradients(run, 1, scale)
        norm = torch.cat([p.grad.flatten() for p in run.network.parameters() if p.grad is not None]).norm()
        assert float(run.clip()) == pytest.approx(float(norm), rel=1e-5)
        clipped = torch.cat([p.grad.flatten() for p in run.network.parameters() if p.grad is not None]).norm()
        assert float(clipped) == pytest.approx(expected or float(norm), rel=1e-4)


def test_a_state_goes_on_with_the_same_bits() -> None:
    run = optimisation()
    for step in range(3):
        set_gradients(run, step)
        run.step(step)
    file = io.BytesIO()
    torch.save(run.state(), file)
    file.seek(0)
    other = optimisation(seed=5)
    other.load_state(torch.load(file, weights_only=True))
    for step in range(3, 6):
        for each in (run, other):
            set_gradients(each, step)
            each.step(step)
    for one, two in ((run.network, other.network), (run.averaged, other.averaged)):
        assert all(torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters(), strict=True))
    fresh = optimisation(seed=5)
    assert not torch.equal(fresh.network.output.weight, run.network.output.weight)


# Embedding tables, of which a step uses few rows.


def table(rows: int = 30, sparse: bool = True) -> torch.nn.Embedding:
    torch.manual_seed(1)
    return torch.nn.Embedding(rows, 4, sparse=sparse)


def parameter(embedding: torch.nn.Embedding) -> torch.nn.Parameter:
    (weight,) = embedding.parameters()
    return weight


def meet(embedding: torch.nn.Embedding, step: int) -> None:
    """Give an embedding the gradient of a batch that uses a few of its first twenty rows, some twice."""
    generator = torch.Generator().manual_seed(step)
    rows = torch.randint(0, 20, (9,), generator=generator)
    scale = torch.randn(9, 4, generator=generator)
    (embedding(rows) * scale).sum().backward()


@pytest.mark.parametrize("sparse", [True, False], ids=["rows", "dense"])
def test_rows_that_were_met_are_moved_as_sparse_adam_moves_them(sparse: bool) -> None:
    ours, theirs = table(sparse=sparse), table()
    before = ours.weight.detach().clone()
    rows, reference = RowAdam({"t": parameter(ours)}), torch.optim.SparseAdam([theirs.weight], betas=BETAS)
    for step in range(12):
        rate = 0.1 / (1 + step)
        reference.param_groups[0]["lr"] = rate
        for embedding in (ours, theirs):
            meet(embedding, step)
        (gradient_RE,) = rows.collect_gradients()
        assert len(gradient_RE) < 10
        rows.step(step, rate)
        rows.drop_gradients()
        assert ours.weight.grad is None
        reference.step()  # type: ignore[no-untyped-call]
        reference.zero_grad()
        torch.testing.assert_close(ours.weight, theirs.weight, rtol=0, atol=1e-6)
    state = reference.state[theirs.weight]
    torch.testing.assert_close(rows.moments["t"][0], state["exp_avg"])
    torch.testing.assert_close(rows.moments["t"][1], state["exp_avg_sq"])
    assert torch.equal(ours.weight[20:], before[20:])
    assert not rows.moments["t"][0][20:].any()
    assert (ours.weight[:20] != before[:20]).any(dim=1).all()


def test_a_row_that_is_met_again_later_goes_on_from_its_own_sums() -> None:
    ours = table()
    rows = RowAdam({"t": parameter(ours)})
    for step, row in enumerate((3, 5, 5, 3)):
        before = [part.clone() for part in (ours.weight.detach(), *rows.moments["t"])]
        ours(torch.tensor([row])).sum().backward()
        rows.collect_gradients()
        rows.step(step, 0.1)
        rows.drop_gradients()
        for old, new in zip(before, (ours.weight.detach(), *rows.moments["t"]), strict=True):
            assert (old != new).any(dim=1).nonzero()[:, 0].tolist() == [row]
    assert torch.equal(rows.moments["t"][0][3], rows.moments["t"][0][5])  # two gradients of ones each


def test_nothing_moves_where_nothing_was_met() -> None:
    ours = table()
    before = ours.weight.detach().clone()
    rows = RowAdam({"t": parameter(ours)})
    assert rows.collect_gradients() == []
    rows.step(0, 0.1)
    assert torch.equal(ours.weight, before)


VOCABULARY = Vocabulary(tuple("abcd "))


def with_words(seed: int = 0, **changes: object) -> Optimisation:
    """As `optimisation`, for a network with word-prefix embeddings."""
    torch.manual_seed(seed)
    config = ModelConfig(
        embedding=4,
        hidden=6,
        encoder_layers=1,
        decoder_layers=2,
        word_nodes=50,
        word_pairs=9,
        word_dropout=0.0,
        dropout=0.0,
    )
    text = "ab ad ab cab d ab ad "
    trie = learn_trie([(VOCABULARY.encode_array(text), np.array([0, len(text)]), 9.0)], VOCABULARY, 50, 9)
    lags = LagDistribution.parse({"uniform": [0, 4], "full": 0.5})
    network = EncoderDecoder(config, len(VOCABULARY), lags, (trie, trie))
    return Optimisation(network, replace(TRAIN, **changes))  # type: ignore[arg-type]


def meet_words(run: Optimisation, text: str) -> None:
    """Give a network the gradient of copying a sentence."""
    ids = VOCABULARY.encode(text)
    source, previous = torch.tensor([[*ids, END]]), torch.tensor([[START, *ids]])
    logits = run.network(source, torch.tensor([len(ids) + 1]), previous, 2)
    loss_sum(logits, source, 0.0).backward()  # type: ignore[no-untyped-call]


TABLES = {f"{side}_words.{name}.weight" for side in ("source", "target") for name in ("nodes", "pairs")}


def test_the_tables_of_words_are_moved_by_rows_and_all_else_by_adamw() -> None:
    run = with_words()
    assert run.tables.weights.keys() == TABLES
    dense = {id(p) for group in run.adamw.param_groups for p in group["params"]}
    assert {name for name, p in run.network.named_parameters() if id(p) not in dense} == TABLES
    before = {name: p.detach().clone() for name, p in run.network.named_parameters()}
    meet_words(run, "ab")
    run.clip()
    run.step(5)
    for name, parameter in run.network.named_parameters():
        moved = (parameter != before[name]).any(dim=-1)
        assert moved.any()
        assert name not in TABLES or 1 <= moved.sum() < len(moved)
    assert all(parameter.grad is None for parameter in run.network.parameters())


def test_the_norm_is_that_of_all_gradients_the_rows_of_tables_too() -> None:
    run = with_words(clip_norm=0.01)
    meet_words(run, "ab ad")
    gradients = [p.grad.to_dense().flatten() for p in run.network.parameters() if p.grad is not None]
    norm = float(torch.cat(gradients).norm())
    assert norm > 0.1
    assert float(run.clip()) == pytest.approx(norm, rel=1e-5)
    rest = [p.grad for name, p in run.network.named_parameters() if name not in TABLES and p.grad is not None]
    rows = [gradient_RE for _, gradient_RE in run.tables._used.values()]
    assert len(rows) == 4
    clipped = torch.cat([gradient.flatten() for gradient in (*rest, *rows)]).norm()
    assert float(clipped) == pytest.approx(0.01, rel=1e-3)


def test_the_average_of_tables_follows_every_sixteenth_step() -> None:
    run = with_words(ema=0.9)
    name = "source_words.nodes.weight"
    start = run.averaged.get_parameter(name).clone()
    for step in range(TABLES_EVERY):
        assert torch.equal(run.averaged.get_parameter(name), start)
        meet_words(run, "ab ad")
        run.clip()
        run.step(step)
    now, kept = run.network.get_parameter(name).detach(), (16 / 25) ** TABLES_EVERY
    torch.testing.assert_close(run.averaged.get_parameter(name), kept * start + (1 - kept) * now)
    assert not torch.equal(run.averaged.get_parameter(name), start)


def saved(run: Optimisation) -> OptimisationState:
    """Return the state after it has been written to a file and read."""
    file = io.BytesIO()
    torch.save(run.state(), file)
    file.seek(0)
    state: OptimisationState = torch.load(file, weights_only=True)
    return state


def test_a_state_with_words_goes_on_with_the_same_bits() -> None:
    run = with_words()

    def go(each: Optimisation, steps: range) -> None:
        for step in steps:
            meet_words(each, ("ab ad", "cab d", "ad")[step % 3])
            each.clip()
            each.step(step)

    go(run, range(5))
    other = with_words(seed=5)
    other.load_state(saved(run))
    for each in (run, other):
        go(each, range(5, 20))
    for one, two in ((run.network, other.network), (run.averaged, other.averaged)):
        assert all(torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters(), strict=True))
    forgetful = with_words(seed=5)
    forgetful.load_state({**saved(run), "tables": forgetful.tables.moments})
    for each in (run, forgetful):
        go(each, range(20, 21))
    ours, theirs = (each.network.get_parameter("source_words.nodes.weight") for each in (run, forgetful))
    assert not torch.equal(ours, theirs)


@pytest.mark.parametrize(
    "change",
    [
        lambda _: {},
        lambda tables: dict(list(tables.items())[1:]),
        lambda tables: {name: [sums[0][:-1], sums[1]] for name, sums in tables.items()},
        lambda tables: {name: sums[:1] for name, sums in tables.items()},
        lambda tables: {name: [part.double() for part in sums] for name, sums in tables.items()},
        lambda tables: {name: [part / 0 for part in sums] for name, sums in tables.items()},
        dict.fromkeys,
        lambda _: [1, 2],
    ],
    ids=["none", "one is missing", "too short", "one sum", "float64", "no numbers", "nothing", "a list"],
)
def test_sums_that_do_not_fit_the_tables_are_refused(change: Callable[[Any], Any]) -> None:
    run = with_words()
    state = saved(run)
    with pytest.raises(CheckpointError, match="does not fit this network or is not finite"):
        with_words().load_state({**state, "tables": change(state["tables"])})
