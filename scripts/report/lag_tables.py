"""The tables of docs/lag.md."""

from __future__ import annotations

from scripts.report.tables import table, where
from scripts.results import read_results
from scripts.studies.lag_errors import KINDS


def comparison_block() -> str:
    """Return models of all lags compared with models of one lag."""
    results = read_results("lags")["comparison"]
    paired = results["paired"]
    first = next(iter(paired))
    rows = []
    for lag, pair in sorted(paired[first].items(), key=lambda item: (item[0] == "full", item[0].zfill(2))):
        row = [lag, f"{pair['score_a']:.1f}"]
        for name in paired:
            other = paired[name][lag]
            low, high = other["low"], other["high"]
            row.append(f"{other['score_b']:.1f} ({other['difference']:+.1f}; {low:+.1f} to {high:+.1f})")
        rows.append(row)
    steps = results["models"][first]["steps"]
    note = (
        f"chrF on {results['sentences']:,} dev sentences, greedy; {steps:,} updates and one seed each; in "
        f"brackets the difference and its 95 % interval, by a paired bootstrap with 1,000 samples. "
        f"{where(results['machine'])}: "
        "`python -m scripts.studies.lag_study train.tsv dev.tsv runs/lags`."
    )
    return "\n".join([table(["lag", "trained for it alone", *paired], rows), "", note])


def lag_curve_block() -> str:
    """Return quality and latency of the model of all lags."""
    results = read_results("lags")["comparison"]
    lags = next(iter(results["models"].values()))["lags"]
    full = lags["full"]["chrf"]
    rows = [
        [
            lag,
            f"{row['chrf']:.1f}",
            f"{row['chrf'] - full:+.1f}",
            f"{row['bleu']:.1f}",
            *(f"{row['latency'][name]:.1f}" for name in ("al", "laal", "dal")),
            f"{row['latency']['ap']:.2f}",
        ]
        for lag, row in lags.items()
    ]
    return table(["lag", "chrF", "against `full`", "BLEU", "AL", "LAAL", "DAL", "AP"], rows)


def ablation_block() -> str:
    """Return other ways to train for all lags, and models of one lag, after a short training."""
    results = read_results("lags")["ablation"]
    shown = list(next(iter(results["models"].values()))["lags"])
    rows = [
        [name, *(f"{model['lags'][lag]['chrf']:.1f}" if lag in model["lags"] else "" for lag in shown)]
        for name, model in results["models"].items()
    ]
    steps = next(iter(results["models"].values()))["steps"]
    note = f"chrF on the dev part after {steps:,} updates each, greedy. {where(results['machine'])}."
    return "\n".join([table(["trained for", *(f"lag {lag}" for lag in shown)], rows), "", note])


def errors_block() -> str:
    """Return the share of each kind of wrong word at each lag."""
    results = read_results("lag_errors")
    rows = [[lag, *(f"{row[kind]:.1f}" for kind in KINDS)] for lag, row in results["lags"].items()]
    return table(["lag", *KINDS], rows)


def examples_block() -> str:
    """Return sentences with one kind of error at a small lag and none at `full`."""
    rows = [
        [f"{kind} (lag {lag})", found["source"], found["text"], found["full"]]
        for lag in ("4", "8")
        for kind, sentences in read_results("lag_errors")["examples"][lag].items()
        for found in sentences[:1]
    ]
    return table(["mistake", "source", "at that lag", "at `full`"], rows)


def stream_speed_block() -> str:
    """Return the milliseconds per character of streaming, and its differences from batch decoding."""
    results = read_results("streaming")
    report = results["report"]
    rows, different = [], 0
    for row in report["rows"]:
        stream = row["streaming"]
        different += stream["different"]
        times = (stream[name] for name in ("read_ms", "write_ms", "p99_ms", "last_ms"))
        rows.append([f"{row['lag']}", *("" if time is None else f"{time:.2f}" for time in times)])
    head = ["lag", "reading, ms", "reading and writing", "slowest in 100", "the end of a sentence"]
    note = (
        f"Medians over {report['rows'][0]['streaming']['sentences']} sentences at each lag, "
        f"{results['parameters'] / 1e6:.1f} million parameters; {different} in all differ from batch "
        f"decoding. {where(results['machine'])}: "
        "`python -m scripts.studies.measure streaming runs/tatoeba dev.tsv`."
    )
    return "\n".join([table(head, rows), "", note])


def stream_block() -> str:
    """Return memory and speed of a long stream."""
    results = read_results("stream_memory")
    points = results["points"]
    settled = [point["bytes"] for point in points if point["read"] >= points[-1]["read"] / 10]
    first, last = settled[0] / 2**20, settled[-1] / 2**20
    speed = 1000 * points[-1]["seconds"] / points[-1]["read"]
    return (
        f"After a tenth of {points[-1]['read']:,} characters, all on one line, the process held "
        f"{first:.1f} MiB, at the end {last:.1f} MiB; {speed:.2f} ms for each character read and what it let "
        f"be written. {where(results['machine'])}: `python -m scripts.bench.stream_memory`."
    )


BLOCKS = {
    "comparison": comparison_block,
    "lag-curve": lag_curve_block,
    "ablation": ablation_block,
    "errors": errors_block,
    "examples": examples_block,
    "stream": stream_block,
    "stream-speed": stream_speed_block,
}
