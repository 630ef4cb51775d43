"""Modules of JavaScript joined into one script, as a worker from a blob and a page from a file need them.

A module becomes a function that is called once, after those that it imports from. That takes a convention: an
import names what it takes, `import { a, b } from "./other.js";`, and an export stands before a declaration.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

_IMPORT: Final = re.compile(r"^import \{([^{}]*)\} from \"\./([\w/.]+\.js)\";[ \t]*\n", re.MULTILINE)
_EXPORT: Final = re.compile(r"^export (?=(?:async )?(?:function\*?|class|const|let) (\w+))", re.MULTILINE)
_LEFT: Final = re.compile(r"^\s*(?:import|export)\b.*", re.MULTILINE)
_UNSAFE: Final = re.compile(r"</script|<!--", re.IGNORECASE)


def joined_script(entry: Path) -> str:
    """Return one script that does what a module does.

    Args:
        entry: the module; those that it imports lie beside it.

    Raises:
        ValueError: a module does not keep to the convention, or two import each other.
    """
    order: list[Path] = []
    _visit(entry, [], order)
    return '"use strict";\n' + "".join(_function(path) for path in order)


def _visit(path: Path, above: list[Path], order: list[Path]) -> None:
    """Add a module to the order, after all that it imports from."""
    if path in above:
        raise ValueError(f"{path.name} imports itself by way of others")
    if path in order:
        return
    for found in _IMPORT.finditer(path.read_text("utf-8")):
        _visit(path.parent / found[2], [*above, path], order)
    order.append(path)


def _function(path: Path) -> str:
    text = path.read_text("utf-8")
    if _UNSAFE.search(text):
        raise ValueError(f"{path.name} holds text that would end a script in a page")
    imports = "".join(
        f"const {{ {_renamed(found[1])} }} = {_variable(path.parent / found[2])};\n"
        for found in _IMPORT.finditer(text)
    )
    body = _IMPORT.sub("", text)
    exports = _EXPORT.findall(body)
    body = _EXPORT.sub("", body)
    if left := _LEFT.search(body):
        raise ValueError(f"{path.name} has an import or export of another form: {left[0].strip()}")
    return f"const {_variable(path)} = (() => {{\n{imports}{body}return {{ {', '.join(exports)} }};\n}})();\n"


def _renamed(names: str) -> str:
    """Return the names of an import as a pattern of an assignment: `a as b` is `a: b`."""
    return ", ".join(name.strip().replace(" as ", ": ") for name in names.split(",") if name.strip())


def _variable(path: Path) -> str:
    return f"${path.stem}"
