"""Figures of training runs and models, drawn with matplotlib, which is optional."""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence
from math import hypot, sqrt
from pathlib import Path
from typing import Any

from seq2seq.errors import UsageError, UserError
from seq2seq.storage.files import write_bytes_atomic
from seq2seq.storage.runlog import read_metrics

MOST_DRAWN = 400
"""Largest number of source or target characters in a figure; each takes a column or a row."""

CLOSE = 50
"""Points of the same name that are closer than this many pixels share one label."""


def pyplot() -> Any:
    """Return matplotlib.pyplot with a backend that draws into files.

    Raises:
        UsageError: matplotlib is not installed.
    """
    try:
        import matplotlib
    except ImportError:
        raise UsageError("drawing needs matplotlib: pip install 'seq2seq-lag[plot]'") from None
    matplotlib.use("Agg")
    from matplotlib import pyplot

    return pyplot


def draw_curves(run_dir: Path) -> Path:
    """Draw loss, quality and learning rate of a run against its steps into `curves.png`."""
    plt = pyplot()
    records = read_metrics(run_dir / "metrics.jsonl")
    figure, (losses, scores, rates) = plt.subplots(3, 1, figsize=(7, 8), sharex=True, height_ratios=[3, 3, 1])
    _line(losses, records, "loss", "training (smoothed, with dropout)", color="0.6")
    _line(losses, records, "dev_loss", "dev", marker="o")
    losses.set_ylabel("loss, nats per character")
    losses.set_yscale("log")
    _line(scores, records, "dev_chrf", "chrF", marker="o")
    _line(scores, records, "dev_bleu", "BLEU", marker="o")
    _line(scores, records, "dev_exact", "exact match, %", marker="o")
    scores.set_ylabel("dev, greedy")
    _line(rates, records, "learning_rate", "learning rate", color="0.3")
    rates.set_xlabel("step")
    for axes in (losses, scores, rates):
        axes.grid(alpha=0.3)
        if axes.get_legend_handles_labels()[0]:
            # Above the axes, where it hides no point.
            axes.legend(frameon=False, loc="lower left", bbox_to_anchor=(0, 1), ncols=3)
        else:
            axes.text(0.5, 0.5, "not measured yet", transform=axes.transAxes, ha="center", color="0.5")
    figure.suptitle(run_dir.name)
    path = run_dir / "curves.png"
    save_png(figure, path)
    return path


def _line(axes: Any, records: list[dict[str, Any]], name: str, label: str, **style: Any) -> None:
    points = [(record["step"], record[name]) for record in records if name in record]
    if points:
        axes.plot(*zip(*points, strict=True), label=label, **style)


def save_png(figure: Any, path: Path) -> None:
    """Write a figure as PNG, whatever the suffix of `path`, and close it."""
    picture = io.BytesIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")  # drawn as a box
        if figure.get_layout_engine() is None:
            figure.tight_layout()
        figure.savefig(picture, dpi=120, format="png")
    pyplot().close(figure)
    write_bytes_atomic(path, picture.getvalue())


def check_drawable(characters: int) -> None:
    """Raise UserError if a figure with a column for each character would be too large."""
    if characters > MOST_DRAWN:
        raise UserError(
            f"{characters:,} characters are too many for a figure: give a sentence of at most {MOST_DRAWN}"
        )


def draw_attention(
    source: str, text: str, delays: Sequence[int], attention_TS: Any | None, title: str, path: Path
) -> None:
    """Draw the attention for each character written, and what had not been read by then.

    Args:
        source: S characters.
        text: its translation, T characters.
        delays: for each character of `text`, how many of `source` had been read.
        attention_TS: weights, shape (T, S); None draws only what had been read.
        title: the title of the figure.
        path: the PNG file to write.

    Raises:
        UserError: the translation is empty or too long for a figure.
        UsageError: matplotlib is not installed.
    """
    if not text:
        raise UserError("the translation is empty, so there is nothing to draw")
    check_drawable(max(len(source), len(text)))
    plt = pyplot()
    size = (max(4.0, 1.2 + 0.17 * len(source)), max(3.0, 1.2 + 0.17 * len(text)))
    figure, axes = plt.subplots(figsize=size)
    if attention_TS is not None:
        axes.imshow(attention_TS, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    edges = [t - 0.5 for t in range(len(text) + 1)]
    unread = [delay - 0.5 for delay in delays]
    axes.fill_betweenx(edges, [*unread, unread[-1]], len(source) - 0.5, step="post", color="0.85", lw=0)
    axes.stairs(unread, edges, orientation="horizontal", baseline=None, color="tab:red")
    axes.set_xlim(-0.5, len(source) - 0.5)
    axes.set_ylim(len(text) - 0.5, -0.5)
    axes.set_xticks(range(len(source)), list(source))
    axes.set_yticks(range(len(text)), list(text))
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    axes.set_xlabel("read: source characters (grey: not yet read)")
    axes.set_ylabel("written")
    axes.set_title(title)
    save_png(figure, path)


def draw_lag_curve(models: list[tuple[str, dict[str, Any]]], path: Path) -> None:
    """Draw chrF and BLEU against average lagging: a line for each model, points labelled with their lags.

    Args:
        models: for each line, a name and the plain form of an evaluation report. Points of one lag that lie
            close together are labelled once.
        path: the PNG file to write.
    """
    plt = pyplot()
    figure, panels = plt.subplots(1, 2, figsize=(10, 4.2))
    for axes, metric, label in zip(panels, ("chrf", "bleu"), ("chrF", "BLEU"), strict=True):
        points: list[tuple[object, tuple[float, float]]] = []
        for name, report in models:
            rows = [row for row in report["rows"] if row["latency"]]
            x = [row["latency"]["al"] for row in rows]
            y = [row["quality"][metric] for row in rows]
            axes.plot(x, y, marker="o", label=name)
            points += zip((row["lag"] for row in rows), zip(x, y, strict=True), strict=True)
        axes.set_xlabel("average lagging, characters")
        axes.set_ylabel(label)
        axes.margins(0.08)
        _label_points(axes, points)
        axes.grid(alpha=0.3)
        axes.legend(frameon=False)
    save_png(figure, path)


def draw_reliability(report: dict[str, Any], path: Path) -> None:
    """Draw the share of good translations against their confidence, a line for each lag.

    Args:
        report: the plain form of a `measuring.calibrate.CalibrationReport`.
        path: the PNG file to write.
    """
    figure, axes = pyplot().subplots(figsize=(5.6, 5.2))
    axes.plot([0, 1], [0, 1], color="0.7", linestyle="--", label="exactly right")
    sentences = min(one["sentences"] for check in report["checks"] for one in check["bins"])
    ideal = [place / 50 for place in range(51)]
    chance = [sqrt(share * (1 - share) / sentences) for share in ideal]
    low, high = (
        [share + sign * width for share, width in zip(ideal, chance, strict=True)] for sign in (-1, 1)
    )
    axes.fill_between(ideal, low, high, color="0.92", label=f"± 1 standard error of {sentences} sentences")
    for check in report["checks"]:
        x, y = ([one[key] for one in check["bins"]] for key in ("confidence", "good"))
        label = f"lag {check['lag']} (error {check['error']:.3f})"
        axes.plot(x, y, marker="o", markersize=4, linewidth=1.2, label=label)
    axes.set_xlabel("confidence")
    axes.set_ylabel(f"share of translations with chrF ≥ {report['good_chrf']:g}")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.set_aspect("equal")
    axes.grid(alpha=0.3)
    axes.legend(frameon=False, loc="upper left", fontsize=8)
    save_png(figure, path)


def _label_points(axes: Any, points: list[tuple[object, tuple[float, float]]]) -> None:
    """Label points with their names, unless a point of the same name close by is labelled already."""
    axes.get_xlim(), axes.get_ylim()  # computes the positions of the points
    labelled: list[tuple[object, Any]] = []
    for name, place in points:
        x, y = axes.transData.transform(place)
        if all(name != other or hypot(x - u, y - v) > CLOSE for other, (u, v) in labelled):
            axes.annotate(name, place, textcoords="offset points", xytext=(4, -11), fontsize=8)
            labelled.append((name, (x, y)))
