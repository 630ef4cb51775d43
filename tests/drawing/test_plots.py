"""Figures: they show the numbers of a run and of a report, and leave no figure open behind them."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from seq2seq.drawing import plots
from seq2seq.errors import UsageError, UserError

RECORDS: list[dict[str, Any]] = [
    {"step": 50, "loss": 2.5, "learning_rate": 0.002},
    {"step": 100, "loss": 1.5, "learning_rate": 0.001},
    {"step": 100, "dev_loss": 1.25, "dev_chrf": 31.0, "dev_bleu": 12.0, "dev_exact": 4.0},
]


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """The figures that were saved."""
    figures: list[Figure] = []
    save = Figure.savefig

    def keep(self: Figure, *args: Any, **options: Any) -> None:
        figures.append(self)
        save(self, *args, **options)

    monkeypatch.setattr(Figure, "savefig", keep)
    return figures


def lines(axes: Axes) -> dict[str, list[list[float]]]:
    return {str(line.get_label()): line.get_xydata().tolist() for line in axes.lines}  # type: ignore[union-attr]


def write_run(directory: Path, records: list[dict[str, Any]]) -> Path:
    text = "".join(json.dumps(record) + "\n" for record in records)
    (directory / "metrics.jsonl").write_text(text, encoding="utf-8")
    return directory


def test_a_sign_that_the_font_lacks_is_a_box_without_a_word(
    tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    plots.draw_attention("🍕 pizza", "🍕 日本", [1, 2, 3, 4], None, "lag 0", tmp_path / "x.png")
    assert is_png(tmp_path / "x.png")
    assert not recwarn.list


def is_png(path: Path) -> bool:
    return path.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_curves_show_the_metrics_of_a_run(tmp_path: Path, drawn: list[Figure]) -> None:
    path = plots.draw_curves(write_run(tmp_path, RECORDS))
    assert path == tmp_path / "curves.png"
    assert is_png(path)
    losses, scores, rates = (lines(axes) for axes in drawn[0].axes)
    assert losses == {"training (smoothed, with dropout)": [[50, 2.5], [100, 1.5]], "dev": [[100, 1.25]]}
    assert scores == {"chrF": [[100, 31.0]], "BLEU": [[100, 12.0]], "exact match, %": [[100, 4.0]]}
    assert rates == {"learning rate": [[50, 0.002], [100, 0.001]]}
    assert plots.pyplot().get_fignums() == []


def test_a_short_run_is_drawn_without_empty_panels(tmp_path: Path, drawn: list[Figure]) -> None:
    assert plots.draw_curves(write_run(tmp_path, [])) is None
    assert not (tmp_path / "curves.png").exists()
    path = plots.draw_curves(write_run(tmp_path, RECORDS[:1]))
    assert path is not None
    assert is_png(path)
    losses, rates = drawn[0].axes
    assert (len(losses.lines), len(rates.lines)) == (1, 1)
    assert losses.lines[0].get_marker() == "o"  # a line of one point could not be seen


def report(*rows: tuple[int | str, float | None, float]) -> dict[str, Any]:
    return {
        "rows": [
            {"lag": lag, "latency": al if al is None else {"al": al}, "quality": {"chrf": y, "bleu": y / 2}}
            for lag, al, y in rows
        ]
    }


def test_a_lag_curve_shows_quality_against_lagging(tmp_path: Path, drawn: list[Figure]) -> None:
    one = report((0, 1.5, 30.0), (4, 5.0, 40.0), (8, None, 0.0), ("full", 20.0, 50.0))
    plots.draw_lag_curve(
        [("one", one), ("two", report((3, 4.0, 20.0), (4, 5.0, 30.0)))], tmp_path / "lag.png"
    )
    assert is_png(tmp_path / "lag.png")
    chrf, bleu = drawn[0].axes
    assert lines(chrf) == {"one": [[1.5, 30], [5, 40], [20, 50]], "two": [[4, 20], [5, 30]]}
    assert lines(bleu) == {"one": [[1.5, 15], [5, 20], [20, 25]], "two": [[4, 10], [5, 15]]}
    assert [text.get_text() for text in chrf.texts] == ["0", "4", "full", "3", "4"]  # these lie apart
    near = report((0, 1.6, 30.0), (4, 5.1, 40.5), ("full", 30.0, 50.0))
    plots.draw_lag_curve([("one", one), ("near", near)], tmp_path / "lag.png")
    assert [text.get_text() for text in drawn[1].axes[0].texts] == ["0", "4", "full", "full"]
    assert plots.pyplot().get_fignums() == []


def test_without_matplotlib_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(UsageError, match=r"pip install 'seq2seq-lag\[plot\]'"):
        plots.pyplot()


def test_attention_is_drawn_with_what_was_read(tmp_path: Path, drawn: list[Figure]) -> None:
    weights = np.array([[0.9, 0.1, 0], [0, 0.5, 0.5]], np.float32)
    plots.draw_attention("abc", "xy", (2, 3), weights, "lag 1", tmp_path / "a.png")
    assert is_png(tmp_path / "a.png")
    (axes,) = drawn[0].axes
    assert [label.get_text() for label in axes.get_xticklabels()] == list("abc")
    assert [label.get_text() for label in axes.get_yticklabels()] == list("xy")
    (image,) = axes.images
    assert np.array_equal(image.get_array(), weights)  # type: ignore[arg-type]
    (grey,) = axes.collections
    # Of the first row the third column had not been read: grey from its left edge to its right one.
    (x0, y0), (x1, y1) = grey.get_paths()[0].get_extents().get_points()
    assert (x0, y0, x1, y1) == (1.5, -0.5, 2.5, 1.5)
    assert plots.pyplot().get_fignums() == []


def test_without_attention_the_reading_alone_is_drawn(tmp_path: Path, drawn: list[Figure]) -> None:
    plots.draw_attention("abc", "xy", (2, 3), None, "lag 1", tmp_path / "a.png")
    assert not drawn[0].axes[0].images


def test_an_empty_translation_is_not_drawn(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="nothing to draw"):
        plots.draw_attention("", "", (), None, "lag 1", tmp_path / "a.png")
