"""The tables of docs/page.md: equality with Python, speed and size of the page."""

from __future__ import annotations

from typing import Any

from scripts.report.tables import table, where, wrapped
from scripts.results import read_results

DATA = "MODEL DEV.tsv"


def equality_block() -> str:
    """Return how many lines the page translates as Python does."""
    command = f"python -m scripts.studies.page_equality {DATA}"
    results = read_results("page_equality")
    if not results:
        return f"Not measured yet: `{command}`."
    rows = [
        [lag, *(f"{row[key]:,}" for key in ("lines", "equal", "ties")), f"{row['equal'] / row['lines']:.2%}"]
        for lag, row in results["lags"].items()
    ]
    greedy = [row for lag, row in results["lags"].items() if "beam" not in lag]
    equal, lines = (sum(row[key] for row in greedy) for key in ("equal", "lines"))
    others = sum(len(row["different"]) - row["ties"] for row in results["lags"].values())
    note = (
        f"Greedy at all lags together: {equal:,} of {lines:,}, {equal / lines:.2%}. "
        f"{'Every other line is a tie' if not others else f'{others} other lines are no ties'}. "
        f"{where(results['machine'])}: `{command}`."
    )
    return "\n\n".join([table(["lag", "lines", "equal", "ties", "share of equal ones"], rows), wrapped(note)])


def speed_block() -> str:
    """Return how fast the page is."""
    command = f"python -m scripts.studies.page_speed {DATA}"
    results = read_results("page_speed")
    if not results:
        return f"Not measured yet: `{command}`."
    typed, pasted, product = results["typed"], results["pasted_and_typed"], results["product"]
    busy = pasted["while_typing"]
    rows = [
        ["from opening the file to the first translation", _ms(results["open_to_first_translation"])],
        [
            f"a letter at lag {results['lag']}, median of {results['letters']}",
            _ms(results["letter_median"]),
        ],
        ["the same, 95th percentile", _ms(results["letter_95_per_cent"])],
        ["typing: longest time without an answer", _ms(typed["longest_task"])],
        ["typing: slowest key until it is seen", _ms(typed["slowest_key"])],
        ["typing while 5,000 pasted characters are translated: the first", _ms(busy["longest_task"])],
        ["the same: the second", _ms(busy["slowest_key"])],
        ["a product of 1,280 × 320 in WebAssembly", f"{1000 * product['wasm']:.0f} µs"],
        [
            "the same in plain JavaScript",
            f"{1000 * product['javascript']:.0f} µs, {product['javascript'] / product['wasm']:.1f} times",
        ],
    ]
    note = f"Headless Chromium, nothing else running. {where(results['machine'])}: `{command}`."
    return "\n\n".join([table(["what", "time"], rows), wrapped(note)])


def _ms(milliseconds: float) -> str:
    return f"{milliseconds} ms"


def size_block() -> str:
    """Return the size of the page and what a smaller one costs."""
    command = f"python -m scripts.studies.page_size {DATA}"
    results = read_results("page_size")
    if not results:
        return f"Not measured yet: `{command}`."
    rows = [_size_row(row) for row in results["pages"]]
    head = ["`--table-bits`", "file", *(f"chrF, lag {lag}" for lag in results["pages"][0]["chrf"])]
    note = f"Greedy, {results['sentences']:,} dev sentences. {where(results['machine'])}: `{command}`."
    return "\n\n".join([table(head, rows), wrapped(note)])


def _size_row(row: dict[str, Any]) -> list[str]:
    scores = [f"{chrf:.2f}" for chrf in row["chrf"].values()]
    return [str(row["table_bits"]), f"{row['bytes'] / 1e6:.1f} MB", *scores]


BLOCKS = {"page-equality": equality_block, "page-speed": speed_block, "page-size": size_block}
