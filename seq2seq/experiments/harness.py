"""The common part of all experiments: a claim, a bound stated beforehand, and the files of results."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from seq2seq.drawing.plots import pyplot
from seq2seq.drawing.style import WIDTH
from seq2seq.errors import UserError
from seq2seq.storage.files import make_directory, write_text_atomic

TableRow: TypeAlias = dict[str, str | float]
"""A row of a table: its cells by the names of the columns."""

Result: TypeAlias = dict[str, Any]
"""The content of `result.json`."""

TEXTBOOK = "https://brilliant.org/wiki/recurrent-neural-network/"
HEIGHT = 4.2
"""Inches of a figure, unless the experiment says otherwise."""


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
    """The results of an experiment, of plain types: all that is stored of a run, and all that is drawn.

    Attributes:
        rows: the table of results.
        checks: the numbers that the bound limits.
        data: further numbers for the figure.
        notes: further remarks for the reader, one sentence or paragraph each.
    """

    rows: Sequence[TableRow]
    checks: Sequence[BoundCheck]
    data: Mapping[str, Any] = field(default_factory=dict)
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
        claim: the textbook's statement, in our words.
        equation: the equation that the statement is about.
        method: what is done, in two sentences.
        figure: what to see in the figure.
        bound: what the results must satisfy, stated before the run.
        limits: what the experiment does not show.
        minutes: about how long a whole run takes on two cores.
        run: runs the experiment.
        draw: draws a result into an empty matplotlib figure; only what `result.json` holds can be drawn.
        verdict: for an experiment without checks, says in a sentence what its result shows.
    """

    number: int
    name: str
    claim: str
    equation: str
    method: str
    figure: str
    bound: str
    limits: str
    minutes: float
    run: Callable[[RunOptions], Outcome] = field(repr=False)
    draw: Callable[[Any, Result], None] = field(repr=False)
    verdict: Callable[[Result], str] | None = field(default=None, repr=False)


def perform(experiment: Experiment, options: RunOptions) -> str:
    """Run an experiment; write `result.json`, `result.md` and `figure.png`; return the Markdown.

    Raises:
        UserError: the bound does not hold; the files are written nevertheless.
        UsageError: matplotlib is not installed.
    """
    pyplot()
    make_directory(options.out)
    about = "shorter than" if options.quick else "about"
    print(
        f"claim {experiment.number}: {experiment.claim}\nbound: {experiment.bound}\n"
        f"time: {about} {experiment.minutes:g} minutes on two cores",
        file=sys.stderr,
    )
    began, began_processor = time.monotonic(), time.process_time()
    outcome = experiment.run(options)
    # Networks this small use one thread, so on a busy machine the processor time is that of a free one.
    seconds = min(time.monotonic() - began, time.process_time() - began_processor)
    result = to_result(experiment, options, outcome, seconds)
    figure = options.out / "figure.png"
    markdown = f"# Claim {experiment.number}: {experiment.name}\n\n{to_markdown(experiment, result, figure)}"
    if outcome.checks:
        markdown += f"\n{checks_table(outcome.checks)}\n"
    text = json.dumps(result, ensure_ascii=False, indent=1) + "\n"
    write_text_atomic(options.out / "result.json", text)
    write_text_atomic(options.out / "result.md", markdown)
    draw_result(experiment, result, figure)
    if not result["holds"]:
        print(markdown)
        failed = "; ".join(_failed(result))
        raise UserError(f"the bound of `{experiment.name}` does not hold: {failed}; see {options.out}")
    return markdown


def draw_result(experiment: Experiment, result: Result, path: Path) -> None:
    """Draw a stored result into a PNG file."""
    plt = pyplot()
    figure = plt.figure(figsize=(WIDTH, HEIGHT), layout="constrained")
    try:
        experiment.draw(figure, result)
        figure.savefig(path, format="png")
    finally:
        plt.close(figure)


def to_result(experiment: Experiment, options: RunOptions, outcome: Outcome, seconds: float) -> Result:
    """Return the results in plain types, with the command that repeats them."""
    return {
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
        "data": dict(outcome.data),
        "notes": list(outcome.notes),
    }


def to_markdown(experiment: Experiment, result: Result, figure: str | Path, machine: str = "") -> str:
    """Return a claim as it reads everywhere, in Markdown: the verdict first, the command last.

    Args:
        experiment: the claim.
        result: of a run.
        figure: the address of the figure.
        machine: where it ran, if that is to be said.
    """
    parts = [
        f"**Verdict.** {_verdict(experiment, result)}",
        f"**Textbook.** {experiment.claim} ([Recurrent Neural Network]({TEXTBOOK}), Brilliant wiki)",
        f"**Equation.** {experiment.equation}",
        f"**Experiment.** {experiment.method}",
        f"**Figure.** {experiment.figure}",
        f"![{experiment.name}]({figure})",
        markdown_table(result["rows"]),
        *result["notes"],
        f"**Not shown.** {experiment.limits}",
        f"**Repeat.** `{result['command']}`, {_duration(result['seconds'])}"
        + (f" on {machine}." if machine else "."),
    ]
    return "\n\n".join(parts) + "\n"


def _duration(seconds: float) -> str:
    return f"{seconds / 60:.1f} minutes" if seconds >= 60 else f"{seconds:.0f} seconds"


def _verdict(experiment: Experiment, result: Result) -> str:
    """Return whether the bound holds, and the bound."""
    if experiment.verdict is not None:
        return f"{experiment.verdict(result)} Bound: {experiment.bound}"
    said = "; ".join(_failed(result))
    held = sum(check["holds"] for check in result["checks"])
    counted = f"{held} of {len(result['checks'])} checks hold"
    return (
        f"Does not hold ({counted}): {said}. Bound: {experiment.bound}"
        if said
        else f"Holds ({counted}). Bound: {experiment.bound}"
    )


def _failed(result: Result) -> list[str]:
    """Return a phrase for each check that does not hold."""
    failed = [check for check in result["checks"] if not check["holds"]]
    return [f"{check['what']} is {check['value']:.4g}, not {check['limit']}" for check in failed]


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
