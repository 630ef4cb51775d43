"""The equations in NumPy: the same numbers and the same text as the fused modules of PyTorch."""

from __future__ import annotations

import itertools
import math
import subprocess
import sys
from dataclasses import asdict
from typing import Any

import numpy as np
import pytest
import torch
from ties import is_tie
from tiny import GOLDEN, short_pairs

from seq2seq.config.building import config_from_dict
from seq2seq.config.schema import Config, ModelConfig
from seq2seq.decoding.beam import beam_search
from seq2seq.decoding.decoding_options import DecodingOptions
from seq2seq.decoding.greedy import greedy
from seq2seq.decoding.hypothesis import Hypothesis
from seq2seq.errors import CheckpointError
from seq2seq.lag import FULL, Lag, read_now
from seq2seq.models.build import build, to_weights
from seq2seq.models.encoder_decoder import EncoderDecoder
from seq2seq.models.layers import RecurrentLayer
from seq2seq.models.stepwise import TorchStepNetwork
from seq2seq.plain.attention import NumpyMemory
from seq2seq.plain.cells import GATES, Layer, sigmoid
from seq2seq.plain.encoder_decoder import NumpyEncoderDecoder
from seq2seq.plain.step import StepNetwork
from seq2seq.plain.weights import weight_shapes
from seq2seq.storage.int8 import Int8Rows
from seq2seq.storage.modelfile import read_model
from seq2seq.text.vocabulary import START, Vocabulary
from seq2seq.text.words import WordTrie, learn_trie
from seq2seq.translator import Translator

VOCABULARY = Vocabulary(tuple("abcdef "))
WORDS = [["ab", "abc", "b", "fab"], ["abe", "fe", "e", "ad"]]
"""Of source and target."""
NETWORKS = [
    {},
    {"cell": "gru", "position_bias": True},
    {"cell": "rnn", "attention": "none", "lag_embedding": False},
    {"encoder_layers": 3, "decoder_layers": 1},
    {"encoder_layers": 1, "decoder_layers": 3, "position_bias": True},
    {"bidirectional": True},
    {"cell": "lstm_peephole", "bidirectional": True},
    {"attention": "mlp"},
    {"attention": "mlp", "heads": 5, "position_bias": True},
    {"heads": 2},
    {"heads": 5, "position_bias": True},
    {"word_nodes": 50},
    {"word_nodes": 50, "word_pairs": 9, "bidirectional": True, "cell": "gru", "position_bias": True},
    {"word_nodes": 50, "word_pairs": 9, "attention": "none", "encoder_layers": 1, "decoder_layers": 1},
]


def tries(settings: Config) -> tuple[WordTrie, WordTrie] | None:
    """Return the word tries of a network with word embeddings; each pair occurs."""
    if not settings.model.word_nodes:
        return None
    source, target = (
        learn_trie([corpus_of(words)], VOCABULARY, 50, settings.model.word_pairs) for words in WORDS
    )
    return source, target


def corpus_of(words: list[str]) -> tuple[np.ndarray, np.ndarray, float]:
    """Return a part of a corpus in which each word occurs before each other."""
    text = " ".join(f"{one} {other}" for one in words for other in words)
    return VOCABULARY.encode_array(text), np.array([0, len(text)]), 9.0


def config(**model: object) -> Config:
    lags = {"uniform": [0, 12], "full": 0.5}
    sizes = {"embedding": 6, "hidden": 10}
    return config_from_dict({"model": sizes | model, "lag": {"train": lags}}, "test")


def both(settings: Config) -> tuple[TorchStepNetwork, NumpyEncoderDecoder]:
    """A network away from its initial values, in both libraries."""
    torch.manual_seed(3)
    network = build(settings, VOCABULARY, tries(settings)).eval()
    assert isinstance(network, EncoderDecoder)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(torch.randn_like(parameter), alpha=0.3)
    ours = NumpyEncoderDecoder(settings.model, to_weights(network), VOCABULARY)
    return TorchStepNetwork(network, vocabulary=VOCABULARY), ours


def each(settings: Config) -> list[StepNetwork]:
    """Return the same networks by what they have in common."""
    return list(both(settings))


@pytest.mark.parametrize("cell", sorted(GATES))
def test_a_cell_is_the_fused_module(cell: str) -> None:
    """In float64, over 30 steps, to ten decimals."""
    torch.manual_seed(1)
    fused = RecurrentLayer(cell, 5, 7).double()
    with torch.no_grad():
        for parameter in fused.parameters():
            parameter.normal_()
        x_TBI = torch.randn(30, 4, 5, dtype=torch.float64)
        expected_TBH = fused(x_TBI).numpy()
    layer = Layer.from_weights({f"l.{k}": v.numpy() for k, v in fused.state_dict().items()}, "l", cell)
    state = layer.start(4)
    for x_BI, expected_BH in zip(x_TBI.numpy(), expected_TBH, strict=True):
        h_BH, state = layer.step(layer.project(x_BI), state)
        np.testing.assert_allclose(h_BH, expected_BH, rtol=0, atol=1e-10)


def test_the_logistic_function_does_not_overflow() -> None:
    x = np.array([-1e4, -2.0, 0.0, 2.0, 1e4], np.float32)
    assert sigmoid(x) == pytest.approx([0, 1 / (1 + math.exp(2)), 0.5, 1 / (1 + math.exp(-2)), 1])


@pytest.mark.parametrize("changes", NETWORKS, ids=str)
@pytest.mark.parametrize("lag", [0, 2, 5, FULL])
def test_both_libraries_give_the_same_numbers(changes: dict[str, object], lag: Lag) -> None:
    sources = [[4, 5, 6, 10, 4, 5, 10], [5], [], [10, 9, 4, 5]]
    lengths_B = np.array([len(source) + 1 for source in sources])
    steps: list[list[tuple[np.ndarray, np.ndarray | None]]] = []
    for network in each(config(**changes)):
        memory, states, out = network.encode(sources, lag), network.start(4), []
        previous_B = np.full(4, START)
        for t in range(1, 12):
            step = network.step(previous_B, memory, read_now(t, lag, lengths_B), states, lag, attention=True)
            states = step.states
            previous_B = np.array([4 + t % 7, 5, [4, 5, 8, 10][t % 4], 4 + 3 * t % 7])
            out.append((step.log_probs_NV, step.attention_NS))
        steps.append(out)
    for (log_probs, attention), (plain, plain_attention) in zip(*steps, strict=True):
        np.testing.assert_allclose(plain, log_probs, rtol=0, atol=2e-5)
        if attention is not None and plain_attention is not None:
            np.testing.assert_allclose(plain_attention, attention, rtol=0, atol=1e-5)
        assert (attention is None) == (plain_attention is None) == (changes.get("attention") == "none")


@pytest.mark.parametrize("lag", [2, FULL])
def test_the_hypotheses_of_a_sentence_share_its_memory(lag: Lag) -> None:
    """Three hypotheses of a sentence get the same numbers as three sentences of their own."""
    sources, previous_N = [[4, 5, 6, 7], [9, 8]], np.array([[5, 6, 7, 8, 9, 10], [4, 4, 9, 5, 8, 6]])
    read_B, copies_N = np.array([5, 3]), np.array([0, 0, 0, 1, 1, 1])
    for network in each(config(position_bias=True)):
        together = network.encode(sources, lag)
        apart = network.encode(sources, lag).select(copies_N)
        states, others = network.start(6), network.start(6)
        for previous in previous_N:
            one = network.step(previous, together, read_B, states, lag, attention=True)
            other = network.step(previous, apart, read_B[copies_N], others, lag, attention=True)
            quiet = network.step(previous, together, read_B, states, lag)
            states, others = one.states, other.states
            np.testing.assert_allclose(one.log_probs_NV, other.log_probs_NV, rtol=0, atol=1e-5)
            np.testing.assert_allclose(quiet.log_probs_NV, one.log_probs_NV, rtol=0, atol=1e-5)
            assert one.attention_NS is not None
            assert other.attention_NS is not None
            np.testing.assert_allclose(one.attention_NS, other.attention_NS, rtol=0, atol=1e-5)
            assert np.abs(one.log_probs_NV[0, 4:] - one.log_probs_NV[1, 4:]).max() > 1e-3


def test_what_is_kept_of_a_memory_is_kept_for_its_lag_alone() -> None:
    """At lag `full` the contribution of the last source symbol is computed once, and selected, too."""
    for network in each(config()):
        used = network.encode([[4, 5, 6, 7], [9, 8]], FULL)
        fresh = network.encode([[9, 8], [4, 5, 6, 7]], FULL)
        network.step(np.array([4, 5]), used, np.array([5, 3]), network.start(2), FULL)
        used = used.select(np.array([1, 0]))
        reads: list[tuple[Lag, np.ndarray[Any, Any]]] = [(FULL, np.array([3, 5])), (1, np.array([2, 2]))]
        for lag, read_B in reads:
            one, other = (
                network.step(np.array([4, 5]), memory, read_B, network.start(2), lag).log_probs_NV
                for memory in (used, fresh)
            )
            np.testing.assert_allclose(one, other, rtol=0, atol=1e-5)


@pytest.mark.parametrize("changes", [{}, {"bidirectional": True, "cell": "gru"}, {"word_nodes": 50}], ids=str)
def test_sources_of_any_lengths_in_any_order_are_read_side_by_side(changes: dict[str, object]) -> None:
    _, network = both(config(**changes))
    sources = [[5], [4, 5, 6, 7, 8], [], [9, 8, 7], [10, 4, 4, 9, 6]]
    for lag in (3, FULL):
        together = network.encode(sources, lag)
        for source, states_SH in zip(sources, together.states_BSH, strict=True):
            alone_SH = network.encode([source], lag).states_BSH[0]
            np.testing.assert_allclose(states_SH[: len(source) + 1], alone_SH, rtol=0, atol=1e-6)


@pytest.mark.parametrize("cell", sorted(GATES))
def test_bf16_is_near_fp32_and_not_the_same(cell: str, bf16: str) -> None:
    exact, _ = both(config(cell=cell))
    rough = TorchStepNetwork(exact.network, bf16)
    log_probs = []
    for network in (exact, rough):
        memory, states = network.encode([[4, 5, 6], [9]], FULL), network.start(2)
        for previous in ([1, 1], [4, 5], [6, 6]):
            step = network.step(np.array(previous), memory, np.array([4, 2]), states, FULL)
            states = step.states
        log_probs.append(step.log_probs_NV[:, 4:])
    assert 0 < np.abs(log_probs[0] - log_probs[1]).max() < 0.1


@pytest.mark.parametrize("words", [{}, {"word_nodes": 50, "word_pairs": 9}], ids=["", "words"])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_reading_symbol_by_symbol_is_reading_at_once(bidirectional: bool, words: dict[str, int]) -> None:
    """Under a lag, where nothing is read backwards; at lag `full` a backward reader adds its states."""
    _, network = both(config(encoder_layers=3, bidirectional=bidirectional, **words))
    source = VOCABULARY.encode("abc ab fab x b d") * 3
    memory, states = network.start_reading(1)
    for symbol in source:
        state_1H, states = network.read(np.array([symbol]), states)
        memory.append(state_1H)
    under_a_lag, at_full = (network.encode([source], lag).states_BSH[:, :-1] for lag in (3, FULL))
    assert memory.size == len(source) > 16
    np.testing.assert_allclose(memory.states_BSH, under_a_lag, rtol=0, atol=1e-6)
    assert (np.abs(memory.states_BSH - at_full).max() > 0.1) == bidirectional


def test_memory_grows_by_doubling_and_keeps_what_it_holds() -> None:
    memory = NumpyMemory(np.empty((2, 0, 3), np.float32))
    rows = np.random.default_rng(1).normal(size=(100, 2, 3)).astype(np.float32)
    copies = []
    for row in rows:
        room = memory._room
        memory.append(row)
        copies.append(memory._room is not room)
    assert np.array_equal(memory.states_BSH, rows.swapaxes(0, 1))
    assert sum(copies) < 6
    assert np.array_equal(memory.select(np.array([1, 1])).states_BSH[0], rows[:, 1])


def test_a_key_is_computed_once_and_is_that_of_its_state() -> None:
    """Of a memory that grows, and of some of its sentences."""
    rng = np.random.default_rng(1)
    key_HH, rows = rng.normal(size=(3, 3)), rng.normal(size=(20, 2, 3))
    memory = NumpyMemory(np.empty((2, 0, 3)))
    for size, row in enumerate(rows, start=1):
        memory.append(row)
        if size % 3:
            before = memory.keys(key_HH)
            np.testing.assert_allclose(before, memory.states_BSH @ key_HH, rtol=1e-12)
    assert memory.keys(key_HH) is before
    assert np.array_equal(memory.select(np.array([1])).keys(0 * key_HH), before[[1]])


@pytest.mark.parametrize("changes", NETWORKS, ids=str)
def test_the_names_and_shapes_of_weights_are_those_of_the_network(changes: dict[str, object]) -> None:
    settings = config(**changes)
    network = build(settings, VOCABULARY, tries(settings))
    expected = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    weights = to_weights(network)
    assert weight_shapes(settings.model, len(VOCABULARY), settings.lag.train.largest, weights) == expected


def test_words_are_known_by_their_vectors_and_by_nothing_else() -> None:
    """Each table has an effect, on each side; without a vocabulary a network has no words."""
    settings = config(word_nodes=50, word_pairs=9)
    network, ours = both(settings)

    def scores() -> np.ndarray:
        memory, states = ours.encode([VOCABULARY.encode("ab abc")], FULL), ours.start(1)
        for previous in [START, *VOCABULARY.encode("fe ad")]:
            step = ours.step(np.array([previous]), memory, np.array([7]), states, FULL)
            states = step.states
        return step.log_probs_NV[:, 4:]

    before = scores()
    for words in (ours.source_words, ours.target_words):
        assert words is not None
        for table in (words.nodes_NE, words.pairs_QE):
            assert isinstance(table, np.ndarray)
            table += 1
            assert np.abs(scores() - before).max() > 1e-3
            table -= 1
            np.testing.assert_allclose(scores(), before, rtol=0, atol=1e-5)
    assert NumpyEncoderDecoder(settings.model, to_weights(network.network)).source_words is None


def test_matrices_of_int8_are_nearly_as_good() -> None:
    """Of the tables of words, only the rows that are used are unpacked."""
    settings = config(word_nodes=50, word_pairs=9)
    network, ours = both(settings)
    weights = to_weights(network.network)
    small = {n: Int8Rows.of(w) if w.ndim == 2 and w.dtype == np.float32 else w for n, w in weights.items()}
    rough = NumpyEncoderDecoder(settings.model, small, VOCABULARY)
    assert rough.source_words is not None
    assert isinstance(rough.source_words.nodes_NE, Int8Rows)
    source = [VOCABULARY.encode("ab abc")]
    fine, coarse = (each.encode(source, FULL).states_BSH for each in (ours, rough))
    assert 0 < np.abs(fine - coarse).max() < 0.1


def test_the_table_of_lags_grows_with_the_largest() -> None:
    for largest in (0, 1, 2, 3, 6, 7, 40):
        settings = config_from_dict({"lag": {"train": {"uniform": [0, largest], "full": 0.5}}}, "test")
        rows = weight_shapes(settings.model, 9, largest, {})["lag_embedding.table.weight"]
        with torch.device("meta"):
            network = build(settings, Vocabulary(tuple("abcde")))
        assert isinstance(network, EncoderDecoder)
        assert network.lag_embedding is not None
        assert rows == tuple(network.lag_embedding.table.weight.shape)


def test_weights_that_do_not_fit_are_refused() -> None:
    file = read_model(GOLDEN / "model.safetensors")
    with pytest.raises(CheckpointError, match="more is unexpected"):
        Translator.from_file(
            type(file)(**{**vars(file), "weights": {**file.weights, "more": file.weights["output.bias"]}})
        )


# On the trained network.


def decode(
    network: StepNetwork, sources: list[list[int]], lag: Lag, size: int, beam: int = 1
) -> list[Hypothesis]:
    found = []
    for i in range(0, len(sources), size):
        batch = sources[i : i + size]
        if beam == 1:
            found += greedy(network, batch, DecodingOptions(lag, attention=True))
        else:
            found += [
                best for (best,) in beam_search(network, batch, DecodingOptions(lag, beam, attention=True))
            ]
    return found


@pytest.mark.parametrize(("lag", "beam"), [(0, 1), (3, 1), (8, 1), (FULL, 1), (FULL, 4)])
def test_both_libraries_write_the_same_text(tiny: Translator, lag: Lag, beam: int) -> None:
    """In batches in PyTorch, one by one in NumPy."""
    sources = [tiny.vocabulary.encode(pair.source) for pair in short_pairs(50)]
    many, single = (
        decode(tiny.networks.torch, sources, lag, 50, beam),
        decode(tiny.networks.numpy, sources, lag, 1, beam),
    )
    apart = [(source, a, b) for source, a, b in zip(sources, many, single, strict=True) if a.ids != b.ids]
    assert len(apart) <= math.ceil(len(sources) / 1000)
    assert beam > 1 or all(is_tie(tiny.networks.network, source, lag, a.ids, b.ids) for source, a, b in apart)
    assert len({tuple(h.ids) for h in many}) > 0.7 * len(sources)
    for a, b in zip(many, single, strict=True):
        if a.ids == b.ids:
            assert a.log_probs == pytest.approx(b.log_probs, abs=1e-3)
            assert a.attention_TS is not None
            assert b.attention_TS is not None
            np.testing.assert_allclose(a.attention_TS, b.attention_TS, rtol=0, atol=1e-3)


@pytest.mark.parametrize("beam", [1, 3])
def test_attention_has_a_row_for_each_character_and_none_on_what_is_unread(
    tiny: Translator, beam: int
) -> None:
    sources = [tiny.vocabulary.encode(pair.source) for pair in short_pairs(20)]
    lags: list[Lag] = [3, FULL] if beam == 1 else [FULL]
    networks: list[StepNetwork] = [tiny.networks.numpy, tiny.networks.torch]
    for network, lag in itertools.product(networks, lags):
        for source, found in zip(sources, decode(network, sources, lag, 20, beam), strict=True):
            assert found.attention_TS is not None
            assert found.attention_TS.shape == (len(found.ids), len(source) + 1)
            assert found.attention_TS.sum(axis=1) == pytest.approx([1.0] * len(found.ids), abs=1e-4)
            if lag != FULL:
                for t, row in enumerate(found.attention_TS, start=1):
                    assert not row[t + lag :].any()


@pytest.mark.slow
def test_little_text_goes_without_pytorch_and_much_text_with_it(tiny: Translator) -> None:
    lines = [pair.source for pair in short_pairs(150)]
    code = (
        "import json, sys\n"
        "from seq2seq import Translator\n"
        f"t = Translator.load({str(GOLDEN)!r})\n"
        "lines = json.load(sys.stdin)\n"
        "few = [t.translate(line) for line in lines[:3]] + t.translate(lines[3:6], beam=3)\n"
        "stream = t.stream(3)\n"
        "few.append(stream.feed(lines[6]) + stream.finish())\n"
        "before = sorted({'torch', 'yaml', 'numpy.ma'} & set(sys.modules))  # each costs a cold start\n"
        "many = t.translate(lines * 4)\n"
        "print(json.dumps([few, before, many, 'torch' in sys.modules, 'torch._dynamo' in sys.modules]))\n"
    )
    import json

    done = subprocess.run(
        [sys.executable, "-c", code], input=json.dumps(lines), capture_output=True, text=True, check=True
    )
    few, before, many, after, compiler = json.loads(done.stdout)
    assert (before, after, compiler) == ([], True, False)
    assert few[:3] == many[:3] == tiny.translate(lines[:3])
    assert few[3:6] == tiny.translate(lines[3:6], beam=3)
    assert few[6] == tiny.translate(lines[6], lag=3)


def test_the_configuration_is_that_of_the_file(tiny: Translator) -> None:
    stored = read_model(GOLDEN / "model.safetensors").config["model"]
    assert asdict(tiny.config)["model"] == asdict(ModelConfig()) | stored
