"""Compare the page's engine with Python: the same lines, at several lags, greedy and at `full` with a beam.

    python -m scripts.studies.page_equality MODEL DEV.tsv [--lines 1000] [--json]

The page is opened in a headless Chromium; Python decodes the same weights at precision int8. A line that
differs is a tie if the page's probabilities of the two candidates, where the lines part, are nearly equal.
`--json` writes docs/results/page_equality.json.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import Any, Final

from scripts.results import machine, some_sentences, write_results
from scripts.studies.page_in_browser import PageInBrowser
from seq2seq.lag import FULL, Lag, parse_lag
from seq2seq.page.packing import page_model
from seq2seq.pretrained import locate
from seq2seq.storage.modelfile import ModelFile, read_model
from seq2seq.translator import Translator

LAGS: Final[tuple[Lag, ...]] = (0, 4, 8, 12, FULL)
BEAM_EVERY: Final = 5
"""Beam search, which takes longer, is compared for each so many lines."""
TIE: Final = 1e-4
"""The largest difference of two log-probabilities that are a tie."""


def compare(
    file: ModelFile, lines: list[str], lags: tuple[Lag, ...] = LAGS, other: ModelFile | None = None
) -> dict[str, Any]:
    """Return for each lag how many lines are equal, and what is known of those that are not.

    Args:
        file: the model that Python decodes with.
        lines: of the source language.
        lags: that the model serves.
        other: the model of the page; by default the same.
    """
    translator = Translator.from_file(page_model(file), precision="int8", device="cpu")
    beam = translator.config.decode.beam
    rows: dict[str, Any] = {}
    with PageInBrowser(other or file) as page:
        for lag in lags:
            rows[str(lag)] = _compare(page, translator, lines, lag, 1)
        if FULL in lags and beam > 1:
            rows[f"full, beam {beam}"] = _compare(page, translator, lines[::BEAM_EVERY], FULL, beam)
        return {"lags": rows, "cost": page.ask("cost"), "bytes": page.size, "info": page.info}


def _compare(
    page: PageInBrowser, translator: Translator, lines: list[str], lag: Lag, beam: int
) -> dict[str, Any]:
    search = "greedy" if beam == 1 else "beam"
    expected, written = translator.translate(lines, lag=lag, beam=beam), page.translate(lines, lag, search)
    apart = [
        difference(page, line, {"lag": lag, "search": search, "details": True}, one, two)
        for line, one, two in zip(lines, expected, written, strict=True)
        if one != two
    ]
    return {
        "lines": len(lines),
        "equal": len(lines) - len(apart),
        "ties": sum(row["gap"] is not None and row["gap"] < TIE for row in apart),
        "different": apart,
    }


def difference(
    page: PageInBrowser, line: str, settings: dict[str, Any], python: str, browser: str
) -> dict[str, Any]:
    """Return two translations of a line, and how far apart their candidates are where they part.

    `gap` is the difference of the log-probabilities in the page; None if Python's is not among its five best.
    """
    items = page.ask("translate", line, settings)["output"]
    rest, gap = python, None
    for item in items:
        if rest.startswith(item["text"]):
            rest = rest[len(item["text"]) :]
            continue
        chances = dict(item["candidates"])
        wanted = next((text for text in chances if text and rest.startswith(text)), "⏎" if not rest else None)
        if wanted in chances and item["text"] in chances:
            gap = abs(math.log(chances[item["text"]]) - math.log(chances[wanted]))
        break
    return {"source": line, "python": python, "page": browser, "gap": gap}


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
    found = compare(read_model(locate(options.model)), sources, tuple(options.lags))
    for lag, row in found["lags"].items():
        print(f"lag {lag}: {row['equal']} of {row['lines']} lines equal, {row['ties']} ties")
        for one in row["different"]:
            print("  ", one)
    print({key: found[key] for key in ("cost", "bytes", "info")})
    if options.json:
        write_results("page_equality", {"machine": machine(), **found})


if __name__ == "__main__":
    main()
