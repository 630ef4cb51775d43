"""The parts of the shipped network alone and together, in equal time of the processor.

    python -m scripts.studies.parts train.tsv dev.tsv runs/parts [--hidden 128] [--minutes 10] [--seed 1]

Each network of PARTS trains on one thread for as many updates as fit into the minutes, which short trainings
measure first, with a constant learning rate and a cool-down at the end; then it translates 500 dev sentences
greedily. The minutes must suffice for each network to learn where to look: 4 at 128 units do not. Nothing
else should run while the time of an update is measured, until that is printed; then several seeds and sizes
may run beside each other in one folder, and other minutes need another one. A stopped study goes on after the
last network that was scored. Each writes what all have found to docs/results/parts.json.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
from itertools import chain
from pathlib import Path
from typing import Any, Final

from scripts.results import evaluation, machine, some_sentences, training, write_results
from scripts.studies.trainings import train
from seq2seq.corpus.pairs import Pair, to_lines
from seq2seq.storage.files import write_text_atomic

_WORDS: Final[dict[str, object]] = {"word_nodes": 32_000}
_PAIRS: Final[dict[str, object]] = {**_WORDS, "word_pairs": 36_000}
_READER: Final[dict[str, object]] = {"bidirectional": "true", "backward_dropout": 0.3}
PARTS: Final[dict[str, dict[str, object]]] = {
    "none": {},
    "backward reader at `full`": _READER,
    "vectors of prefixes and words": _WORDS,
    "the same with the word before": _PAIRS,
    "all": {**_PAIRS, **_READER},
}
_ABSENT: Final[dict[str, object]] = {
    "word_nodes": 0,
    "word_pairs": 0,
    "bidirectional": "false",
    "backward_dropout": 0.0,
}
LAGS: Final = ("4", "12", "full")
COOLDOWN: Final = 0.2
SENTENCES: Final = 500
SHORT, LONGER, ROUNDS = 20, 60, 2
"""Updates of the two trainings whose difference tells the time of an update, and how often it is measured."""


class Study:
    """Trainings of one size and seed in a folder."""

    def __init__(self, pairs: Path, dev: Path, out: Path, hidden: int, seed: int) -> None:
        self.out, self.hidden, self.seed = out, hidden, seed
        out.mkdir(parents=True, exist_ok=True)
        self.some = out / "some.tsv"
        sources, references = some_sentences(dev, SENTENCES)
        chosen = ((Pair(one, right) for right in all_) for one, all_ in zip(sources, references, strict=True))
        write_text_atomic(self.some, to_lines(chain.from_iterable(chosen)))
        self.common = [f"data.train={pairs}", f"data.dev={dev}", "data.dev_more=null", "train.threads=1"]
        self.common += [f"train.seed={seed}", "train.eval_sentences=1", "train.warmup_steps=100"]
        self.common += [f"model.hidden={hidden}", f"model.embedding={max(32, hidden // 2)}", "train.ema=0.99"]

    def run(self, part: str, updates: int, name: str) -> tuple[Path, float]:
        """Train a network; return its run directory and the seconds of the processor."""
        folder = self.out / name
        settings = {**_ABSENT, **PARTS[part]}
        model = [f"model.{key}={value}" for key, value in settings.items()]
        steps = [f"train.max_steps={updates}", f"train.cooldown_share={COOLDOWN}"]
        rare = [f"train.eval_every={updates}", f"train.checkpoint_every={updates}"]
        before = _used()
        train("en-es-words", [*self.common, *model, *steps, *rare], folder, self.out / f"{name}.log")
        return folder, _used() - before

    def costs(self) -> dict[str, float]:
        """Return for each part the seconds of the processor for an update, measured once for each size.

        What else runs on the same core makes an update dearer, by up to two thirds, so the parts are measured
        in turn, ROUNDS times, and the least counts.
        """
        known = self.out / f"costs-{self.hidden}.json"
        if not known.exists():
            found: dict[str, list[float]] = {part: [] for part in PARTS}
            for part in PARTS:
                self._short(part, SHORT)  # prepares the data
            for _ in range(ROUNDS):
                for part, costs in found.items():
                    costs.append((self._short(part, LONGER) - self._short(part, SHORT)) / (LONGER - SHORT))
            write_text_atomic(known, json.dumps({part: min(costs) for part, costs in found.items()}))
        return dict(json.loads(known.read_text()))

    def _short(self, part: str, updates: int) -> float:
        folder, seconds = self.run(part, updates, f"cost-{self.hidden}")
        shutil.rmtree(folder)
        return seconds

    def measure(self, part: str, minutes: float, cost: float) -> None:
        """Train and score a network whose updates take `cost` seconds, unless that has been done."""
        name = f"{self.hidden}-{list(PARTS).index(part)}-seed-{self.seed}"
        found = self.out / f"{name}.json"
        if found.exists():
            return
        updates = round(60 * minutes / cost)
        folder, seconds = self.run(part, updates, name)
        report = evaluation(folder, self.some, "--lags", ",".join(LAGS), "--beam", "1")
        scores = {
            str(row["lag"]): {key: row["quality"][key] for key in ("chrf", "bleu")} for row in report["rows"]
        }
        result = {
            **{"hidden": self.hidden, "part": part, "seed": self.seed, "minutes": minutes},
            **{"updates": updates, "milliseconds": 1000 * cost, "seconds": round(seconds)},
            **{"parameters": training(folder)["parameters"], "scores": scores},
        }
        write_text_atomic(found, json.dumps(result))
        for state in folder.glob("state_*"):
            state.unlink()


def _used() -> float:
    """Return the seconds of the processor that ended children have used."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def gather(out: Path) -> list[dict[str, Any]]:
    """Return what all trainings in a folder have found, by size, part and seed."""
    order = list(PARTS)
    found = [json.loads(path.read_text()) for path in out.glob("*-seed-*.json")]
    return sorted(found, key=lambda run: (run["hidden"], order.index(run["part"]), run["seed"]))


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name in ("train", "dev", "out"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--hidden", type=int, default=128, help="units (%(default)s)")
    parser.add_argument(
        "--minutes", type=float, default=10.0, help="of one thread for each network (%(default)s)"
    )
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    study = Study(options.train.resolve(), options.dev.resolve(), options.out, options.hidden, options.seed)
    costs = study.costs()
    print("ms an update:", {part: round(1000 * cost) for part, cost in costs.items()}, flush=True)
    for part in PARTS:
        study.measure(part, options.minutes, costs[part])
        write_results("parts", {"machine": machine(), "sentences": SENTENCES, "runs": gather(options.out)})


if __name__ == "__main__":
    main()
