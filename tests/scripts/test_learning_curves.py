"""What learning curves say, worked out by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from scripts.report import curve_tables
from scripts.studies import learning_curves as curves


def _row(**numbers: float) -> dict[str, float]:
    return {"chrf8": 20.0, **numbers}


MACHINE = {"processor": "P", "bf16": [], "threads": 2, "date": "2026-01-01"}
RESULTS: dict[str, Any] = {
    "machine": MACHINE,
    "axes": {"pairs": [_row(pairs=100, chrf=10.0), _row(pairs=400, chrf=14.0), _row(pairs=1600, chrf=15.0)]},
    "short": _row(chrf=30.0),
    "tried": {"less of it": _row(chrf=29.0), "another": _row(chrf=25.5, chrf8=21.0)},
}


@pytest.fixture(autouse=True)
def _these_results(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(curve_tables, "read_results", lambda _: RESULTS)


def test_a_doubling_gives_what_the_line_through_the_points_says() -> None:
    """Two doublings between points: +4 and +1; the line through all three rises by 5 in four doublings."""
    assert curve_tables.per_doubling(RESULTS["axes"]["pairs"], "pairs") == pytest.approx(1.25)
    line = next(line for line in curve_tables.axes_block().splitlines() if line.startswith("| pairs"))
    assert line == "| pairs | 100: 10.0, 400: 14.0, 1,600: 15.0 | +1.2 | +0.5 |"


def test_the_most_harmful_change_comes_first() -> None:
    rows = [line for line in curve_tables.tried_block().splitlines() if line.startswith("|")][2:]
    assert rows == [
        "| none | 30.0 |  | 20.0 |  |",
        "| another | 25.5 | -4.5 | 21.0 | +1.0 |",
        "| less of it | 29.0 | -1.0 | 20.0 | +0.0 |",
    ]


def test_every_run_has_a_name_of_its_own() -> None:
    runs = [curves.of_size(size) for size in {size for axis in curves.AXES.values() for size in axis}]
    runs += [curves.changed(change) for change in curves.CHANGES]
    assert len({run.name for run in runs}) == len(runs)


def test_every_technique_changes_a_setting() -> None:
    short = curves.of_size(curves.SHORT).settings
    for change in curves.CHANGES:
        assert any(short.get(name) != value for name, value in curves.changed(change).settings.items())


def test_the_curves_are_drawn(tmp_path: Path) -> None:
    axes = {"pairs": RESULTS["axes"]["pairs"]}
    for name in ("parameters", "updates"):
        axes[name] = [_row(**{name: 10}, chrf=1.0), _row(**{name: 20}, chrf=2.0)]
    curve_tables.draw({**RESULTS, "axes": axes}, tmp_path / "curves.png")
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")
