"""The tables of models: those of the README, of docs/quality.md and of the model card."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from scripts.report.tables import table, where, wrapped
from scripts.results import read_results
from scripts.studies.finetune import WHAT
from seq2seq.commands.prompt import GREETING
from seq2seq.drawing.timeline import draw_timeline
from seq2seq.errors import counted
from seq2seq.pretrained import SHIPPED
from seq2seq.translator import Translator

FIRST, SECOND = "en-es-first", "en-es-second"
"""Results of the earlier versions of the model of the package."""
LAG_HEAD = ["lag", "chrF", "BLEU", "character errors", "average lagging"]
FEW_LAGS = [0, 4, 8, 16, "full"]
SAID = ["where is the station", "I don't know what to say.", "my brother doesn't like pizza 🍕"]


def demo_block() -> str:
    """Return the end of `make demo`."""
    demo = read_results("quick")["demo"]
    command = " ".join(f'"{sentence}"' for sentence in demo)
    return "\n".join(
        ["```", f".venv/bin/seq2seq translate --model runs/quick {command}", *demo.values(), "```"]
    )


def quick_block() -> str:
    """Return the scores on the bundled test parts."""
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
            wrapped(
                f"Lag `full`, greedy, after {trained['minutes']} minutes ({trained['steps']:,} steps) on "
                f"{where(results['machine'])}: `python -m scripts.studies.measure quick runs/quick`."
            ),
        ]
    )


def session_block() -> str:
    """Return a session at the prompt of `make translate`, with the model of the package."""
    translator = Translator.load(device="cpu")
    lines = ["$ make translate", GREETING]
    for text in SAID:
        lines += [f"> {text}", translator.translate(text)]
    lines += ["> :lag 8", "lag 8", f"> {SAID[0]}", translator.translate(SAID[0], 8)]
    return "\n".join(["```", *lines, "```"])


def show_block() -> str:
    """Return the drawing of a sentence by `translate --show`."""
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
    """Return the scores of the model of the package at all lags."""
    results = read_results(SHIPPED)
    rows = [_lag_row(str(row["lag"]), row) for row in results["lags"]["rows"]]
    rows.append(_lag_row("full, beam 5", results["beam5"]["rows"][0]))
    quality = results["lags"]["rows"][0]["quality"]
    note = (
        f"{quality['sentences']:,} English sentences, neither side of which is in the training data, "
        "against all their translations. They also selected checkpoints and settings, so the scores are "
        "slightly too good. One model for all lags; greedy except for the last row (at `full`, "
        "translations that repeat something or do not end are searched again with a beam); fp32; average "
        f"lagging counts characters. Signatures `{quality['chrf_signature']}` and "
        f"`{quality['bleu_signature']}`; `python -m scripts.release.ship`."
    )
    return "\n".join([table(LAG_HEAD, rows), "", note])


def few_lags_block() -> str:
    """Return the scores at some lags, for the README; the model card has all."""
    results = read_results(SHIPPED)
    rows = [_lag_row(str(row["lag"]), row) for row in results["lags"]["rows"] if row["lag"] in FEW_LAGS]
    rows.append(_lag_row("full, beam 5", results["beam5"]["rows"][0]))
    return table(LAG_HEAD, rows)


def shipped_training_block() -> str:
    """Return the parts of its training, and the cost of rounding its weights."""
    results = read_results(SHIPPED)
    form = "int8" if "int8" in results else "float16"
    rounded, sentences = results[form], results["lags"]["rows"][0]["quality"]["sentences"]
    rows: list[list[str]] = []
    # A model that continues no other has a training of one part.
    shipped = [*map(read_results, (FIRST, SECOND)), results] if results.get("earlier") else [results]
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
                where(one["machine"]).rpartition(",")[0],  # the date is that of the scores
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
        f"The {penalty_words(penalties)}."
    )
    return "\n".join([table(head, rows), "", note])


def shipped_progress_block() -> str:
    """Return what the evaluations of its training found, against hours."""
    rows = read_results(SHIPPED)["evaluations"]
    names = list(dict.fromkeys(name for row in rows for name in row["chrf"]))
    head = ["hours", "updates", "dev loss", *(f"lag {name}" if name.isdigit() else name for name in names)]
    lines = [
        [
            *(f"{row['hours']:.1f}", f"{row['step']:,}", f"{row['dev_loss']:.3f}"),
            *(f"{row['chrf'][name]:.1f}" if name in row["chrf"] else "" for name in names),
        ]
        for row in rows
    ]
    note = "chrF, greedy, of 200 sentences of each dev set; the last row is after the cool-down."
    return "\n".join([table(head, lines), "", note])


def penalty_words(penalties: list[float]) -> str:
    """Return the length penalties of one or more models as words."""
    if len(penalties) == 1:
        return f"beam has a length penalty of {penalties[0]}"
    return f"beams have length penalties of {', '.join(map(str, penalties[:-1]))} and {penalties[-1]}"


def _both(row: dict[str, Any]) -> str:
    """Return chrF / BLEU."""
    return f"{row['quality']['chrf']:.1f} / {row['quality']['bleu']:.1f}"


def shipped_choices_block() -> str:
    """Return the scores by which its decoding settings were chosen."""
    results = read_results(SHIPPED)
    limits, penalties = results["limits"], results["penalties"]
    some = f" on {results['penalty_sentences']} sentences" if "penalty_sentences" in results else ""
    tried = table(
        ["length penalty", *penalties],
        [
            [f"chrF / BLEU, beam 5{some}"]
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
    greedy, beam = results["lags"]["rows"][-1], results["beam5"]["rows"][0]
    gain = beam["quality"]["chrf"] - greedy["quality"]["chrf"]
    note = wrapped(
        "The shipped model uses the length penalty with the best mean of chrF and BLEU, and the cut with the "
        f"best chrF, which so few long sentences hardly tell apart. A beam of 5 gains {gain:.1f} points of "
        "chrF over greedy search, which never takes back a letter."
    )
    return f"{tried}\n\n{cut}\n\n{note}"


def shipped_examples_block(kind: str) -> str:
    """Return some of its translations."""
    rows = [list(row.values()) for row in read_results(SHIPPED)["examples"][kind]]
    return table(["English", "its translation", "a reference"], rows)


def repeats_block() -> str:
    """Return the number of repetitions, and the scores without them."""
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
    """Return the scores of models on training sentences and on dev sentences."""
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
    """Return the result of the smaller configuration."""
    results = read_results("tatoeba")
    trained = results["training"]
    greedy, beam = (
        next(row["quality"]["chrf"] for row in results[name]["rows"] if row["lag"] == "full")
        for name in ("lags", "beam5")
    )
    return wrapped(
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


def finetune_block() -> str:
    """Return the scores of the model of the package before and after fine-tuning on a few hundred pairs."""
    results = read_results("finetune")
    if not results:
        return "Not measured yet: `python -m scripts.studies.finetune`."
    rows = []
    for name, what in WHAT.items():
        before, after = (results["scores"][name][when] for when in ("before", "after"))
        changes = [f"{before[key]:.1f} → {after[key]:.1f}" for key in ("chrf", "bleu")]
        rows.append([what, f"{before['sentences']:,}", *changes])
    trained = results["training"]
    note = wrapped(
        f"Greedy, lag `full`, after {counted(trained['steps'], 'update')} of `configs/finetune.yaml`. "
        f"{where(results['machine'])}: `python -m scripts.studies.finetune own runs/own dev.tsv`."
    )
    return "\n".join([table(["pairs", "sentences", "chrF", "BLEU"], rows), "", note])


BLOCKS: dict[str, Callable[[], str]] = {
    "demo": demo_block,
    "quick": quick_block,
    "show": show_block,
    "tatoeba": tatoeba_block,
    "repeats": repeats_block,
    "fit": fit_block,
    "session": session_block,
    "finetune": finetune_block,
    "shipped-lags": shipped_lags_block,
    "few-lags": few_lags_block,
    "shipped-training": shipped_training_block,
    "shipped-progress": shipped_progress_block,
    "shipped-choices": shipped_choices_block,
    "shipped-examples": partial(shipped_examples_block, "any"),
    "shipped-worst": partial(shipped_examples_block, "worst"),
}
