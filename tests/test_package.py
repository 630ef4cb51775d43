"""What is built from the checkout works where nothing else of it is."""

from __future__ import annotations

import importlib.metadata
import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import venv
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
@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_a_package_in_a_fresh_environment_translates_from_an_empty_directory(
    tmp_path: Path, kind: str
) -> None:
    """The environment has the dependencies of this one, and the directory a space in its name."""
    run("-m", "hatchling", "build", "-t", kind, "-d", tmp_path, cwd=ROOT)
    (package,) = [path for path in tmp_path.iterdir() if path.suffix in (".whl", ".gz")]
    if kind == "wheel":
        names = zipfile.ZipFile(package).namelist()
        assert not [name for name in names if name.startswith(("tests/", "data/", "configs/", "docs/"))]
    else:
        with tarfile.open(package) as archive:
            names = [name.partition("/")[2] for name in archive.getnames()]
        assert {"pyproject.toml", "LICENSE", "tests/conftest.py", "configs/quick.yaml"} <= set(names)
    fresh, place = tmp_path / "a fresh environment", tmp_path / "an empty place"
    venv.create(fresh, with_pip=False)
    place.mkdir()
    (site,) = (fresh / "lib").glob("python*/site-packages")
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    python = fresh / "bin" / "python"
    options = ("--no-deps", "--no-build-isolation", "--no-index", "--force-reinstall", "-q")
    here = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    here["SEQ2SEQ_CACHE"] = str(tmp_path / "cache")

    def out(*command: str | Path) -> str:
        return subprocess.run(
            command, cwd=place, env=here, capture_output=True, text=True, timeout=300, check=True
        ).stdout

    out(python, "-m", "pip", "install", *options, package)
    assert out(python, "-c", "import seq2seq; print(seq2seq.__file__)").startswith(str(fresh))
    assert (
        out(fresh / "bin" / "seq2seq", "translate", "Where is the station?") == "¿Dónde está la estación?\n"
    )
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
def test_the_documents_become_pages_without_a_warning_or_a_dead_link(tmp_path: Path) -> None:
    """MkDocs stops at a link that leads nowhere, and at a name that mkdocstrings does not find."""
    pytest.importorskip("mkdocstrings")
    options = ("--strict", "--quiet", "-f", ROOT / "scripts" / "report" / "mkdocs.yml", "-d", tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", *map(str, options)],
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert (done.returncode, done.stderr.strip()) == (0, "")
    page = (tmp_path / "api.html").read_text("utf-8")
    assert all(f"Translator.{name}" in page for name in ("load", "translate", "translate_lines", "stream"))
    card = (tmp_path / "card.html").read_text("utf-8")
    pictures = re.findall(r'<img[^>]* src="([^"]+)"', card)
    assert pictures != []
    assert all((tmp_path / picture).exists() for picture in pictures)
    for written in tmp_path.glob("*.html"):
        fetched = re.findall(
            r'<(?:script|link|img)[^>]* (?:src|href)="(https?:[^"]+)"', written.read_text("utf-8")
        )
        assert fetched == [], written
