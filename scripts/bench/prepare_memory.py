"""The memory of preparing a corpus, which should not depend on its size.

    python -m scripts.bench.prepare_memory [--pairs 1000000 10000000] [--json]

Made-up pairs of about 30 characters a side are prepared in a process of its own, whose memory is read twenty
times a second: the largest amount of its own memory, and of mapped files, which the system can reclaim.
Ten million pairs need some minutes and 5 GB of disk. `--json` writes docs/results/prepare_memory.json.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from scripts.results import ROOT, machine, write_results

KINDS = {"own": "RssAnon", "mapped": "RssFile"}


def measure(pairs: int) -> dict[str, Any]:
    """Prepare that many pairs; return the seconds and the peaks of memory in bytes."""
    with tempfile.TemporaryDirectory() as directory:
        command = [sys.executable, "-m", "scripts.bench.growth", "--point", "prepare, first time"]
        process = subprocess.Popen(
            [*command, str(pairs), directory], stdout=subprocess.PIPE, text=True, cwd=ROOT
        )
        peaks = dict.fromkeys(KINDS, 0)
        while process.poll() is None:
            for kind, amount in _memory(process.pid).items():
                peaks[kind] = max(peaks[kind], amount)
            time.sleep(0.05)
        assert process.stdout is not None
        with process.stdout:
            row = json.loads(process.stdout.read())
    return {"pairs": pairs, "seconds": round(row["seconds"], 1), **peaks}


def _memory(pid: int) -> dict[str, int]:
    """Return the memory of a process in bytes, by kind."""
    try:
        text = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return {}
    found = {kind: re.search(rf"^{name}:\s+(\d+) kB", text, re.MULTILINE) for kind, name in KINDS.items()}
    return {kind: 1024 * int(match[1]) for kind, match in found.items() if match}


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pairs", type=int, nargs="+", default=[10**6, 10**7], metavar="N")
    parser.add_argument("--json", action="store_true", help="also write docs/results/prepare_memory.json")
    options = parser.parse_args()
    points = []
    for pairs in options.pairs:
        points.append(measure(pairs))
        own, mapped = (points[-1][kind] / 1e6 for kind in KINDS)
        print(f"{pairs:12,} pairs {own:8.0f} MB, and {mapped:.0f} MB of mapped files", flush=True)
    if options.json:
        write_results("prepare_memory", {"machine": machine(), "points": points})


if __name__ == "__main__":
    main()
