"""Make anew all that quotes the model of the package, after `scripts.release.ship`.

    python -m scripts.release.refresh DEV.tsv TRAIN.tsv … [--only NAME …] [--list]

Runs the studies of the shipped model (docs/results/*.json), writes tests/golden/everyday.tsv and the lines of
Python of the README, and renders tables, sessions and figures of all documents. It prints what has changed;
read that, and the sentences between the tables, before committing. Four minutes on two cores, without the
experiment on agreement, whose networks are trained anew (some minutes of one core).
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from scripts.results import ROOT
from seq2seq.pretrained import SHIPPED, locate
from seq2seq.threads import COUNT, usable_cores
from seq2seq.translator import Translator

PROMISE = re.compile(r'(translator\.translate\("(?P<source>.+?)"\)\s+# )"(?P<said>.+)"')
"""A line of Python in the README that says what a translation is."""


def program(*arguments: str) -> None:
    """Run a program of this repository in a process of one thread; its output goes to stderr if it fails.

    Raises:
        RuntimeError: it failed.
    """
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, COUNT: "1", "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")])},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments)} failed:\n{done.stderr}")


def studies(dev: Path, train: list[Path]) -> dict[str, list[str]]:
    """Return the programs that measure the shipped model, by name; they may run beside each other."""
    model = str(locate(SHIPPED))
    of = "scripts.studies."
    return {
        "kept": ["-m", f"{of}kept"],
        "repeats": ["-m", f"{of}measure", "repeats", SHIPPED, str(dev)],
        "glossary": ["-m", f"{of}glossary_kinds", "--model", model, "-i", str(dev)],
        "formality": ["-m", f"{of}formality", "--model", model, "--data", str(train[0]), "-i", str(dev)],
        "phrases": ["-m", f"{of}phrases", "--training", *map(str, train)],
        "first_words": ["-m", f"{of}first_words"],
        "foreign": ["-m", f"{of}foreign_lines", "--model", model, "-i", str(dev)],
        "agreement": ["-m", f"{of}claims", "--anew", "agreement"],
        "everyday": ["tests/everyday.py"],
    }


def keep_promises(text: str, translate: Callable[[str], str]) -> str:
    """Return a document whose lines of Python say what the model says."""
    return PROMISE.sub(lambda match: f'{match[1]}"{translate(match["source"])}"', text)


def write_promises() -> None:
    """Write what the lines of Python in the README give."""
    path, translator = ROOT / "README.md", Translator.load(device="cpu")
    path.write_text(keep_promises(path.read_text(encoding="utf-8"), translator.translate), encoding="utf-8")


def documents() -> dict[str, Callable[[], None]]:
    """Return the steps that write documents; they follow the studies, one after the other."""
    return {"promises": write_promises, "render": partial(program, "-m", "scripts.report.render")}


def run_all(steps: Mapping[str, Callable[[], None]], beside: int) -> list[str]:
    """Run steps, `beside` at a time, and report each; return the names of those that failed."""
    failed = []

    def run(name: str) -> None:
        began = time.monotonic()
        try:
            steps[name]()
        except RuntimeError as error:
            failed.append(name)
            print(f"{name}: {error}", file=sys.stderr, flush=True)
        else:
            print(f"{name}: {time.monotonic() - began:.0f} s", flush=True)

    with ThreadPoolExecutor(beside) as pool:
        list(pool.map(run, steps))
    return failed


def changed() -> str:
    """Return the files that differ from the last commit, with the numbers of their changed lines."""
    return subprocess.run(
        ["git", "diff", "--stat", "HEAD"], check=True, capture_output=True, text=True, cwd=ROOT
    ).stdout


def refresh(dev: Path, train: list[Path], only: Iterable[str] = ()) -> list[str]:
    """Run all steps, or those named in `only`; return the names of those that failed."""
    wanted = set(only)
    measure = {
        name: partial(program, *arguments)
        for name, arguments in studies(dev, train).items()
        if not wanted or name in wanted
    }
    write = {name: step for name, step in documents().items() if not wanted or name in wanted}
    return run_all(measure, usable_cores()) + run_all(write, 1)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("dev", type=Path, help="dev pairs")
    parser.add_argument(
        "train", type=Path, nargs="+", help="training pairs; tú and usted are counted in the first file"
    )
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="only these steps")
    parser.add_argument("--list", action="store_true", help="print the names of the steps and end")
    options = parser.parse_args()
    names = [*studies(options.dev, options.train), *documents()]
    if options.list:
        print(*names, sep="\n")
        return
    if unknown := set(options.only) - set(names):
        parser.error(f"there is no step {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    failed = refresh(options.dev.resolve(), [file.resolve() for file in options.train], options.only)
    print(changed())
    if failed:
        raise SystemExit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
