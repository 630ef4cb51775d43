"""Put the results into the documentation: tables between <!-- NAME --> and <!-- /NAME -->, and figures.

    python -m scripts.report.render

A test compares the documentation with docs/results/, so every published figure was measured.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from functools import partial

from scripts.report import (
    card_tables,
    chaos_tables,
    coverage_tables,
    curve_tables,
    lag_tables,
    language_tables,
    layer_tables,
    model_tables,
    page_tables,
    parts_tables,
    race_tables,
    speed_tables,
    translate_tables,
)
from scripts.report.tables import where, wrapped
from scripts.results import ROOT, read_results
from seq2seq.drawing.plots import draw_lag_curve
from seq2seq.experiments.harness import draw_result, to_markdown
from seq2seq.experiments.registry import EXPERIMENTS
from seq2seq.pretrained import SHIPPED

CARD = ROOT / "seq2seq" / "pretrained" / SHIPPED / "README.md"
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), CARD]


def claim_block(name: str) -> str:
    """Return what `seq2seq experiment` says of a claim, for the stored result."""
    results = read_results("claims")
    if name not in results:
        return f"Not measured yet: `python -m scripts.studies.claims {name}`."
    result = results[name]
    text = to_markdown(EXPERIMENTS[name], result, f"claims/{name}.png", where(result["machine"]))
    return "\n\n".join(part if "|" in part else wrapped(part) for part in text.strip().split("\n\n"))


BLOCKS: dict[str, Callable[[], str]] = {
    **{f"claim-{name}": partial(claim_block, name) for name in EXPERIMENTS},
    **model_tables.BLOCKS,
    **card_tables.BLOCKS,
    **lag_tables.BLOCKS,
    **layer_tables.BLOCKS,
    **page_tables.BLOCKS,
    **parts_tables.BLOCKS,
    **speed_tables.BLOCKS,
    **race_tables.BLOCKS,
    **chaos_tables.BLOCKS,
    **coverage_tables.BLOCKS,
    **curve_tables.BLOCKS,
    **translate_tables.BLOCKS,
    **language_tables.BLOCKS,
}


def render(text: str) -> str:
    """Return a document with every block replaced by one made from docs/results/."""

    def block(match: re.Match[str]) -> str:
        name = match[1]
        return f"<!-- {name} -->\n{BLOCKS[name]()}\n<!-- /{name} -->"

    return re.sub(r"<!-- ([\w-]+) -->\n.*?<!-- /\1 -->", block, text, flags=re.DOTALL)


def draw() -> None:
    """Draw the figures that are made from results."""
    for name, result in read_results("claims").items():
        try:
            draw_result(EXPERIMENTS[name], result, ROOT / f"docs/claims/{name}.png")
        except KeyError as missing:
            print(f"{name} keeps its figure: its result has no {missing}; measure it again")
    if layer_tables.is_complete(layers := read_results("layers")):
        layer_tables.draw(layers, ROOT / "docs/claims/layers.png")
    draw_lag_curve([(SHIPPED, read_results(SHIPPED)["lags"])], ROOT / "docs/lag_curve.png")
    if curves := read_results("curves"):
        curve_tables.draw(curves, ROOT / "docs/curves.png")
    if race := read_results("race"):
        race_tables.draw_race(race, ROOT / "docs/race.png")
    if bulk := read_results("bulk"):
        race_tables.draw_bulk(bulk["rows"], ROOT / "docs/bulk.png")
    if study := read_results("lags").get("comparison"):
        models = [
            (name, {"rows": [{"lag": lag, "quality": row, **row} for lag, row in model["lags"].items()]})
            for name, model in study["models"].items()
        ]
        draw_lag_curve(models, ROOT / "docs/lag_study.png")


def main() -> None:
    """Render all documents and draw their figures."""
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args()
    draw()
    for document in DOCUMENTS:
        document.write_text(render(document.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
