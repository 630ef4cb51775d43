"""Translation on several workers by Ray Data: the same text as that of the command."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.translate_on_ray import lines

ROOT = Path(__file__).parents[2]
MODEL = ROOT / "tests" / "golden" / "tiny" / "model.safetensors"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", []),
        (b"a", ["a"]),
        (b"a\n", ["a"]),
        (b"a\n\n", ["a", ""]),
        (b"\na\r\n", ["", "a\r"]),
        ("a\u2028b\x0bc\n".encode(), ["a\u2028b\x0bc"]),
        (b"\xff!\n", ["\ufffd!"]),
    ],
)
def test_the_lines_are_those_of_the_command(content: bytes, expected: list[str]) -> None:
    assert [row["text"] for row in lines({"bytes": content})] == expected


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="ray is not installed (the extra `ray`)")
def test_two_workers_write_what_the_command_writes(tmp_path: Path) -> None:
    """Two files, with empty lines, bad bytes and a line without an end, keep their lines and their order."""
    sources = [line.split("\t")[0] for line in (ROOT / "data/dev.tsv").read_text("utf-8").splitlines()[:60]]
    whole = (
        ("\n".join(sources[:50]) + "\n\n  \n12:30\n").encode(),
        b"caf\xff\n" + "\n".join(sources[50:]).encode(),
    )
    files = [tmp_path / name for name in ("a.txt", "b.txt")]
    for file, content in zip(files, whole, strict=True):
        file.write_bytes(content)
    alone = tmp_path / "alone.txt"
    alone.write_bytes(b"".join(whole))
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "RAY_USAGE_STATS_ENABLED": "0"}

    def run(*words: object) -> None:
        done = subprocess.run(
            [sys.executable, *map(str, words)], capture_output=True, text=True, env=environment, timeout=600
        )
        assert done.returncode == 0, done.stderr

    run("-m", "seq2seq", "translate", "--model", MODEL, "-i", alone, "-o", tmp_path / "command.txt")
    run(ROOT / "scripts/translate_on_ray.py", tmp_path / "ray.txt", *files, "--model", MODEL, "--workers", 2)
    written = (tmp_path / "ray.txt").read_text("utf-8").split("\n")
    assert written == (tmp_path / "command.txt").read_text("utf-8").split("\n")
    assert len(written) == 50 + 3 + 11 + 1
    assert len(set(written)) > 40
