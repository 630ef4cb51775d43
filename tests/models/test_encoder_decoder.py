"""The encoder-decoder: causality to the bit, fused calls against single steps, and a loss without padding."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from seq2seq.config.schema import ModelConfig
from seq2seq.devices import autocast
from seq2seq.lag import FULL, Lag, LagDistribution, read, read_now
from seq2seq.models.encoder_decoder import EncoderDecoder
from seq2seq.models.stepwise import TorchStepNetwork
from seq2seq.plain.step import NO_TEXT
from seq2seq.text.vocabulary import END, PAD, START, UNKNOWN, Vocabulary, pad
from seq2seq.text.words import WordTrie, learn_trie
from seq2seq.training.loss import loss_sum
from seq2seq.translator import Translator

V = 13
SMALL = ModelConfig(
    embedding=6, hidden=10, encoder_layers=2, decoder_layers=2, position_bias=True, dropout=0.0
)
LAGS = LagDistribution.parse({"uniform": [0, 8], "full": 0.5})


VOCABULARY = Vocabulary(tuple("abcdef ,'"))
WORDS = {"word_nodes": 60, "word_pairs": 40}


def tries() -> tuple[WordTrie, WordTrie]:
    """Return words of source and target that occur in the random sentences below, and pairs of them."""
    source, target = (
        learn_trie([(VOCABULARY.encode_array(text), np.array([0, len(text)]), 9.0)], VOCABULARY, 60, 40)
        for text in (
            "a b c d e f ab ad ba cd ff fa'c a b a c b c c a d f a f",
            "f e d c b a fe b'd ac ca e b a f",
        )
    )
    return source, target


def network(**changes: object) -> EncoderDecoder:
    """A small network in evaluation mode, all its parameters away from their initial values."""
    config = replace(SMALL, **changes)  # type: ignore[arg-type]
    model = EncoderDecoder(config, V, LAGS, tries() if config.word_nodes else None).eval()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.3 * torch.randn(parameter.shape, generator=generator))
    return model


def sources(lengths: list[int], seed: int = 0, width: int | None = None) -> tuple[Tensor, Tensor]:
    """Random sources with end marks, padded to `width`: (B, S), (B,)."""
    generator = torch.Generator().manual_seed(seed)
    source_BS = torch.full((len(lengths), width or max(lengths)), PAD)
    for row, length in zip(source_BS, lengths, strict=True):
        row[: length - 1] = torch.randint(4, V, (length - 1,), generator=generator)
        row[length - 1] = END
    return source_BS, torch.tensor(lengths)


def previous(batch: int, length: int, seed: int = 1) -> Tensor:
    previous_BT = torch.randint(4, V, (batch, length), generator=torch.Generator().manual_seed(seed))
    previous_BT[:, 0] = START
    return previous_BT


# Causality.


def first_change(
    model: EncoderDecoder, one: Tensor, other: Tensor, lengths: list[Tensor], lag: Lag
) -> list[int]:
    """For each sentence, the first t at which its logits differ in a single bit between two sources."""
    previous_BT = previous(len(one), 12)
    with torch.no_grad():
        a, b = (model(x, size, previous_BT, lag) for x, size in zip((one, other), lengths, strict=True))
    same_BT = (a == b).all(dim=-1)
    return [row.tolist().index(False) + 1 for row in same_BT]


@pytest.mark.parametrize("lag", [0, 3, 8])
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"cell": "gru"},
        {"cell": "rnn"},
        {"cell": "lstm_peephole"},
        {"attention": "none"},
        {"attention": "mlp"},
        {"attention": "mlp", "heads": 2},
        {"heads": 5},
        {"bidirectional": True},
        WORDS | {"bidirectional": True},
    ],
    ids=str,
)
def test_what_is_not_read_yet_changes_no_bit(lag: int, changes: dict[str, object]) -> None:
    model = network(**changes)
    one, lengths = sources([20, 17, 16])
    for t in (1, 2, 5):
        other = one.clone()
        position_S = torch.arange(1, 21)
        unread = (position_S > read(t, lag, 16)) & (position_S < lengths[:, None])
        other[unread] = (other[unread] - 4 + 1) % (V - 4) + 4  # every unread character becomes another one
        assert first_change(model, one, other, [lengths, lengths], lag) == [t + 1] * 3


@pytest.mark.parametrize("changes", [{}, WORDS | {"bidirectional": True}], ids=["", "words, both ways"])
@pytest.mark.parametrize("lag", [0, 3, 8])
def test_the_length_of_what_is_not_read_changes_no_bit(lag: int, changes: dict[str, object]) -> None:
    model = network(**changes)
    one, lengths = sources([20, 17, 14])
    t = 4
    size = read(t, lag, 14) + 1  # all that is left after read(t) is the end mark
    other, shorter = one.clone(), torch.full_like(lengths, size)
    other[:, size - 1], other[:, size:] = END, PAD
    assert first_change(model, one, other, [lengths, shorter], lag) == [t + 1] * 3


def test_a_model_that_read_backwards_under_a_lag_would_fail_that_test(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Below `full` it reads forwards alone; if every lag is taken for `full`, the test finds it."""
    model = network(bidirectional=True, **WORDS)
    one, lengths = sources([20, 17, 14])
    other = one.clone()
    other[:, 12] = 4 + (other[:, 12] == 4).long()
    assert first_change(network(), one, other, [lengths, lengths], 3) == [10] * 3
    assert first_change(model, one, other, [lengths, lengths], 3) == [10] * 3
    encode = model.encode
    monkeypatch.setattr(model, "encode", lambda source, sizes, _lag: encode(source, sizes, FULL))
    assert first_change(model, one, other, [lengths, lengths], 3) == [1] * 3


def test_the_backward_reader_joins_in_at_lag_full_and_nowhere_else() -> None:
    model, lengths = network(bidirectional=True), torch.tensor([9, 6])
    source_BS, _ = sources([9, 6])
    assert model.backward_encoder is not None

    def logits(lag: Lag) -> Tensor:
        with torch.no_grad():
            scores: Tensor = model(source_BS, lengths, previous(2, 5), lag)
        return scores

    before = {lag: logits(lag) for lag in (0, 8, FULL)}
    with torch.no_grad():
        model.backward_encoder.get_parameter("fused.weight_ih_l0").add_(1)
    assert [torch.equal(logits(lag), before[lag]) for lag in (0, 8, FULL)] == [True, True, False]


def test_the_backward_reader_is_left_out_of_some_batches_of_training() -> None:
    """At `backward_dropout`, also at lag `full`; never when it translates."""
    model = network(bidirectional=True, backward_dropout=0.5)
    source_BS, lengths = sources([9, 6])

    def encodings() -> list[Tensor]:
        torch.manual_seed(0)
        with torch.no_grad():
            return [model.encode(source_BS, lengths, FULL) for _ in range(100)]

    with torch.no_grad():
        forwards = model.encode(source_BS, lengths, 3)
    assert not any(torch.equal(states, forwards) for states in encodings())
    model.train()
    assert 30 < sum(torch.equal(states, forwards) for states in encodings()) < 70


def test_lag_full_sees_everything_at_once() -> None:
    one, lengths = sources([20, 17, 14])
    other = one.clone()
    other[:, 12] = 4 + (other[:, 12] == 4).long()
    assert first_change(network(), one, other, [lengths, lengths], FULL) == [1] * 3


@pytest.mark.parametrize("changes", [{}, WORDS], ids=["", "words"])
def test_a_target_symbol_changes_nothing_before_it(changes: dict[str, object]) -> None:
    model = network(**changes)
    source_BS, lengths = sources([9, 7])
    one = previous(2, 12)
    other = one.clone()
    other[:, 5:] = 4 + (other[:, 5:] == 4).long()
    with torch.no_grad():
        same_BT = (model(source_BS, lengths, one, 3) == model(source_BS, lengths, other, 3)).all(dim=-1)
    assert same_BT.tolist() == [[True] * 5 + [False] * 7] * 2


def test_the_tiny_model_is_causal_in_training_too(tiny: Translator) -> None:
    """A trained network, at the shapes of training: a batch of sentences, all changed in the middle."""
    texts = ["the table is big", "she waits for him", "where is my book?", "we like the house"]
    ids = [tiny.vocabulary.encode(text) for text in texts]
    one = torch.tensor([[*row[:16], END] for row in ids])
    other = one.clone()
    other[:, 10:16] = one[:, 10:16].flip(0)
    lengths, previous_BT = torch.full((4,), 17), torch.tensor([[START, *row[:16]] for row in ids])
    for lag in (0, 3, 8):
        with torch.no_grad():
            a, b = (tiny.networks.network(x, lengths, previous_BT, lag) for x in (one, other))
        assert torch.equal(a[:, : 10 - lag], b[:, : 10 - lag])
        assert (a[:, 10 - lag :] != b[:, 10 - lag :]).any(dim=-1).all()


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("lag", [0, 3, 8])
def test_training_as_it_is_done_is_causal(lag: int, precision: str, request: pytest.FixtureRequest) -> None:
    """With dropout and in bf16: equal masks, equal bits."""
    if precision == "bf16":
        request.getfixturevalue("bf16")
    model = network(dropout=0.3).train()
    one, lengths = sources([17, 17, 17])
    other = one.clone()
    other[:, 10:16] = (one[:, 10:16] - 4 + 1) % (V - 4) + 4
    found = []
    for source_BS in (one, other):
        torch.manual_seed(1)
        with autocast(torch.device("cpu"), precision):
            found.append(model(source_BS, lengths, previous(3, 16), lag))
    same_BT = (found[0] == found[1]).all(dim=-1)
    assert same_BT[:, : 10 - lag].all()
    assert not same_BT[:, 10 - lag].any()


@pytest.mark.parametrize("changes", [{}, WORDS | {"bidirectional": True}], ids=["", "words, both ways"])
@pytest.mark.parametrize("lag", [0, 3, 8])
def test_no_gradient_reaches_what_is_not_read(lag: int, changes: dict[str, object]) -> None:
    model = network(**changes)
    one, lengths = sources([17, 17])
    embedded: list[Tensor] = []

    def keep(_module: nn.Module, _inputs: object, x_SBE: Tensor) -> None:
        x_SBE.retain_grad()
        embedded.append(x_SBE)

    model.source_embedding.register_forward_hook(keep)
    logits = model(one, lengths, previous(2, 12), lag)
    t = 5
    logits[:, t - 1].sum().backward()
    assert embedded[0].grad is not None
    reached_BS = (embedded[0].grad.abs().sum(dim=-1) > 0).T
    assert reached_BS.sum(dim=1).tolist() == [t + lag] * 2
    assert reached_BS[:, : t + lag].all()


# Fused, and step by step.


ROWS = [[4, 9, 12, 5, 10, 7, 8, 11, 10, 6], [12, 4, 4], [9, 9, 10, 4, 5, 10, 10]]
"""Sources of ten, three and seven characters."""


def step_by_step(model: EncoderDecoder, rows: list[list[int]], previous_BT: Tensor, lag: Lag) -> Tensor:
    """Return log-probabilities (B, T, V), computed step by step as in decoding."""
    stepwise = TorchStepNetwork(model, vocabulary=VOCABULARY)
    memory, states, log_probs = stepwise.encode(rows, lag), stepwise.start(len(rows)), []
    lengths_B = np.array([len(row) + 1 for row in rows])
    for t, previous_B in enumerate(previous_BT.T.numpy(), start=1):
        step = stepwise.step(previous_B, memory, read_now(t, lag, lengths_B), states, lag)
        states = step.states
        log_probs.append(torch.from_numpy(step.log_probs_NV))
    return torch.stack(log_probs, dim=1)


def in_one_go(model: EncoderDecoder, rows: list[list[int]], previous_BT: Tensor, lag: Lag) -> Tensor:
    """The same by the fused modules."""
    lengths_B = torch.tensor([len(row) + 1 for row in rows])
    with torch.no_grad():
        logits_BTV: Tensor = model(torch.from_numpy(pad(rows, None, END)), lengths_B, previous_BT, lag)
    logits_BTV[:, :, [*NO_TEXT, UNKNOWN]] = float("-inf")
    return logits_BTV.log_softmax(dim=-1)


@pytest.mark.parametrize("cell", ["lstm", "lstm_peephole", "gru", "rnn"])
@pytest.mark.parametrize("attention", ["dot", "none"])
@pytest.mark.parametrize("layers", [(1, 1), (2, 2), (3, 3), (1, 3)], ids=str)
def test_fused_equals_step_by_step(cell: str, attention: str, layers: tuple[int, int]) -> None:
    model = network(cell=cell, attention=attention, encoder_layers=layers[0], decoder_layers=layers[1])
    for lag in (0, 3, FULL):
        stepped, fused = (f(model, ROWS, previous(3, 9), lag) for f in (step_by_step, in_one_go))
        torch.testing.assert_close(stepped, fused, rtol=0, atol=2e-5)


@pytest.mark.parametrize(
    "changes",
    [
        {"bidirectional": True},
        {"lag_embedding": False},
        {"position_bias": False},
        {"word_nodes": 60},
        WORDS | {"bidirectional": True},
        WORDS | {"attention": "none"},
    ],
    ids=str,
)
@pytest.mark.parametrize("lag", [0, 5, FULL])
def test_fused_equals_step_by_step_in_other_networks(changes: dict[str, object], lag: Lag) -> None:
    model = network(**changes)
    stepped, fused = (f(model, ROWS, previous(3, 9), lag) for f in (step_by_step, in_one_go))
    torch.testing.assert_close(stepped, fused, rtol=0, atol=2e-5)


@pytest.mark.parametrize("bidirectional", [False, True])
def test_neighbours_and_padding_do_not_matter(bidirectional: bool) -> None:
    """Across shapes the order of summation may differ, hence the tolerance."""
    model = network(bidirectional=bidirectional)
    source_BS, lengths = sources([11, 4, 8], width=15)
    with torch.no_grad():
        together = model(source_BS, lengths, previous(3, 9), FULL)
        for row, size in enumerate(lengths.tolist()):
            one = slice(row, row + 1)
            alone = model(source_BS[one, :size], lengths[one], previous(3, 9)[one], FULL)
            torch.testing.assert_close(together[one], alone, rtol=0, atol=1e-5)


# Told or not told the lag, in training or not.


@pytest.mark.parametrize("told", [True, False])
def test_only_a_decoder_that_is_told_the_lag_depends_on_it(told: bool) -> None:
    """Lags beyond the source's length read the same; the embedding of the lag remains."""
    model = network(lag_embedding=told)
    source_BS, lengths = sources([4, 4])
    with torch.no_grad():
        a, b = (model(source_BS, lengths, previous(2, 5), lag) for lag in (3, 8))
        full = model(source_BS, lengths, previous(2, 5), FULL)
    assert torch.equal(a, b) is not told
    assert torch.equal(a, full) is not told


def test_dropout_works_in_training_and_only_there() -> None:
    model = network(dropout=0.5)
    source_BS, lengths = sources([9, 6])

    def logits() -> Tensor:
        with torch.no_grad():
            return model(source_BS, lengths, previous(2, 5), 3)  # type: ignore[no-any-return]

    assert torch.equal(logits(), logits())
    model.train()
    assert not torch.equal(logits(), logits())


@pytest.mark.parametrize("changes", [{}, WORDS | {"bidirectional": True}], ids=["", "words, both ways"])
def test_every_parameter_learns(changes: dict[str, object]) -> None:
    model = network(**changes)
    source_BS, lengths = sources([9, 6])
    for lag in (*range(9), FULL):
        logits = model(source_BS, lengths, previous(2, 5), lag)
        loss_sum(logits, torch.full((2, 5), 7), 0.0).backward()  # type: ignore[no-untyped-call]
    without = [name for name, p in model.named_parameters() if p.grad is None or not p.grad.to_dense().any()]
    assert without == []


def test_the_modules_of_a_network() -> None:
    """Sizes come from the configuration: hidden and embedding, layers, the backward direction, attention."""
    model = network(encoder_layers=3, decoder_layers=4, bidirectional=True)
    assert (len(model.encoder), len(model.upper)) == (3, 3)
    assert isinstance(model.backward_encoder, nn.Module)
    plain = network(attention="none")
    assert plain.attention is None
    assert plain.output.weight.shape == (V, 10)
    assert model.output.weight.shape == (V, 20)
