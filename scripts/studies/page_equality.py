"""Compare the page's engine with Python: the same lines, at several lags, greedy and at `full` with a beam.

    python -m scripts.studies.page_equality MODEL DEV.tsv [--lines 1000] [--lags 0 4 8 12 full] [--json]

The page is opened in a headless Chromium. Python decodes line by line, as `seq2seq translate --precision
int8` does a text: in NumPy, with the weights of the page. `--json` writes docs/results/page_equality.json
after each lag; a stopped study is resumed by the same command.

The two agree but for the last bits of tanh, exp and sums. These count where they decide how an input of an
int8 product is rounded. A line that differs is therefore a tie in one of two cases: the page's probabilities
of the two candidates, where the lines part, are nearly equal; or Python itself writes what the page wrote
when the last bits of the inputs of its products are changed at random.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

import numpy as np

from scripts.results import machine, read_results, some_sentences, write_results
from scripts.studies.page_in_browser import PageInBrowser
from seq2seq.lag import FULL, Lag, parse_lag
from seq2seq.page.packing import page_model
from seq2seq.plain import quantised
from seq2seq.plain.cells import Array
from seq2seq.pretrained import locate
from seq2seq.storage.files import sha256_file
from seq2seq.storage.modelfile import ModelFile, read_model
from seq2seq.translator import Translator

LAGS: Final[tuple[Lag, ...]] = (0, 4, 8, 12, FULL)
BEAM_EVERY: Final = 5
"""Beam search, which takes longer, is compared for each so many lines."""
TIE: Final = 1e-4
"""The largest difference of two log-probabilities that are a tie."""
LAST_BITS: Final = 2.0**-22
"""The largest change of an input, as a share of the largest input of the same product: 2 units of float32."""
DRAWS: Final = 100
"""How often a line that differs is translated with changed last bits."""


def compare(
    file: ModelFile,
    lines: list[str],
    lags: tuple[Lag, ...] = LAGS,
    other: ModelFile | None = None,
    draws: int = DRAWS,
) -> dict[str, Any]:
    """Return for each lag how many lines are equal, and what is known of those that are not.

    Args:
        file: the model that Python decodes with.
        lines: of the source language.
        lags: that the model serves.
        other: the model of the page; by default the same.
        draws: how often a line that differs is translated with changed last bits.
    """
    translator = Translator.from_file(page_model(file), precision="int8", device="cpu")
    beam = translator.config.decode.beam
    rows: dict[str, Any] = {}
    with PageInBrowser(other or file) as page:
        for lag in lags:
            rows[str(lag)] = _compare(page, translator, lines, lag, 1, draws)
        if FULL in lags and beam > 1:
            some = lines[::BEAM_EVERY]
            rows[f"full, beam {beam}"] = _compare(page, translator, some, FULL, beam, draws)
        return {"lags": rows, "bytes": page.size}


def _compare(
    page: PageInBrowser, translator: Translator, lines: list[str], lag: Lag, beam: int, draws: int
) -> dict[str, Any]:
    search = "greedy" if beam == 1 else "beam"
    apart = []
    for line, written in zip(lines, page.translate(lines, lag, search), strict=True):
        expected = translator.translate(line, lag, beam)
        if written == expected:
            continue
        as_page, as_python = disturbed(translator, line, lag, beam, (written, expected), draws)
        answer = page.ask("translate", line, {"lag": lag, "search": search, "details": True})
        row = {"source": line, "python": expected, "page": written, "gap": gap(answer["output"], expected)}
        apart.append({**row, "as_page": as_page, "as_python": as_python})
    return {
        "lines": len(lines),
        "equal": len(lines) - len(apart),
        "ties": sum(is_tie(row) for row in apart),
        "different": apart,
    }


def is_tie(row: dict[str, Any]) -> bool:
    """Return whether a line that differs is a tie."""
    return bool(row["as_page"] or (row["gap"] is not None and row["gap"] < TIE))


def gap(items: list[dict[str, Any]], python: str) -> float | None:
    """Return how far apart the page's log-probabilities of two candidates are, where Python's text parts.

    None if Python's candidate is not among the page's five best.
    """
    rest = python
    for item in items:
        if rest.startswith(item["text"]):
            rest = rest[len(item["text"]) :]
            continue
        chances = dict(item["candidates"])
        wanted = next((text for text in chances if text and rest.startswith(text)), "⏎" if not rest else None)
        if wanted in chances and item["text"] in chances:
            return abs(math.log(chances[item["text"]]) - math.log(chances[wanted]))
        break
    return None


def disturbed(
    translator: Translator, line: str, lag: Lag, beam: int, texts: tuple[str, ...], draws: int
) -> tuple[int, ...]:
    """Return how often Python writes each of some texts when last bits are changed at random."""
    written = []
    for seed in range(draws):
        with _changed_last_bits(np.random.default_rng(seed)):
            written.append(translator.translate(line, lag, beam))
    return tuple(written.count(text) for text in texts)


@contextmanager
def _changed_last_bits(rng: np.random.Generator) -> Iterator[None]:
    """Change the inputs of products in int8 before they are rounded."""
    rounded = quantised._rounded

    def changed(x: Array, factor: Array | np.float32) -> Array:
        largest = np.abs(x).max(axis=-1, keepdims=True)
        change = rng.uniform(-LAST_BITS, LAST_BITS, x.shape).astype(np.float32)
        return rounded(x + change * largest, factor)

    with patch.object(quantised, "_rounded", changed):
        yield


def _known(study: dict[str, Any]) -> dict[str, Any]:
    """Return the stored results of a study by lag; none if they are of another model or of other lines."""
    stored = read_results("page_equality")
    is_same = {key: stored.get(key) for key in study} == study
    return dict(stored["lags"]) if is_same else {}


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", type=Path)
    parser.add_argument("pairs", type=Path)
    parser.add_argument("--lines", type=int, default=1000, help="so many, evenly from all (1000)")
    parser.add_argument("--lags", type=parse_lag, nargs="+", default=LAGS)
    parser.add_argument("--json", action="store_true", help="write docs/results/page_equality.json")
    options = parser.parse_args()
    sources, _ = some_sentences(options.pairs, options.lines)
    path = locate(options.model)
    study = {"model": sha256_file(path), "lines": len(sources)}
    rows = _known(study) if options.json else {}
    for lag in options.lags:
        if str(lag) not in rows:
            found = compare(read_model(path), sources, (lag,))["lags"]
            rows = (_known(study) if options.json else rows) | found  # lags may be measured side by side
            if options.json:
                order = sorted(rows, key=lambda name: float("inf") if "full" in name else int(name))
                lags = {name: rows[name] for name in order}
                write_results("page_equality", {"machine": machine(), **study, "lags": lags})
    for lag, row in rows.items():
        print(f"lag {lag}: {row['equal']} of {row['lines']} lines equal, {row['ties']} ties")
        for one in row["different"]:
            print("  ", one)


if __name__ == "__main__":
    main()
