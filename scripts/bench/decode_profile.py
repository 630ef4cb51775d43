"""Show where the time of translation in bulk goes: products of matrices, and each part around them.

    python -m scripts.bench.decode_profile PAIRS.tsv MODEL … [--sentences N] [--json NAME]

Each model translates the sources on one thread, greedily and with a beam of 5 at lag `full` and greedily at
lag 8: once to be timed, once with Python's profiler and once with PyTorch's; and once more on two threads.
The time of a function of a library counts for the part that calls it. `--json` writes docs/results/NAME.json.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import pstats
import time
from collections import defaultdict
from pathlib import Path
from typing import Any, Final

import torch

import seq2seq
from scripts.results import machine, write_results
from seq2seq.corpus.pairs import group_references, read_pairs
from seq2seq.lag import Lag
from seq2seq.models import pair as pair_module
from seq2seq.translator import Translator

SEARCHES: Final[tuple[tuple[str, Lag, int], ...]] = (
    ("greedy", "full", 1),
    ("beam 5", "full", 5),
    ("lag 8", 8, 1),
)
PRODUCTS: Final = ("addmm", "mm", "bmm", "mkldnn_rnn_layer", "_scaled_dot_product_flash_attention_for_cpu")
"""PyTorch's operations that multiply matrices; recurrent layers and attention do a little more."""
PARTS: Final = {
    "models/": "network, besides products",
    "text/words.py": "word walks",
    "decoding/copying.py": "spans",
    "decoding/repetition.py": "repetitions",
    "decoding/trace.py": "hypotheses",
    "decoding/": "search",
    "plain/": "search",
    "": "text before and after",
}
"""The name of the part of each file of the package; the first that fits."""

_Function = tuple[str, int, str]


def parts(translator: Translator, sources: list[str], lag: Lag, beam: int) -> dict[str, float]:
    """Return the seconds of each part of a translation, products as a part of the network."""
    profile = cProfile.Profile(time.thread_time)
    profile.runcall(translator.translate_lines, sources, lag, beam)
    stats: dict[_Function, Any] = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    root = str(Path(seq2seq.__file__).parent) + "/"
    seconds: dict[str, float] = defaultdict(float)

    def give(function: _Function, amount: float, depth: int = 0) -> None:
        """Count an amount of time for a function of the package, or for those that called it."""
        if function[0].startswith(root):
            file = function[0].removeprefix(root)
            seconds[next(part for start, part in PARTS.items() if file.startswith(start))] += amount
            return
        callers = stats[function][4] if depth < 12 else {}
        calls = sum(one[1] for one in callers.values())
        for caller, one in callers.items():
            give(caller, amount * one[1] / calls, depth + 1)

    for function, (_, _, own, _, callers) in stats.items():
        if function[0].startswith(root):
            give(function, own)
        for caller, one in callers.items() if not function[0].startswith(root) else ():
            give(caller, one[2], 1)
    return seconds


def products(translator: Translator, sources: list[str], lag: Lag, beam: int) -> float:
    """Return the seconds of the products of matrices, by PyTorch's profiler."""
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as profile:
        translator.translate_lines(sources, lag, beam)
    names = {f"aten::{name}" for name in PRODUCTS}
    return 1e-6 * float(sum(row.self_cpu_time_total for row in profile.key_averages() if row.key in names))


def measure(model: str, sources: list[str]) -> dict[str, Any]:
    """Return rates and shares of each search with a model."""
    results: dict[str, Any] = {}
    translator = Translator.load(model, "cpu", "fp32")
    for name, lag, beam in SEARCHES:
        rates = {}
        for threads in (2, 1):
            torch.set_num_threads(threads)
            translator.translate_lines(sources[:50], lag, beam)
            began = time.perf_counter()
            translator.translate_lines(sources, lag, beam)
            rates[threads] = round(len(sources) / (time.perf_counter() - began), 1)
        found = parts(translator, sources, lag, beam)
        whole = len(sources) / rates[1]
        multiplied = products(translator, sources, lag, beam)
        found["network, besides products"] = max(0.0, found["network, besides products"] - multiplied)
        results[name] = {
            "sentences_per_second": rates[1],
            "sentences_per_second_two_threads": rates[2],
            "seconds": round(whole, 2),
            "seconds_of_products": round(multiplied, 2),
            "share_of_products": round(multiplied / whole, 3),
            "profiled_seconds": {
                part: round(found[part], 2) for part in sorted(found, key=lambda p: -found[p])
            },
        }
        print(f"{Path(model).stem}, {name}: {json.dumps(results[name])}", flush=True)
    return results


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pairs", type=Path)
    parser.add_argument("models", nargs="+", help="model files, or names of models of the package")
    parser.add_argument("--sentences", type=int, help="only so many, evenly from all")
    parser.add_argument("--json", metavar="NAME", help="write docs/results/NAME.json")
    options = parser.parse_args()
    sources = list(group_references(read_pairs(str(options.pairs))))
    if options.sentences:
        sources = sources[:: max(1, len(sources) // options.sentences)][: options.sentences]
    pair_module.LITTLE = 0
    results: dict[str, Any] = {"machine": machine(), "sentences": len(sources), "models": {}}
    for model in options.models:
        results["models"][Path(model).stem] = measure(model, sources)
    if options.json:
        write_results(options.json, results)


if __name__ == "__main__":
    main()
