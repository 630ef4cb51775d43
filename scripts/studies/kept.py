"""Measure how much of the text that must stay unchanged does so, on the golden sentences.

    python -m scripts.studies.kept [MODEL] [--json FILE]

For the golden file of spans, by kind: the share of spans that are in the translation verbatim, at lag `full`
with greedy search and with a beam of five, and at lag 8; the number of sentences that a stream translates
differently; and the number of long sentences with a full stop that their source does not have. Writes
docs/results/kept.json for the model of the package. Five minutes on one core.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

from scripts.results import ROOT, machine, write_results
from seq2seq.lag import FULL, Lag
from seq2seq.storage.files import write_text_atomic
from seq2seq.translator import Translator

GOLDEN = ROOT / "tests" / "golden"
STOP_INSIDE = re.compile(r"(?<!\.)[.!?] +[¿¡]?[A-ZÁÉÍÓÚÑ]")
SEARCHES: list[tuple[str, Lag, int]] = [("full", FULL, 1), ("full, beam 5", FULL, 5), ("lag 8", 8, 1)]


def rows(name: str) -> list[list[str]]:
    """Return the columns of a golden file."""
    lines = (GOLDEN / name).read_text(encoding="utf-8").split("\n")
    return [line.split("\t") for line in lines if line and not line.startswith("# ")]


def measure(model: str | None) -> dict[str, Any]:
    """Return all figures for a model: a run, a model file, or None for the model of the package."""
    translator = Translator.load(model)
    cases = rows("spans.tsv")
    sentences = [case[1] for case in cases]
    results: dict[str, Any] = {"machine": machine(), "model": model or "en-es", "sentences": len(cases)}
    for name, lag, beam in SEARCHES:
        found = translator.translate_lines(sentences, lag, beam)
        all_of_them, kept, lost = Counter[str](), Counter[str](), []
        for (kind, sentence, *tokens), translation in zip(cases, found, strict=True):
            for token in tokens:
                all_of_them[kind] += 1
                kept[kind] += token in translation.text
                if token not in translation.text:
                    lost.append([kind, token, sentence, translation.text])
        results[name] = {
            "share": round(100 * kept.total() / all_of_them.total(), 2),
            "tokens": all_of_them.total(),
            "by kind": {kind: round(100 * kept[kind] / all_of_them[kind], 1) for kind in all_of_them},
            "lost": lost,
        }
        if beam == translator.config.decode.beam or lag != FULL:
            stream = translator.stream(lag)
            streamed = ["".join(map(stream.feed, text)) + stream.finish() for text in sentences]
            results[name]["streamed otherwise"] = sum(
                text != translation.text for text, translation in zip(streamed, found, strict=True)
            )
    long = [row[0] for row in rows("long.txt")]
    texts = translator.translate(long)
    results["long sentences"] = len(long)
    results["with a stop in the middle"] = [text for text in texts if STOP_INSIDE.search(text)]
    marks = [row[0] for row in rows("pairs_of_marks.tsv")]
    pairs = list(zip(marks, translator.translate(marks), strict=True))
    results["sentences with quotes or brackets"] = len(marks)
    results["other marks"] = [[a, b] for a, b in pairs if _marks(a) != _marks(b)]
    results["not in pairs"] = [[a, b] for a, b in pairs if not _in_pairs(b)]
    return results


def _marks(text: str) -> Counter[str]:
    return Counter(re.findall(r'["“”«»()\[\]]', text))


def _in_pairs(text: str) -> bool:
    """Whether every quotation mark and bracket has its partner."""
    counts = _marks(text)
    return counts['"'] % 2 == 0 and all(counts[a] == counts[b] for a, b in ("“”", "«»", "()", "[]"))


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", nargs="?", help="a run, a model file or the name of a model (en-es)")
    parser.add_argument("--json", type=Path, help="also write all figures, and what was lost, to this file")
    options = parser.parse_args()
    results = measure(options.model)
    if options.model is None:
        write_results("kept", results)
    if options.json:
        write_text_atomic(options.json, json.dumps(results, ensure_ascii=False, indent=1) + "\n")
    for name, _, _ in SEARCHES:
        print(f"{name:<14}{results[name]['share']:6.2f} % of {results[name]['tokens']} pieces verbatim")
    print(
        f"{len(results['with a stop in the middle'])} of {results['long sentences']} long sentences cut apart"
    )
    marked = results["sentences with quotes or brackets"]
    print(f"{len(results['not in pairs'])} of {marked} with unpaired marks")
    print(f"{len(results['other marks'])} of {marked} with other marks than their source")


if __name__ == "__main__":
    main()
