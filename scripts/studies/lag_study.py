"""One model for all lags, compared with models of one lag and with other ways to train it, on real pairs.

    python -m scripts.studies.lag_study train.tsv dev.tsv runs/lags [--only ablation] [--jobs 2]

Trains the models that are missing, then scores all of them. Each run is configs/tatoeba.yaml with the changes
listed below, on one thread; a stopped run is resumed. Results: docs/results/lags.json.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from scripts.results import ROOT, machine, read_results, write_results
from scripts.studies import trainings
from seq2seq.config.loading import diff_configs, load_config
from seq2seq.corpus.pairs import group_references, read_pairs
from seq2seq.lag import Lag
from seq2seq.measuring.latency import corpus_latency, sentence_latency
from seq2seq.measuring.quality import closest_reference, paired_bootstrap, score
from seq2seq.storage.files import sha256_file
from seq2seq.storage.modelfile import read_model
from seq2seq.translator import Translator

LAGS: tuple[Lag, ...] = (0, 2, 4, 8, 12, 16, 24, 32, "full")


@dataclass(frozen=True)
class Variant:
    """One training.

    Attributes:
        name: its name.
        steps: number of updates.
        changes: settings that differ from configs/tatoeba.yaml.
        lags: lags at which it is scored.
        foreign: whether it was trained for other lags.
    """

    name: str
    steps: int
    changes: tuple[str, ...] = ()
    lags: tuple[Lag, ...] = LAGS
    foreign: bool = False


SHORT, LONG = 2_500, 6_000
UNTOLD = "model.lag_embedding=false"
"""A model of one lag cannot use the embedding of another lag, which it has not learned."""
FEW: tuple[Lag, ...] = (0, 4, 12, 24, "full")
TWO_THIRDS = "lag.train={uniform: [0, 40], full: 0.67}"
FIVE_SIXTHS = "lag.train={uniform: [0, 40], full: 0.83}"
ONE_THIRD = "lag.train={uniform: [0, 40], full: 0.33}"
PARTS: dict[str, list[Variant]] = {
    "comparison": [
        Variant("one model, full in 5 of 6", LONG, (FIVE_SIXTHS,)),
        Variant("one model, full in 2 of 3", LONG, (TWO_THIRDS,)),
        Variant("lag 4 alone", LONG, ("lag.train=4",), (4,)),
        Variant("lag 12 alone", LONG, ("lag.train=12",), (12,)),
        Variant("full alone", LONG, ("lag.train=full",), ("full",)),
    ],
    "ablation": [
        Variant("0 to 40, full in 2 of 3", SHORT, (TWO_THIRDS,), FEW),
        Variant("0 to 40, full in 1 of 3", SHORT, (ONE_THIRD,), FEW),
        Variant("decoder not told the lag", SHORT, (TWO_THIRDS, UNTOLD), FEW),
        Variant("lag 4 alone", SHORT, ("lag.train=4",), (4,)),
        Variant("lag 8 alone, used at 4", SHORT, ("lag.train=8", UNTOLD), (4,), foreign=True),
        Variant("lag 12 alone", SHORT, ("lag.train=12",), (12,)),
        Variant("full alone", SHORT, ("lag.train=full",), ("full",)),
    ],
}


def folder(out: Path, part: str, variant: Variant) -> Path:
    """Return the run directory of a variant."""
    return out / part / variant.name.replace(",", "").replace(" ", "-")


def train(variant: Variant, run: Path, data: Sequence[str]) -> None:
    """Start or resume the training of a variant, unless it is finished."""
    settings = [
        *data,
        *variant.changes,
        f"train.max_steps={variant.steps}",
        f"train.eval_every={variant.steps}",
        "train.max_minutes=null",
        "train.threads=1",
    ]
    base = ROOT / "configs/tatoeba.yaml"
    if (run / "done").exists():
        changed = diff_configs(load_config(run / "config.yaml"), load_config(base, settings))
        assert not changed, f"{run} was trained with other settings: {changed}"
        return
    run.mkdir(parents=True, exist_ok=True)
    trainings.train("tatoeba", settings, run, run / "output.log")
    (run / "done").touch()


def translate(run: Path, variant: Variant, sources: list[str]) -> dict[str, list[dict[str, Any]]]:
    """Return the translations with their delays at each lag of a variant; they are cached in the run."""
    found: dict[str, list[dict[str, Any]]] = {}
    cache = run / f"dev-{sha256_file(run / 'model.safetensors')[:8]}.json"
    if cache.exists():
        found = json.loads(cache.read_text())
    file = read_model(run / "model.safetensors")
    if variant.foreign:  # a lag that a model was not trained for is refused
        largest = int(file.config["lag"]["train"])
        config = {**file.config, "lag": {"train": {"uniform": [0, largest], "full": 0.0}}}
        file = replace(file, config={**config, "decode": {**config["decode"], "lag": largest}})
    translator = Translator.from_file(file, str(run))
    for lag in variant.lags:
        if str(lag) not in found:
            lines = translator.translate_lines(sources, lag, repeats=True)  # the same search at all lags
            found[str(lag)] = [{"text": line.text, "delays": line.delays} for line in lines]
    cache.write_text(json.dumps(found, ensure_ascii=False))
    return found


def measured(found: list[dict[str, Any]], sources: list[str], references: list[list[str]]) -> dict[str, Any]:
    """Return the scores and the latency of the translations at one lag."""
    texts = [line["text"] for line in found]
    quality = score(texts, references)
    latency = corpus_latency(
        sentence_latency(line["delays"], len(source), closest_reference(line["text"], targets).length)
        for line, source, targets in zip(found, sources, references, strict=True)
    )
    return {
        "chrf": quality.chrf,
        "bleu": quality.bleu,
        "signatures": [quality.chrf_signature, quality.bleu_signature],
        "latency": latency.to_dict() if latency else None,
    }


def evaluate(part: str, out: Path, dev: Path) -> dict[str, Any]:
    """Score all variants of a part, and compare models of all lags with those of one lag."""
    groups = group_references(read_pairs(str(dev)))
    sources, references = list(groups), list(groups.values())
    rows: dict[str, Any] = {}
    texts: dict[str, dict[str, list[str]]] = {}
    for variant in PARTS[part]:
        found = translate(folder(out, part, variant), variant, sources)
        texts[variant.name] = {lag: [line["text"] for line in lines] for lag, lines in found.items()}
        rows[variant.name] = {
            "steps": variant.steps,
            "changes": list(variant.changes),
            "lags": {lag: measured(lines, sources, references) for lag, lines in found.items()},
        }
    results: dict[str, Any] = {"machine": machine(), "sentences": len(sources), "models": rows}
    alone = {
        str(v.lags[0]): texts[v.name][str(v.lags[0])]
        for v in PARTS[part]
        if len(v.lags) == 1 and not v.foreign
    }
    results["paired"] = {
        variant.name: {
            lag: paired_bootstrap(other, texts[variant.name][lag], references).to_dict()
            for lag, other in alone.items()
        }
        for variant in PARTS[part]
        if len(variant.lags) > 1
    }
    return results


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("train", type=Path)
    parser.add_argument("dev", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--only", choices=PARTS)
    parser.add_argument("--jobs", type=int, default=2, help="simultaneous runs, each on one thread (2)")
    options = parser.parse_args()
    data = [f"data.train={options.train}", f"data.dev={options.dev}", "data.test=null"]
    parts = [options.only] if options.only else list(PARTS)
    with ThreadPoolExecutor(options.jobs) as pool:
        jobs = [
            pool.submit(train, variant, folder(options.out, part, variant), data)
            for part in parts
            for variant in PARTS[part]
        ]
        for job in jobs:
            job.result()
    scored = {part: evaluate(part, options.out, options.dev) for part in parts}
    write_results("lags", read_results("lags") | scored)


if __name__ == "__main__":
    main()
