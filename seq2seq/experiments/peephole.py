"""Peepholes: an LSTM whose gates see the cell, as the textbook draws it, against one whose gates do not."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from statistics import mean
from typing import Any

from seq2seq.corpus.pairs import Pair
from seq2seq.experiments.harness import Experiment, Outcome, RunOptions, TableRow
from seq2seq.experiments.learning import learn
from seq2seq.experiments.tasks import count_marks, keep_time, recall, sentence_accuracy

CELLS = ("lstm", "lstm_peephole")
SEEDS = 3
SENTENCES, TEST = 4_000, 200
PERIODS = (3, 6, 9)
GAP, STEPS, COUNTED, UNSEEN = 10, 27, 8, 12


@dataclass(frozen=True)
class _Task:
    """A task: its training and test pairs, given a random generator, and the lag."""

    name: str
    lag: object
    updates: int
    train: Callable[[random.Random], list[Pair]]
    test: Callable[[random.Random], list[Pair]]


TASKS = (
    _Task(
        name=f"memory: a letter {GAP} steps ago",
        lag="full",
        updates=500,
        train=lambda rng: recall(rng, SENTENCES, 1, GAP),
        test=lambda rng: recall(rng, TEST, GAP, GAP),
    ),
    _Task(
        name=f"counting: as many marks as letters, {COUNTED + 1} to {UNSEEN}, after training up to {COUNTED}",
        lag="full",
        updates=500,
        train=lambda rng: count_marks(rng, SENTENCES, 1, COUNTED),
        test=lambda rng: count_marks(rng, TEST, COUNTED + 1, UNSEEN),
    ),
    _Task(
        name=f"timing: a mark every {', '.join(map(str, PERIODS))} steps, for {STEPS} steps",
        lag=0,
        updates=500,
        train=lambda rng: keep_time(rng, SENTENCES, PERIODS, STEPS),
        test=lambda rng: keep_time(rng, TEST, PERIODS, STEPS),
    ),
)


def run(options: RunOptions) -> Outcome:
    """Train both cells on each task with several seeds; compare their sentence accuracy."""
    seeds = range(options.seed, options.seed + (1 if options.quick else SEEDS))
    rows: list[TableRow] = []
    points: dict[str, dict[str, list[float]]] = {}
    for number, task in enumerate(TASKS, start=1):
        found: dict[str, list[float]] = {cell: [] for cell in CELLS}
        for seed in seeds:
            rng = random.Random(seed)
            test, pairs = task.test(rng), task.train(rng)
            for cell in CELLS:
                # Without feedback the network has no other clock than its own state.
                sizes = {"embedding": 8, "hidden": 16, "layers": 1, "feedback": False}
                train = {"seed": seed, "max_steps": 20 if options.quick else task.updates}
                folder = options.out / "runs" / f"{number}-{cell}-seed-{seed}"
                model = {"kind": "lagged_rnn", "cell": cell} | sizes
                answers = learn(folder, pairs, task.lag, model, train).translate([x for x, _ in test])
                found[cell].append(sentence_accuracy(answers, test))
        points[task.name] = found
        rows += [
            {
                "task": task.name,
                "cell": cell,
                "sentence accuracy, %": mean(scores),
                "worst seed": min(scores),
                "best seed": max(scores),
            }
            for cell, scores in found.items()
        ]
    return Outcome(rows, [], lambda figure: _draw(figure, points), [_verdict(points), _SIZES])


_SIZES = "Both cells have 16 units and the same updates; peepholes add 48 weights."


def _verdict(points: dict[str, dict[str, list[float]]]) -> str:
    """Return on which tasks the worst seed with peepholes is above the best one without."""
    said = []
    for task, found in points.items():
        without, with_them = (found[cell] for cell in CELLS)
        helps = min(with_them) > max(without)
        said.append(f"{task.split(':')[0]}: {'shown' if helps else 'not shown'}")
    return f"Verdict, that peepholes help: {'; '.join(said)}."


def _draw(figure: Any, points: dict[str, dict[str, list[float]]]) -> None:
    axes = figure.subplots()
    for place, cell in enumerate(CELLS):
        for number, found in enumerate(points.values()):
            scores = found[cell]
            x = [number + 0.2 * (place - 0.5)] * len(scores)
            label = cell if number == 0 else None
            axes.plot(x, scores, "os"[place], color=("tab:blue", "tab:orange")[place], label=label, alpha=0.7)
    axes.set_xticks(range(len(points)), [task.split(":")[0] for task in points])
    axes.set_ylabel("sentence accuracy, %; a point for each seed")
    axes.set_ylim(-3, 103)
    axes.set_title("LSTM with and without peepholes")
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)


EXPERIMENT = Experiment(
    number=5,
    name="peephole",
    claim="The gates of an LSTM may also see its cell (peepholes), which should help to count and keep time.",
    bound=(
        "None that the run must meet. On a task peepholes are said to help if the worst of their seeds is "
        "more accurate than the best seed of the LSTM without them."
    ),
    run=run,
)
