"""Translate dev sentences in bulk with this translator and with others: sentences a second, and chrF.

    python -m scripts.bench.bulk prepare DEV.tsv --cache DIR
    python -m scripts.bench.bulk measure DEV.tsv --cache DIR [--threads N] [--beam N] [--sentences N]

Two comparisons, without loading, by each system's own clock:

trained      the models of scripts/bench/race.py, and the one shipped with this project; the chrF is that of
             the translations that were timed
equal size   the shipped model against networks of the same number of parameters, within a tenth, which
             `prepare` makes: they are not trained, and write as many characters for every sentence as the
             shipped model writes on average

`measure` times all systems in one run and writes docs/results/bulk.json, in which figures of other threads
and beams stay. Nothing else should run on the machine.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from scripts.bench.peers import spread, write_data, write_sources
from scripts.bench.systems.base import Comparison, Failure, say
from scripts.bench.systems.racers import BATCH, LONGEST, RACERS, OursRacer, Racer, sizes
from scripts.results import ROOT, machine, read_results, write_results
from seq2seq.corpus.pairs import group_references, read_pairs
from seq2seq.measuring.quality import score
from seq2seq.pretrained import locate

BEAM = 5
SIZES = {"eole": (560, 2), "joeynmt": (608, 2), "keras": (1024, 1)}
"""Units, and layers on each side, for as many parameters as the shipped model has."""
PRECISIONS = ("fp32", "bf16", "int8")

Row = dict[str, Any]


def racer_in(cache: Path, work: str, name: str, threads: int, size: tuple[int, int] = (256, 1)) -> Racer:
    """Return a system whose files are in the directory `work` of the cache."""
    bench = Comparison(cache / work, cache, threads, sentences=BATCH, length=LONGEST, cold_length=LONGEST)
    return RACERS[name](bench, *size)


def prepare(cache: Path, dev: Path, names: Sequence[str]) -> None:
    """Make networks of the size of the shipped model."""
    pairs, work = list(read_pairs(dev)), cache / "bulk-size"
    work.mkdir(parents=True, exist_ok=True)
    write_data(work, pairs, [])
    for name in names:
        racer = racer_in(cache, "bulk-size", name, 1, SIZES[name])
        for old in racer.checkpoints().values():
            shutil.rmtree(old) if old.is_dir() else old.unlink()
        racer.every = 2
        with (
            open(racer.bench.work / f"{racer.run}.log", "w", encoding="utf-8") as log,
            subprocess.Popen(
                racer.training(),
                cwd=racer.bench.work,
                env=racer.bench.environment() | {"PYTHONUNBUFFERED": "1"},
                stdout=log,
                stderr=subprocess.STDOUT,
            ) as process,
        ):
            while not racer.checkpoints() and process.poll() is None:
                time.sleep(0.5)
            time.sleep(5)  # for the file to be complete
            process.kill()
        say(f"{racer.system.title}: {racer.parameters()}, {list(racer.checkpoints())} updates")


def trained(cache: Path, threads: int, beam: int, names: Sequence[str]) -> Iterator[tuple[Row, Racer, Path]]:
    """Yield each trained model: what it is, its system, and its file."""
    race = read_results("race")["systems"]
    for name in names:
        racer = racer_in(cache, "bulk", name, threads)
        if name not in race or (beam > 1 and not racer.beams):
            continue
        about = {"set": "trained", "system": name, "title": race[name]["title"]}
        if isinstance(racer, OursRacer):
            models = {
                "256 units": racer.bench.work / racer.run / "model.safetensors",
                "shipped": locate("en-es"),
            }
            for model, path in models.items():
                for precision in PRECISIONS:
                    yield about | sizes(path) | {"model": model, "precision": precision}, racer, path
        else:
            best = max(race[name]["points"], key=lambda point: float(point["chrf"]))
            yield (
                about | racer.parameters() | {"precision": "fp32"},
                racer,
                racer.checkpoints()[best["steps"]],
            )


def timed(racer: Racer, path: Path, beam: int, length: int | None = None) -> tuple[Row, list[str]]:
    """Translate all sources; return the figures and the translations."""
    texts, seconds = racer.translate(path, beam, length)
    return {"seconds": round(seconds, 2), "per_second": round(len(texts) / seconds, 1)}, texts


def measure(options: argparse.Namespace) -> list[Row]:
    """Time all systems."""
    groups = group_references(read_pairs(options.dev))
    sources = spread(list(groups), options.sentences)
    references = [groups[source] for source in sources]
    shutil.rmtree(options.cache / "bulk", ignore_errors=True)
    (options.cache / "bulk").mkdir()
    for made in (options.cache / "race").glob("race-*"):
        (options.cache / "bulk" / made.name).symlink_to(made)
    for work in ("bulk", "bulk-size"):
        write_sources(options.cache / work, sources)
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: options.threads])
    setting = {"threads": options.threads, "beam": options.beam, "sentences": len(sources)}
    rows: list[Row] = []
    mean = 0.0
    for about, racer, path in trained(options.cache, options.threads, options.beam, options.only):
        if isinstance(racer, OursRacer):
            racer.precision = about["precision"]
        try:
            figures, texts = timed(racer, path, options.beam)
        except Failure as failure:
            say(f"{about}: {failure}")
            continue
        figures["chrf"] = round(score(texts, references).chrf, 2)
        if about.get("model") == "shipped" and about["precision"] == "fp32":
            mean = sum(map(len, texts)) / len(texts) + 1
            rows.append(setting | about | figures | {"set": "equal size"})
        rows.append(setting | about | figures)
        say(str(rows[-1]))
    for name in options.only:
        if name not in SIZES or (options.beam > 1 and not RACERS[name].beams):
            continue
        racer = racer_in(options.cache, "bulk-size", name, options.threads, SIZES[name])
        path = next(iter(racer.checkpoints().values()))
        try:
            figures, _ = timed(racer, path, options.beam, round(mean))
        except Failure as failure:
            say(f"{name}: {failure}")
            continue
        about = {"set": "equal size", "system": name, "title": racer.system.title.partition(",")[0]}
        rows.append(setting | about | racer.parameters() | {"precision": "fp32"} | figures)
        say(str(rows[-1]))
    return rows


def parse_arguments() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="what", required=True)
    for what in ("prepare", "measure"):
        command = commands.add_parser(what)
        command.add_argument("dev", type=Path, help="dev pairs")
        command.add_argument("--cache", type=Path, required=True, help="that of the race")
        command.add_argument(
            "--only", type=lambda text: text.split(","), default=list(RACERS), metavar="NAME,…"
        )
        if what == "measure":
            command.add_argument("--threads", type=int, default=2, help="of every process (%(default)s)")
            command.add_argument("--beam", type=int, default=1, help="1: greedy (%(default)s)")
            command.add_argument("--sentences", type=int, default=2000, help="(%(default)s)")
    options = parser.parse_args()
    options.cache = options.cache.expanduser().resolve()
    if options.cache.is_relative_to(ROOT.resolve()):
        parser.error("--cache must be outside of the repository: it takes gigabytes")
    return options


def main() -> None:
    """Run the command line."""
    options = parse_arguments()
    if options.what == "prepare":
        prepare(options.cache, options.dev, [name for name in options.only if name in SIZES])
        return
    rows = measure(options)
    run = (options.threads, options.beam)
    kept = [row for row in read_results("bulk").get("rows", []) if (row["threads"], row["beam"]) != run]
    write_results("bulk", {"machine": machine(), "rows": [*kept, *rows]})


if __name__ == "__main__":
    main()
