"""Measure what the README publishes and write it to docs/results/; render.py puts it into the documentation.

python scripts/measure.py quick RUN              scores of a run of configs/quick.yaml
python scripts/measure.py tatoeba RUN DEV.tsv    scores at all lags of a run of configs/tatoeba.yaml
python scripts/measure.py distil RUN DEV.tsv     the same of a run of configs/en-es-distil.yaml
python scripts/measure.py streaming RUN DEV.tsv  milliseconds for a character in streaming
python scripts/measure.py repeats RUN DEV.tsv    what is said twice in a row, and what leaving it out gives
python scripts/measure.py fit RUN DEV.tsv TRAIN.tsv  scores on what it has learned from, and on new sentences
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seq2seq.storage.modelfile import ModelFile
    from seq2seq.translator import Translation

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "docs" / "results"
EXAMPLES = ["i like pizza", "it is hot today", "my dog is hungry"]
LAGS = "0,2,4,8,12,16,24,32,full"
FIT_CHARS, FIT_PENALTY = 120, 1.2
"""Where sentences are cut and how a beam ranks, for models that are compared."""


def seq2seq(*arguments: str) -> tuple[str, float]:
    """Run a command in a new process; return what it printed and the seconds it took."""
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "seq2seq", *arguments], check=True, capture_output=True, text=True
    )
    return done.stdout, time.perf_counter() - began


def machine() -> dict[str, Any]:
    """Describe what the figures were made on."""
    import torch

    info = Path("/proc/cpuinfo")
    text = info.read_text() if info.exists() else ""
    name = re.search(r"model name\s*: (.*)", text)
    return {
        "processor": name[1] if name else platform.processor(),
        "bf16": [flag for flag in ("amx_bf16", "avx512_bf16") if flag in text],
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "python": platform.python_version(),
        "date": date.today().isoformat(),
        "commit": subprocess.run(
            ["git", "rev-parse", "HEAD"], check=True, capture_output=True, text=True, cwd=ROOT
        ).stdout.strip(),
    }


def training(run: Path) -> dict[str, Any]:
    """Summarise a run from what it left behind."""
    from seq2seq.storage.modelfile import read_model
    from seq2seq.storage.runlog import read_metrics

    records = [record for record in read_metrics(run / "metrics.jsonl") if "seconds" in record]
    model = read_model(run / "model.safetensors")
    speeds = sorted(record["chars_per_second"] for record in records)
    return {
        "minutes": round(records[-1]["seconds"] / 60, 1),
        "steps": records[-1]["step"],
        "best_step": model.info["step"],
        "parameters": sum(array.size for array in model.weights.values()),
        "chars_per_second": round(speeds[len(speeds) // 2]),
    }


def evaluation(run: Path, pairs: Path, *options: str) -> dict[str, Any]:
    """Score a model in a process of its own."""
    with tempfile.TemporaryDirectory() as directory:
        out = Path(directory) / "scores.json"
        seq2seq("evaluate", "--model", str(run), "-i", str(pairs), "--json", str(out), *options)
        report: dict[str, Any] = json.loads(out.read_text())
        return report


def write_results(name: str, results: dict[str, Any]) -> None:
    """Write what was measured to docs/results/."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    text = json.dumps(results, ensure_ascii=False, indent=1) + "\n"
    (RESULTS / f"{name}.json").write_text(text, encoding="utf-8")


def read_results(name: str) -> dict[str, Any]:
    """Read what `write_results` wrote; nothing is an empty dictionary."""
    path = RESULTS / f"{name}.json"
    results: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return results


def quick(run: Path) -> dict[str, Any]:
    """Measure a run on the bundled corpus."""
    answers, _ = seq2seq("translate", "--model", str(run), *EXAMPLES)
    return {
        "machine": machine(),
        "training": training(run),
        "test": evaluation(run, ROOT / "data/test.tsv"),
        "unseen": evaluation(run, ROOT / "data/test_unseen.tsv"),
        "demo": dict(zip(EXAMPLES, answers.splitlines(), strict=True)),
    }


def tatoeba(run: Path, dev: Path) -> dict[str, Any]:
    """Measure a run on real pairs: scores at all lags and with a beam."""
    from seq2seq.corpus.pairs import group_references, read_pairs

    some = list(group_references(read_pairs(dev)))[5::400]
    answers, _ = seq2seq("translate", "--model", str(run), *some)
    return {
        "machine": machine(),
        "training": training(run),
        "lags": evaluation(run, dev, "--lags", LAGS),
        "beam5": evaluation(run, dev, "--beam", "5"),
        "examples": dict(zip(some, answers.splitlines(), strict=True)),
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


def with_settings(file: ModelFile, **changes: dict[str, Any]) -> ModelFile:
    """Return the model with other settings, section by section."""
    config = {section: {**body, **changes.get(section, {})} for section, body in file.config.items()}
    return replace(file, config=config)


def scores(found: list[Translation], references: dict[str, list[str]]) -> dict[str, float]:
    """Score translations of the sentences that have these references."""
    from seq2seq.measuring.quality import score

    quality = score([line.text for line in found], list(references.values()))
    return {"chrf": quality.chrf, "bleu": quality.bleu}


def repeats(run: Path, dev: Path) -> dict[str, Any]:
    """Count the translations that say something twice in a row, and score them with and without."""
    from seq2seq.corpus.pairs import group_references, read_pairs
    from seq2seq.decoding.repetition import Words
    from seq2seq.translator import Translator

    references = group_references(read_pairs(dev))
    translator = Translator.load(run, device="cpu")
    words, encode = Words(translator.vocabulary), translator.vocabulary.encode

    def twice(source: str, text: str) -> bool:
        return words.circles(encode(source), encode(text), ended=True)

    rows = []
    translator.translate(list(references)[:100])  # what comes up first time only
    for beam in (1, 5):
        for let in (True, False):
            translator.repeats, began = let, time.process_time()
            found = translator.translate_lines(list(references), beam=beam)
            seconds = time.process_time() - began
            row = {
                "beam": beam,
                "repeats": let,
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
    """Score a model on sentences it has learned from, as many as there are dev sentences, and on those."""
    from seq2seq.corpus.pairs import group_references, read_pairs
    from seq2seq.pretrained import locate
    from seq2seq.storage.modelfile import read_model
    from seq2seq.translator import Translator

    new, known = group_references(read_pairs(dev)), group_references(read_pairs(train))
    some = {source: known[source] for source in random.Random(1).sample(list(known), len(new))}
    # Sentences are cut alike, whatever suits the model.
    file = with_settings(read_model(locate(run)), data={"max_chars": FIT_CHARS})
    translator = Translator.from_file(file, device="cpu")
    scored = {}
    for name, references in (("train", some), ("dev", new)):
        for beam in (1, 5):
            lines = translator.translate_lines(list(references), beam=beam, length_penalty=FIT_PENALTY)
            scored[f"{name}, {beam}"] = scores(lines, references)
    return {"machine": machine(), "sentences": len(some), "penalty": FIT_PENALTY, "scores": scored}


def main() -> None:
    """Do what the arguments say."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=("quick", "tatoeba", "distil", "streaming", "repeats", "fit"))
    parser.add_argument("run", type=Path)
    parser.add_argument("dev", nargs="?", type=Path)
    parser.add_argument("train", nargs="?", type=Path)
    parser.add_argument("--name", help="of the file in docs/results/, if not that of what is measured")
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
