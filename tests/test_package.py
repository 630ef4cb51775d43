"""What is built from the checkout works where nothing else of it is."""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def run(*arguments: str | Path, cwd: Path, **environment: str) -> str:
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    ).stdout


@pytest.mark.slow
def test_the_wheel_translates_from_an_empty_directory_with_a_space_in_its_name(tmp_path: Path) -> None:
    options = ("--no-deps", "--no-build-isolation", "--no-index", "-q", "-w", tmp_path)
    run("-m", "pip", "wheel", ROOT, *options, cwd=tmp_path)
    (wheel,) = tmp_path.glob("*.whl")
    place = tmp_path / "an empty place"
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        for name in names:
            archive.extract(name, tmp_path / "unpacked")
    assert not [name for name in names if name.startswith(("tests/", "data/", "configs/"))]
    place.mkdir()
    here = {"PYTHONPATH": str(tmp_path / "unpacked"), "SEQ2SEQ_CACHE": str(tmp_path / "cache")}
    assert run("-c", "import seq2seq; print(seq2seq.__file__)", cwd=place, **here).startswith(str(tmp_path))
    out = run("-m", "seq2seq", "translate", "Where is the station?", cwd=place, **here)
    assert out == "¿Dónde está la estación?\n"
    assert list(place.iterdir()) == []


def test_one_version_everywhere() -> None:
    version = importlib.metadata.version("seq2seq-lag")
    assert version in run("-m", "seq2seq", "--version", cwd=ROOT)
