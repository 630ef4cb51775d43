"""Race this translator against other character-level ones, from raw pairs to a useful model.

    python -m scripts.bench.race train NAME TRAIN.tsv DEV.tsv --minutes N --cache DIR
    python -m scripts.bench.race score NAME DEV.tsv --cache DIR
    python -m scripts.bench.race table

Each system trains with its own program on one thread, in a virtual environment of its own in the cache
directory. The clock is the processor time (user and system, with that of child processes) of the training,
from the start of the program on raw pairs. On a core that nothing else uses it equals the time on the wall,
and other work on the machine changes it little.

The score is chrF (sacreBLEU) of greedy translations of 500 dev sentences, with all their references.
Evaluation is not part of the time: checkpoints are scored afterwards; this project evaluates within its
training, and that time is left out. `score` writes docs/results/race.json. All systems read the same pairs,
those of at most 200 characters.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scripts.bench.peers import write_data
from scripts.bench.systems.base import Comparison, say
from scripts.bench.systems.racers import BATCH, LONGEST, RACERS, Racer
from scripts.results import ROOT, machine, read_results, write_results
from seq2seq.corpus.pairs import read_pairs
from seq2seq.measuring.quality import score as score_texts
from seq2seq.training.validation import Sample

SENTENCES = 500
GOALS = (50, 55)
POINTS = 10
"""Checkpoints of each system that are scored, evenly spaced in time."""
TICKS = os.sysconf("SC_CLK_TCK")

Point = dict[str, Any]
"""One evaluation: `steps`, `cpu` (processor time in seconds), `chrf`."""


def processor_seconds(pid: int) -> float:
    """Return the processor time of a process and of its descendants, those that have ended included."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        children = [
            int(c) for f in Path(f"/proc/{pid}/task").glob("*/children") for c in f.read_text().split()
        ]
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / TICKS + sum(map(processor_seconds, children))


def run_for(racer: Racer, minutes: float, prepared: float) -> list[Point]:
    """Train until the processor time is used up; return when each checkpoint was there.

    Args:
        racer: the system.
        minutes: of processor time.
        prepared: processor seconds that writing its files took.
    """
    environment = racer.bench.environment() | {"PYTHONUNBUFFERED": "1"}
    found: dict[int, float] = {}
    with (
        open(racer.bench.work / f"{racer.run}.log", "w", encoding="utf-8") as log,
        subprocess.Popen(
            racer.training(), cwd=racer.bench.work, env=environment, stdout=log, stderr=subprocess.STDOUT
        ) as process,
    ):
        used = prepared
        while used < 60 * minutes and process.poll() is None:
            time.sleep(0.5)
            used = max(used, prepared + processor_seconds(process.pid))
            for steps in racer.checkpoints().keys() - found.keys():
                found[steps] = used
        process.kill()
    return [{"steps": steps, "cpu": round(cpu, 1)} for steps, cpu in sorted(found.items())]


def spaced(points: Sequence[Point], minutes: float) -> list[Point]:
    """Return points that are at least a tenth of the time apart, and the last one."""
    kept: list[Point] = []
    for point in points:
        if not kept or point["cpu"] - kept[-1]["cpu"] >= 60 * minutes / POINTS:
            kept.append(point)
    return kept if not points or kept[-1] is points[-1] else [*kept[:-1], points[-1]]


def train(racer: Racer, options: argparse.Namespace) -> None:
    """Install a system, write its files, and train it; keep the times of its checkpoints."""
    work = racer.bench.work
    work.mkdir(parents=True, exist_ok=True)
    racer.system.install()
    shutil.copyfile(options.dev, work / "dev.tsv")
    began = time.process_time()
    pairs = [pair for pair in read_pairs(options.train) if max(map(len, pair)) <= LONGEST and all(pair)]
    write_data(work, pairs, Sample(list(read_pairs(options.dev)), SENTENCES).sources)
    prepared = time.process_time() - began if racer.reads_characters else 0.0
    points = run_for(racer, options.minutes, prepared)
    kept = spaced(points, options.minutes)
    (work / f"{racer.run}.json").write_text(
        json.dumps({"pairs": len(pairs), "minutes": options.minutes, "points": kept})
    )
    say(f"{racer.system.title}: {len(points)} checkpoints, {len(kept)} to be scored")


def score(racer: Racer, options: argparse.Namespace) -> dict[str, Any]:
    """Score the checkpoints of a system."""
    work = racer.bench.work
    sample = Sample(list(read_pairs(options.dev)), SENTENCES)
    trained = json.loads((work / f"{racer.run}.json").read_text())
    points = trained["points"] or reported(work / f"{racer.run}.log", 60 * trained["minutes"])
    for point in points:
        if "chrf" not in point:
            texts, _ = racer.translate(racer.checkpoints()[point["steps"]], 1)
            point["chrf"] = round(score_texts(texts, sample.references).chrf, 2)
            say(f"{racer.system.title}: {point}")
    symbols = racer.symbols(
        len((work / "train.es").read_text(encoding="utf-8"))
    )  # its line ends are end marks
    last = points[-1]
    return {
        "title": racer.system.title.partition(",")[0],
        "version": racer.system.version(),
        **racer.parameters(),
        "pairs": trained["pairs"],
        "minutes": trained["minutes"],
        "symbols_per_second": symbols and round(symbols * last["steps"] / last["cpu"]),
        "points": points,
    }


def reported(log: Path, seconds: float) -> list[Point]:
    """Return the evaluations that a training itself reported in its log, within the processor time."""
    lines = log.read_text(encoding="utf-8").splitlines()
    points = [json.loads(line) for line in lines if line.startswith('{"chrf"')]
    return [point for point in points if point["cpu"] <= seconds]


def reached(points: Sequence[Point], goal: float) -> float | None:
    """Return the processor minutes to `goal` chrF, interpolated between evaluations; None if not reached."""
    before = {"cpu": 0.0, "chrf": 0.0}
    for point in points:
        if point["chrf"] >= goal:
            share = (goal - before["chrf"]) / (point["chrf"] - before["chrf"])
            return float(before["cpu"] + share * (point["cpu"] - before["cpu"])) / 60
        before = point
    return None


def render(results: dict[str, Any]) -> str:
    """Return the table in Markdown."""
    goals = " | ".join(f"to chrF {goal}" for goal in GOALS)
    rows = [
        f"| | parameters | {goals} | time of ours | best chrF | after | target symbols/s |",
        "|---|---|---|---|---|---|---|---|",
    ]
    ours = reached(results["systems"]["ours"]["points"], GOALS[0])
    for system in results["systems"].values():
        times = [reached(system["points"], goal) for goal in GOALS]
        best = max(system["points"], key=lambda point: float(point["chrf"]))
        cells = [
            f"{system['title']} ({system['version']})",
            size(system),
            *(f"not in {system['minutes']:.0f} min" if t is None else f"{t:.1f} min" for t in times),
            "" if ours is None else factor(times[0], system["minutes"], ours),
            f"{best['chrf']:.1f}",
            f"{best['cpu'] / 60:.1f} min",
            f"{system['symbols_per_second']:,}" if system["symbols_per_second"] else "–",
        ]
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def size(system: dict[str, Any]) -> str:
    """Return the number of parameters, vectors of words apart."""
    words = system.get("word_vectors", 0)
    text = f"{(system['parameters'] - words) / 1e6:.1f} million"
    return f"{text}, and {words / 1e6:.1f} million of word vectors" if words else text


def factor(minutes: float | None, budget: float, ours: float) -> str:
    """Return the time to the first goal as a multiple of ours; a lower limit if it was not reached."""
    return f"× {minutes / ours:.1f}" if minutes else f"> × {budget / ours:.1f}"


def parse_arguments() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="what", required=True)
    for what, inputs in (("train", ("train", "dev")), ("score", ("dev",))):
        command = commands.add_parser(what)
        command.add_argument("name", choices=list(RACERS), help="the system")
        for name in inputs:
            command.add_argument(name, type=Path, help=f"{name} pairs")
        command.add_argument("--cache", type=Path, required=True, help="where systems are installed")
        if what == "train":
            command.add_argument(
                "--minutes", type=float, required=True, help="processor time of the training"
            )
    commands.add_parser("table", help="show the table")
    options = parser.parse_args()
    if options.what != "table" and options.cache.expanduser().resolve().is_relative_to(ROOT.resolve()):
        parser.error("--cache must be outside of the repository: it takes gigabytes")
    return options


def main() -> None:
    """Run the command line."""
    options = parse_arguments()
    if options.what == "table":
        print(render(read_results("race")))
        return
    cache = options.cache.expanduser().resolve()
    bench = Comparison(cache / "race", cache, threads=1, sentences=BATCH, length=LONGEST, cold_length=LONGEST)
    racer = RACERS[options.name](bench)
    if options.what == "train":
        train(racer, options)
        return
    results = read_results("race")
    systems = results.get("systems", {}) | {options.name: score(racer, options)}
    results = {"machine": machine() | {"threads": 1}, "sentences": SENTENCES}
    results["systems"] = {name: systems[name] for name in RACERS if name in systems}
    write_results("race", results)


if __name__ == "__main__":
    main()
