"""The tables of docs/performance.md and docs/scaling.md, from the results of the benchmarks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scripts.bench import peers, scaling
from scripts.report.tables import table, where
from scripts.results import read_results
from seq2seq.errors import counted

NOT_YET = "Not measured yet."


def training_block() -> str:
    """Return the time of a training step relative to its matrix products."""
    results = read_results("bench_train")
    if not results:
        return NOT_YET
    rows = []
    for name, result in results.items():
        shape, parts = result["shape"], result["rows"]
        rows.append(
            [
                name,
                f"{result['parameters'] / 1e6:.1f} million",
                f"{shape['B']} pairs of {shape['S']} + {shape['T']} symbols, {result['precision']}",
                f"{result['target_chars_per_second']:,}",
                f"{1000 * parts['matrix products']['seconds']:,.0f} ms",
                *(
                    f"{1000 * parts[part]['seconds']:,.0f} ms, {parts[part]['fraction']:.0%}"
                    for part in ("recurrent layers", "full step")
                ),
            ]
        )
    head = ["configuration", "parameters", "batch", "target characters/s", "matrix products"]
    machines = "; ".join(dict.fromkeys(where(result["machine"]) for result in results.values()))
    note = f"Percentages are of the rate of the matrix products. {machines}."
    return "\n".join([table([*head, "recurrent layers", "full step"], rows), "", note])


def decoding_block() -> str:
    """Return sentences a second in bulk translation."""
    results = read_results("bench_decode")
    if not results:
        return NOT_YET
    bulk, model = results["bulk"], results["model"]
    rows = [
        [
            name,
            f"{row['new_process']['sentences_per_second']:,.0f}",
            f"{row['without_start_up']['sentences_per_second']:,.0f}",
            f"{row['fraction']:.0%}",
            f"{row['chrf']:.1f}",
            f"{row['bleu']:.1f}",
            f"{row['sentences_unlike_fp32']:,}" if "sentences_unlike_fp32" in row else "",
        ]
        for name, row in bulk.items()
        if isinstance(row, dict) and "new_process" in row
    ]
    head = ["", "sentences/s, new process", "without start-up", "of the products' rate", "chrF", "BLEU"]
    made = (
        f"{bulk['sentences']:,} sentences, {model['parameters'] / 1e6:.1f} million parameters "
        f"({model['encoder_layers']} + {model['decoder_layers']} layers of {model['hidden']}). "
        f"{where(results['machine'])}."
    )
    other = [
        f"{name}: {row['sentences_per_second']:,.0f} sentences a second"
        for name, row in bulk["other ways"].items()
    ]
    also = f"Greedy in fp32 in other ways, without start-up: {'; '.join(other)}."
    return "\n".join([table([*head, "sentences unlike fp32"], rows), "", made, "", also])


def profile_block() -> str:
    """Return where the time of bulk translation goes."""
    results = read_results("decode_profile")
    if not results:
        return NOT_YET
    rows = []
    for model, searches in results["models"].items():
        for name, row in searches.items():
            parts = [f"{part} {1000 * time / results['sentences']:.1f}" for part, time in _parts(row)]
            rows.append(
                [
                    f"{model}, {name}",
                    f"{row['sentences_per_second']:,.0f}",
                    f"{row['sentences_per_second_two_threads']:,.0f}",
                    f"{row['share_of_products']:.0%}",
                    ", ".join(parts),
                ]
            )
    head = ["", "sentences/s", "two threads", "products", "all else, ms for a sentence, with a profiler"]
    note = f"{results['sentences']} sentences, one thread. {where(results['machine'])}."
    return "\n".join([table(head, rows), "", note])


def _parts(row: Mapping[str, Any]) -> list[tuple[str, float]]:
    """Return the parts of a profile besides the products that took any time, the longest first."""
    return sorted(((k, v) for k, v in row["profiled_seconds"].items() if v), key=lambda part: -part[1])


def sentence_block() -> str:
    """Return the time of one sentence, and of one character of a stream."""
    results = read_results("bench_decode")
    if not results:
        return NOT_YET
    one, stream = results["sentence"], results["streaming"]
    return (
        f"One sentence in a new process takes {one['seconds']['translate']:.2f} s, "
        f"{one['ratio_to_import_torch']:.2f} times as long as a process that only imports PyTorch "
        f"({one['seconds']['import torch']:.2f} s; medians of {one['runs']}). In a stream, reading a "
        f"character and writing one takes {stream['milliseconds']:.2f} ms on one core (99th percentile "
        f"{stream['milliseconds_p99']:.2f} ms), {stream['ratio']:.2f} times as long as one pass over the "
        f"{stream['megabytes']} MB of weights, product by product ({stream['pass_milliseconds']:.2f} ms)."
    )


def peers_block() -> str:
    """Return the comparison with other translators."""
    results = read_results("peers")
    if not results:
        return NOT_YET
    return f"{peers.render(results)}\n\n{where(results['machine'])}."


def growth_block() -> str:
    """Return time and memory at the smallest and the largest size of each kind of work."""
    results = read_results("growth")
    if not results:
        return NOT_YET
    rows = []
    for part in ("text", "length", "corpus", "batch"):
        series: dict[str, list[dict[str, Any]]] = {}
        for row in results.get(part, []):
            series.setdefault(row["name"], []).append(row)
        for name, points in series.items():
            first, last = points[0], points[-1]
            rows.append(
                [
                    name,
                    f"{first['size']:,} to {last['size']:,}",
                    f"{first['us']:,.1f}",
                    f"{last['us']:,.1f}",
                    f"{last['mb']:,.0f}",
                ]
            )
    return "\n".join(
        [
            table(["", "size", "µs each, smallest", "µs each, largest", "MB, largest"], rows),
            "",
            f"{where(results['machine'])}, one thread: `python -m scripts.bench.growth`.",
        ]
    )


def scaling_block() -> str:
    """Return the table of docs/scaling.md."""
    results = read_results("scaling")
    if not results:
        return "Not measured yet: `python -m scripts.bench.scaling PAIRS.tsv RUN`."
    one, many = scaling.estimate(results, 1), scaling.estimate(results)
    rows = ["| | a pair | 10⁸ pairs |", "|---|---|---|"]
    for key, name in {
        "text": "text",
        "disk": "prepared data on disk",
        "memory": "peak memory of preparing and ordering",
    }.items():
        if one[key] > 0:
            rows.append(f"| {name} | {one[key]:,.0f} bytes | {many[key] / 1e9:,.0f} GB |")
        else:
            rows.append(f"| {name} | too small to measure | |")
    for key, name in {
        "prepare": "preparing, once",
        "epoch": "ordering the batches, each epoch",
        "training": "training, each epoch, on this machine",
    }.items():
        rows.append(f"| {name} | {one[key] * 3.6e9:,.1f} µs | {many[key]:,.1f} hours |")
    trained, measured_on = results["training"], results["machine"]
    made = (
        f"Measured with {results['points'][1]['pairs']:,} pairs in "
        f"{counted(results['points'][1].get('parts', 1), 'part')}, and half of them, on "
        f"{measured_on['processor']}, {measured_on['date']}; training "
        f"{trained['parameters'] / 1e6:.1f} million parameters at {trained['chars_per_second']:,} "
        "target symbols a second."
    )
    return "\n".join([*rows, "", made])


def busy_block() -> str:
    """Return how much slower work becomes beside other processes."""
    results = read_results("busy")
    if not results:
        return NOT_YET
    rows = []
    for number, result in results.items():
        for work, ways in result["works"].items():
            base = ways["command line"]["alone"]["rate"]
            for way, whens in ways.items():
                times = [
                    f"{base / whens[when]['rate']:.2f} ({whens[when]['threads']})" if when in whens else ""
                    for when in ("alone", "joined", "started late")
                ]
                rows.append([number, f"{work}, {way}", *times])
    head = ["other processes", "", "alone", "they begin later", "they were there before"]
    made = "; ".join(dict.fromkeys(where(result["machine"]) for result in results.values()))
    note = f"Times as slow as alone with the settings of the command line (number of threads). {made}."
    return "\n".join([table(head, rows), "", note])


def memory_block() -> str:
    """Return the memory of preparing small and large corpora."""
    results = read_results("prepare_memory")
    if not results:
        return NOT_YET
    rows = [
        [
            f"{point['pairs']:,}",
            f"{point['own'] / 1e6:,.0f} MB",
            f"{point['mapped'] / 1e6:,.0f} MB",
            f"{1e6 * point['seconds'] / point['pairs']:,.0f} µs",
        ]
        for point in results["points"]
    ]
    head = ["pairs", "memory of the process", "mapped files", "time for a pair"]
    note = f"{where(results['machine'])}, beside other work: `python -m scripts.bench.prepare_memory`."
    return "\n".join([table(head, rows), "", note])


BLOCKS = {
    "busy": busy_block,
    "prepare-memory": memory_block,
    "training-speed": training_block,
    "decoding-speed": decoding_block,
    "decoding-profile": profile_block,
    "sentence-speed": sentence_block,
    "peers": peers_block,
    "growth": growth_block,
    "scaling": scaling_block,
}
