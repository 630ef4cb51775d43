"""Reading and writing a configuration: YAML and overrides become a checked `Config`, and back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from seq2seq.config.building import Entry, build, flatten
from seq2seq.config.checks import shown
from seq2seq.config.flatyaml import dump, parse, read_text
from seq2seq.config.messages import ConfigError, quoted
from seq2seq.config.schema import SECTIONS, SETTINGS, Config, to_tree


def load_config(path: str | Path, overrides: Sequence[str] = ()) -> Config:
    """Read a configuration file.

    Args:
        overrides: `section.key=value`, typed like YAML; the last one wins.

    Raises:
        UserError: when the file cannot be read.
        ConfigError: with all that is wrong in it.
    """
    return parse_config(read_text(Path(path)), str(path), overrides)


def parse_config(text: str, name: str = "<string>", overrides: Sequence[str] = ()) -> Config:
    """Like `load_config` for the text of a file called `name`."""
    tree, lines, problems = parse(text, lambda line: f"{name}:{line}")
    if not isinstance(tree, dict | None):
        raise ConfigError([f"{name}:1: expected the sections {', '.join(SECTIONS)}, got {shown(tree)}"])
    entries = flatten(tree or {}, lambda key: f"{name}:{lines[key]}: {quoted(key)}")
    for override in overrides:
        new, wrong = _parse_override(override)
        # The new entry comes last: the later of two contradictory settings is reported.
        entries = {key: entry for key, entry in entries.items() if key not in new} | new
        problems = [*problems, *wrong]
    return build(entries, problems)


def dump_config(config: Config) -> str:
    """Return YAML that `parse_config` reads as an equal configuration."""
    return dump(config.to_dict())


def diff_configs(old: Config, new: Config) -> list[tuple[str, Any, Any]]:
    """Return (dotted key, old value, new value) in plain types for each setting that differs."""
    before, after = old.to_dict(), new.to_dict()
    keys = [tuple(dotted.split(".")) for dotted in SETTINGS]
    return [(f"{s}.{k}", before[s][k], after[s][k]) for s, k in keys if before[s][k] != after[s][k]]


def describe_settings() -> str:
    """Return a configuration file of all defaults, with comments on what each setting is and accepts."""
    lines, section = [], ""
    defaults = to_tree({section: cls() for section, cls in SECTIONS.items()})
    for line in dump(defaults).splitlines():
        key = line.split(":")[0]
        if key in SECTIONS:
            section = key
            lines.append(f"{line:<30}# {SECTIONS[key].__doc__}")
        else:
            setting = SETTINGS[f"{section}.{key.strip()}"]
            lines.append(f"{line:<30}# {setting.doc} ({setting.validator.expected})")
    return "\n".join(lines) + "\n"


def _parse_override(override: str) -> tuple[dict[str, Entry], list[str]]:
    """Return the entry of `section.key=value`, none if it cannot be read, and what is wrong with it."""
    key, equals, text = override.partition("=")
    if not (equals and key):
        return {}, [f"{quoted(override)}: expected section.key=value, such as train.seed=2"]
    subject = f"setting {quoted(key)}"
    try:
        value, _, problems = parse(text, lambda _: subject)
    except ConfigError as error:
        return {}, error.problems
    return {key: Entry(subject, value)}, problems
