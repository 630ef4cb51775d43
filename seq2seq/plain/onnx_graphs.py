"""The encoder-decoder as two ONNX graphs: one reads whole sources, the other takes a decoding step.

The graphs are put together from the equations of `plain.encoder_decoder` with the operators of ONNX, whose
recurrent ones include peepholes; PyTorch is not needed. What stays outside: reading text as symbols, looking
up word tables, and the search. docs/onnx.md describes inputs and outputs.

Shape suffixes: B sentences, N hypotheses, S source positions, E embedding, H hidden units, K heads, D units
of a head, V vocabulary.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from seq2seq.config.schema import ModelConfig
from seq2seq.errors import UsageError
from seq2seq.plain.cells import STATES
from seq2seq.plain.step import copied_symbols, never_written
from seq2seq.plain.weights import FARTHEST, weight_shapes
from seq2seq.storage.content import check_weights, read_settings
from seq2seq.storage.int8 import as_real
from seq2seq.storage.modelfile import ModelFile
from seq2seq.text.vocabulary import END, PAD, START, UNKNOWN, Vocabulary

OPSET = 17
_ORDERS = {"lstm": (0, 3, 1, 2), "lstm_peephole": (0, 3, 1, 2), "gru": (1, 0, 2), "rnn": (0,)}
"""For each gate of ONNX its place in PyTorch: ONNX has i o f g, and z r n."""
_OPERATORS = {"lstm": "LSTM", "lstm_peephole": "LSTM", "gru": "GRU", "rnn": "RNN"}


def export_onnx(file: ModelFile, name: str) -> dict[str, bytes]:
    """Return the content of encoder.onnx, step.onnx and model.json for a model file.

    Args:
        file: its content, in any precision; the graphs are in float32.
        name: its name in messages.

    Raises:
        UsageError: ONNX is not installed, or the network is no encoder-decoder.
        CheckpointError: the settings or weights of the file are wrong.
    """
    try:
        import onnx  # noqa: F401
    except ImportError:
        raise UsageError("this needs ONNX: pip install 'seq2seq-lag[onnx]'") from None
    config, vocabulary = read_settings(file.config, file.characters, name)
    if config.model.kind != "encoder_decoder":
        raise UsageError(f"only an encoder_decoder can be exported, and {name} is a {config.model.kind}")
    shapes = weight_shapes(config.model, len(vocabulary), config.lag.train.largest, file.weights)
    check_weights(file.weights, shapes, name)
    weights = {
        key: np.asarray(array)
        for key, array in as_real(file.weights, "float32").items()
        if "_words." not in key
    }
    about = _describe(vocabulary, config.lag.train.to_plain(), config.model)
    return {
        "encoder.onnx": _encoder(config.model, weights),
        "step.onnx": _step(config.model, weights),
        "model.json": (json.dumps(about, ensure_ascii=False, indent=1) + "\n").encode(),
    }


def _describe(vocabulary: Vocabulary, lags: Any, config: ModelConfig) -> dict[str, Any]:
    """Return what a user of the graphs has to know about the symbols."""
    copied = copied_symbols(vocabulary)
    return {
        "reserved": {"pad": PAD, "start": START, "end": END, "unknown": UNKNOWN},
        "first_character": len(vocabulary) - len(vocabulary.characters),
        "characters": "".join(vocabulary.characters),
        "copied": list(map(int, copied)),
        "never_written": [int(symbol) for symbol in never_written(copied, False)],
        "lags": lags,
        "words": bool(config.word_nodes),
        "bidirectional": config.bidirectional,
    }


class _Graph:
    """A graph that is put together one operator at a time; values are known by their names."""

    def __init__(self, config: ModelConfig, weights: Mapping[str, np.ndarray[Any, Any]]) -> None:
        self.config, self.weights = config, weights
        self.nodes: list[Any] = []
        self.constants: dict[str, Any] = {}
        self.inputs: list[Any] = []

    def input(self, name: str, shape: Sequence[str | int], whole: bool = False) -> str:
        """Declare an input of float32, or of int64 if it is `whole`."""
        import onnx

        kind = onnx.TensorProto.INT64 if whole else onnx.TensorProto.FLOAT
        self.inputs.append(onnx.helper.make_tensor_value_info(name, kind, shape))
        return name

    def constant(self, value: Any, name: str = "") -> str:
        """Return the name of an array that is part of the graph."""
        from onnx import numpy_helper

        array = np.asarray(value)
        if array.dtype.kind != "f":
            array = array.astype(np.int64)
        name = name or f"constant_{len(self.constants)}"
        self.constants[name] = numpy_helper.from_array(np.ascontiguousarray(array), name)
        return name

    def weight(self, name: str) -> str:
        """Return the name of a weight of the network."""
        return name if name in self.constants else self.constant(self.weights[name], name)

    def columns(self, name: str) -> str:
        """Return the name of a matrix of the network, transposed: for x W."""
        return self.constant(self.weights[name].T, f"{name}.T")

    def op(self, operator: str, *inputs: str, outputs: int = 1, **attributes: Any) -> Any:
        """Add an operator; return the name of its output, or a list of names if there are several."""
        import onnx

        names = [f"{operator}_{len(self.nodes)}_{number}" for number in range(outputs)]
        self.nodes.append(onnx.helper.make_node(operator, list(inputs), names, **attributes))
        return names[0] if outputs == 1 else names

    def reshape(self, x: str, *shape: int) -> str:
        """Reshape; 0 keeps a size, -1 is what is left."""
        return str(self.op("Reshape", x, self.constant(shape)))

    def norm(self, x: str, name: str) -> str:
        """Layer normalisation."""
        gain, bias = self.weight(f"{name}.weight"), self.weight(f"{name}.bias")
        return str(self.op("LayerNormalization", x, gain, bias, axis=-1, epsilon=1e-5))

    def recurrent(self, x_SBI: str, name: str, states: Sequence[str]) -> list[str]:
        """Run a layer from `states`, (1, B, H) each; return h_1 … h_S, (S, B, H), and the states after it."""
        cell, hidden = self.config.cell, self.config.hidden
        parts = {
            key: self.weights[f"{name}.fused.{key}"].reshape(len(_ORDERS[cell]), hidden, -1)[
                list(_ORDERS[cell])
            ]
            for key in ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
        }
        W, U, b, d = (array.reshape(-1, array.shape[2]) for array in parts.values())
        weights = [self.constant(array[None], f"{name}.{key}") for key, array in (("W", W), ("R", U))]
        bias = self.constant(np.concatenate([b, d])[:, 0][None], f"{name}.B")
        inputs, attributes = [x_SBI, *weights, bias, "", *states], {"hidden_size": hidden}
        if cell == "lstm_peephole":
            i, f, o = self.weights[f"{name}.peephole"]
            inputs.append(self.constant(np.concatenate([i, o, f])[None], f"{name}.P"))
        if cell == "gru":
            attributes["linear_before_reset"] = 1
        found = self.op(_OPERATORS[cell], *inputs, outputs=1 + STATES[cell], **attributes)
        return [self.op("Squeeze", found[0], self.constant([1])), *found[1:]]

    def start(self, name: str, batch_1: str) -> list[str]:
        """Return the learned state of a layer before its first step, (1, B, H) each."""
        shape = self.op("Concat", self.constant([1]), batch_1, self.constant([self.config.hidden]), axis=0)
        return [
            str(self.op("Expand", self.constant(row[None, None]), shape))
            for row in self.weights[f"{name}.initial"]
        ]

    def size(self, x: str, axis: int) -> str:
        """Return the size of an axis, (1,)."""
        return str(self.op("Gather", self.op("Shape", x), self.constant([axis]), axis=0))

    def to_bytes(self, name: str, outputs: Mapping[str, tuple[str, Sequence[str | int]]]) -> bytes:
        """Return the file; `outputs` are names and shapes of values, by the names of outputs."""
        import onnx

        declared = []
        for output, (value, shape) in outputs.items():
            self.nodes.append(onnx.helper.make_node("Identity", [value], [output]))
            declared.append(onnx.helper.make_tensor_value_info(output, onnx.TensorProto.FLOAT, shape))
        graph = onnx.helper.make_graph(self.nodes, name, self.inputs, declared, list(self.constants.values()))
        opset = onnx.helper.make_opsetid("", OPSET)
        model = onnx.helper.make_model(
            graph, opset_imports=[opset], ir_version=8, producer_name="seq2seq-lag"
        )
        onnx.checker.check_model(model)
        return bytes(model.SerializeToString(deterministic=True))


def _encoder(config: ModelConfig, weights: Mapping[str, np.ndarray[Any, Any]]) -> bytes:
    graph, E, H = _Graph(config, weights), config.embedding, config.hidden
    source = graph.input("source", ("B", "S"), whole=True)
    x = graph.op("Gather", graph.weight("source_embedding.weight"), source)
    words = graph.input("words", ("B", "S", E)) if config.word_nodes else None
    if words:
        x = graph.op("Add", x, words)
    x, batch = graph.op("Transpose", x, perm=[1, 0, 2]), graph.size(source, 0)
    below = graph.recurrent(x, "encoder.0", graph.start("encoder.0", batch))[0]
    for i in range(1, config.encoder_layers):
        normed, name = graph.norm(below, f"encoder_norms.{i - 1}"), f"encoder.{i}"
        below = graph.op("Add", below, graph.recurrent(normed, name, graph.start(name, batch))[0])
    if config.bidirectional:
        lengths, full = graph.input("lengths", ("B",), whole=True), graph.input("full", ())
        flip = {"time_axis": 0, "batch_axis": 1}
        flipped = graph.op("ReverseSequence", x, lengths, **flip)
        back = graph.recurrent(flipped, "backward_encoder", graph.start("backward_encoder", batch))[0]
        back = graph.op("ReverseSequence", back, lengths, **flip)
        below = graph.op("Add", below, graph.op("Mul", back, full))
    memory = graph.norm(below, f"encoder_norms.{config.encoder_layers - 1}")
    memory = graph.op("Transpose", memory, perm=[1, 0, 2])
    if words:
        memory = graph.op("Add", memory, graph.op("MatMul", words, graph.columns("word_memory.weight")))
    starts = [part for name in _decoder_layers(config) for part in graph.start(name, batch)]
    states = graph.op("Concat", *starts, axis=0)
    return graph.to_bytes(
        "encoder", {"memory": (memory, ("B", "S", H)), "states": (states, (len(starts), "B", H))}
    )


def _step(config: ModelConfig, weights: Mapping[str, np.ndarray[Any, Any]]) -> bytes:
    graph, E, H = _Graph(config, weights), config.embedding, config.hidden
    names, parts = _decoder_layers(config), STATES[config.cell]
    previous = graph.input("previous", ("N",), whole=True)
    memory, read = graph.input("memory", ("N", "S", H)), graph.input("read", ("N",), whole=True)
    states = graph.input("states", (parts * len(names), "N", H))
    y = graph.op("Gather", graph.weight("target_embedding.weight"), previous)
    if config.lag_embedding:
        y = graph.op("Add", y, _lag_vector(graph))
    words = [graph.input("words", ("N", E))] if config.word_nodes else []
    for vectors in words:
        y = graph.op("Add", y, vectors)
    index = graph.op("Unsqueeze", graph.op("Sub", read, graph.constant(1)), graph.constant([1]))
    x = graph.op("Concat", y, graph.op("GatherND", memory, index, batch_dims=1), axis=1)
    each = [graph.constant([i]) for i in range(parts * len(names))]
    split = [graph.op("Gather", states, index, axis=0) for index in each]
    before = [split[parts * i : parts * (i + 1)] for i in range(len(names))]
    after: list[str] = []

    def layer(x_NI: str, number: int) -> str:
        x_1NI = graph.op("Unsqueeze", x_NI, graph.constant([0]))
        out, *new = graph.recurrent(x_1NI, names[number], before[number])
        after.extend(new)
        return str(graph.op("Squeeze", out, graph.constant([0])))

    below, context, outputs = layer(x, 0), [], {}
    if config.attention != "none":
        found, shares = _attention(graph, below, memory, read)
        context, outputs = [found], {"attention": (shares, ("N", "S"))}
    for i in range(1, len(names)):
        normed = graph.norm(below, f"decoder_norms.{i - 1}")
        above = layer(graph.op("Concat", normed, *context, axis=1), i)
        below = graph.op("Add", below, above)
    top = graph.op("Concat", graph.norm(below, f"decoder_norms.{len(names) - 1}"), *context, *words, axis=1)
    logits = graph.op("MatMul", top, graph.columns("output.weight"))
    logits = graph.op("Add", logits, graph.weight("output.bias"))
    new_states = graph.op("Concat", *after, axis=0)
    V = len(weights["output.bias"])
    return graph.to_bytes(
        "step",
        {"logits": (logits, ("N", V)), "next_states": (new_states, (len(after), "N", H)), **outputs},
    )


def _decoder_layers(config: ModelConfig) -> list[str]:
    return ["bottom", *(f"upper.{i}" for i in range(config.decoder_layers - 1))]


def _lag_vector(graph: _Graph) -> str:
    """Return the embedding (E,) of the input `lag`, interpolated between the learned ones; -1 is `full`."""
    lag, zero = graph.input("lag", ()), graph.constant(np.float32(0))
    table = graph.weight("lag_embedding.table.weight")
    number = graph.op("Add", graph.op("Max", lag, zero), graph.constant(np.float32(1)))
    place = graph.op("Div", graph.op("Log", number), graph.constant(np.float32(math.log(2))))
    low = graph.op("Floor", place)
    row = graph.op("Cast", low, to=7)  # int64
    low_E = graph.op("Gather", table, row)
    high_E = graph.op("Gather", table, graph.op("Add", row, graph.constant(1)))
    step_E = graph.op("Mul", graph.op("Sub", high_E, low_E), graph.op("Sub", place, low))
    last = graph.constant(graph.weights["lag_embedding.table.weight"][-1])
    return str(graph.op("Where", graph.op("Less", lag, zero), last, graph.op("Add", low_E, step_E)))


def _attention(graph: _Graph, query: str, memory: str, read: str) -> tuple[str, str]:
    """Return the context (N, H) and the mean of the heads' weights (N, S)."""
    config = graph.config
    K, H = config.heads, config.hidden
    query = graph.op("MatMul", query, graph.columns("attention.query.weight"))
    heads_NSKD = graph.reshape(memory, 0, 0, K, -1)
    if config.attention == "mlp":
        keys = graph.op("MatMul", memory, graph.columns("attention.key.weight"))
        hidden = graph.op("Tanh", graph.op("Add", graph.reshape(query, 0, 1, H), keys))
        energies = graph.reshape(graph.op("Mul", hidden, graph.weight("attention.energy")), 0, 0, K, -1)
        scores = graph.op("ReduceSum", energies, graph.constant([3]), keepdims=0)
        scores_NK1S = graph.op(
            "Unsqueeze", graph.op("Transpose", scores, perm=[0, 2, 1]), graph.constant([2])
        )
    else:
        scale = graph.constant(np.float32(1 / math.sqrt(H // K)))
        query_NK1D = graph.reshape(graph.op("Mul", query, scale), 0, K, 1, -1)
        scores_NK1S = graph.op("MatMul", query_NK1D, graph.op("Transpose", heads_NSKD, perm=[0, 2, 3, 1]))
    last = graph.op("Squeeze", graph.size(memory, 1), graph.constant([0]))
    place_S = graph.op(
        "Range", graph.constant(1), graph.op("Add", last, graph.constant(1)), graph.constant(1)
    )
    if config.position_bias:
        distance = graph.op("Sub", place_S, graph.input("position", (), whole=True))
        clipped = graph.op("Clip", distance, graph.constant(-FARTHEST), graph.constant(FARTHEST))
        near = graph.constant(graph.weights["attention.near"].reshape(K, 1, -1))
        index = graph.op("Add", clipped, graph.constant(FARTHEST))
        scores_NK1S = graph.op("Add", scores_NK1S, graph.op("Gather", near, index, axis=2))
    unread = graph.op("Greater", place_S, graph.reshape(read, -1, 1, 1, 1))
    scores_NK1S = graph.op("Where", unread, graph.constant(np.float32(-np.inf)), scores_NK1S)
    weights_NK1S = graph.op("Softmax", scores_NK1S, axis=-1)
    context = graph.op("MatMul", weights_NK1S, graph.op("Transpose", heads_NSKD, perm=[0, 2, 1, 3]))
    mean = graph.op("ReduceMean", weights_NK1S, axes=[1], keepdims=0)
    return graph.reshape(context, 0, H), graph.reshape(mean, 0, -1)
