"""Measure how fast a model translates, as fractions of what the machine can do in the same run.

    python scripts/bench_decode.py MODEL PAIRS.tsv [--double] [--sentences N] [--only PART] [--json]

bulk       all sources of PAIRS, greedy and with a beam of 5, in fp32 and bf16: as a new process, and without
           its start-up; operations a second against the rate of matrix products of the same shapes
sentence   a new process that translates one sentence, against one that only imports PyTorch
streaming  reading a character and writing one, on one core, against one pass over the weights it takes

`--double` measures a network of twice the hidden units that computes the same function (Net2WiderNet, Chen et
al. 2016): with a model of 256 units, the speed of one of 512 on translations of the usual lengths. `--json`
writes docs/results/bench_decode.json.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import numpy as np
from measure import machine, seq2seq, write_results

from seq2seq.config.schema import ModelConfig, config_from_dict
from seq2seq.corpus.pairs import group_references, read_pairs
from seq2seq.decoding.bulk import BATCH_CHARS
from seq2seq.decoding.streaming import SentenceStream
from seq2seq.measuring.quality import score
from seq2seq.models import pair as pair_module
from seq2seq.plain.cells import GATES
from seq2seq.plain.encoder_decoder import NumpyEncoderDecoder
from seq2seq.storage.modelfile import ModelFile, read_model, write_model
from seq2seq.translator import Translation, Translator

SENTENCE = "Where is the station?"
BEAM = 5
RUNS = 7
"""Processes of each kind that are started to time one sentence."""
STREAMED = 3_000
"""Characters read and written to time streaming."""
LAG = 12


# A network of twice the width.


EMBEDDED = {f"{layer}.fused.weight_ih_l0" for layer in ("encoder.0", "bottom", "backward_encoder")}


def doubled(file: ModelFile) -> ModelFile:
    """Return a model with two copies of each hidden unit, each of half the outgoing weight.

    Normalisation is not changed by copies. Scores of the attention are sums over twice as many products,
    divided by the root of twice as many units.
    """
    E, H = (file.config["model"][key] for key in ("embedding", "hidden"))
    weights = {}
    for name, stored in file.weights.items():
        array = np.asarray(stored, np.float32)
        if array.ndim == 2 and "embedding" not in name and not name.endswith("initial"):
            # The columns for an embedding stay as they are.
            first = E if name in EMBEDDED else 0
            array = np.concatenate([array[:, :first], _blocks(array[:, first:].T, H).T / 2], axis=1)
        if name == "attention.query.weight":
            array = _blocks(array, H) * np.float32(0.5**0.5)
        elif name.startswith(("encoder", "bottom", "upper", "backward", "decoder")):
            array = _blocks(array.T, H).T if name.endswith("initial") else _blocks(array, H)
        weights[name] = np.ascontiguousarray(array)
    return replace(
        file, config={**file.config, "model": {**file.config["model"], "hidden": 2 * H}}, weights=weights
    )


def _blocks(rows: np.ndarray[Any, Any], size: int) -> np.ndarray[Any, Any]:
    """Repeat each block of `size` rows."""
    rest = rows.shape[1:]
    return rows.reshape(len(rows) // size, 1, size, *rest).repeat(2, axis=1).reshape(2 * len(rows), *rest)


# Counting operations.


def products(config: ModelConfig, vocabulary: int) -> dict[str, list[tuple[int, int]]]:
    """Return the matrices (inputs, outputs) of each symbol that is read, and of each that is written."""
    E, H, G = config.embedding, config.hidden, GATES[config.cell] * config.hidden
    C = H if config.attention == "dot" else 0
    read = [(E + H, G)] + [(2 * H, G)] * (config.encoder_layers - 1) + [(E + H, G)] * config.bidirectional
    write = [(E + 2 * H, G)] + [(2 * H + C, G)] * (config.decoder_layers - 1)
    return {"read": read, "write": [*write, (H, C), (H + C, vocabulary)]}


FORMULA = (
    "2 * (inputs * outputs of every matrix) for each source symbol read and target symbol written (times the "
    "beam), and 4 * S * H for the attention of each symbol written; end marks count, padding does not, and "
    "what is worked out once for many symbols counts as often as the equations have it"
)


def operations(
    config: ModelConfig, vocabulary: int, sources: list[str], found: list[Translation], beam: int
) -> float:
    """Count multiplications and additions of translating `sources`; see `FORMULA`."""
    shapes = products(config, vocabulary)
    read, write = (2 * sum(i * o for i, o in shapes[side]) for side in ("read", "write"))
    attention = 4 * config.hidden if config.attention == "dot" else 0
    return float(
        sum(
            (len(source) + 1) * read + beam * (len(line.text) + 1) * (write + attention * (len(source) + 1))
            for source, line in zip(sources, found, strict=True)
        )
    )


def product_rate(config: ModelConfig, vocabulary: int, rows: int, precision: str) -> float:
    """Return the operations a second of plain matrix products of the shapes that occur, `rows` at a time."""
    import torch

    dtype = torch.bfloat16 if precision == "bf16" else torch.float32
    done = seconds = 0.0
    for inputs, outputs in [shape for side in products(config, vocabulary).values() for shape in side]:
        x, w = torch.randn(rows, inputs, dtype=dtype), torch.randn(inputs, outputs, dtype=dtype)
        seconds += min(timed(lambda x=x, w=w: x @ w) for _ in range(20))  # type: ignore[misc]
        done += 2 * rows * inputs * outputs
    return done / seconds


def timed(act: Callable[[], object]) -> float:
    """Return the seconds that one call takes."""
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


# The parts.


def bulk(model: Path, sources: list[str], references: list[list[str]]) -> dict[str, Any]:
    """Translate many sentences in all ways."""
    file = read_model(model)
    config = config_from_dict(file.config, str(model)).model
    vocabulary = len(Translator.from_file(file).vocabulary)
    mean = sum(map(len, sources)) / len(sources) + 1
    results: dict[str, Any] = {"sentences": len(sources), "operations": FORMULA}
    results["batch_chars"], results["rows"] = BATCH_CHARS, round(BATCH_CHARS / mean)
    texts: dict[str, list[str]] = {}
    for beam in (1, BEAM):
        for precision in ("fp32", "bf16"):
            name = f"{'greedy' if beam == 1 else f'beam {beam}'}, {precision}"
            translator = Translator.load(model, "cpu", precision)
            with runtime("torch"):
                found, seconds = without_start_up(translator, sources, beam)
            texts[name] = [line.text for line in found]
            count = operations(config, vocabulary, sources, found, beam)
            rate = product_rate(config, vocabulary, results["rows"], precision)
            results[name] = {
                "new_process": speed(as_new_process(model, sources, beam, precision), len(sources)),
                "without_start_up": speed(seconds, len(sources)),
                "gflop": round(count / 1e9),
                "gflops": round(count / seconds / 1e9),
                "product_gflops": round(rate / 1e9),
                "fraction": round(count / seconds / rate, 3),
                **quality(texts[name], references),
            }
            if precision == "bf16":
                exact = texts[name.replace("bf16", "fp32")]
                results[name]["sentences_unlike_fp32"] = differing(texts[name], exact)
            show(name, results[name])
    results["other ways"] = other_ways(model, sources, texts["greedy, fp32"])
    return results


def other_ways(model: Path, sources: list[str], expected: list[str]) -> dict[str, Any]:
    """Greedy fp32 one batch at a time, on all cores; and by NumPy alone, without importing PyTorch."""
    import seq2seq.decoding.bulk as bulk_module

    results: dict[str, Any] = {}
    translator = Translator.load(model, "cpu", "fp32")
    workers, bulk_module.WORKERS = bulk_module.WORKERS, 1
    for name, way in (("one batch at a time", "torch"), ("NumPy", "numpy")):
        with runtime(way):
            found, seconds = without_start_up(translator, sources, 1)
        texts = [line.text for line in found]
        results[name] = speed(seconds, len(sources)) | {"unlike": differing(texts, expected)}
        show(name, results[name])
    bulk_module.WORKERS = workers
    return results


@contextmanager
def runtime(name: str) -> Iterator[None]:
    """Translate with `torch` or `numpy`, however much there is, for as long as this is entered."""
    usual = pair_module.LITTLE
    pair_module.LITTLE = 0 if name == "torch" else sys.maxsize
    yield
    pair_module.LITTLE = usual


def without_start_up(
    translator: Translator, sources: list[str], beam: int
) -> tuple[list[Translation], float]:
    """Translate once a little to get everything ready, then all; return the translations and the seconds."""
    translator.repeats = True  # the search whose operations are counted, and no other
    translator.translate(sources[:100], "full", beam)
    began = time.perf_counter()
    found = translator.translate_lines(sources, "full", beam)
    return found, time.perf_counter() - began


def as_new_process(model: Path, sources: list[str], beam: int, precision: str) -> float:
    """Return the seconds that the command line takes for all sources."""
    with tempfile.TemporaryDirectory() as directory:
        text = Path(directory) / "sources.txt"
        text.write_text("".join(f"{source}\n" for source in sources), encoding="utf-8")
        options = f"--lag full --beam {beam} --precision {precision} --device cpu --repeats".split()
        return seq2seq("translate", "--model", str(model), "-i", str(text), "-o", f"{text}.out", *options)[1]


def speed(seconds: float, sentences: int) -> dict[str, float]:
    """Seconds, and sentences a second."""
    return {"seconds": round(seconds, 2), "sentences_per_second": round(sentences / seconds, 1)}


def quality(texts: list[str], references: list[list[str]]) -> dict[str, float]:
    """The scores of some translations."""
    scores = score(texts, references)
    return {"chrf": round(scores.chrf, 2), "bleu": round(scores.bleu, 2)}


def differing(texts: list[str], others: list[str]) -> int:
    """Count the sentences that differ."""
    return sum(a != b for a, b in zip(texts, others, strict=True))


def sentence(model: Path) -> dict[str, Any]:
    """Time one sentence in a new process, taking turns with a process that only imports PyTorch or NumPy."""
    commands = {
        "translate": ["-m", "seq2seq", "translate", "--model", str(model), SENTENCE],
        "import torch": ["-c", "import torch"],
        "import numpy": ["-c", "import numpy"],
    }
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(RUNS + 1):
        for name, command in commands.items():
            run = [sys.executable, *command]
            times[name].append(timed(lambda run=run: subprocess.run(run, check=True, capture_output=True)))  # type: ignore[misc]
    # The first of each fills the system's cache of files.
    seconds: dict[str, Any] = {name: round(median(found[1:]), 3) for name, found in times.items()}
    return {
        "runs": RUNS,
        "seconds": seconds,
        "ratio_to_import_torch": round(seconds["translate"] / seconds["import torch"], 3),
    }


def streaming(model: Path, sources: list[str]) -> dict[str, Any]:
    """Time reading a character and writing one against one pass over the weights; on one core.

    A pass multiplies each matrix that they take by a vector, which costs as much as reading it: as a check,
    the same bytes are also read from arrays in one piece, each multiplied by itself.
    """
    translator = Translator.load(model, "cpu", "fp32")
    network = translator.networks.numpy
    lag = (
        LAG if translator.config.lag.train.serves(LAG) else translator.check_lag(translator.config.decode.lag)
    )
    matrices = touched(network)
    vectors = [np.ones((1, len(matrix)), np.float32) for matrix in matrices]
    pieces = [np.ascontiguousarray(matrix).ravel() for matrix in matrices]
    symbols: list[float] = []
    by_product: list[float] = []
    by_piece: list[float] = []
    for time_of_symbol in _reading_and_writing(
        network, [translator.vocabulary.encode(s) for s in sources], lag
    ):
        symbols.append(time_of_symbol)
        if len(symbols) % 10 == 0:
            by_product.append(
                timed(lambda: [x @ matrix for x, matrix in zip(vectors, matrices, strict=True)])
            )
            by_piece.append(timed(lambda: [piece @ piece for piece in pieces]))
        if len(symbols) == STREAMED:
            break
    return {
        "lag": lag,
        "symbols": len(symbols),
        "megabytes": round(sum(matrix.nbytes for matrix in matrices) / 1e6, 1),
        "milliseconds": round(1e3 * median(symbols), 3),
        "milliseconds_p99": round(1e3 * quantiles(symbols, n=100)[-1], 3),
        "pass_milliseconds": round(1e3 * median(by_product), 3),
        "pass_in_one_piece_milliseconds": round(1e3 * median(by_piece), 3),
        "ratio": round(median(symbols) / median(by_product), 2),
    }


def touched(network: NumpyEncoderDecoder) -> list[np.ndarray[Any, Any]]:
    """Return the matrices that a symbol read and a symbol written are multiplied by."""
    first, *others = network.encoder
    matrices = [first.U_HG, network.bottom_from_read_HG, network.decoder[0].U_HG, network.output_XV]
    matrices += [matrix for layer in (*others, *network.decoder[1:]) for matrix in (layer.W_IG, layer.U_HG)]
    return matrices + ([network.attention.query_HH] if network.attention else [])


def _reading_and_writing(network: NumpyEncoderDecoder, sources: list[list[int]], lag: Any) -> Iterator[float]:
    """Yield the seconds of every call that read a symbol and wrote one."""
    for source in sources:
        stream = SentenceStream(network, lag)
        for symbol in source:
            before = stream.written
            began = time.perf_counter()
            stream.read(symbol)
            seconds = time.perf_counter() - began
            if stream.written == before + 1:
                yield seconds


def streaming_on_one_core(options: argparse.Namespace, model: Path) -> dict[str, Any]:
    """Run `streaming` in a process that has one core to itself."""
    command = [sys.executable, __file__, str(model), str(options.pairs), "--only", "streaming", "--child"]
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    results: dict[str, Any] = json.loads(done.stdout)
    return results


def show(name: str, results: dict[str, Any]) -> None:
    """Print one line of results."""
    print(f"{name}: {json.dumps(results, ensure_ascii=False)}", flush=True)


def main() -> None:
    """Do what the arguments say."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", type=Path, help="a model file, or the run directory that holds it")
    parser.add_argument("pairs", type=Path)
    parser.add_argument("--double", action="store_true", help="twice the hidden units, the same function")
    parser.add_argument("--sentences", type=int, help="only so many, evenly from all")
    parser.add_argument("--only", choices=("bulk", "sentence", "streaming"))
    parser.add_argument("--json", action="store_true", help="write docs/results/bench_decode.json")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    groups = group_references(read_pairs(str(options.pairs)))
    sources, references = list(groups), list(groups.values())
    if options.child:
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        print(json.dumps(streaming(options.model, sources)))
        return
    if options.sentences:
        step = max(1, len(sources) // options.sentences)
        sources, references = sources[::step], references[::step]
    model = options.model / "model.safetensors" if options.model.is_dir() else options.model
    file = read_model(model)
    with tempfile.TemporaryDirectory() as directory:
        if options.double:
            file, model = doubled(file), Path(directory) / "model.safetensors"
            write_model(model, file)
        results: dict[str, Any] = {"machine": machine()}
        results["model"] = {
            "parameters": sum(array.size for array in file.weights.values()),
            "doubled": options.double,
            **{key: file.config["model"][key] for key in ("cell", "embedding", "hidden")},
            **{key: file.config["model"][key] for key in ("encoder_layers", "decoder_layers")},
        }
        parts: dict[str, Callable[[], dict[str, Any]]] = {
            "sentence": lambda: sentence(model),
            "streaming": lambda: streaming_on_one_core(options, model),
            "bulk": lambda: bulk(model, sources, references),
        }
        for name, measure_part in parts.items():
            if options.only in (None, name):
                results[name] = measure_part()
                show(name, results[name])
    if options.json:
        write_results("bench_decode", results)


if __name__ == "__main__":
    main()
