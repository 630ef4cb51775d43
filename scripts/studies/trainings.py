"""Trainings that the studies start as new processes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from scripts.results import ROOT


def train(config: str, settings: Iterable[str], run: Path, log: Path) -> None:
    """Start or resume a training in `run`, with its output appended to `log`.

    Args:
        config: name of a file in configs/, without suffix.
        settings: overrides, KEY=VALUE.
        run: the run directory.
        log: the file for its output.
    """
    command = [sys.executable, "-m", "seq2seq", "train", str(ROOT / f"configs/{config}.yaml")]
    for setting in settings:
        command += ["--set", setting]
    with log.open("a") as output:
        subprocess.run([*command, "--out", str(run), "--resume"], check=True, stdout=output, stderr=output)
