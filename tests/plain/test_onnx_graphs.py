"""The graphs of ONNX in onnxruntime: the numbers of the equations, and the text that they lead to."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
import tiny
import torch

from seq2seq.config.building import config_from_dict
from seq2seq.config.schema import Config
from seq2seq.corpus.pairs import read_pairs
from seq2seq.errors import UsageError
from seq2seq.lag import FULL, Lag, read_now
from seq2seq.models import pair as pair_module
from seq2seq.models.build import build, to_weights
from seq2seq.plain.encoder_decoder import NumpyEncoderDecoder
from seq2seq.plain.onnx_graphs import export_onnx
from seq2seq.plain.step import States, Step, log_softmax, never_written
from seq2seq.pretrained import locate
from seq2seq.storage.modelfile import ModelFile, read_model
from seq2seq.text.vocabulary import END, START, Vocabulary, pad
from seq2seq.text.words import Place, learn_trie
from seq2seq.translator import Translator

VOCABULARY = Vocabulary(tuple("abcdef "))
LINES = 200


@dataclass(frozen=True)
class OnnxMemory:
    """The encoder states of some sources, (B, S, H)."""

    states_BSH: np.ndarray

    def select(self, rows: np.ndarray) -> OnnxMemory:
        return OnnxMemory(self.states_BSH[rows])


class OnnxNetwork:
    """The step network that a user of the graphs would write; the word tables are those of `plain`."""

    parallel = False

    def __init__(self, file: ModelFile, plain: NumpyEncoderDecoder) -> None:
        runtime = pytest.importorskip("onnxruntime")
        files = export_onnx(file, "it")
        options = runtime.SessionOptions()
        options.intra_op_num_threads = 1
        self.encoder, self.decoder = (
            runtime.InferenceSession(files[name], options, providers=["CPUExecutionProvider"])
            for name in ("encoder.onnx", "step.onnx")
        )
        self.about = json.loads(files["model.json"])
        self.copied = self.about["copied"]
        self.source_words, self.target_words = plain.source_words, plain.target_words
        nothing = np.zeros((1, 1, plain.source_embedding.shape[1]))
        end = {"source": np.array([[END]]), "lengths": np.array([1]), "full": 0.0, "words": nothing}
        self.initial_D1H = self._run(self.encoder, **end)[1]

    def _run(self, session: Any, **values: Any) -> list[np.ndarray]:
        """Run a graph with those of the values that it takes."""
        kinds = {"tensor(int64)": np.int64, "tensor(float)": np.float32}
        taken = {
            entry.name: np.asarray(values[entry.name], kinds[entry.type]) for entry in session.get_inputs()
        }
        found: list[np.ndarray] = session.run(None, taken)
        return found

    def encode(self, sources: Sequence[Sequence[int]], lag: Lag) -> OnnxMemory:
        source_BS = pad(sources, None, END)
        lengths_B = np.array([len(source) + 1 for source in sources])
        words = None if self.source_words is None else self.source_words.walk(source_BS)
        full = float(lag == FULL)
        return OnnxMemory(
            self._run(self.encoder, source=source_BS, lengths=lengths_B, full=full, words=words)[0]
        )

    def start(self, batch: int) -> States:
        place = Place.start(batch)
        states_NDH = self.initial_D1H.repeat(batch, axis=1).swapaxes(0, 1)
        return [(states_NDH,), (place.node_B, place.last_B), (np.zeros(batch, np.int64),)]

    def step(
        self,
        previous_N: np.ndarray,
        memory: OnnxMemory,
        read_B: np.ndarray,
        states: States,
        lag: Lag,
        attention: bool = False,
        copies: bool = False,
    ) -> Step:
        each = len(previous_N) // len(read_B)
        (states_NDH,), (node_N, last_N), (written_N,) = states
        words, place = None, Place(node_N, last_N)
        if self.target_words is not None:
            words, place = self.target_words.step(previous_N, place)
        logits_NV, new_DNH, *weights = self._run(
            self.decoder,
            previous=previous_N,
            memory=memory.states_BSH.repeat(each, axis=0),
            read=read_B.repeat(each),
            states=states_NDH.swapaxes(0, 1),
            position=written_N[0] + 1,
            lag=-1 if lag == FULL else lag,
            words=words,
        )
        never = never_written(self.copied, copies and bool(weights))
        after = [(new_DNH.swapaxes(0, 1),), (place.node_B, place.last_B), (written_N + 1,)]
        return Step(log_softmax(logits_NV, never), after, weights[0] if attention and weights else None)


def config(**model: object) -> Config:
    lags = {"uniform": [0, 12], "full": 0.5}
    return config_from_dict({"model": {"embedding": 6, "hidden": 10} | model, "lag": {"train": lags}}, "test")


def scrambled(settings: Config) -> ModelFile:
    """A model file with random weights, all away from their initial values."""
    tries = None
    if settings.model.word_nodes:
        text = "ab abc b fab ab fe abe"
        part = VOCABULARY.encode_array(text), np.array([0, len(text)]), 9.0
        source, target = (learn_trie([part], VOCABULARY, 50, settings.model.word_pairs) for _ in range(2))
        tries = source, target
    torch.manual_seed(3)
    network = build(settings, VOCABULARY, tries)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(torch.randn_like(parameter), alpha=0.3)
    return ModelFile.of(settings, VOCABULARY, to_weights(network), {})


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"cell": "lstm_peephole", "bidirectional": True},
        {"cell": "gru", "position_bias": True, "heads": 2, "encoder_layers": 3},
        {"cell": "rnn", "attention": "none", "lag_embedding": False, "decoder_layers": 1},
        {"attention": "mlp", "heads": 5, "position_bias": True, "decoder_layers": 3},
        {"word_nodes": 50, "word_pairs": 9, "bidirectional": True},
    ],
    ids=str,
)
@pytest.mark.parametrize("lag", [0, 5, FULL])
def test_the_graphs_give_the_numbers_of_the_equations(changes: dict[str, object], lag: Lag) -> None:
    pytest.importorskip("onnx")
    file = scrambled(config(**changes))
    plain = NumpyEncoderDecoder(config(**changes).model, file.weights, VOCABULARY)
    networks: list[Any] = [plain, OnnxNetwork(file, plain)]
    sources = [[4, 5, 6, 10, 4, 5, 10], [5], [], [10, 9, 4, 5]]
    lengths_B = np.array([len(source) + 1 for source in sources])
    found: list[list[Step]] = []
    for network in networks:
        memory, states, steps = network.encode(sources, lag), network.start(4), []
        previous_B = np.full(4, START)
        for t in range(1, 10):
            read_B = read_now(t, lag, lengths_B)
            steps.append(network.step(previous_B, memory, read_B, states, lag, attention=True))
            states = steps[-1].states
            previous_B = np.array([4 + t % 7, 5, [4, 5, 8, 10][t % 4], 4 + 3 * t % 7])
        found.append(steps)
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(theirs.log_probs_NV, ours.log_probs_NV, rtol=0, atol=5e-5)
        assert (theirs.attention_NS is None) == (ours.attention_NS is None)
        if ours.attention_NS is not None and theirs.attention_NS is not None:
            np.testing.assert_allclose(theirs.attention_NS, ours.attention_NS, rtol=0, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["tiny", "en-es"])
@pytest.mark.parametrize("lag", [8, FULL])
def test_the_graphs_write_the_same_text(name: str, lag: Lag, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a model without words and of the model of the package, which has words and a backward reader."""
    pytest.importorskip("onnx")
    path = tiny.GOLDEN / "model.safetensors" if name == "tiny" else locate("en-es")
    lines = list(dict.fromkeys(pair.source for pair in read_pairs(str(tiny.DATA / "test.tsv"))))[:LINES]
    assert len(lines) == LINES
    file = read_model(path)
    model = config_from_dict(file.config, name).model
    assert (model.word_nodes > 0 and model.bidirectional) == (name == "en-es")
    translator = Translator.from_file(file, device="cpu")
    monkeypatch.setattr(pair_module, "LITTLE", 10**9)
    plain = translator.networks.numpy
    assert isinstance(plain, NumpyEncoderDecoder)
    monkeypatch.setitem(translator.networks._in_numpy, "fp32", OnnxNetwork(file, plain))
    found = translator.translate(lines, lag, 1)
    monkeypatch.setitem(translator.networks._in_numpy, "fp32", plain)
    assert found == translator.translate(lines, lag, 1)
    assert len(set(found)) > LINES / 2


def test_without_onnx_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(UsageError, match=r"needs ONNX: pip install 'seq2seq-lag\[onnx\]'"):
        export_onnx(scrambled(config()), "it")


def test_only_an_encoder_decoder_is_exported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnx", sys)  # it is only looked for
    settings = config_from_dict({"model": {"kind": "feedforward"}, "lag": {"train": 0}}, "test")
    file = replace(scrambled(config()), config=settings.to_dict())
    with pytest.raises(UsageError, match="only an encoder_decoder can be exported, and it is a feedforward"):
        export_onnx(file, "it")
