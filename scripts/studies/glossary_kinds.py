"""Which kind of span a term of a glossary is best read as: chrF of sentences with a noun from a glossary.

    python -m scripts.studies.glossary_kinds --model MODEL -i dev.tsv

It takes the pairs whose source has one of `NOUNS` and whose reference has its translation, and translates
them without a glossary, and with one that holds the nouns, read as each kind in turn.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from scripts.results import write_results
from seq2seq.corpus.pairs import fingerprint, group_references, read_pairs
from seq2seq.measuring.quality import score
from seq2seq.storage.files import sha256_file
from seq2seq.text.glossary import Glossary
from seq2seq.text.symbols import ADDRESS, CODE, KIND_NAMES, NAME, NUMBER, PLACEHOLDER
from seq2seq.translator import Translator

NOUNS = {
    "dog": "perro", "house": "casa", "book": "libro", "car": "coche", "school": "escuela", "money": "dinero",
    "water": "agua", "friend": "amigo", "room": "habitación", "train": "tren", "door": "puerta",
    "letter": "carta", "city": "ciudad", "window": "ventana", "table": "mesa", "doctor": "médico",
    "station": "estación", "river": "río", "bird": "pájaro", "cat": "gato", "horse": "caballo",
    "music": "música", "problem": "problema", "question": "pregunta", "answer": "respuesta", "key": "llave",
    "bed": "cama", "milk": "leche", "coffee": "café", "bread": "pan", "tree": "árbol", "garden": "jardín",
    "kitchen": "cocina", "hospital": "hospital", "bus": "autobús", "story": "historia", "sister": "hermana",
    "brother": "hermano", "father": "padre", "mother": "madre", "wife": "esposa", "husband": "marido",
    "apple": "manzana", "hotel": "hotel", "airport": "aeropuerto", "restaurant": "restaurante",
    "police": "policía", "war": "guerra", "weather": "tiempo", "food": "comida", "tea": "té", "boss": "jefe",
}  # fmt: skip
KINDS_TRIED = (NAME, PLACEHOLDER, CODE, ADDRESS, NUMBER)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--model", required=True, metavar="FILE")
    parser.add_argument("-i", "--input", required=True, metavar="PAIRS")
    options = parser.parse_args()
    translator = Translator.load(options.model, "cpu")
    pairs = list(read_pairs(options.input))
    references = {
        source: targets for source, targets in group_references(pairs).items() if _fits(source, targets)
    }
    rows = [_row(translator, references, "none", None)]
    for kind in KINDS_TRIED:
        rows.append(_row(translator, references, KIND_NAMES[kind], Glossary(NOUNS, kind)))
    record = {
        "model": sha256_file(Path(options.model)),
        "data": fingerprint(pairs),
        "sentences": len(references),
        "rows": rows,
    }
    write_results("glossary_kinds", record)
    for row in rows:
        print(row["kind"], *(f"{row[key]:.1f}" for key in ("chrf", "bleu", "has_term", "uncopied")))


def _fits(source: str, targets: list[str]) -> bool:
    """Whether a source has exactly one of the nouns and every reference its translation."""
    found = [word for word in re.findall(r"\w+", source) if word in NOUNS]
    return len(found) == 1 and all(re.search(rf"\b{NOUNS[found[0]]}\b", target) for target in targets)


def _row(
    translator: Translator, references: dict[str, list[str]], kind: str, glossary: Glossary | None
) -> dict[str, float | str]:
    found = translator.translate_lines(list(references), glossary=glossary)
    quality = score([line.text for line in found], list(references.values()))
    terms = [next(NOUNS[w] for w in re.findall(r"\w+", line.source) if w in NOUNS) for line in found]
    has = sum(
        re.search(rf"\b{term}\b", line.text) is not None for line, term in zip(found, terms, strict=True)
    )
    return {
        "kind": kind,
        "chrf": quality.chrf,
        "bleu": quality.bleu,
        "has_term": 100 * has / len(found),
        "uncopied": 100 * sum(line.uncopied > 0 for line in found) / len(found),
    }


if __name__ == "__main__":
    main()
