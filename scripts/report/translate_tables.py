"""The numbers of docs/translate.md: glossaries, confidence, foreign lines, and tú or usted."""

from __future__ import annotations

from math import pi, sqrt
from typing import Any

from scripts.report.tables import table, wrapped
from scripts.results import read_results


def glossary_block() -> str:
    """Return the quality with a glossary, by the kind that its terms are read as."""
    results = read_results("glossary_kinds")
    if not results:
        return "Not measured yet: `python -m scripts.studies.glossary_kinds`."
    rows = [
        [
            "no glossary" if row["kind"] == "none" else row["kind"],
            f"{row['chrf']:.1f}",
            f"{row['bleu']:.1f}",
            f"{row['has_term']:.1f} %",
            f"{row['uncopied']:.1f} %",
        ]
        for row in results["rows"]
    ]
    head = ["terms read as", "chrF", "BLEU", "has the term", "left out by the network"]
    return f"{table(head, rows)}\n\n{results['sentences']} sentences with a noun of the glossary."


def reliability_block() -> str:
    """Return how far confidence is right at each lag."""
    results = read_results("calibration")
    if not results:
        return "Not measured yet: `seq2seq checkpoint calibrate`."
    rows = [
        [
            str(check["lag"]),
            f"{_good(check['bins']):.0f} %",
            f"{check['error']:.3f}",
            f"{_by_chance(check['bins']):.3f}",
            f"{check['brier']:.3f}",
            f"{check['brier_of_share']:.3f}",
            f"{check['bins'][0]['confidence']:.2f}: {100 * check['bins'][0]['good']:.0f} %",
            f"{check['bins'][-1]['confidence']:.2f}: {100 * check['bins'][-1]['good']:.0f} %",
        ]
        for check in results["checks"]
    ]
    head = [
        "lag",
        "good",
        "calibration error",
        "by chance",
        "Brier",
        "of the share",
        "lowest tenth",
        "highest tenth",
    ]
    return (
        f"{table(head, rows)}\n\nFitted on {results['sentences']:,} sentences, measured on "
        f"{results['checked']:,} others. The calibration error is the mean difference between confidence and "
        "share over ten bins of sentences; a perfect confidence would show about that of the next column, by "
        "chance. In the last two columns, the mean confidence of a tenth of the sentences and the share of "
        "them that are good."
    )


def _good(bins: list[dict[str, Any]]) -> float:
    """Return the share of good sentences, in per cent."""
    sentences: int = sum(one["sentences"] for one in bins)
    good: float = sum(one["good"] * one["sentences"] for one in bins)
    return 100 * good / sentences


def _by_chance(bins: list[dict[str, Any]]) -> float:
    """Return the calibration error that is to be expected of a perfect confidence."""
    errors = [sqrt(2 / pi * one["confidence"] * (1 - one["confidence"]) / one["sentences"]) for one in bins]
    return sum(errors) / len(errors)


def foreign_block() -> str:
    """Return how many lines of each language are taken for foreign."""
    results = read_results("foreign_lines")
    if not results:
        return "Not measured yet: `python -m scripts.studies.foreign_lines`."
    rows = [
        [language, f"{row['lines']:,}", f"{row['foreign']:,}"]
        for language, row in results["languages"].items()
    ]
    return table(["language", "lines", "taken for foreign"], rows)


def formality_block() -> str:
    """Return how often tú and usted occur."""
    results = read_results("formality")
    if not results:
        return "Not measured yet: `python -m scripts.studies.formality`."
    names = {"in_data": "training data", "references": "dev, references", "translations": "dev, translations"}
    rows = [
        [name, *(f"{results[key][form]:,}" for form in ("tu", "usted", "both", "neither"))]
        for key, name in names.items()
    ]
    data, said = (results[key] for key in ("in_data", "translations"))
    note = wrapped(
        f"Of the training data that show one of the two, {_share(data)} say usted, and of the translations "
        f"{_share(said)}."
    )
    return "\n\n".join([table(["", "tú", "usted", "both", "neither is visible"], rows), note])


def _share(counts: dict[str, int]) -> str:
    """Return the share of usted among what shows one of the two, in per cent."""
    return f"{100 * counts['usted'] / max(1, counts['tu'] + counts['usted']):.1f} %"


BLOCKS = {
    "glossary-kinds": glossary_block,
    "reliability": reliability_block,
    "foreign-lines": foreign_block,
    "formality": formality_block,
}
