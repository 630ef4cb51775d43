"""The loss of a batch, its padding, hidden characters, and the attention on copied spans."""

from __future__ import annotations

import copy
import math

import numpy as np
import pytest
import torch
from tiny import load_copying, short_pairs

from seq2seq.corpus.batching import Batch, collate
from seq2seq.corpus.bitext import as_symbols
from seq2seq.corpus.pairs import Pair
from seq2seq.corpus.prepared import encode_pairs
from seq2seq.lag import FULL, Lag
from seq2seq.models.encoder_decoder import EncoderDecoder
from seq2seq.plain.step import copied_symbols
from seq2seq.text.vocabulary import END, PAD, START, UNKNOWN
from seq2seq.training import loss as loss_module
from seq2seq.training.loss import batch_loss, hide_characters, loss_sum, pointing_loss, whole_tiles
from seq2seq.translator import Translator


@pytest.fixture(scope="module")
def batch(tiny: Translator) -> Batch:
    """Return twelve pairs of the bundled corpus."""
    return collate(encode_pairs(short_pairs(12), tiny.vocabulary), np.arange(12, dtype=np.int32))


def loss(tiny: Translator, batch: Batch, label_smoothing: float = 0.0, char_dropout: float = 0.0) -> float:
    with torch.no_grad():
        return float(batch_loss(tiny.networks.network, batch, FULL, "fp32", label_smoothing, char_dropout))


def test_the_loss_is_that_of_the_symbols_of_the_targets(tiny: Translator, batch: Batch) -> None:
    with torch.no_grad():
        logits = tiny.networks.network(
            *map(torch.from_numpy, (batch.source_BS, batch.lengths_B, batch.previous_BT)), FULL
        )
    log_probs = logits.log_softmax(dim=-1)
    by_hand = -sum(
        float(log_probs[b, t, symbol])
        for b, row in enumerate(batch.target_BT)
        for t, symbol in enumerate(row)
        if symbol != PAD
    )
    assert loss(tiny, batch) == pytest.approx(by_hand, rel=1e-4)
    assert loss(tiny, batch) < 0.7 * batch.target_symbols  # the network is trained


def test_the_lag_counts(tiny: Translator, batch: Batch) -> None:
    with torch.no_grad():
        early = float(batch_loss(tiny.networks.network, batch, 0, "fp32"))
    assert early > 1.3 * loss(tiny, batch)


def test_smoothing_and_hidden_characters_make_it_harder(tiny: Translator, batch: Batch) -> None:
    assert loss(tiny, batch, label_smoothing=0.1) > 1.1 * loss(tiny, batch)
    torch.manual_seed(0)
    assert loss(tiny, batch, char_dropout=0.3) > 1.5 * loss(tiny, batch)


def test_bf16_is_near_fp32_and_not_the_same(tiny: Translator, batch: Batch, bf16: str) -> None:
    with torch.no_grad():
        coarse = float(batch_loss(tiny.networks.network, batch, FULL, bf16))
    assert coarse == pytest.approx(loss(tiny, batch), rel=0.05)
    assert coarse != loss(tiny, batch)


@pytest.mark.parametrize(("rows", "filled"), [(1, 16), (12, 16), (16, 16), (17, 32)])
def test_padding_fills_whole_tiles_and_makes_few_lengths(rows: int, filled: int) -> None:
    source_BS, target_BT = np.full((rows, 5), 9), np.full((rows, 4), 9)
    arrays = source_BS, np.full(rows, 5), target_BT, target_BT
    shapes = [(filled, 8), (filled,), (filled, 4), (filled, 4)]
    for before, after, shape, filler in zip(
        arrays, whole_tiles(*arrays), shapes, (PAD, 1, PAD, PAD), strict=True
    ):
        assert after.shape == shape
        inside = tuple(map(slice, before.shape))
        assert (after[inside] == before).all()
        assert (after == filler).sum() == after.size - before.size


def test_rows_of_padding_change_neither_loss_nor_gradients(
    tiny: Translator, batch: Batch, monkeypatch: pytest.MonkeyPatch, bf16: str
) -> None:
    def run() -> tuple[float, torch.Tensor]:
        network = copy.deepcopy(tiny.networks.network).requires_grad_()
        loss = batch_loss(network, batch, 3, bf16, label_smoothing=0.1)
        loss.backward()  # type: ignore[no-untyped-call]
        gradients = [p.grad.flatten() for p in network.parameters() if p.grad is not None]
        return loss.item(), torch.cat(gradients)

    assert len(batch.lengths_B) == 12
    monkeypatch.setattr(loss_module, "uses_tiles", lambda *_: True)
    loss, gradient = run()
    monkeypatch.setattr(loss_module, "uses_tiles", lambda *_: False)
    expected, expected_gradient = run()
    assert loss == pytest.approx(expected, rel=1e-3)
    assert float((gradient - expected_gradient).norm() / expected_gradient.norm()) < 0.02


def test_characters_are_hidden_at_the_rate_and_marks_stay() -> None:
    torch.manual_seed(0)
    ids = torch.full((50, 203), 9)
    ids[:, 0], ids[:, -2], ids[:, -1] = START, END, PAD
    hidden = hide_characters(ids, 0.2)
    assert set(hidden[:, 1:-2].flatten().tolist()) == {9, UNKNOWN}
    assert abs(float((hidden == UNKNOWN).sum()) / (50 * 200) - 0.2) < 0.02
    assert torch.equal(hidden[:, [0, -2, -1]], ids[:, [0, -2, -1]])


def test_attention_is_held_against_the_spans_that_are_copied_and_have_been_read() -> None:
    """Two spans of kind 9 and one of kind 8; below lag 3 one of them has not been read when it is copied."""
    source = np.array([[9, 8, 5, 5, 5, 9, END], [5, 5, END, PAD, PAD, PAD, PAD]])
    target = np.array([[8, 9, 9, END], [5, 9, END, PAD]])  # the second source has no span for its 9
    batch = Batch(np.arange(2, dtype=np.int32), source, np.array([7, 3]), target, target)
    weights = torch.rand((2, 4, 7), generator=torch.Generator().manual_seed(1), requires_grad=True)
    written = np.isin(target, [8, 9])
    first, second = -weights[0, 0, 1].log() - weights[0, 1, 0].log(), -weights[0, 2, 5].log()
    expected: dict[Lag, torch.Tensor] = {FULL: first + second, 3: first + second, 2: first}
    expected[0] = -weights[0, 1, 0].log()
    for lag, right in expected.items():
        torch.testing.assert_close(pointing_loss(weights, batch, lag, written), right)
    pointing_loss(weights, batch, FULL, written).backward()  # type: ignore[no-untyped-call]
    assert weights.grad is not None
    assert weights.grad.count_nonzero() == 3


@pytest.mark.cuda
@pytest.mark.parametrize("lag", [3, FULL])
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_loss_on_a_gpu_waits_for_nothing(tiny: Translator, batch: Batch, lag: Lag, precision: str) -> None:
    network = copy.deepcopy(tiny.networks.network).to("cuda").train()
    copied = [int(batch.target_BT[0, 0])]

    def both() -> torch.Tensor:
        loss = batch_loss(network, batch, lag, precision, 0.1, 0.1, copied)
        loss.backward()  # type: ignore[no-untyped-call]
        return loss.detach()

    both()  # what is allocated only once may wait
    torch.cuda.set_sync_debug_mode("error")
    try:
        found = both()
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert torch.isfinite(found)


# The cross-entropy.


def test_the_loss_is_the_sum_over_real_symbols() -> None:
    logits = torch.randn(2, 3, 8)
    target = torch.tensor([[5, END, PAD], [6, 7, END]])
    log_probs = logits.log_softmax(dim=-1)
    by_hand = -sum(
        float(log_probs[b, t, target[b, t]]) for b in range(2) for t in range(3) if target[b, t] != PAD
    )
    assert float(loss_sum(logits, target, 0.0)) == pytest.approx(by_hand, abs=1e-5)


def test_smoothing_gives_a_share_to_all_symbols_alike() -> None:
    logits, target = torch.randn(1, 1, 8), torch.tensor([[5]])
    log_probs = logits.log_softmax(dim=-1)[0, 0]
    by_hand = -0.9 * float(log_probs[5]) - 0.1 * float(log_probs.mean())
    assert float(loss_sum(logits, target, 0.1)) == pytest.approx(by_hand, abs=1e-5)


def test_padding_gets_no_gradient() -> None:
    logits = torch.randn(1, 3, 8, requires_grad=True)
    loss_sum(logits, torch.tensor([[5, END, PAD]]), 0.1).backward()  # type: ignore[no-untyped-call]
    assert logits.grad is not None
    assert logits.grad[0, :2].any()
    assert not logits.grad[0, 2].any()


# Where the attention is when a span is copied.

SPAN, OTHER = 8, 9
"""Two kinds of spans."""


def with_spans() -> Batch:
    """Two sentences: spans at 2 and 4 (of S = 5) and one at 3 of another kind; one span at 1."""
    return Batch(
        rows_B=np.arange(2, dtype=np.int32),
        source_BS=np.array([[5, SPAN, OTHER, SPAN, END], [SPAN, 5, END, PAD, PAD]]),
        lengths_B=np.array([5, 3]),
        previous_BT=np.array([[START, SPAN, 6, SPAN, OTHER], [START, 7, SPAN, PAD, PAD]]),
        target_BT=np.array([[SPAN, 6, SPAN, OTHER, END], [7, SPAN, END, PAD, PAD]]),
    )


WRITTEN = np.isin(with_spans().target_BT, [SPAN, OTHER])
MEANT = [(0, 0, 1), (0, 2, 3), (0, 3, 2), (1, 1, 0)]
"""For each copy: the sentence, t, and the position of the span, all from 0."""


def test_attention_that_is_right_costs_nothing_and_only_its_weight_counts() -> None:
    weights_BTS = torch.zeros((2, 8, 8))  # as wide as the padding of whole tiles makes it
    for at in MEANT:
        weights_BTS[at] = 1.0
    assert float(pointing_loss(weights_BTS, with_spans(), FULL, WRITTEN)) == 0
    weights_BTS[MEANT[0]] = 0.0
    assert float(pointing_loss(weights_BTS, with_spans(), FULL, WRITTEN)) == pytest.approx(-math.log(1e-9))
    weights_BTS = torch.full((2, 5, 5), 0.2, requires_grad=True)
    pointing_loss(weights_BTS, with_spans(), FULL, WRITTEN).backward()  # type: ignore[no-untyped-call]
    assert weights_BTS.grad is not None
    assert {tuple(at) for at in weights_BTS.grad.nonzero().tolist()} == set(MEANT)


@pytest.mark.parametrize("lag", [3, FULL])
def test_the_loss_of_a_batch_has_that_of_its_copies_in_it(lag: Lag) -> None:
    model = load_copying(2.0)
    known = frozenset(model.vocabulary.characters)
    raw = [Pair("he is 12 and 7", "él tiene 12 y 7"), Pair("see me@a.org", "mira me@a.org"), Pair("a", "a")]
    pairs = [as_symbols(pair, known) for pair in raw]
    batch = collate(
        encode_pairs([pair for pair in pairs if pair], model.vocabulary), np.arange(3, dtype=np.int32)
    )
    copied = copied_symbols(model.vocabulary)[1:]
    with torch.no_grad():
        without, whole = (
            float(batch_loss(model.networks.network, batch, lag, "fp32", copied=symbols))
            for symbols in ([], copied)
        )
        assert isinstance(model.networks.network, EncoderDecoder)
        source, lengths, previous = map(
            torch.from_numpy, (batch.source_BS, batch.lengths_B, batch.previous_BT)
        )
        _, weights_BTS = model.networks.network.attended(source, lengths, previous, lag)
    assert weights_BTS is not None
    written = np.isin(batch.target_BT, copied)
    assert written.sum() == 3
    pointing = float(pointing_loss(weights_BTS, batch, lag, written))
    assert pointing > 0.1
    assert whole == pytest.approx(without + pointing, rel=1e-5)
