"""Run all experiments and put their results into the documentation.

    python -m scripts.studies.claims [--quick] [--anew] [NAME ...]

Each runs as `seq2seq experiment NAME` in runs/experiments; a stopped one is resumed, unless it is to begin
anew: of a resumed one the published time is that of the last run. Results:
docs/results/claims.json; `scripts.report.render` writes docs/claims.md and draws docs/claims/*.png from it.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys

from scripts.results import ROOT, machine, read_results, write_results
from seq2seq.experiments.registry import EXPERIMENTS


def main() -> None:
    """Run the command line; exit with the names of the experiments whose bounds do not hold."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", choices=list(EXPERIMENTS), default=list(EXPERIMENTS))
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--anew", action="store_true", help="remove what earlier runs have left")
    options = parser.parse_args()
    failed = []
    for name in options.names:
        out = ROOT / "runs" / "experiments" / (f"{name}-quick" if options.quick else name)
        if options.anew:
            shutil.rmtree(out, ignore_errors=True)
        command = [sys.executable, "-m", "seq2seq", "experiment", name, "--out", str(out)]
        done = subprocess.run(command + ["--quick"] * options.quick)
        if done.returncode:
            failed.append(name)
        if not (out / "result.json").exists():
            continue
        result = json.loads((out / "result.json").read_text(encoding="utf-8"))
        write_results("claims", {**read_results("claims"), name: {**result, "machine": machine()}})
    if failed:
        sys.exit(f"these bounds do not hold: {', '.join(failed)}")


if __name__ == "__main__":
    main()
