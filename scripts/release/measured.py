"""Measures the model of the package: many runs of `seq2seq evaluate`, as many at once as there are cores.

Each run has one thread: two processes of one thread take two cores, one process of two threads does not.

    python -m scripts.release.measured MODEL NAME MORE.tsv ...

adds the scores of any model in other domains to docs/results/NAME.json, under `more`, as
`scripts.release.ship` does for the model of the package.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, NamedTuple

from scripts.results import LAGS, evaluation, evenly, read_results, write_results
from seq2seq.config.checks import part_name
from seq2seq.config.schema import Config
from seq2seq.corpus.pairs import Pair, read_pairs
from seq2seq.measuring.quality import score, sentence_chrf
from seq2seq.threads import COUNT, usable_cores

LENGTHS: Final = (20, 40, 80)
"""Most characters of the sources of a row of the table of lengths; a last row has the longer ones."""
COUNTS: Final = (5, 50, 500)
"""How often the rarest word of the sources of a row occurs in training: fewer times than this."""
SHORTEST_BAD: Final = 20
"""Least characters of the examples of bad translations."""


class Translated(NamedTuple):
    """A sentence, its translation, and its references."""

    source: str
    text: str
    references: list[str]


class Pool:
    """Runs evaluations beside each other; the files that they write lie in `directory`."""

    def __init__(self, directory: Path) -> None:
        os.environ[COUNT] = "1"  # of each process that is started
        self.directory, self._number = directory, 0
        self._threads = ThreadPoolExecutor(usable_cores())

    def evaluate(self, model: Path, pairs: Path, *options: str) -> Evaluated:
        """Begin an evaluation of a model on a file of pairs."""
        self._number += 1
        out = self.directory / f"{self._number}.tsv"
        job = self._threads.submit(evaluation, model, pairs, *options, "--output", str(out))
        return Evaluated(job, out)

    def run(self, function: Any, *arguments: Any) -> Future[Any]:
        """Begin a call that starts a process of its own."""
        return self._threads.submit(function, *arguments)


class Evaluated:
    """An evaluation that runs or has run."""

    def __init__(self, job: Future[dict[str, Any]], out: Path) -> None:
        self._job, self._out = job, out

    @property
    def report(self) -> dict[str, Any]:
        """The report, as `seq2seq evaluate --json` writes it."""
        return self._job.result()

    @property
    def quality(self) -> dict[str, Any]:
        """The scores at the only lag."""
        (row,) = self.report["rows"]
        quality: dict[str, Any] = row["quality"]
        return quality

    @property
    def lines(self) -> list[Translated]:
        """The translations."""
        self._job.result()
        rows = [line.split("\t") for line in self._out.read_text(encoding="utf-8").splitlines()]
        return [Translated(source, text, references) for _, source, text, *references in rows]


def at_all_lags(pool: Pool, model: Path, pairs: Path) -> list[Evaluated]:
    """Begin greedy evaluations at the published lags."""
    return [pool.evaluate(model, pairs, "--lags", lag, "--beam", "1") for lag in LAGS.split(",")]


def together(lags: Sequence[Evaluated]) -> dict[str, Any]:
    """Return one report of evaluations at several lags."""
    reports = [one.report for one in lags]
    return {**reports[0], "rows": [row for report in reports for row in report["rows"]]}


def rounding(exact: Evaluated, rounded: Evaluated) -> dict[str, Any]:
    """Return how many translations rounding changes, and chrF without and with it."""
    texts = [[line.text for line in one.lines] for one in (exact, rounded)]
    return {
        "different": sum(a != b for a, b in zip(*texts, strict=True)),
        "chrf": [one.quality["chrf"] for one in (exact, rounded)],
    }


class Domain(NamedTuple):
    """The evaluations on the pairs of one domain."""

    exact: Evaluated
    greedy: Evaluated
    beam: Evaluated


def in_domains(pool: Pool, exact: Path, rounded: Path, files: Sequence[Path]) -> dict[str, Domain]:
    """Begin the evaluations of a model, exact and rounded, on the pairs of each file; by its name."""
    return {
        part_name(str(path)): Domain(
            pool.evaluate(exact, path, "--beam", "1"),
            pool.evaluate(rounded, path, "--beam", "1"),
            pool.evaluate(rounded, path, "--beam", "5"),
        )
        for path in files
    }


def of_domains(domains: Mapping[str, Domain]) -> dict[str, dict[str, Any]]:
    """Return the results by domain."""
    return {
        name: {
            "sentences": domain.greedy.quality["sentences"],
            "data": domain.greedy.report["data"],
            **rounding(domain.exact, domain.greedy),
            "greedy": domain.greedy.quality,
            "beam5": domain.beam.quality,
        }
        for name, domain in domains.items()
    }


def long_pairs(files: Sequence[Path], least: int) -> list[Pair]:
    """Return the pairs of all files whose source has at least so many characters."""
    return [pair for path in files for pair in read_pairs(str(path)) if len(pair.source) >= least]


def spread(pairs: Sequence[Pair], most: int) -> list[Pair]:
    """Return the pairs of at most so many sources, spread evenly."""
    chosen = set(evenly(list(dict.fromkeys(pair.source for pair in pairs)), most))
    return [pair for pair in pairs if pair.source in chosen]


def write_pairs(path: Path, pairs: Sequence[Pair]) -> Path:
    """Write pairs, one a line."""
    path.write_text("".join(f"{pair.source}\t{pair.target}\n" for pair in pairs), encoding="utf-8")
    return path


def words(text: str) -> list[str]:
    """Return the words of a text in small letters."""
    kept = "".join(char if char.isalpha() or char in "'’" else " " for char in text.lower())
    return kept.replace("’", "'").split()


def word_counts(config: Config) -> Counter[str]:
    """Return how often each source word occurs in the training data of a run; those must still be there."""
    counts: Counter[str] = Counter()
    for part in config.data.parts:
        for pair in read_pairs(part.path, config.data.reverse):
            counts.update(words(pair.source))
    return counts


def by_length(lines: Sequence[Translated]) -> list[dict[str, Any]]:
    """Return the scores of sources of similar length."""
    return _grouped([(len(line.source), line) for line in lines], [most + 1 for most in LENGTHS])


def by_rarity(lines: Sequence[Translated], counts: Mapping[str, int]) -> list[dict[str, Any]]:
    """Return the scores of sources by how often their rarest word occurs in training."""
    found = [(min((counts.get(word, 0) for word in words(line.source)), default=0), line) for line in lines]
    return _grouped(found, COUNTS)


def _grouped(lines: Sequence[tuple[int, Translated]], borders: Sequence[int]) -> list[dict[str, Any]]:
    rows = []
    for low, high in zip((0, *borders), (*borders, None), strict=True):
        group = [line for value, line in lines if low <= value and (high is None or value < high)]
        if group:
            quality = score([line.text for line in group], [line.references for line in group])
            row = {"from": low, "below": high, "sentences": len(group)}
            rows.append({**row, "chrf": quality.chrf, "bleu": quality.bleu})
    return rows


def examples(lines: Sequence[Translated]) -> dict[str, list[dict[str, str]]]:
    """Return every 200th translation, and the eight worst by chrF of the longer sources."""
    rows = [
        {"source": line.source, "translation": line.text, "reference": line.references[0]} for line in lines
    ]
    value = sentence_chrf([line.text for line in lines], [line.references for line in lines])
    long = [i for i, line in enumerate(lines) if len(line.source) >= SHORTEST_BAD]
    worst = sorted(long, key=lambda i: value[i])
    return {"any": rows[7::200], "worst": [rows[i] for i in worst[:8]]}


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", type=Path)
    parser.add_argument("name")
    parser.add_argument("more", nargs="+", type=Path, metavar="MORE.tsv")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        pool = Pool(Path(directory))
        more = of_domains(in_domains(pool, options.model, options.model, options.more))
    write_results(options.name, {**read_results(options.name), "more": more})


if __name__ == "__main__":
    main()
