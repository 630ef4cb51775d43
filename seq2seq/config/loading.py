"""Reading and writing a configuration: YAML and overrides become a checked `Config`, and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple

from seq2seq.config.checks import shown
from seq2seq.config.flatyaml import dump, parse, read_text
from seq2seq.config.messages import ConfigError, quoted, suggestion
from seq2seq.config.rules import contradictions
from seq2seq.config.schema import SECTIONS, SETTINGS, Config, to_tree
from seq2seq.errors import listed


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
    entries = _flatten(tree or {}, lambda key: f"{name}:{lines[key]}: {quoted(key)}")
    for override in overrides:
        new, wrong = _parse_override(override)
        # The new entry comes last: the later of two contradictory settings is reported.
        entries = {key: entry for key, entry in entries.items() if key not in new} | new
        problems = [*problems, *wrong]
    return _build(entries, problems)


def config_from_dict(tree: Mapping[str, Any], name: str) -> Config:
    """Like `load_config` for what `Config.to_dict` returned; messages call its origin `name`."""
    return _build(_flatten(tree, lambda key: f"{name}: {quoted(key)}"), [])


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


class _Entry(NamedTuple):
    subject: str
    value: Any


def _flatten(tree: Mapping[Any, Any], subject: Callable[[str], str]) -> dict[str, _Entry]:
    """Return the settings by dotted key; `subject` returns the start of a message about a key."""
    entries: dict[str, _Entry] = {}
    for section, body in tree.items():
        if section in SECTIONS and isinstance(body, dict | None):
            for dotted, value in ((f"{section}.{key}", value) for key, value in (body or {}).items()):
                entries[dotted] = _Entry(subject(dotted), value)
        else:  # the dot keeps a top-level `train.seed:` from passing for the setting
            entries[f"{section}."] = _Entry(subject(str(section)), body)
    return entries


def _parse_override(override: str) -> tuple[dict[str, _Entry], list[str]]:
    """Return the entry of `section.key=value`, none if it cannot be read, and what is wrong with it."""
    key, equals, text = override.partition("=")
    if not (equals and key):
        return {}, [f"{quoted(override)}: expected section.key=value, such as train.seed=2"]
    subject = f"setting {quoted(key)}"
    try:
        value, _, problems = parse(text, lambda _: subject)
    except ConfigError as error:
        return {}, error.problems
    return {key: _Entry(subject, value)}, problems


def _build(entries: Mapping[str, _Entry], problems: list[str]) -> Config:
    """Return the configuration of checked entries.

    Args:
        problems: those found before.

    Raises:
        ConfigError: with all problems, for a wrong entry or two that contradict each other.
    """
    problems = list(problems)
    values: dict[str, dict[str, Any]] = {section: {} for section in SECTIONS}
    bad = set()
    for dotted, entry in entries.items():
        section, _, key = dotted.partition(".")
        try:
            values[section][key] = SETTINGS[dotted].validator.read(entry.value)
        except KeyError:
            problems.append(_unknown(dotted.rstrip("."), entry))
            bad.add(dotted.rstrip("."))
        except ValueError as hint:
            expected = SETTINGS[dotted].validator.expected
            problems.append(f"{entry.subject}: expected {expected}, got {shown(entry.value)}{hint}")
            bad.add(dotted)
    config = Config(**{section: cls(**values[section]) for section, cls in SECTIONS.items()})
    for keys, reason in contradictions(config):
        if bad.isdisjoint({*keys, *(key.partition(".")[0] for key in keys)}):
            reported = [entry.subject for dotted, entry in entries.items() if dotted in keys]
            problems.append(f"{reported[-1]}: {reason}")
    if problems:
        raise ConfigError(problems)
    return config


def _unknown(dotted: str, entry: _Entry) -> str:
    """Return the message for an unknown setting, with settings of that name elsewhere and similar names."""
    section, _, key = dotted.partition(".")
    if dotted in SETTINGS:
        return f"{entry.subject} must be inside a section: write `{section}:` and, below it, `{key}:`"
    siblings = [name for name in SETTINGS if name.startswith(f"{section}.")]
    if siblings and not key:
        return f"{entry.subject} is a section of settings such as {siblings[0]}, got {shown(entry.value)}"
    names = [name.partition(".")[2] for name in siblings]
    found = [name for name in SETTINGS if name.endswith(f".{key or section}")]
    found += [f"{section}.{close}" for close in get_close_matches(key.lower(), names, 1)]
    sections = [] if siblings else get_close_matches(section.lower(), SECTIONS, 1)
    form = f"; settings are in the sections {', '.join(SECTIONS)}"
    if names:
        form = f"; the settings of {section} are {listed(names)}"
    return f"{entry.subject} is unknown{suggestion(found or sections) or form}"
