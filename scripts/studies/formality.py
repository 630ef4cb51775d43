"""Whether translations say tú or usted: in the data, and in what a model writes.

    python -m scripts.studies.formality --model MODEL --data train.tsv -i dev.tsv

It counts the translations of sentences with "you" that have a word that only goes with tú ("tienes", "tu"),
or "usted" or "ustedes". Most forms of usted are also those of él and ella, so usted is counted too low in both.
"""

from __future__ import annotations

import argparse
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from scripts.results import write_results
from seq2seq.corpus.pairs import fingerprint, read_pairs
from seq2seq.storage.files import sha256_file
from seq2seq.translator import Translator

YOU = re.compile(r"\b(you|your|yours|yourself)\b", re.IGNORECASE)
USTED = re.compile(r"\bustedes\b|\busted\b", re.IGNORECASE)
TU = re.compile(
    r"\b(tú|ti|te|contigo|tus?|tuy[oa]s?|eres|estás|tienes|quieres|puedes|sabes|vas|has|vienes|debes|haces"
    r"|dices|crees|necesitas|fuiste)\b",
    re.IGNORECASE,
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--model", required=True, metavar="FILE")
    parser.add_argument("--data", required=True, metavar="PAIRS", help="the training data")
    parser.add_argument("-i", "--input", required=True, metavar="PAIRS", help="sentences to translate")
    options = parser.parse_args()
    data, pairs = list(read_pairs(options.data)), list(read_pairs(options.input))
    sources = [source for source in dict.fromkeys(pair.source for pair in pairs) if YOU.search(source)]
    translations = Translator.load(options.model, "cpu").translate(sources)
    results = {
        "model": sha256_file(Path(options.model)),
        "data": fingerprint(data),
        "input": fingerprint(pairs),
        "in_data": count(pair.target for pair in data if YOU.search(pair.source)),
        "references": count(pair.target for pair in pairs if YOU.search(pair.source)),
        "translations": count(translations),
    }
    write_results("formality", results)
    print(results)


def count(texts: Iterable[str]) -> dict[str, int]:
    """Return how many texts say tú, usted, both, or show neither."""
    names = {(True, False): "tu", (False, True): "usted", (True, True): "both", (False, False): "neither"}
    counts = Counter(names[bool(TU.search(text)), bool(USTED.search(text))] for text in texts)
    return {name: counts[name] for name in names.values()}


if __name__ == "__main__":
    main()
