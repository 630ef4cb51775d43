"""The library names parameters in its messages; only the command line speaks of flags and commands."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "seq2seq"
OF_THE_COMMAND_LINE = re.compile(
    r"(?<!\S)`?--[a-z]|seq2seq (train|translate|evaluate|explain|experiment|data|checkpoint)\b"
)
LIBRARY = sorted(
    path.relative_to(PACKAGE).as_posix()
    for path in PACKAGE.rglob("*.py")
    if path.parent.name != "commands" and path != PACKAGE / "cli.py"
)
RESULTS = {"experiments/harness.py"}
"""Modules that write a command into a result."""


def messages(tree: ast.Module) -> list[str]:
    """Return the string literals of a module, those within f-strings included, without docstrings."""
    documents = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documents
    ]


def test_flags_and_commands_are_found() -> None:
    tree = ast.parse(
        '"""Not --this."""\nraise E(f"{x} is bad: add --force")\nf("use `--out`", "run seq2seq data fetch")\n'
    )
    found = {text for text in messages(tree) if OF_THE_COMMAND_LINE.search(text)}
    assert found == {" is bad: add --force", "use `--out`", "run seq2seq data fetch"}
    assert not OF_THE_COMMAND_LINE.search("a dash -- and a rule ---x")


@pytest.mark.parametrize("module", [name for name in LIBRARY if name not in RESULTS])
def test_the_library_speaks_of_no_flags_and_commands(module: str) -> None:
    tree = ast.parse((PACKAGE / module).read_text("utf-8"))
    assert [text for text in messages(tree) if OF_THE_COMMAND_LINE.search(text)] == []
