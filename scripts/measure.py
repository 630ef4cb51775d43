"""Measure what the README publishes, write it to docs/results/, and put it into the README.

python scripts/measure.py quick RUN              scores of a run of configs/quick.yaml
python scripts/measure.py tatoeba RUN DEV.tsv    scores, lags and times of a run of configs/tatoeba.yaml
python scripts/measure.py readme                 write the README's tables anew from docs/results/
"""

from __future__ import annotations

import argparse
import json
import platform
import re
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "docs" / "results"
EXAMPLES = ["i like pizza", "it is hot today", "my dog is hungry"]
LAGS = "0,2,4,8,12,16,24,32,full"


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
    from seq2seq.modelfile import read_model
    from seq2seq.runlog import read_metrics

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
    """Measure a run on real pairs: scores at all lags and with a beam, and how long translating takes."""
    from seq2seq.pairs import group_references, read_pairs

    sources = list(group_references(read_pairs(dev)))
    times: dict[str, Any] = {"sentences": len(sources)}
    with tempfile.TemporaryDirectory() as directory:
        text = Path(directory) / "sources.txt"
        text.write_text("".join(f"{source}\n" for source in sources), encoding="utf-8")
        for name, options in {
            "greedy": [],
            "greedy_bf16": ["--precision", "bf16"],
            "beam5": ["--beam", "5"],
        }.items():
            arguments = ["translate", "--model", str(run), "-i", str(text), "-o", f"{text}.out", *options]
            times[name] = round(seq2seq(*arguments)[1], 2)
    times["one_sentence"] = min(
        round(seq2seq("translate", "--model", str(run), "Where is the station?")[1], 2) for _ in range(3)
    )
    some = sources[5::400]
    answers, _ = seq2seq("translate", "--model", str(run), *some)
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import torch"], check=True)
    times["import_torch"] = round(time.perf_counter() - began, 2)
    return {
        "machine": machine(),
        "training": training(run),
        "lags": evaluation(run, dev, "--lags", LAGS),
        "beam5": evaluation(run, dev, "--beam", "5"),
        "times": times,
        "examples": dict(zip(some, answers.splitlines(), strict=True)),
    }


def demo_block() -> str:
    """The end of `make demo`, as it was seen."""
    demo = json.loads((RESULTS / "quick.json").read_text())["demo"]
    command = " ".join(f'"{sentence}"' for sentence in demo)
    return "\n".join(
        ["```", f".venv/bin/seq2seq translate --model runs/quick {command}", *demo.values(), "```"]
    )


def quick_block() -> str:
    """Scores on the bundled test parts."""
    results = json.loads((RESULTS / "quick.json").read_text())
    trained = results["training"]
    rows = ["| part | sentences | exactly right | chrF |", "|---|---|---|---|"]
    for key, name in (("test", "test"), ("unseen", "test, words and patterns that training never joins")):
        score = results[key]["rows"][0]["quality"]
        rows.append(f"| {name} | {score['sentences']} | {score['exact']:.1f} % | {score['chrf']:.1f} |")
    return "\n".join(
        [
            *rows,
            "",
            f"Lag `full`, greedy, after {trained['minutes']} minutes ({trained['steps']:,} steps) on "
            f"{_where(results['machine'])}: `python scripts/measure.py quick runs/quick`.",
        ]
    )


def tatoeba_block() -> str:
    """Scores on real pairs at all lags, and times."""
    results = json.loads((RESULTS / "tatoeba.json").read_text())
    rows = ["| lag | chrF | BLEU | character errors | average lagging |", "|---|---|---|---|---|"]
    rows += [_lag_row(str(row["lag"]), row) for row in results["lags"]["rows"]]
    rows.append(_lag_row("full, beam 5", results["beam5"]["rows"][0]))
    return "\n".join([*rows, "", _how_it_was_made(results), "", _how_long_it_takes(results["times"])])


def _how_it_was_made(results: dict[str, Any]) -> str:
    trained, quality = results["training"], results["lags"]["rows"][0]["quality"]
    return (
        f"Trained for {trained['minutes']} minutes with `seq2seq train configs/tatoeba.yaml` "
        f"({trained['steps']:,} steps, {trained['parameters'] / 1e6:.1f} million parameters, "
        f"{trained['chars_per_second']:,} target characters a second) on {_where(results['machine'])}. "
        "One model for all lags, greedy unless said otherwise, fp32; average lagging counts characters. "
        "Measured with `python scripts/measure.py tatoeba runs/tatoeba dev.tsv`; signatures "
        f"`{quality['chrf_signature']}` and `{quality['bleu_signature']}`."
    )


def _how_long_it_takes(times: dict[str, Any]) -> str:
    return (
        f"Translating these {times['sentences']:,} sentences in one call takes {times['greedy']} s greedily "
        f"({times['sentences'] / times['greedy']:.0f} a second), {times['greedy_bf16']} s in bf16 and "
        f"{times['beam5']} s with a beam of 5, start-up included. One sentence in a new process takes "
        f"{times['one_sentence']} s, of which importing PyTorch takes {times['import_torch']} s."
    )


def _lag_row(name: str, row: dict[str, Any]) -> str:
    quality = row["quality"]
    lagging = row["latency"]["al"]
    return (
        f"| {name} | {quality['chrf']:.1f} | {quality['bleu']:.1f} | {quality['cer']:.1f} % | {lagging:.1f} |"
    )


def _where(machine: dict[str, Any]) -> str:
    kind = ", ".join(machine["bf16"]) or "no bf16"
    return f"{machine['threads']} cores of {machine['processor']} ({kind}), {machine['date']}"


BLOCKS = {"demo": demo_block, "quick": quick_block, "tatoeba": tatoeba_block}


def put(document: str, name: str, block: str) -> str:
    """Return the document with the text between its marks `<!-- name -->` and `<!-- /name -->` replaced."""
    pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
    assert pattern.search(document), f"there is no block {name}"
    return pattern.sub(lambda match: f"{match[1]}{block}\n{match[2]}", document)


def render(readme: str) -> str:
    """Return the README with every block made anew from docs/results/."""
    for name, block in BLOCKS.items():
        readme = put(readme, name, block())
    return readme


def main() -> None:
    """Do what the arguments say."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=("quick", "tatoeba", "readme"))
    parser.add_argument("run", nargs="?", type=Path)
    parser.add_argument("dev", nargs="?", type=Path)
    options = parser.parse_args()
    RESULTS.mkdir(parents=True, exist_ok=True)
    if options.what != "readme":
        results = quick(options.run) if options.what == "quick" else tatoeba(options.run, options.dev)
        (RESULTS / f"{options.what}.json").write_text(
            json.dumps(results, ensure_ascii=False, indent=1) + "\n"
        )
    else:
        readme = ROOT / "README.md"
        readme.write_text(render(readme.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
