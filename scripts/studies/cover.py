"""Measure the coverage of the package by the fast tests, including the processes that they start.

    pip install coverage
    python -m scripts.studies.cover

Results: docs/results/coverage.json, which `scripts.report.render` puts into docs/reliability.md.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

from scripts.results import ROOT, write_results

SETTINGS = """\
[run]
source = seq2seq
branch = true
parallel = true
patch = subprocess
sigterm = true
data_file = {directory}/data
[report]
exclude_also =
    if TYPE_CHECKING:
    @overload
    raise NotImplementedError
    ^\\s*\\.\\.\\.$
"""


def measure() -> dict[str, Any]:
    """Run the tests and return the coverage of the package and of its modules, in per cent."""
    with tempfile.TemporaryDirectory() as name:
        settings, report = Path(name, "settings"), Path(name, "report.json")
        settings.write_text(SETTINGS.format(directory=name), encoding="utf-8")
        for action, *rest in (
            ["run", "-m", "pytest"],
            ["combine", "--quiet"],
            ["json", "--quiet", "-o", str(report)],
        ):
            command = [sys.executable, "-m", "coverage", action, f"--rcfile={settings}", *rest]
            subprocess.run(command, cwd=ROOT, check=True)
        found = json.loads(report.read_text(encoding="utf-8"))
    return {
        "version": found["meta"]["version"],
        "date": date.today().isoformat(),
        "percent": found["totals"]["percent_covered"],
        "modules": {
            str(path): body["summary"]["percent_covered"] for path, body in sorted(found["files"].items())
        },
    }


if __name__ == "__main__":
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args()
    write_results("coverage", measure())
