"""Claim 1: padding does not make a feed-forward network translate, because it cannot reorder."""

from __future__ import annotations

import random
from typing import Any

from seq2seq.experiments.harness import Check, Experiment, Outcome, Row, Setting, at_least, at_most
from seq2seq.experiments.learning import learn
from seq2seq.experiments.tasks import exact, right_characters, substitute, swap, window_ceiling

NETWORKS: dict[str, dict[str, Any]] = {
    "feedforward": {"kind": "feedforward", "embedding": 32, "hidden": 128},
    "feedforward, window 2": {"kind": "feedforward", "embedding": 32, "hidden": 128, "window": 2},
    "lagged_rnn, lstm": {"kind": "lagged_rnn", "embedding": 32, "hidden": 128, "layers": 1},
    "encoder_decoder, lstm": {"embedding": 32, "hidden": 96, "encoder_layers": 1, "decoder_layers": 1},
}
SAME = "same order"
TASKS = {SAME: substitute, "words change places": swap}
NEAR, ABOVE, RIGHT, LEARNED = 2.0, 50.0, 98.0, 99.5
SENTENCES, TEST = 20_000, 1_000


def run(setting: Setting) -> Outcome:
    """Train each network on each task at lag `full` and score it on sentences that it has not seen."""
    networks = {
        name: model
        for name, model in NETWORKS.items()
        if not setting.quick or name in ("feedforward", "encoder_decoder, lstm")
    }
    rows: list[Row] = []
    checks: list[Check] = []
    for task, generate in TASKS.items():
        rng = random.Random(setting.seed)
        test, pairs = generate(rng, TEST), generate(rng, SENTENCES)
        unseen = {pair.source for pair in test}
        pairs = [pair for pair in pairs if pair.source not in unseen]
        for name, model in networks.items():
            folder = setting.out / "runs" / f"{task}, {name}".replace(", ", "-").replace(" ", "-")
            steps = 500 if model.get("kind") == "feedforward" else 1_000 if setting.quick else 2_500
            train = {"seed": setting.seed, "max_steps": steps, "batch_chars": 1_000}
            answers = learn(folder, pairs, "full", model, train).translate([pair.source for pair in test])
            ceiling = 100.0 if task == SAME else window_ceiling(test, int(model.get("window", 0)))
            score, whole = right_characters(answers, test), exact(answers, test)
            rows.append(
                {
                    "task": task,
                    "network": name,
                    "right characters, %": score,
                    "ceiling without reordering, %": ceiling,
                    "right sentences, %": whole,
                }
            )
            checks += _checks(task, name, score, whole, ceiling)
    return Outcome(rows, checks, lambda figure: _draw(figure, rows))


def _checks(task: str, name: str, score: float, whole: float, ceiling: float) -> list[Check]:
    if task == SAME:
        return [at_least(f"{name}, {task}: right characters", score, LEARNED)]
    if name.startswith("feedforward"):
        return [at_most(f"{name}: distance from its ceiling, points", abs(score - ceiling), NEAR)]
    return [
        at_least(f"{name}: points above the ceiling without reordering", score - ceiling, ABOVE),
        at_least(f"{name}: right sentences", whole, RIGHT),
    ]


def _draw(figure: Any, rows: list[Row]) -> None:
    panels = figure.subplots(1, len(TASKS), sharey=True)
    for axes, task in zip(panels, TASKS, strict=True):
        of_task = [row for row in rows if row["task"] == task]
        names = [str(row["network"]).replace(", ", "\n") for row in of_task]
        axes.bar(names, [row["right characters, %"] for row in of_task], color="tab:blue")
        for i, row in enumerate(of_task):
            ceiling, name = row["ceiling without reordering, %"], "ceiling without reordering"
            axes.hlines(ceiling, i - 0.4, i + 0.4, color="tab:red", label=None if i else name)
        axes.set_title(task)
        axes.tick_params(axis="x", labelsize=8)
    panels[0].set_ylabel("right characters, %")
    panels[0].set_ylim(0, 120)  # above the bars is the legend
    panels[0].set_yticks(range(0, 101, 20))
    panels[1].legend(frameon=False, loc="upper left")


EXPERIMENT = Experiment(
    number=1,
    name="padding",
    claim=(
        "A feed-forward network can be made to take sentences of any length by padding them, but it writes "
        "y_t from what stands at place t, and cannot translate where the order of the words differs."
    ),
    bound=(
        "Where two words change places, a feed-forward network comes within "
        f"{NEAR:g} points of the computed ceiling of right characters for what sees a window alone, above or "
        f"below; an LSTM at lag full is at least {ABOVE:g} points above that ceiling (without a window) and "
        f"gets {RIGHT:g} % of the sentences right. Where they stay, all get {LEARNED:g} % of the characters."
    ),
    run=run,
)
