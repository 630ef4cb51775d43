"""What all experiments share: a claim, a bound stated beforehand, and what is written about the outcome."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from seq2seq.drawing.plots import pyplot
from seq2seq.errors import UserError
from seq2seq.storage.files import check_writable, write_text_atomic

Row: TypeAlias = dict[str, str | float]
"""A line of a table: the names of its columns, and what stands in them."""


@dataclass(frozen=True)
class Check:
    """One number that the bound is about.

    Attributes:
        what: what was measured.
        value: what came out.
        limit: what it had to be, in words.
        holds: whether it is.
    """

    what: str
    value: float
    limit: str
    holds: bool


def at_least(what: str, value: float, limit: float) -> Check:
    """Return the check of a number that must not be below `limit`."""
    return Check(what, value, f"at least {limit:g}", value >= limit)


def at_most(what: str, value: float, limit: float) -> Check:
    """Return the check of a number that must not be above `limit`; not a number is above."""
    return Check(what, value, f"at most {limit:g}", value <= limit)


@dataclass(frozen=True)
class Outcome:
    """What an experiment found.

    Attributes:
        rows: the table.
        checks: all that the bound is about.
        draw: draws it into an empty matplotlib figure.
        notes: what else a reader should know, a sentence each.
    """

    rows: Sequence[Row]
    checks: Sequence[Check]
    draw: Callable[[Any], None]
    notes: Sequence[str] = ()


@dataclass(frozen=True)
class Setting:
    """How an experiment is run.

    Attributes:
        out: where all goes that it leaves.
        quick: smaller and shorter, for a first look and for CI; the bound is the same.
        seed: where all random draws start.
    """

    out: Path
    quick: bool
    seed: int = 1


@dataclass(frozen=True)
class Experiment:
    """A claim and how it is tried.

    Attributes:
        number: its place among the claims.
        name: what it is called on the command line.
        claim: what is said.
        bound: what must come out, stated before it is run.
        run: tries it.
    """

    number: int
    name: str
    claim: str
    bound: str
    run: Callable[[Setting], Outcome] = field(repr=False)


def perform(experiment: Experiment, setting: Setting) -> str:
    """Run an experiment; write `result.json`, `result.md` and `figure.png`; return the Markdown.

    Raises:
        UserError: the bound does not hold; all is written all the same.
        UsageError: matplotlib is not installed.
    """
    plt = pyplot()
    check_writable(setting.out, 0)  # it also makes the directory
    print(f"claim {experiment.number}: {experiment.claim}\nbound: {experiment.bound}", file=sys.stderr)
    began = time.monotonic()
    outcome = experiment.run(setting)
    seconds = time.monotonic() - began
    markdown = to_markdown(experiment, outcome)
    write_text_atomic(setting.out / "result.json", to_json(experiment, setting, outcome, seconds))
    write_text_atomic(setting.out / "result.md", markdown)
    figure = plt.figure(figsize=(9, 4.2), layout="constrained")
    outcome.draw(figure)
    figure.savefig(setting.out / "figure.png", dpi=120)
    plt.close(figure)
    failed = [check for check in outcome.checks if not check.holds]
    if failed:
        print(markdown)
        said = "; ".join(f"{check.what} is {check.value:.4g}, not {check.limit}" for check in failed)
        raise UserError(f"the bound of `{experiment.name}` does not hold: {said}; see {setting.out}")
    return markdown


def to_json(experiment: Experiment, setting: Setting, outcome: Outcome, seconds: float) -> str:
    """Return all that there is to say, with the command that made it."""
    result = {
        "number": experiment.number,
        "name": experiment.name,
        "claim": experiment.claim,
        "bound": experiment.bound,
        "command": f"seq2seq experiment {experiment.name}" + (" --quick" if setting.quick else ""),
        "seed": setting.seed,
        "seconds": round(seconds, 1),
        "holds": all(check.holds for check in outcome.checks),
        "checks": [asdict(check) for check in outcome.checks],
        "rows": list(outcome.rows),
        "notes": list(outcome.notes),
    }
    return json.dumps(result, ensure_ascii=False, indent=1) + "\n"


def to_markdown(experiment: Experiment, outcome: Outcome) -> str:
    """Return claim, bound, the table, the checks and the notes."""
    parts = [
        f"# Claim {experiment.number}: {experiment.name}",
        experiment.claim,
        f"Bound: {experiment.bound}",
        markdown_table(outcome.rows),
        *([checks_table(outcome.checks)] if outcome.checks else []),
        *outcome.notes,
    ]
    return "\n\n".join(parts) + "\n"


def checks_table(checks: Sequence[Check]) -> str:
    """Return what was checked as a table."""
    return markdown_table(
        [
            {
                "checked": check.what,
                "found": check.value,
                "must be": check.limit,
                "holds": "yes" if check.holds else "NO",
            }
            for check in checks
        ]
    )


def markdown_table(rows: Sequence[Row]) -> str:
    """Return rows of the same columns as a table."""
    columns = list(rows[0])
    lines = [columns, ["---" if isinstance(rows[0][name], str) else "---:" for name in columns]]
    lines += [[_cell(row[name]) for name in columns] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(value: str | float) -> str:
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 1e4 else f"{value:.2e}"
    return str(value)
