"""Translate dev sentences in bulk with this translator and with others: sentences a second, and chrF.

    python -m scripts.bench.bulk prepare DEV.tsv --cache DIR
    python -m scripts.bench.bulk measure DEV.tsv --cache DIR [--beam N] [--sentences N]

The clock is the processor time of one thread, without that of loading; other work on the machine changes it
little. Two comparisons:

trained      the models of scripts/bench/race.py, and the one shipped with this project; the chrF is that of
             the translations that were timed
equal size   the shipped model against networks of the same number of parameters, within a tenth and without
             vectors of words, which are looked up: `prepare` makes them. They are not trained, and write as
             many characters for every sentence as the shipped model writes on average

`measure` times the systems and writes docs/results/bulk.json, in which those of other systems and beams stay.
A figure from too few sentences is left out.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from scripts.bench.decode import precisions
from scripts.bench.peers import spread, write_data, write_sources
from scripts.bench.systems.base import Comparison, Failure, say
from scripts.bench.systems.racers import BATCH, LONGEST, RACERS, OursRacer, Racer, sizes
from scripts.results import ROOT, machine, read_results, write_results
from seq2seq.corpus.pairs import group_references, read_pairs
from seq2seq.measuring.quality import score
from seq2seq.pretrained import locate

FEW = 256
"""Sentences in the run whose time is subtracted; fewer ones this project would translate with NumPy."""
LEAST = 3.0
"""Least processor time, in seconds, that counts: that of loading varies by half a second."""
SIZES = {"eole": (396, 2), "joeynmt": (418, 2), "keras": (716, 1)}
"""Units, and layers on each side, for as many parameters as the shipped model has without its words."""

Row = dict[str, Any]


def racer_in(cache: Path, work: str, name: str, size: tuple[int, int] = (256, 1)) -> Racer:
    """Return a system whose files are in the directory `work` of the cache."""
    bench = Comparison(cache / work, cache, threads=1, sentences=BATCH, length=LONGEST, cold_length=LONGEST)
    return RACERS[name](bench, *size)


def prepare(cache: Path, dev: Path, names: Sequence[str]) -> None:
    """Make networks of the size of the shipped model."""
    pairs, work = list(read_pairs(dev)), cache / "bulk-size"
    work.mkdir(parents=True, exist_ok=True)
    write_data(work, pairs, [])
    for name in names:
        racer = racer_in(cache, "bulk-size", name, SIZES[name])
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


def trained(cache: Path, beam: int, names: Sequence[str]) -> Iterator[tuple[Row, Racer, Path]]:
    """Yield each trained model: what it is, its system, and its file."""
    race = read_results("race")["systems"]
    for name in names:
        racer = racer_in(cache, "bulk", name)
        if name not in race or (beam > 1 and not racer.beams):
            continue
        about = {"set": "trained", "system": name, "title": race[name]["title"]}
        if isinstance(racer, OursRacer):
            models = {
                "256 units": racer.bench.work / racer.run / "model.safetensors",
                "shipped": locate("en-es"),
            }
            for model, path in models.items():
                for precision in precisions():
                    yield about | sizes(path) | {"model": model, "precision": precision}, racer, path
        else:
            best = max(race[name]["points"], key=lambda point: float(point["chrf"]))
            yield (
                about | racer.parameters() | {"precision": "fp32"},
                racer,
                racer.checkpoints()[best["steps"]],
            )


def timed(
    racer: Racer, path: Path, beam: int, sources: Sequence[str], length: int | None = None
) -> tuple[Row, list[str]]:
    """Translate all sources; return the figures and the translations.

    The processor time of a process that translates only the first few is subtracted: it is that of loading.
    """
    used = []
    for some in (sources[:FEW], sources):
        write_sources(racer.bench.work, some)
        before = processor_time_of_children()
        texts, seconds = racer.translate(path, beam, length)
        used.append(processor_time_of_children() - before)
    figures = {"wall": round(seconds, 2), "cpu": round(used[1] - used[0], 2)}
    return figures | {"per_second": round((len(sources) - FEW) / (used[1] - used[0]), 1)}, texts


def processor_time_of_children() -> float:
    """Return the processor time of all processes that this one started and that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def measure(options: argparse.Namespace, rows: list[Row]) -> None:
    """Time all systems; append their figures to `rows` as soon as they are known."""
    groups = group_references(read_pairs(options.dev))
    sources = spread(list(groups), options.sentences)
    references = [groups[source] for source in sources]
    shutil.rmtree(options.cache / "bulk", ignore_errors=True)
    (options.cache / "bulk").mkdir()
    for made in (options.cache / "race").glob("race-*"):
        (options.cache / "bulk" / made.name).symlink_to(made)
    setting = {"threads": 1, "beam": options.beam, "sentences": len(sources)}
    mean = 0.0
    for about, racer, path in trained(options.cache, options.beam, options.only):
        if isinstance(racer, OursRacer):
            racer.precision = about["precision"]
        try:
            figures, texts = timed(racer, path, options.beam, sources)
        except Failure as failure:
            say(f"{about}: {failure}")
            continue
        figures["chrf"] = round(score(texts, references).chrf, 2)
        if about.get("model") == "shipped":
            if about["precision"] == "fp32":
                mean = sum(map(len, texts)) / len(texts) + 1
            rows.append(setting | about | figures | {"set": "equal size"})
        rows.append(setting | about | figures)
        say(str(rows[-1]))
    for name in options.only:
        if name not in SIZES or (options.beam > 1 and not RACERS[name].beams):
            continue
        racer = racer_in(options.cache, "bulk-size", name, SIZES[name])
        path = next(iter(racer.checkpoints().values()))
        try:
            figures, _ = timed(racer, path, options.beam, sources, round(mean))
        except Failure as failure:
            say(f"{name}: {failure}")
            continue
        about = {"set": "equal size", "system": name, "title": racer.system.title.partition(",")[0]}
        rows.append(setting | about | racer.parameters() | {"precision": "fp32"} | figures)
        say(str(rows[-1]))


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
    rows: list[Row] = []
    try:
        measure(options, rows)
    finally:  # what was measured before an interruption counts, too
        rows = [row for row in rows if row["cpu"] >= LEAST]
        new = {(row["beam"], row["system"]) for row in rows}
        old = read_results("bulk").get("rows", [])
        kept = [row for row in old if (row["beam"], row["system"]) not in new]
        write_results("bulk", {"machine": machine(), "rows": [*kept, *rows]})


if __name__ == "__main__":
    main()
