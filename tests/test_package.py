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
    told = run("-c", "import seq2seq, sys; print(seq2seq.__version__, 'torch' in sys.modules)", cwd=ROOT)
    assert told == f"{version} False\n"


USER = """
from seq2seq import TextStream, Translation, Translator, __version__

translator = Translator.load()
one: str = translator.translate("Hello.", lag=8)
some: list[str] = translator.translate(["Hello.", "Bye."], beam=3)
lines: list[Translation] = translator.translate_lines(some, lag="full", attention=True)
stream: TextStream = translator.stream(lag=8)
grown: str = stream.feed("Hello.") + stream.finish()
scores: list[float] = [line.score for line in lines]
version: str = __version__
translator.translate(5)
translator.translate_lines(["a"], lag=1.5)
one = some
"""
"""A script of a user; its last three lines are wrong."""


@pytest.mark.slow
def test_the_types_are_complete_for_users(tmp_path: Path) -> None:
    assert (ROOT / "seq2seq" / "py.typed").exists()
    (tmp_path / "user.py").write_text(USER)
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file=", "user.py"],
        cwd=tmp_path,
        env={**os.environ, "MYPYPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    found = [
        line.split(":")[1]
        for line in done.stdout.splitlines()
        if line.startswith("user.py") and "error" in line
    ]
    wrong = [number for number, line in enumerate(USER.splitlines(), 1) if line][-3:]
    assert sorted(set(map(int, found))) == wrong, done.stdout


@pytest.mark.slow
def test_the_page_of_the_interface_is_made_without_a_warning(tmp_path: Path) -> None:
    pytest.importorskip("pdoc")
    makefile = (ROOT / "Makefile").read_text("utf-8")
    modules = makefile.partition("API := ")[2].partition("\n")[0].split()
    run("-W", "error", "-m", "pdoc", "--docformat", "google", "-o", tmp_path, *modules, cwd=ROOT)
    page = (tmp_path / "seq2seq" / "translator.html").read_text("utf-8")
    assert all(f"Translator.{name}" in page for name in ("load", "translate", "translate_lines", "stream"))
