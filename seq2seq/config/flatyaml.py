"""A strict reader of the part of YAML that flat settings need: nothing in it expands or runs.

Anchors, aliases, tags, merge keys, duplicate keys, deep nesting and large files are errors that name a line.
"""

from __future__ import annotations

import codecs
import re
import sys
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

from seq2seq.config.messages import NUMBERS, ConfigError, quoted, suggestion
from seq2seq.errors import UsageError, UserError

SIZE_LIMIT: Final = 256 * 1024
NESTING_LIMIT: Final = 8
_NO_CONFIGURATION: Final = frozenset({".tsv", ".csv", ".txt", ".jsonl", ".gz", ".safetensors", ".pt"})
"""Endings of files of pairs, models and training states."""
_TOO_LARGE: Final = f"larger than the limit of {SIZE_LIMIT // 1024} KiB"


def read_text(path: Path) -> str:
    """Return the text of a file, UTF-8 with or without a byte order mark.

    Raises:
        UserError: when it cannot be read, with files of a similar name beside it.
        UsageError: when its name is that of pairs, a model or a training state.
        ConfigError: when it is too large or not UTF-8.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(SIZE_LIMIT + 1)
    except OSError as error:
        if path.is_dir():
            inside = sorted(str(file) for file in path.glob("*.yaml"))
            which = f"name one of those in it: {', '.join(inside)}" if inside else "it has no *.yaml"
            raise UserError(f"cannot read the configuration {path}: it is a directory; {which}") from None
        near = suggestion(_neighbours(path))
        raise UserError(f"cannot read the configuration {path}: {error.strerror}{near}") from None
    if path.suffix.lower() in _NO_CONFIGURATION:
        raise UsageError(
            f"{path} is no configuration: that is a .yaml file, which names files of pairs in data.train "
            "and a model to start from in train.init_from"
        )
    if len(raw) > SIZE_LIMIT:
        raise ConfigError([f"{path}:1: {_TOO_LARGE}"])
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        utf16 = raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        reason = "this is UTF-16" if utf16 else f"byte {error.start + 1} is not UTF-8"
        line = raw.count(b"\n", 0, error.start) + 1
        raise ConfigError([f"{path}:{line}: {reason}: save the file as UTF-8"]) from None


def _neighbours(path: Path) -> list[str]:
    """Return the configurations with names similar to that of a missing file, beside it or in `configs`."""
    for directory in (path.parent, path.parent / "configs"):
        there = [file.name for file in directory.glob("*.yaml")]
        if close := get_close_matches(path.name, there):
            return [str(directory / name) for name in close]
    return []


class Parsed(NamedTuple):
    """Plain types, the line of each dotted key, and a message for each duplicate or invalid key."""

    tree: Any
    lines: dict[str, int]
    problems: list[str]


def parse(text: str, place: Callable[[int], str]) -> Parsed:
    """Read YAML; `place` turns a line number into the start of a message.

    Raises:
        ConfigError: for what makes the rest unreadable: syntax, anchors, tags, nesting, size.
    """
    if len(text) > SIZE_LIMIT:
        raise ConfigError([f"{place(1)}: {_TOO_LARGE}"])
    try:
        loader = _Loader(text, place)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise ConfigError(
            [f"{place(line)}: contains the character {error.character:#x}, which YAML does not allow"]
        ) from None
    try:
        node = loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        reason = ", ".join(part for part in (error.context, error.problem) if part)
        raise ConfigError([f"{place(line)}: invalid YAML: {reason}"]) from None
    except (ValueError, OverflowError):  # what PyYAML lets through for "\UFFFFFFFF"
        raise ConfigError(
            [f"{place(loader.line + 1)}: invalid YAML: an escape sequence outside Unicode"]
        ) from None
    return Parsed(None if node is None else loader.plain(node), loader.lines, loader.problems)


def dump(tree: Mapping[str, Any]) -> str:
    """Return YAML that `parse` reads as `tree`, which holds no control characters."""
    return str(yaml.dump(tree, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=sys.maxsize))


_WORDS: Final = {"null": "~|null|Null|NULL|", "bool": "(?i:true|false|yes|no|on|off)"}
# The types of bare words. YAML 1.1 takes 1e-3 for text, 010 for 8, 12:30 for 750, 2020-01-01 for a date.
_RESOLVERS: Final[dict[Any, Any]] = {
    None: [
        (f"tag:yaml.org,2002:{kind}", re.compile(rf"(?:{form})\Z"))
        for kind, form in (_WORDS | NUMBERS).items()
    ]
}


class _Dumper(yaml.SafeDumper):
    yaml_implicit_resolvers = _RESOLVERS


class _Loader(yaml.SafeLoader):
    """Refuses what could expand or execute at once, and collects other mistakes in `problems`."""

    yaml_implicit_resolvers = _RESOLVERS

    def __init__(self, text: str, place: Callable[[int], str]) -> None:
        super().__init__(text)
        self.place = place
        self.depth = 0
        self.lines: dict[str, int] = {}
        self.problems: list[str] = []

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """Refuse anchors, aliases, tags and deep nesting; the base class calls this for every node."""
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        reason = f"nested more than {NESTING_LIMIT} deep" if self.depth == NESTING_LIMIT else None
        if event.anchor or event.tag:  # an alias is an event with an anchor
            reason = "anchors (&), aliases (*) and tags (!) are not supported: write the value"
        if reason:
            raise yaml.composer.ComposerError(None, None, reason, event.start_mark)
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def plain(self, node: yaml.Node, path: str = "") -> Any:
        """Return `node` in plain types, noting the line of each dotted key."""
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.plain(child, path) for child in node.value]
        return self.construct_object(node)

    def _mapping(self, node: yaml.MappingNode, path: str) -> dict[str, Any]:
        tree: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else None
            dotted = f"{path}.{key}" if path else str(key)
            if key is None:
                self.problems.append(f"{self.place(line)}: a key is a word, not a list or a mapping")
            elif key == "<<":
                self.problems.append(
                    f"{self.place(line)}: merge keys (<<) are not supported: write the keys out"
                )
            elif key in tree:
                first = f"first on line {self.lines[dotted]}"
                self.problems.append(f"{self.place(line)}: {quoted(dotted)} is set twice, {first}")
            else:
                self.lines[dotted] = line
                tree[key] = self.plain(value_node, dotted)
        return tree
