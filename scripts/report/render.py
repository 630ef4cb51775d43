"""Put what was measured into the documentation: tables between <!-- NAME --> and <!-- /NAME -->, and figures.

    python -m scripts.report.render

A test compares the documentation with docs/results/, so a figure that nothing measured cannot stay.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any

from scripts.bench import scaling
from scripts.report import chaos_tables, speed_tables
from scripts.report.results import ROOT, read_results
from scripts.report.tables import table, where
from scripts.studies import cover, learning_curves
from scripts.studies.lag_errors import KINDS
from seq2seq.drawing.plots import draw_lag_curve
from seq2seq.drawing.timeline import draw_timeline
from seq2seq.experiments.harness import markdown_table
from seq2seq.pretrained import SHIPPED
from seq2seq.translator import Translator

CARD = ROOT / "seq2seq" / "pretrained" / SHIPPED / "README.md"
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), CARD]
FIRST, SECOND = "en-es-first", "en-es-second"
"""What the model of the package was before it was trained further, and further again."""
SAID = ["where is the station", "I don't know what to say.", "my brother doesn't like pizza 🍕"]


# The README.


def demo_block() -> str:
    """The end of `make demo`, as it was seen."""
    demo = read_results("quick")["demo"]
    command = " ".join(f'"{sentence}"' for sentence in demo)
    return "\n".join(
        ["```", f".venv/bin/seq2seq translate --model runs/quick {command}", *demo.values(), "```"]
    )


def quick_block() -> str:
    """Scores on the bundled test parts."""
    results = read_results("quick")
    trained = results["training"]
    rows = []
    for key, name in (("test", "test"), ("unseen", "test, words and patterns that training never joins")):
        score = results[key]["rows"][0]["quality"]
        rows.append([name, f"{score['sentences']}", f"{score['exact']:.1f} %", f"{score['chrf']:.1f}"])
    return "\n".join(
        [
            table(["part", "sentences", "exactly right", "chrF"], rows),
            "",
            f"Lag `full`, greedy, after {trained['minutes']} minutes ({trained['steps']:,} steps) on "
            f"{where(results['machine'])}: `python -m scripts.studies.measure quick runs/quick`.",
        ]
    )


def session_block() -> str:
    """A session at the prompt of `make translate`, with the model of the package."""
    translator = Translator.load(device="cpu")
    lines = ["$ make translate", "Type English, or :lag N to change the lag; Ctrl-D ends."]
    for text in SAID:
        lines += [f"> {text}", translator.translate(text)]
    lines += ["> :lag 8", "lag 8", f"> {SAID[0]}", translator.translate(SAID[0], 8)]
    return "\n".join(["```", *lines, "```"])


def show_block() -> str:
    """A sentence drawn, as `translate --show` does it."""
    (translation,) = Translator.load(device="cpu").translate_lines(
        ["I like my house."], lag=6, attention=True
    )
    return "\n".join(
        [
            "```",
            '$ seq2seq translate --lag 6 --show "I like my house."',
            translation.text,
            "",
            draw_timeline(translation),
            "```",
        ]
    )


def shipped_lags_block() -> str:
    """Scores of the model of the package at all lags."""
    results = read_results(SHIPPED)
    rows = [_lag_row(str(row["lag"]), row) for row in results["lags"]["rows"]]
    rows.append(_lag_row("full, beam 5", results["beam5"]["rows"][0]))
    head = ["lag", "chrF", "BLEU", "character errors", "average lagging"]
    quality = results["lags"]["rows"][0]["quality"]
    note = (
        f"{quality['sentences']:,} English sentences, neither side of which is in the training data, "
        "against all their translations. They also selected checkpoints and settings, so the scores are "
        "slightly too good. One model for all lags; greedy except for the last row (at `full`, "
        "translations that repeat something or do not end are searched again with a beam); fp32; average "
        f"lagging counts characters. Signatures `{quality['chrf_signature']}` and "
        f"`{quality['bleu_signature']}`; `python -m scripts.release.ship`."
    )
    return "\n".join([table(head, rows), "", note])


def shipped_training_block() -> str:
    """What it took to train it, and what the rounding of its weights costs."""
    results = read_results(SHIPPED)
    form = "int8" if "int8" in results else "float16"
    rounded, sentences = results[form], results["lags"]["rows"][0]["quality"]["sentences"]
    rows: list[list[str]] = []
    shipped = [read_results(FIRST), read_results(SECOND), results]
    for one in shipped:
        before = one.get("earlier")
        share = before["share"] if before else 0
        for trained in [*([before["training"]] if before else []), one["training"]]:
            last = trained is one["training"]
            part = len(rows) + 1
            row = [
                f"{part}, and the mean with {share:.0%} of {part - 1}" if last and share else str(part),
                f"{trained['steps']:,}",
                f"{trained['minutes']:.0f}",
                f"{trained['chars_per_second']:,}",
                where(one["machine"]).rpartition(",")[0],  # scored that day, not trained
                *(
                    _both(scores) if last else ""
                    for scores in (one["lags"]["rows"][-1], one["beam5"]["rows"][0])
                ),
            ]
            rows.append(row)
    head = ["part", "updates", "minutes", "target characters/s", "on", "chrF / BLEU, greedy", "beam 5"]
    penalties = [one["beam5"]["decoding"]["length_penalty"] for one in shipped]
    note = (
        f"{results['training']['parameters'] / 1e6:.1f} million parameters. The file has "
        f"{results['bytes'] / 1e6:.1f} MB: weights in {form}, which changes {rounded['different']} of "
        f"{sentences:,} translations and chrF from {rounded['chrf'][0]:.2f} to {rounded['chrf'][1]:.2f}. "
        f"The beams have length penalties of {penalties[0]}, {penalties[1]} and {penalties[2]}."
    )
    return "\n".join([table(head, rows), "", note])


def _both(row: dict[str, Any]) -> str:
    """chrF / BLEU."""
    return f"{row['quality']['chrf']:.1f} / {row['quality']['bleu']:.1f}"


def shipped_choices_block() -> str:
    """What was chosen on the dev pairs."""
    results = read_results(SHIPPED)
    limits, penalties = results["limits"], results["penalties"]
    tried = table(
        ["length penalty", *penalties],
        [
            ["chrF / BLEU, beam 5"]
            + [f"{quality['chrf']:.2f} / {quality['bleu']:.2f}" for quality in penalties.values()]
        ],
    )
    cut = table(
        ["cut from", *limits["chrf"]],
        [
            [
                f"chrF of {limits['sentences']} long ones",
                *(f"{value:.2f}" for value in limits["chrf"].values()),
            ]
        ],
    )
    return f"{tried}\n\n{cut}"


def shipped_examples_block(kind: str) -> str:
    """Translations by it."""
    rows = [list(row.values()) for row in read_results(SHIPPED)["examples"][kind]]
    return table(["English", "its translation", "a reference"], rows)


def repeats_block() -> str:
    """Translations that repeat something, with and without the rule against it."""
    results = read_results("repeats")
    rows = []
    for row in results["rows"]:
        search = "greedy" if row["beam"] == 1 else f"beam {row['beam']}"
        let = "allowed" if row["repeats"] else "avoided"
        counts = [f"{row[name]:,}" for name in ("twice", "endless")]
        rows.append([search, let, *counts, _both({"quality": row}), f"{row['seconds']:.0f}"])
    references, sentences = results["references"], results["sentences"]
    note = (
        f"Lag `full`, {sentences:,} dev sentences. Of their {references['all']:,} references, "
        f"{references['twice']} repeat something, or a sign more than three times, where the source does "
        f"not. {where(results['machine'])}: `python -m scripts.studies.measure repeats en-es DEV.tsv`."
    )
    head = ["search", "repetitions", "with a repetition", "without end", "chrF / BLEU", "processor seconds"]
    return "\n".join([table(head, rows), "", note])


def fit_block() -> str:
    """Scores on training pairs beside those on dev pairs."""
    models = {
        "fit-second": "second release",
        "fit-longer": "then 1,200 updates without dropout",
        "fit-end": "then 2,400 updates without dropout",
        "fit-dropout": "the 1,200 updates, then 150 with dropout 0.2",
        "fit": "the 2,400 updates, then 2,400 with dropout 0.1: third release",
    }
    rows = [
        [
            label,
            *(_both({"quality": scores}) for scores in read_results(name)["scores"].values()),
        ]
        for name, label in models.items()
    ]
    results = read_results("fit")
    note = (
        f"chrF / BLEU at lag `full`, {results['sentences']:,} sentences of each kind, beams with a length "
        f"penalty of {results['penalty']}. {where(results['machine'])}: "
        "`python -m scripts.studies.measure fit RUN DEV.tsv TRAIN.tsv`."
    )
    head = ["model", "training pairs, greedy", "beam 5", "dev pairs, greedy", "beam 5"]
    return "\n".join([table(head, rows), "", note])


def tatoeba_block() -> str:
    """What the smaller configuration reached."""
    results = read_results("tatoeba")
    trained = results["training"]
    greedy, beam = (
        next(row["quality"]["chrf"] for row in results[name]["rows"] if row["lag"] == "full")
        for name in ("lags", "beam5")
    )
    return (
        f"Measured on {where(results['machine'])}: {trained['minutes']:.0f} minutes for {trained['steps']:,} "
        f"updates, chrF {greedy:.1f} greedy and {beam:.1f} with a beam of 5 at lag `full`."
    )


def _lag_row(name: str, row: dict[str, Any]) -> list[str]:
    quality = row["quality"]
    return [
        name,
        f"{quality['chrf']:.1f}",
        f"{quality['bleu']:.1f}",
        f"{quality['cer']:.1f} %",
        f"{row['latency']['al']:.1f}",
    ]


# docs/lag.md.


def comparison_block() -> str:
    """Models of all lags beside models of one lag."""
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
    """Quality and latency of the one model at every lag."""
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
    """Other ways to train for all lags, and models of one lag, after a short training."""
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
    """What kinds of words are wrong, at each lag."""
    results = read_results("lag_errors")
    rows = [[lag, *(f"{row[kind]:.1f}" for kind in KINDS)] for lag, row in results["lags"].items()]
    return table(["lag", *KINDS], rows)


def examples_block() -> str:
    """Sentences in which a small lag makes one kind of mistake, and `full` none."""
    rows = [
        [f"{kind} (lag {lag})", found["source"], found["text"], found["full"]]
        for lag in ("4", "8")
        for kind, sentences in read_results("lag_errors")["examples"][lag].items()
        for found in sentences[:1]
    ]
    return table(["mistake", "source", "at that lag", "at `full`"], rows)


def stream_speed_block() -> str:
    """Milliseconds for a character in streaming, and equality with batch decoding."""
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
    """Memory over a long stream."""
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


# docs/claims.md.


def claim_block(name: str) -> str:
    """The figure, the table, the notes, and whether the bound holds."""
    results = read_results("claims")
    if name not in results:
        return "Not measured yet: `python -m scripts.studies.claims`."
    result = results[name]
    held = sum(check["holds"] for check in result["checks"])
    parts = [f"![{name}](claims/{name}.png)", markdown_table(result["rows"]), *result["notes"]]
    if result["checks"]:
        parts.append(f"**Bound.** {result['bound']} {held} of {len(result['checks'])} checks hold.")
    parts.append(
        f"`{result['command']}`, {result['seconds'] / 60:.1f} minutes on {where(result['machine'])}."
    )
    return "\n\n".join(parts)


CLAIMS = ("depth", "padding", "lag", "sentences", "unrolling", "gradients", "memory", "millions")

BLOCKS: dict[str, Callable[[], str]] = {
    **{f"claim-{name}": partial(claim_block, name) for name in CLAIMS},
    "demo": demo_block,
    "quick": quick_block,
    "show": show_block,
    "tatoeba": tatoeba_block,
    "repeats": repeats_block,
    "fit": fit_block,
    "session": session_block,
    "shipped-lags": shipped_lags_block,
    "shipped-training": shipped_training_block,
    "shipped-choices": shipped_choices_block,
    "shipped-examples": partial(shipped_examples_block, "any"),
    "shipped-worst": partial(shipped_examples_block, "worst"),
    "comparison": comparison_block,
    "lag-curve": lag_curve_block,
    "ablation": ablation_block,
    "errors": errors_block,
    "examples": examples_block,
    "stream": stream_block,
    "stream-speed": stream_speed_block,
    "scaling": scaling.block,
    "coverage": cover.block,
    "curves": lambda: learning_curves.block(read_results("curves")),
    "tried": lambda: learning_curves.tried_block(read_results("curves")),
    **speed_tables.BLOCKS,
    **chaos_tables.BLOCKS,
}


def render(text: str) -> str:
    """Return a document with every block made anew from docs/results/."""

    def block(match: re.Match[str]) -> str:
        name = match[1]
        return f"<!-- {name} -->\n{BLOCKS[name]()}\n<!-- /{name} -->"

    return re.sub(r"<!-- ([\w-]+) -->\n.*?<!-- /\1 -->", block, text, flags=re.DOTALL)


def draw() -> None:
    """Draw the curves of quality against lagging."""
    draw_lag_curve([(SHIPPED, read_results(SHIPPED)["lags"])], ROOT / "docs/lag_curve.png")
    if curves := read_results("curves"):
        learning_curves.draw(curves, ROOT / "docs/curves.png")
    if study := read_results("lags").get("comparison"):
        models = [
            (name, {"rows": [{"lag": lag, "quality": row, **row} for lag, row in model["lags"].items()]})
            for name, model in study["models"].items()
        ]
        draw_lag_curve(models, ROOT / "docs/lag_study.png")


def main() -> None:
    """Render all documents and draw their figures."""
    draw()
    for document in DOCUMENTS:
        document.write_text(render(document.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
