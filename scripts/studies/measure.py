"""Measure what the documentation publishes and write it to docs/results/.

    python -m scripts.studies.measure quick RUN              scores of a run of configs/quick.yaml
    python -m scripts.studies.measure tatoeba RUN DEV.tsv    scores at all lags
    python -m scripts.studies.measure streaming RUN DEV.tsv  milliseconds per character in streaming
    python -m scripts.studies.measure repeats RUN DEV.tsv    repetitions, and what avoiding them costs
    python -m scripts.studies.measure fit RUN DEV.tsv TRAIN.tsv  scores on training and dev sentences

`python -m scripts.report.render` then puts the results into the documentation.
"""

from __future__ import annotations

import argparse
import os
import random
import time
from pathlib import Path
from typing import Any

from scripts.results import (
    LAGS,
    ROOT,
    evaluation,
    machine,
    run_seq2seq,
    scores,
    training,
    with_settings,
    write_results,
)

EXAMPLES = ["i like pizza", "it is hot today", "my dog is hungry"]
FIT_CHARS, FIT_PENALTY = 120, 1.2
"""The value of `data.max_chars` and the length penalty, the same for all models that are compared."""


def quick(run: Path) -> dict[str, Any]:
    """Measure a run on the bundled corpus."""
    answers, _ = run_seq2seq("translate", "--model", str(run), *EXAMPLES)
    return {
        "machine": machine(),
        "training": training(run),
        "test": evaluation(run, ROOT / "data/test.tsv"),
        "unseen": evaluation(run, ROOT / "data/test_unseen.tsv"),
        "demo": dict(zip(EXAMPLES, answers.splitlines(), strict=True)),
    }


def tatoeba(run: Path, dev: Path) -> dict[str, Any]:
    """Measure a run on real pairs: scores at all lags and with a beam."""
    return {
        "machine": machine(),
        "training": training(run),
        "lags": evaluation(run, dev, "--lags", LAGS),
        "beam5": evaluation(run, dev, "--beam", "5"),
    }


def streaming(run: Path, dev: Path) -> dict[str, Any]:
    """Stream 200 sentences at each lag on one core, and compare with batch decoding."""
    from seq2seq.storage.modelfile import read_model

    one_core = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    os.environ.update(one_core)  # for the process that measures
    weights = read_model(run / "model.safetensors").weights
    return {
        "machine": {**machine(), "threads": 1},
        "parameters": sum(array.size for array in weights.values()),
        "report": evaluation(run, dev, "--lags", "0,4,8,12,24,full", "--stream", "200"),
    }


def repeats(run: Path, dev: Path) -> dict[str, Any]:
    """Count the translations with repetitions, and score them with and without avoiding them."""
    from seq2seq.corpus.pairs import group_references, read_pairs
    from seq2seq.decoding.repetition import WordBoundaries
    from seq2seq.translator import Translator

    references = group_references(read_pairs(dev))
    translator = Translator.load(run, device="cpu")
    words, encode = WordBoundaries(translator.vocabulary), translator.vocabulary.encode

    def twice(source: str, text: str) -> bool:
        return words.is_degenerate(encode(source), encode(text), ended=True)

    rows = []
    translator.translate(list(references)[:100])  # warm-up
    for beam in (1, 5):
        for allowed in (True, False):
            began = time.process_time()
            found = translator.translate_lines(list(references), beam=beam, repeats=allowed)
            seconds = time.process_time() - began
            row = {
                "beam": beam,
                "repeats": allowed,
                "twice": sum(twice(t.source, t.text) for t in found),
                "endless": sum(not t.ended for t in found),
                **scores(found, references),
                "seconds": seconds,
            }
            rows.append(row)
    pairs = [(source, text) for source, texts in references.items() for text in texts]
    return {
        "machine": machine(),
        "sentences": len(references),
        "references": {"all": len(pairs), "twice": sum(twice(*pair) for pair in pairs)},
        "rows": rows,
    }


def fit(run: Path, dev: Path, train: Path) -> dict[str, Any]:
    """Score a model on the dev sentences, and on as many training sentences."""
    from seq2seq.corpus.pairs import group_references, read_pairs
    from seq2seq.pretrained import locate
    from seq2seq.storage.modelfile import read_model
    from seq2seq.translator import Translator

    new, known = group_references(read_pairs(dev)), group_references(read_pairs(train))
    some = {source: known[source] for source in random.Random(1).sample(list(known), len(new))}
    # The same cut for all models, whatever their own setting.
    file = with_settings(read_model(locate(run)), data={"max_chars": FIT_CHARS})
    translator = Translator.from_file(file, device="cpu")
    scored = {}
    for name, references in (("train", some), ("dev", new)):
        for beam in (1, 5):
            lines = translator.translate_lines(list(references), beam=beam, length_penalty=FIT_PENALTY)
            scored[f"{name}, {beam}"] = scores(lines, references)
    return {"machine": machine(), "sentences": len(some), "penalty": FIT_PENALTY, "scores": scored}


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=("quick", "tatoeba", "streaming", "repeats", "fit"))
    parser.add_argument("run", type=Path)
    parser.add_argument("dev", nargs="?", type=Path)
    parser.add_argument("train", nargs="?", type=Path)
    parser.add_argument("--name", help="name of the file in docs/results/ (default: WHAT)")
    options = parser.parse_args()
    if options.what != "quick" and options.dev is None:
        parser.error(f"{options.what} needs the dev pairs, too")
    if options.what == "fit" and options.train is None:
        parser.error("fit needs the training pairs, too")
    if options.what == "quick":
        results = quick(options.run)
    elif options.what == "fit":
        results = fit(options.run, options.dev, options.train)
    else:
        measures = {"streaming": streaming, "repeats": repeats}
        results = measures.get(options.what, tatoeba)(options.run, options.dev)
    write_results(options.name or options.what, results)


if __name__ == "__main__":
    main()
