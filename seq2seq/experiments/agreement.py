"""Claim 5 on sentences: an adjective agrees with a subject that was read many words before."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from itertools import product, takewhile
from pathlib import Path
from statistics import mean
from typing import Any

from seq2seq.corpus.pairs import Pair
from seq2seq.drawing.style import CELL_STYLES, GREEN, GREY
from seq2seq.experiments.agreement_tasks import BESIDE, CHANCE, CLAUSES, ending_of, endings, spoken
from seq2seq.experiments.harness import Experiment, Outcome, Result, RunOptions, TableRow, at_least
from seq2seq.experiments.learning import learn
from seq2seq.experiments.sizes import equal_width, parameters
from seq2seq.experiments.tasks import sentence_accuracy
from seq2seq.lag import FULL
from seq2seq.pretrained import SHIPPED
from seq2seq.text.vocabulary import SPECIALS
from seq2seq.translator import Translator

CELLS = ("rnn", "lstm")
LENGTHS, UNSEEN = (0, 3, 6, 12), (24, 36)
"""Words of the clauses in training, and of longer ones."""
JUDGED = 6
"""The bound is about networks that have seen clauses of up to so many words."""
SEEDS = 3
SENTENCES, TEST = 1_500, 200
UPDATES, BATCH_CHARS = 400, 1_000
RATES = {"rnn": 1e-3, "lstm": 5e-3}
"""With 2e-3 the plain network forgets short sentences as soon as longer ones come."""
WIDTH = 64
"""Units of the LSTM; the plain network has as many weights."""
REMEMBERS, AHEAD = 95.0, 30.0


def run(options: RunOptions) -> Outcome:
    """Train both cells to end the adjectives of made sentences; test the model of the package on others."""
    lengths = LENGTHS[: LENGTHS.index(JUDGED) + 1] if options.quick else LENGTHS
    seeds = range(options.seed, options.seed + (1 if options.quick else SEEDS))
    pairs = endings(random.Random(options.seed), SENTENCES, LENGTHS)
    models = {cell: model_of(cell, pairs) for cell in CELLS}
    curves: dict[tuple[str, int], dict[int, list[float]]] = {}
    for cell, seed in product(CELLS, seeds):
        trained = _train(options.out / "runs" / f"{cell}-seed-{seed}", models[cell], seed, lengths)
        for seen, translator in trained.items():
            for k in (*LENGTHS, *UNSEEN):
                test = endings(random.Random(1000 + k), TEST, (k,))
                answers = translator.translate([pair.source for pair in test])
                scores = curves.setdefault((cell, seen), {}).setdefault(k, [])
                scores.append(sentence_accuracy(answers, test))
    rows: list[TableRow] = [
        _row(cell, str(seen), k, mean(scores), min(scores), max(scores))
        for (cell, seen), found in sorted(curves.items(), key=lambda item: item[0][1])
        for k, scores in found.items()
    ]
    shipped, wrong = _shipped(options.quick)
    reached = [f"{cell} {_reached(found)}" for (cell, seen), found in curves.items() if seen == JUDGED]
    sizes = [f"{cell} {model['hidden']} units" for cell, model in models.items()]
    notes = [
        f"After training on clauses of up to {JUDGED} words, the largest k up to which at least "
        f"{REMEMBERS:g} % of the endings are right: {', '.join(reached)}.",
        f"Trained networks: lowest and highest of {len(seeds)} seeds; guessing has {100 * CHANCE:g} %; as "
        f"many weights each ({', '.join(sizes)}). {SHIPPED}: 95 % interval of {len(spoken(0))} sentences for "
        "each k, at lag `full`.",
        f"{SHIPPED}, some of its {len(wrong)} wrong or missing endings: {'; '.join(wrong[:3])}."
        if wrong
        else "",
    ]
    lstm, rnn = ({k: mean(scores) for k, scores in curves[cell, JUDGED].items()} for cell in ("lstm", "rnn"))
    most = max((lstm[k] - rnn[k] for k in lstm if lstm[k] >= REMEMBERS), default=0.0)
    checks = [
        at_least(f"points of lstm above rnn at a k at which it has at least {REMEMBERS:g} %", most, AHEAD)
    ]
    return Outcome([*rows, *shipped], checks, notes=[note for note in notes if note])


def _train(
    folder: Path, model: Mapping[str, Any], seed: int, lengths: Sequence[int]
) -> dict[int, Translator]:
    """Train a network on an adjective beside its noun, then on sentences with longer and longer clauses.

    Returns:
        the networks that have seen clauses of up to `JUDGED` words and more, by that number.
    """
    trained, start = {}, {}
    for stage, longest in enumerate(lessons := (BESIDE, *lengths), start=1):
        pairs = endings(random.Random(seed), SENTENCES, lessons[:stage])
        train = {
            "seed": seed,
            "max_steps": UPDATES,
            "batch_chars": BATCH_CHARS,
            "learning_rate": RATES[model["cell"]],
            **start,
        }
        run_directory = folder / f"lesson-{stage}"
        translator = learn(run_directory, pairs, FULL, model, train)
        start = {"init_from": str(run_directory)}
        if longest >= JUDGED:
            trained[longest] = translator
    return trained


def _reached(found: Mapping[int, list[float]]) -> str:
    """Return the largest k up to which a cell remembers, or "none"."""
    held = [str(k) for k, _ in takewhile(lambda item: mean(item[1]) >= REMEMBERS, found.items())]
    return held[-1] if held else "none"


def model_of(cell: str, pairs: Sequence[Pair]) -> dict[str, Any]:
    """Return the settings of a network with a cell; all have about as many weights as the LSTM."""
    vocabulary = SPECIALS + len({character for pair in pairs for text in pair for character in text})

    def sized(cell: str) -> dict[str, Any]:
        return {"kind": "lagged_rnn", "cell": cell, "embedding": 16, "hidden": WIDTH, "layers": 1}

    goal = parameters(sized("lstm"), vocabulary)
    return {**sized(cell), "hidden": equal_width(sized(cell), vocabulary, goal)}


def _row(network: str, seen: str, words: int, accuracy: float, low: float, high: float) -> TableRow:
    return {
        "network": network,
        "longest k in training": seen,
        "words between, k": str(words),
        "accuracy of the ending, %": accuracy,
        "low": low,
        "high": high,
    }


def _shipped(quick: bool) -> tuple[list[TableRow], list[str]]:
    """Return the rows of the model of the package, and its translations with a wrong ending."""
    translator = Translator.load()
    rows, wrong = [], []
    for words in (0, 6) if quick else CLAUSES:
        pairs = spoken(words)
        answers = translator.translate([pair.source for pair in pairs], FULL)
        right = [ending_of(answer) == pair.target for answer, pair in zip(answers, pairs, strict=True)]
        low, high = wilson(sum(right), len(right))
        rows.append(_row(SHIPPED, "-", words, 100 * sum(right) / len(right), 100 * low, 100 * high))
        wrong += [
            f"“{pair.source}” → «{answer}»"
            for answer, pair, fine in zip(answers, pairs, right, strict=True)
            if not fine
        ]
    return rows, wrong


def wilson(right: int, count: int) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson 1927)."""
    z, share = 1.96, right / count
    middle = (share + z**2 / (2 * count)) / (1 + z**2 / count)
    half = z / (1 + z**2 / count) * math.sqrt(share * (1 - share) / count + z**2 / (4 * count**2))
    return middle - half, middle + half


def _draw(figure: Any, result: Result) -> None:
    panels = figure.subplots(1, 2, sharey=True)
    styles = {**CELL_STYLES, SHIPPED: {"color": GREEN, "marker": "s"}}
    series: dict[tuple[str, str], list[TableRow]] = {}
    for row in result["rows"]:
        series.setdefault((row["network"], row["longest k in training"]), []).append(row)
    for (network, seen), rows in series.items():
        values: Any = [[row[name] for row in rows] for name in ("accuracy of the ending, %", "low", "high")]
        scores, lows, highs = values
        bars = [
            [max(0.0, score - low) for score, low in zip(scores, lows, strict=True)],
            [max(0.0, high - score) for score, high in zip(scores, highs, strict=True)],
        ]
        how = {**styles[network], "label": network if network == SHIPPED else f"{network}, up to {seen}"}
        if seen == str(JUDGED):
            how |= {"ls": "--", "fillstyle": "none"}
        axes = panels[int(network == SHIPPED)]
        axes.errorbar([int(row["words between, k"]) for row in rows], scores, bars, **how, capsize=4)
    titles = ("made sentences, longest k in training; bars: seeds", "model of the package; bars: 95 %")
    for axes, title in zip(panels, titles, strict=True):
        axes.axhline(100 * CHANCE, color=GREY, ls=":", label="guessing" if axes is panels[0] else None)
        axes.set_title(title, fontsize=10)
        axes.set_xlabel("words between subject and predicate, k")
        axes.grid()
    panels[0].set_ylabel("accuracy of the agreeing ending, %")
    panels[0].set_ylim(0, 103)
    figure.legend(loc="outside lower center", ncols=3)
    figure.suptitle("“The dogs that … are tired”: is it cansado, cansada, cansados or cansadas?")


EXPERIMENT = Experiment(
    number=5,
    name="agreement",
    claim=(
        "A word may depend on one read long before, as an adjective on its subject: the cell must keep it."
    ),
    equation=(
        "`h_t` must hold gender and number of the subject from its last letter to the end of the clause."
    ),
    method=(
        "Networks read English sentences made by a grammar, whose subject is followed by a relative clause "
        "of k words (“then the dogs that I saw by the hen got ill”), and write the ending of the Spanish "
        "adjective («entonces los perros … se pusieron enferm-os»); they learn it beside the noun first "
        "(“the ill dogs”), then without a clause, then with longer and longer ones. The model of the package "
        "translates whole sentences of this kind, and the ending of its last word is scored."
    ),
    figure=(
        "Left: dashed, after training on clauses of up to 6 words, the LSTM keeps the subject over clauses "
        "that it has never seen, and the plain network falls to guessing (dotted); solid, after training on "
        "up to 12. Right: the same for the model of the package."
    ),
    bound=(
        f"After training on clauses of up to {JUDGED} words, there is a k at which the LSTM ends at least "
        f"{REMEMBERS:g} % of the adjectives rightly (mean over seeds) and is at least {AHEAD:g} points above "
        "a plain network with as many weights. The rest is reported without a bound."
    ),
    limits=(
        "A plain network can keep the subject, too: the solid curve is higher than the dashed one, and with "
        "more training it would rise further. The trained networks write the ending only, so that nothing "
        "but memory is tested, and the words are few, so that short sentences of the test are also in "
        "training. In a first version the networks were trained on all lengths at once, and both cells "
        "stayed at guessing: what is worth keeping has to be found out from short sentences. The model of "
        "the package has attention, which can look back at the subject: its curve says how well it "
        "translates, not how long its cells remember. Its sentences are few, short and of one kind."
    ),
    minutes=3,
    run=run,
    draw=_draw,
)
