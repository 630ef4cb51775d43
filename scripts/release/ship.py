"""Make a run the model of the package, score it, and write the figures of its model card.

    python -m scripts.release.ship RUN DEV.tsv [--after EARLIER [--share 0.7]] [--pack int8]
                                               [--dev-more MORE.tsv ...]

The weights of the run's model file, or their mean with those of an earlier run, go to
seq2seq/pretrained/en-es, in float16 or with large matrices in int8, with the decoding settings that are best
on the dev pairs and with the training curves. The published scores are those of the shipped file:
docs/results/en-es.json, which `scripts.report.render` puts into the card and the README. The cost of rounding
is measured on the dev pairs and on those of other domains.
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from scripts.release.packing import FORMS, packed_as
from scripts.results import (
    LAGS,
    ROOT,
    evaluation,
    machine,
    scores,
    training,
    with_settings,
    write_results,
)
from seq2seq.config.checks import part_name
from seq2seq.config.loading import config_from_dict, dump_config
from seq2seq.corpus.pairs import fingerprint, group_references, read_pairs
from seq2seq.measuring.quality import score
from seq2seq.pretrained import MODEL_NAME, SHIPPED
from seq2seq.storage.int8 import Weight
from seq2seq.storage.modelfile import ModelFile, read_model, to_bytes, write_model
from seq2seq.translator import Translator

PLACE = ROOT / "seq2seq" / "pretrained" / SHIPPED
PENALTIES = (1.0, 1.2, 1.4, 1.6)
"""Length penalties tried with a beam of 5; the one with the best mean of chrF and BLEU is taken."""
LIMITS = (80, 120, 160, 240)
"""Values of `data.max_chars` tried: longer sentences are cut at a comma."""
LONG = 90
"""Least characters of the sentences on which `LIMITS` are compared."""
LARGEST = 25_000_000
"""Most bytes of a shipped model file."""
NOTICE = (
    "Trained on sentence pairs by the contributors of Tatoeba (https://tatoeba.org), "
    "CC BY 2.0 FR (https://creativecommons.org/licenses/by/2.0/fr/)"
)


def scored(file: ModelFile, references: dict[str, list[str]], beam: int = 1) -> dict[str, float]:
    """Return the scores of translating sentences at the largest lag of a model."""
    found = Translator.from_file(file, device="cpu").translate_lines(list(references), beam=beam)
    return scores(found, references)


def check_size(file: ModelFile) -> None:
    """Exit if a model is too large to be shipped."""
    size = len(to_bytes(file))
    if size > LARGEST:
        raise SystemExit(
            f"the model file would have {size / 1e6:.1f} MB, more than the limit of {LARGEST / 1e6:.0f} MB: "
            "--pack int8 makes it smaller"
        )


def compared(one: ModelFile, other: ModelFile, references: dict[str, list[str]]) -> dict[str, Any]:
    """Return how many sentences two models translate differently with greedy search, and their chrF."""
    texts = [
        Translator.from_file(file, device="cpu").translate(list(references), beam=1) for file in (one, other)
    ]
    return {
        "different": sum(a != b for a, b in zip(*texts, strict=True)),
        "chrf": [score(found, list(references.values())).chrf for found in texts],
    }


def in_domains(one: ModelFile, other: ModelFile, files: Sequence[Path]) -> dict[str, dict[str, Any]]:
    """Compare two models on the pairs of each file; return the results by the names of the files."""
    found = {}
    for path in files:
        pairs = list(read_pairs(str(path)))
        references = group_references(pairs)
        found[part_name(str(path))] = {
            "sentences": len(references),
            "data": fingerprint(pairs),
            **compared(one, other, references),
        }
    return found


def examples(file: ModelFile, references: dict[str, list[str]]) -> dict[str, list[dict[str, str]]]:
    """Return translations of every 200th sentence, and the eight worst by chrF of 20 characters or more."""
    sources, targets = list(references), list(references.values())
    texts = Translator.from_file(file, device="cpu").translate(sources)
    rows = [
        {"source": source, "translation": text, "reference": target[0]}
        for source, text, target in zip(sources, texts, targets, strict=True)
    ]
    value = [score([text], [target]).chrf for text, target in zip(texts, targets, strict=True)]
    worst = sorted((i for i in range(len(rows)) if len(sources[i]) >= 20), key=lambda i: value[i])
    return {"any": rows[7::200], "worst": [rows[i] for i in worst[:8]]}


def mean(file: ModelFile, other: ModelFile, share: float) -> ModelFile:
    """Return the mean of two models of the same words, with weight `share` for the second."""
    weights: dict[str, Weight] = {}
    for name, ours in file.weights.items():
        theirs = other.weights[name]
        if ours.dtype != np.int64:
            ours, theirs = (np.asarray(array, np.float32) for array in (ours, theirs))
            weights[name] = np.float32(1 - share) * ours + np.float32(share) * theirs
        elif np.array_equal(ours, theirs):
            weights[name] = ours
        else:
            raise SystemExit("the two runs have different words: start the later one with train.init_from")
    return replace(file, weights=weights)


def ship(
    run: Path, dev: Path, earlier: Path | None, share: float, form: str = "float16", more: Sequence[Path] = ()
) -> None:
    """Choose the decoding settings, write the model of the package, and measure it."""
    pairs = list(read_pairs(str(dev)))
    references = group_references(pairs)
    file = read_model(run / MODEL_NAME)
    if earlier and share:
        file = mean(file, read_model(earlier / MODEL_NAME), share)
    weights = packed_as(form, file.weights)
    shipped = replace(file, weights=weights, info={**file.info, "notice": NOTICE})
    check_size(shipped)
    long = {source: texts for source, texts in references.items() if len(source) >= LONG}
    limits = {
        limit: scored(with_settings(shipped, data={"max_chars": limit}), long)["chrf"] for limit in LIMITS
    }
    shipped = with_settings(shipped, data={"max_chars": max(limits, key=lambda limit: limits[limit])})
    penalties = {
        penalty: scored(with_settings(shipped, decode={"length_penalty": penalty}), references, 5)
        for penalty in PENALTIES
    }
    chosen = max(penalties, key=lambda penalty: sum(penalties[penalty].values()))
    shipped = with_settings(shipped, decode={"length_penalty": chosen})
    PLACE.mkdir(parents=True, exist_ok=True)
    write_model(PLACE / MODEL_NAME, shipped)
    config = dump_config(config_from_dict(shipped.config, "the model"))
    (PLACE / "config.yaml").write_text(config, encoding="utf-8")
    shutil.copy(run / "curves.png", PLACE / "curves.png")
    results = {
        "machine": machine(),
        "training": training(run),
        "earlier": {"training": training(earlier), "share": share} if earlier else None,
        "bytes": (PLACE / MODEL_NAME).stat().st_size,
        "data": {"train": file.info["train_data"], "dev": fingerprint(pairs)},
        "limits": {"sentences": len(long), "chrf": limits},
        "penalties": penalties,
        form: compared(file, replace(file, weights=weights), references),
        "more": in_domains(file, replace(file, weights=weights), more),
        "lags": evaluation(PLACE, dev, "--lags", LAGS),
        "beam5": evaluation(PLACE, dev, "--beam", "5"),
        "examples": examples(shipped, references),
    }
    write_results(SHIPPED, results)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("run", type=Path)
    parser.add_argument("dev", type=Path)
    parser.add_argument("--after", type=Path, metavar="EARLIER", help="the run that this one continued")
    parser.add_argument("--share", type=float, default=0.0, help="weight of EARLIER in the mean (0)")
    parser.add_argument("--pack", choices=FORMS, default="float16", help="form of the weights (%(default)s)")
    parser.add_argument(
        "--dev-more", nargs="+", type=Path, default=[], metavar="MORE.tsv", help="pairs of other domains"
    )
    options = parser.parse_args()
    if options.share and options.after is None:
        parser.error("--share needs --after")
    ship(options.run, options.dev, options.after, options.share, options.pack, options.dev_more)


if __name__ == "__main__":
    main()
