"""The results in docs/results/: how they are measured, written and read."""

from __future__ import annotations

import json
import platform
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from seq2seq.decoding.lines import Translation
    from seq2seq.storage.modelfile import ModelFile

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "docs" / "results"
Item = TypeVar("Item")
LAGS = "0,2,4,8,12,16,24,32,full"


def run_seq2seq(*arguments: str) -> tuple[str, float]:
    """Run `python -m seq2seq` in a new process; return its stdout and the seconds it took."""
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "seq2seq", *arguments], check=True, capture_output=True, text=True
    )
    return done.stdout, time.perf_counter() - began


def machine() -> dict[str, Any]:
    """Return the machine, the versions, the date and the commit of a measurement."""
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
    """Return duration, steps, speed and size of a run, from its files."""
    from seq2seq.storage.modelfile import read_model
    from seq2seq.storage.runlog import read_metrics

    records = [record for record in read_metrics(run / "metrics.jsonl") if "seconds" in record]
    model = read_model(run / "model.safetensors")
    speeds = sorted(record["chars_per_second"] for record in records)
    return {
        "minutes": round(records[-1]["seconds"] / 60, 1),
        "steps": records[-1]["step"],
        "parameters": sum(array.size for array in model.weights.values() if array.dtype != "int64"),
        "chars_per_second": round(speeds[len(speeds) // 2]),
    }


def evaluations(run: Path) -> list[dict[str, Any]]:
    """Return what each evaluation of a run found, by the hours that the run had taken."""
    from seq2seq.storage.runlog import read_metrics

    rows, seconds = [], 0.0
    for record in read_metrics(run / "metrics.jsonl"):
        seconds = record.get("seconds", seconds)
        if "dev_loss" in record:
            scored = {**record.get("lags", {}), **record.get("more", {})}
            rows.append(
                {
                    "hours": round(seconds / 3600, 2),
                    "step": record["step"],
                    "dev_loss": round(record["dev_loss"], 4),
                    "chrf": {
                        "full": round(record["dev_chrf"], 2),
                        **{name: round(scores["chrf"], 2) for name, scores in scored.items()},
                    },
                }
            )
    return rows


def evaluation(run: Path, pairs: Path, *options: str) -> dict[str, Any]:
    """Return the report of `seq2seq evaluate` for a model, run in a new process."""
    with tempfile.TemporaryDirectory() as directory:
        out = Path(directory) / "scores.json"
        run_seq2seq("evaluate", "--model", str(run), "-i", str(pairs), "--json", str(out), *options)
        report: dict[str, Any] = json.loads(out.read_text())
        return report


def some_sentences(pairs: Path, most: int) -> tuple[list[str], list[list[str]]]:
    """Return at most so many sources of a file of pairs, evenly from all, and the references of each."""
    from seq2seq.corpus.pairs import group_references, read_pairs

    groups = group_references(read_pairs(str(pairs)))
    sources = evenly(list(groups), most)
    return sources, [groups[source] for source in sources]


def evenly(items: Sequence[Item], most: int) -> list[Item]:
    """Return at most so many of the items, in their order, from the first to near the last."""
    count = min(most, len(items))
    return [items[i * len(items) // count] for i in range(count)]


def write_results(name: str, results: dict[str, Any]) -> None:
    """Write results to docs/results/NAME.json."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    text = json.dumps(results, ensure_ascii=False, indent=1) + "\n"
    (RESULTS / f"{name}.json").write_text(text, encoding="utf-8")


def read_results(name: str) -> dict[str, Any]:
    """Read docs/results/NAME.json; {} if it does not exist."""
    path = RESULTS / f"{name}.json"
    results: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return results


def with_settings(file: ModelFile, **changes: dict[str, Any]) -> ModelFile:
    """Return the model with changed settings; each keyword is a section of its configuration."""
    config = {section: {**body, **changes.get(section, {})} for section, body in file.config.items()}
    return replace(file, config=config)


def scores(found: list[Translation], references: dict[str, list[str]]) -> dict[str, float]:
    """Return chrF and BLEU of translations of the sources of `references`, in the same order."""
    from seq2seq.measuring.quality import score

    quality = score([line.text for line in found], list(references.values()))
    return {"chrf": quality.chrf, "bleu": quality.bleu}
