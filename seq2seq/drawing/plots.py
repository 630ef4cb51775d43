"""Figures of training runs and models, drawn with matplotlib, which is optional."""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence
from itertools import cycle
from math import hypot, sqrt
from pathlib import Path
from typing import Any, NamedTuple

from seq2seq.drawing.style import COLOURS, MARKERS, SETTINGS, VERMILION, WIDTH
from seq2seq.errors import UsageError, UserError
from seq2seq.storage.files import write_bytes_atomic
from seq2seq.storage.runlog import read_metrics

MOST_DRAWN = 400
"""Largest number of source or target characters in a figure; each takes a column or a row."""

CLOSE = 50
"""Points of the same name that are closer than this many pixels share one label."""


def pyplot() -> Any:
    """Return matplotlib.pyplot in the style of the project, with a backend that draws into files.

    Raises:
        UsageError: matplotlib is not installed.
    """
    try:
        import matplotlib
    except ImportError:
        raise UsageError("drawing needs matplotlib: pip install 'seq2seq-lag[plot]'") from None
    matplotlib.use("Agg")
    from cycler import cycler
    from matplotlib import pyplot

    settings: Any = {**SETTINGS, "axes.prop_cycle": cycler(color=list(COLOURS.values()))}
    pyplot.rcParams.update(settings)
    return pyplot


class _Panel(NamedTuple):
    """A panel of the curves: the label and scale of its axis, its height in inches, its lines by metric."""

    label: str
    scale: str
    height: float
    lines: dict[str, tuple[str, dict[str, str]]]


_PANELS = (
    _Panel(
        "loss, nats per character",
        "log",
        3,
        {
            "loss": ("training (smoothed, with dropout)", {"color": "0.6"}),
            "dev_loss": ("dev", {"marker": "o"}),
        },
    ),
    _Panel(
        "dev, greedy",
        "linear",
        3,
        {
            "dev_chrf": ("chrF", {"marker": "o"}),
            "dev_bleu": ("BLEU", {"marker": "o"}),
            "dev_exact": ("exact match, %", {"marker": "o"}),
        },
    ),
    _Panel("", "linear", 1, {"learning_rate": ("learning rate", {"color": "0.3"})}),
)


def draw_curves(run_dir: Path) -> Path | None:
    """Draw loss, quality and learning rate of a run against its steps into `curves.png`.

    Panels of which nothing has been measured are left out; of a run without any measurement, nothing is
    drawn, and None is returned.
    """
    plt = pyplot()
    records = read_metrics(run_dir / "metrics.jsonl")
    measured = set().union(*records)
    if measured.isdisjoint(name for panel in _PANELS for name in panel.lines):
        return None
    panels = [panel for panel in _PANELS if not measured.isdisjoint(panel.lines)]
    heights = [panel.height for panel in panels]
    figure, drawn = plt.subplots(
        len(panels), 1, figsize=(7, 1 + sum(heights)), sharex=True, height_ratios=heights, squeeze=False
    )
    for axes, panel in zip(drawn[:, 0], panels, strict=True):
        for name, (label, style) in panel.lines.items():
            _line(axes, records, name, label, **style)
        axes.set_ylabel(panel.label)
        axes.set_yscale(panel.scale)
        axes.grid()
        # Above the axes, where it hides no point.
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3)
    drawn[-1, 0].set_xlabel("step")
    figure.suptitle(run_dir.name)
    path = run_dir / "curves.png"
    save_png(figure, path)
    return path


def _line(axes: Any, records: list[dict[str, Any]], name: str, label: str, **style: Any) -> None:
    points = [(record["step"], record[name]) for record in records if name in record]
    if points:
        style |= {"marker": "o"} if len(points) == 1 else {}  # a single point is no line
        axes.plot(*zip(*points, strict=True), label=label, **style)


def save_png(figure: Any, path: Path) -> None:
    """Write a figure as PNG, whatever the suffix of `path`, and close it."""
    picture = io.BytesIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")  # drawn as a box
        if figure.get_layout_engine() is None:
            figure.tight_layout()
        figure.savefig(picture, format="png")
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
    axes.stairs(unread, edges, orientation="horizontal", baseline=None, color=VERMILION)
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
    figure, panels = plt.subplots(1, 2, figsize=(WIDTH, 4.4), layout="constrained")
    for axes, metric, label in zip(panels, ("chrf", "bleu"), ("chrF", "BLEU"), strict=True):
        points: list[tuple[object, tuple[float, float]]] = []
        for (name, report), marker in zip(models, cycle(MARKERS)):
            rows = [row for row in report["rows"] if row["latency"]]
            x = [row["latency"]["al"] for row in rows]
            y = [row["quality"][metric] for row in rows]
            axes.plot(x, y, marker=marker, label=name)
            points += zip((row["lag"] for row in rows), zip(x, y, strict=True), strict=True)
        axes.set_xlabel("average lagging, characters")
        axes.set_ylabel(label)
        axes.margins(0.12, 0.08)  # leaves room for the labels
        axes.set_title(f"{label} and delay; a number is the lag τ")
        axes.grid()
        _label_points(axes, points)
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
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
    axes.grid()
    axes.legend(loc="upper left")
    save_png(figure, path)


def _label_points(axes: Any, points: list[tuple[object, tuple[float, float]]]) -> None:
    """Label points with their names, unless a point of the same name close by is labelled already."""
    axes.get_xlim(), axes.get_ylim()  # computes the positions of the points
    labelled: list[tuple[object, Any]] = []
    for name, place in points:
        x, y = axes.transData.transform(place)
        if all(name != other or hypot(x - u, y - v) > CLOSE for other, (u, v) in labelled):
            axes.annotate(name, place, textcoords="offset points", xytext=(5, -12), fontsize=9)
            labelled.append((name, (x, y)))
