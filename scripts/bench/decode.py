"""Measure the speed of a model's translations as a fraction of what the machine can do in the same run.

    python -m scripts.bench.decode MODEL PAIRS.tsv [--double] [--sentences N] [--only PART] [--json]

bulk       all sources of PAIRS, greedy and with a beam of 5, in fp32, int8 and, where the processor is
           fast at it, bf16, as a ratio to fp32: as a new process, and without
           its start-up; operations a second relative to the rate of matrix products of the same shapes
sentence   a new process that translates one sentence, relative to one that only imports PyTorch
streaming  reading a character and writing one, on one core, relative to one pass over the weights

`--double` measures a network of twice the hidden units that computes the same function (Net2WiderNet, Chen et
al. 2016): from a model of 256 units, the speed of one of 512 units on translations of realistic length.
`--json` writes docs/results/bench_decode.json.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import numpy as np

from scripts.bench.decode_operations import FORMULA, operations, product_rate, timed
from scripts.bench.doubled import doubled
from scripts.results import machine, run_seq2seq, write_results
from seq2seq.config.building import config_from_dict
from seq2seq.corpus.pairs import group_references, read_pairs
from seq2seq.decoding.bulk import BATCH_CHARS
from seq2seq.decoding.decoding_options import DecodingOptions
from seq2seq.decoding.lines import Translation
from seq2seq.decoding.streaming import SentenceStream
from seq2seq.lag import Lag
from seq2seq.measuring.quality import score
from seq2seq.models import pair as pair_module
from seq2seq.plain.encoder_decoder import NumpyEncoderDecoder
from seq2seq.storage.modelfile import read_model, write_model
from seq2seq.translator import Translator

SENTENCE = "Where is the station?"
BEAM = 5
RUNS = 7
"""Number of timed processes of each kind for one sentence."""
STREAMED = 3_000
"""Number of timed steps of streaming, each reading a character and writing one."""
LAG = 12


# The parts.


def bulk(model: Path, sources: list[str], references: list[list[str]]) -> dict[str, Any]:
    """Translate all sources, greedy and with a beam, in each precision."""
    file = read_model(model)
    config = config_from_dict(file.config, str(model)).model
    vocabulary = len(Translator.from_file(file).vocabulary)
    mean = sum(map(len, sources)) / len(sources) + 1
    results: dict[str, Any] = {"sentences": len(sources), "operations": FORMULA}
    results["batch_chars"], results["rows"] = BATCH_CHARS, round(BATCH_CHARS / mean)
    texts: dict[str, list[str]] = {}
    for beam in (1, BEAM):
        for precision in precisions():
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
            if precision != "fp32":
                exact = name.replace(precision, "fp32")
                results[name]["sentences_unlike_fp32"] = differing(texts[name], texts[exact])
                results[name]["times_fp32"] = {
                    kind: round(results[exact][kind]["seconds"] / results[name][kind]["seconds"], 2)
                    for kind in ("new_process", "without_start_up")
                }
            show(name, results[name])
    results["other ways"] = other_ways(model, sources, texts["greedy, fp32"])
    return results


def precisions() -> list[str]:
    """Return the precisions to measure: bf16 only where the processor has instructions for it."""
    from seq2seq.devices import is_faster, pick_device

    return ["fp32", "int8", *(["bf16"] if is_faster("bf16", pick_device("cpu")) else [])]


def other_ways(model: Path, sources: list[str], expected: list[str]) -> dict[str, Any]:
    """Time greedy search in fp32 with one worker on all cores, and in NumPy alone, without PyTorch."""
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
    """Translate with `torch` or `numpy` within this context, whatever the amount of text."""
    usual = pair_module.LITTLE
    pair_module.LITTLE = 0 if name == "torch" else sys.maxsize
    yield
    pair_module.LITTLE = usual


def without_start_up(
    translator: Translator, sources: list[str], beam: int
) -> tuple[list[Translation], float]:
    """Translate a little to warm up, then all sources; return the translations and the seconds."""
    # With repetitions allowed: a second search would add operations that are not counted.
    translator.translate_lines(sources[:100], "full", beam, repeats=True)
    began = time.perf_counter()
    found = translator.translate_lines(sources, "full", beam, repeats=True)
    return found, time.perf_counter() - began


def as_new_process(model: Path, sources: list[str], beam: int, precision: str) -> float:
    """Return the seconds of a new process that translates all sources."""
    with tempfile.TemporaryDirectory() as directory:
        text = Path(directory) / "sources.txt"
        text.write_text("".join(f"{source}\n" for source in sources), encoding="utf-8")
        options = f"--lag full --beam {beam} --precision {precision} --device cpu --repeats".split()
        return run_seq2seq(
            "translate", "--model", str(model), "-i", str(text), "-o", f"{text}.out", *options
        )[1]


def speed(seconds: float, sentences: int) -> dict[str, float]:
    """Return seconds, and sentences a second."""
    return {"seconds": round(seconds, 2), "sentences_per_second": round(sentences / seconds, 1)}


def quality(texts: list[str], references: list[list[str]]) -> dict[str, float]:
    """Return chrF and BLEU of translations."""
    scores = score(texts, references)
    return {"chrf": round(scores.chrf, 2), "bleu": round(scores.bleu, 2)}


def differing(texts: list[str], others: list[str]) -> int:
    """Count the sentences that differ."""
    return sum(a != b for a, b in zip(texts, others, strict=True))


def sentence(model: Path) -> dict[str, Any]:
    """Time new processes that translate one sentence, import PyTorch only, or import NumPy only, in turn."""
    commands = {
        "translate": ["-m", "seq2seq", "translate", "--model", str(model), SENTENCE],
        "import torch": ["-c", "import torch"],
        "import numpy": ["-c", "import numpy"],
    }
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(RUNS + 1):
        for name, command in commands.items():
            run = [sys.executable, *command]
            start = functools.partial(subprocess.run, run, check=True, capture_output=True)
            times[name].append(timed(start))
    # The first process of each kind fills the file cache of the system.
    seconds: dict[str, Any] = {name: round(median(found[1:]), 3) for name, found in times.items()}
    return {
        "runs": RUNS,
        "seconds": seconds,
        "ratio_to_import_torch": round(seconds["translate"] / seconds["import torch"], 3),
    }


def streaming(model: Path, sources: list[str]) -> dict[str, Any]:
    """Time reading a character and writing one, relative to one pass over the weights, on one core.

    A pass multiplies each weight matrix by a vector, which takes as long as reading the matrix. As a check,
    the same bytes are also read as one-dimensional arrays, each multiplied by itself.
    """
    translator = Translator.load(model, "cpu", "fp32")
    network = translator.networks.numpy
    assert isinstance(network, NumpyEncoderDecoder)
    lag = (
        LAG
        if translator.config.lag.train.serves(LAG)
        else translator.served_lag(translator.config.decode.lag)
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
    """Return the matrices by which a symbol read and a symbol written are multiplied."""
    first, *others = network.encoder
    matrices = [first.U_HG, network.bottom_from_read_HG, network.decoder[0].U_HG, network.output_XV]
    matrices += [matrix for layer in (*others, *network.decoder[1:]) for matrix in (layer.W_IG, layer.U_HG)]
    return matrices + ([network.attention.query_HH] if network.attention else [])


def _reading_and_writing(network: NumpyEncoderDecoder, sources: list[list[int]], lag: Lag) -> Iterator[float]:
    """Yield the seconds of each call that reads a symbol and writes one."""
    for source in sources:
        stream = SentenceStream(network, DecodingOptions(lag))
        for symbol in source:
            before = stream.written
            began = time.perf_counter()
            stream.read(symbol)
            seconds = time.perf_counter() - began
            if stream.written == before + 1:
                yield seconds


def streaming_on_one_core(options: argparse.Namespace, model: Path) -> dict[str, Any]:
    """Run `streaming` in a new process with one thread."""
    command = [
        sys.executable,
        "-m",
        "scripts.bench.decode",
        str(model),
        str(options.pairs),
        "--only",
        "streaming",
        "--child",
    ]
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    results: dict[str, Any] = json.loads(done.stdout)
    return results


def show(name: str, results: dict[str, Any]) -> None:
    """Print results on one line."""
    print(f"{name}: {json.dumps(results, ensure_ascii=False)}", flush=True)


def main() -> None:
    """Run the command line."""
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
            "parameters": sum(array.size for array in file.weights.values() if array.dtype.kind == "f"),
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
