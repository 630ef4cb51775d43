"""The tables of the model card that only a model of several domains has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from scripts.report.tables import table, wrapped
from scripts.results import read_results
from scripts.studies.error_kinds import KINDS, NAMES
from scripts.studies.first_words import sentence
from seq2seq.errors import counted
from seq2seq.pretrained import SHIPPED

BEFORE = "en-es-third"
"""Results of the model that was shipped before."""


def domains_block() -> str:
    """Return the scores on the pairs of other domains, beside those of the model before."""
    more, before = (read_results(name).get("more") for name in (SHIPPED, BEFORE))
    if not more:
        return "Not measured yet: `python -m scripts.release.ship RUN DEV.tsv --dev-more MORE.tsv …`."
    rows = []
    for name, found in more.items():
        old = (before or {}).get(name, {})
        row = [name, f"{found['sentences']:,}"]
        row += [_both(one[search]) if one else "" for search in ("greedy", "beam5") for one in (found, old)]
        rounded = f"{found['chrf'][0]:.2f} → {found['chrf'][1]:.2f}"
        rows.append([*row, rounded])
    head = ["dev set", "sentences", "greedy", "before", "beam 5", "before", "chrF, float32 → as shipped"]
    note = (
        "chrF / BLEU at lag `full`. *Before* is the third release. No pair has a side in the training data."
    )
    return f"{table(head, rows)}\n\n{note}"


def lengths_block() -> str:
    """Return the scores by the length of the source, and by its rarest word."""
    results = read_results(SHIPPED)
    if "lengths" not in results:
        return "Not measured yet: `python -m scripts.release.ship`."
    by_length = [[_range(row, "characters"), *_scored(row)] for row in results["lengths"]]
    by_rarity = [[_range(row, "times"), *_scored(row)] for row in results["rarity"]]
    head = ["sentences", "chrF", "BLEU"]
    return "\n\n".join(
        [
            table(["source", *head], by_length),
            table(["its rarest word is in the training data", *head], by_rarity),
            "Dev sentences, lag `full`, beam 5.",
        ]
    )


def _range(row: dict[str, Any], unit: str) -> str:
    low, below = row["from"], row["below"]
    return f"{low:,} {unit} or more" if below is None else f"{low:,} to {below - 1:,} {unit}"


def _scored(row: dict[str, Any]) -> list[str]:
    return [f"{row['sentences']:,}", f"{row['chrf']:.1f}", f"{row['bleu']:.1f}"]


def data_block() -> str:
    """Return the parts of the training data with their shares, origins and licences."""
    parts = read_results(SHIPPED).get("data", {}).get("parts")
    if not parts:
        return "Not measured yet: `python -m scripts.release.ship … --data mixture.json`."
    rows = []
    for part in parts:
        told = [f"{one['name']} ({one['licence']}): {one['pairs']:,}" for one in part.get("origins", [])]
        pairs = f"{part['pairs']:,}" if "pairs" in part else ""
        rows.append([part["part"], f"{part['share']:.0%}", pairs, "; ".join(told)])
    return table(["part", "share of the batches", "pairs", "origin (licence): pairs"], rows)


def phrases_block() -> str:
    """Return how many common phrases are translated rightly, and the wrong ones."""
    results = read_results("phrases")
    if not results:
        return "Not measured yet: `python -m scripts.studies.phrases`."
    greedy, beam = (results[name] for name in ("greedy", "beam5"))
    wrong = "; ".join(f"{source} → {text}" for _, source, text in beam["wrong"][:8])
    note = f" Wrong with the beam, for example: {wrong}" if wrong else ""
    if trained := results.get("trained"):
        others = results["phrases"] - trained
        new = (search["right"] - search["right of trained"] for search in (greedy, beam))
        told = " and ".join(map(str, new))
        note = f" It was trained on {trained} of them; of the other {others}, {told} are right.{note}"
    return wrapped(
        f"Of {counted(results['phrases'], 'common phrase')} (greetings, courtesies, questions of travellers, "
        f"numbers, days) it translates {greedy['right']} rightly with greedy search and {beam['right']} with "
        f"a beam of 5 (`python -m scripts.studies.phrases`).{note}"
    )


def kept_block() -> str:
    """Return the share of spans that stay as they are."""
    results = read_results("kept")
    if not results:
        return "Not measured yet: `python -m scripts.studies.kept`."
    rows = [
        [name, f"{results[name]['tokens']:,}", f"{results[name]['share']:.1f} %", _weakest(results[name])]
        for name in ("full", "full, beam 5", "lag 8")
    ]
    stops, marks = results["with a stop in the middle"], results["not in pairs"]
    other = results["other marks"]
    note = wrapped(
        f"{counted(results['sentences'], 'sentence')} (`tests/golden/spans.tsv`). Of "
        f"{counted(results['long sentences'], 'long sentence')} that are cut into parts, {len(stops)} have a "
        f"sentence end in the middle of the translation; of {results['sentences with quotes or brackets']} "
        f"sentences with quotation marks or brackets, {len(marks)} have one without its partner in the "
        f"translation, and {len(other)} not the same ones as their source. "
        "`python -m scripts.studies.kept`."
    )
    return f"{table(['search', 'spans', 'verbatim', 'kinds below 98 %'], rows)}\n\n{note}"


def _weakest(found: dict[str, Any]) -> str:
    low = {kind: share for kind, share in found["by kind"].items() if share < 98}
    return ", ".join(
        f"{kind} {share:.0f} %" for kind, share in sorted(low.items(), key=lambda one: one[1])[:5]
    )


def _both(quality: dict[str, Any]) -> str:
    """Return chrF / BLEU."""
    return f"{quality['chrf']:.1f} / {quality['bleu']:.1f}"


def first_words_block() -> str:
    """Return how often a small lag starts an affirmative sentence with «No»."""
    return wrapped(sentence(read_results("first_words")))


def error_kinds_block() -> str:
    """Return how many of the sentences that a reader has read are wrong, by kind of error."""
    results = read_results("error_kinds")
    names = [name for name in NAMES if name in results]
    rows = [[what, *(str(results[name]["kinds"][kind]) for name in names)] for kind, what in KINDS.items()]
    rows.append(["sentences with an error", *(f"**{results[name]['wrong']}**" for name in names)])
    note = f"Of {results[names[0]]['sentences']} dev sentences, beam 5; labelled by one reader."
    return "\n".join([table(["kind of error", *(NAMES[name] for name in names)], rows), "", note])


BLOCKS: dict[str, Callable[[], str]] = {
    "shipped-domains": domains_block,
    "shipped-lengths": lengths_block,
    "shipped-data": data_block,
    "phrases": phrases_block,
    "kept": kept_block,
    "first-words": first_words_block,
    "error-kinds": error_kinds_block,
}
