"""The common part of all experiments: a claim, a bound stated beforehand, and the files of results."""

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
from seq2seq.storage.files import make_directory, write_text_atomic

TableRow: TypeAlias = dict[str, str | float]
"""A row of a table: its cells by the names of the columns."""


@dataclass(frozen=True)
class BoundCheck:
    """One measured number that the bound limits.

    Attributes:
        what: the name of the measured quantity.
        value: the measured value.
        limit: the limit, as text.
        holds: whether the value is within the limit.
    """

    what: str
    value: float
    limit: str
    holds: bool


def at_least(what: str, value: float, limit: float) -> BoundCheck:
    """Return the check that a number is not below `limit`; NaN fails."""
    return BoundCheck(what, value, f"at least {limit:g}", value >= limit)


def at_most(what: str, value: float, limit: float) -> BoundCheck:
    """Return the check that a number is not above `limit`; NaN fails."""
    return BoundCheck(what, value, f"at most {limit:g}", value <= limit)


@dataclass(frozen=True)
class Outcome:
    """The results of an experiment.

    Attributes:
        rows: the table of results.
        checks: the numbers that the bound limits.
        draw: draws the results into an empty matplotlib figure.
        notes: further remarks for the reader, one sentence or paragraph each.
    """

    rows: Sequence[TableRow]
    checks: Sequence[BoundCheck]
    draw: Callable[[Any], None]
    notes: Sequence[str] = ()


@dataclass(frozen=True)
class RunOptions:
    """The options of one run of an experiment.

    Attributes:
        out: the directory for all files.
        quick: whether to run a smaller and shorter version with the same bound, as CI does.
        seed: the seed of all random numbers.
    """

    out: Path
    quick: bool
    seed: int = 1


@dataclass(frozen=True)
class Experiment:
    """A claim and the code that tests it.

    Attributes:
        number: the number of the claim.
        name: the name on the command line.
        claim: the statement.
        bound: what the results must satisfy, stated before the run.
        run: runs the experiment.
    """

    number: int
    name: str
    claim: str
    bound: str
    run: Callable[[RunOptions], Outcome] = field(repr=False)


def perform(experiment: Experiment, options: RunOptions) -> str:
    """Run an experiment; write `result.json`, `result.md` and `figure.png`; return the Markdown.

    Raises:
        UserError: the bound does not hold; the files are written nevertheless.
        UsageError: matplotlib is not installed.
    """
    plt = pyplot()
    make_directory(options.out)
    print(f"claim {experiment.number}: {experiment.claim}\nbound: {experiment.bound}", file=sys.stderr)
    began = time.monotonic()
    outcome = experiment.run(options)
    seconds = time.monotonic() - began
    markdown = to_markdown(experiment, outcome)
    write_text_atomic(options.out / "result.json", to_json(experiment, options, outcome, seconds))
    write_text_atomic(options.out / "result.md", markdown)
    figure = plt.figure(figsize=(9, 4.2), layout="constrained")
    outcome.draw(figure)
    figure.savefig(options.out / "figure.png", dpi=120)
    plt.close(figure)
    failed = [check for check in outcome.checks if not check.holds]
    if failed:
        print(markdown)
        said = "; ".join(f"{check.what} is {check.value:.4g}, not {check.limit}" for check in failed)
        raise UserError(f"the bound of `{experiment.name}` does not hold: {said}; see {options.out}")
    return markdown


def to_json(experiment: Experiment, options: RunOptions, outcome: Outcome, seconds: float) -> str:
    """Return the results as JSON, with the command that repeats them."""
    result = {
        "number": experiment.number,
        "name": experiment.name,
        "claim": experiment.claim,
        "bound": experiment.bound,
        "command": f"seq2seq experiment {experiment.name}" + (" --quick" if options.quick else ""),
        "seed": options.seed,
        "seconds": round(seconds, 1),
        "holds": all(check.holds for check in outcome.checks),
        "checks": [asdict(check) for check in outcome.checks],
        "rows": list(outcome.rows),
        "notes": list(outcome.notes),
    }
    return json.dumps(result, ensure_ascii=False, indent=1) + "\n"


def to_markdown(experiment: Experiment, outcome: Outcome) -> str:
    """Return claim, bound, table, checks and notes as Markdown."""
    parts = [
        f"# Claim {experiment.number}: {experiment.name}",
        experiment.claim,
        f"Bound: {experiment.bound}",
        markdown_table(outcome.rows),
        *([checks_table(outcome.checks)] if outcome.checks else []),
        *outcome.notes,
    ]
    return "\n\n".join(parts) + "\n"


def checks_table(checks: Sequence[BoundCheck]) -> str:
    """Return the checks as a Markdown table."""
    return markdown_table(
        [
            {
                "quantity": check.what,
                "value": check.value,
                "bound": check.limit,
                "holds": "yes" if check.holds else "NO",
            }
            for check in checks
        ]
    )


def markdown_table(rows: Sequence[TableRow]) -> str:
    """Return rows with the same columns as a Markdown table."""
    columns = list(rows[0])
    lines = [columns, ["---" if isinstance(rows[0][name], str) else "---:" for name in columns]]
    lines += [[_cell(row[name]) for name in columns] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(value: str | float) -> str:
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 1e4 else f"{value:.2e}"
    return str(value)
