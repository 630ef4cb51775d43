"""One name, one thing: no two classes, type aliases or modules of package and scripts have the same name."""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
SOURCES = sorted(path for name in ("seq2seq", "scripts") for path in (ROOT / name).rglob("*.py"))

SAME_NAME = [{"seq2seq/plain", "seq2seq/models"}]
"""Packages whose modules have the same names on purpose: the same networks in NumPy and in PyTorch."""
PROGRAMS = ("seq2seq/commands", "scripts")
"""Folders in which a module may be named after what it is about: it is a command, or a program."""


def defined_types(tree: ast.Module) -> Iterator[str]:
    """Yield the names of the classes and type aliases that a module defines."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            if ast.unparse(node.annotation).endswith("TypeAlias"):
                yield node.target.id
        elif isinstance(node, ast.Assign):
            yield from (
                target.id
                for target in node.targets
                if isinstance(target, ast.Name) and _is_alias(target.id, node.value)
            )


def _is_alias(name: str, value: ast.expr) -> bool:
    """Whether an assignment without an annotation defines a type, as Name = NDArray[...] does."""
    camel_case = name.lstrip("_")[:1].isupper() and not name.isupper()
    return camel_case and isinstance(value, (ast.Subscript, ast.BinOp, ast.Name, ast.Attribute))


def test_no_two_classes_or_type_aliases_have_the_same_name() -> None:
    """A leading underscore does not make another name of it."""
    places: dict[str, list[str]] = defaultdict(list)
    for path in SOURCES:
        for name in defined_types(ast.parse(path.read_text("utf-8"))):
            places[name.lstrip("_")].append(str(path.relative_to(ROOT)))
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


def test_aliases_are_found_in_all_their_forms() -> None:
    types = "A: TypeAlias = int\nIds = NDArray[int]\n_Lag = int | str\nclass B: pass\n"
    others = "T = TypeVar('T')\nLIMIT = 3\ncount: int = 3\n"
    assert list(defined_types(ast.parse(types + others))) == ["A", "Ids", "_Lag", "B"]


def test_no_two_modules_have_the_same_name_without_a_reason() -> None:
    packages: dict[str, set[str]] = defaultdict(set)
    for path in SOURCES:
        folder = str(path.parent.relative_to(ROOT))
        if not path.stem.startswith("__") and not folder.startswith(PROGRAMS):
            packages[path.stem].add(folder)
    same = {name: found for name, found in packages.items() if len(found) > 1 and found not in SAME_NAME}
    assert same == {}


def test_no_two_scripts_have_the_same_name() -> None:
    """Those directly in scripts/ are older names of commands."""
    stems = [path.stem for path in (ROOT / "scripts").glob("*/**/*.py") if not path.stem.startswith("__")]
    assert [name for name, count in Counter(stems).items() if count > 1] == []
