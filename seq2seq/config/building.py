"""Building a configuration: a mapping of sections and settings becomes a checked `Config`.

A model file holds such a mapping, so that nothing here imports YAML.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any, NamedTuple

from seq2seq.config.checks import shown
from seq2seq.config.messages import ConfigError, quoted, suggestion
from seq2seq.config.rules import contradictions
from seq2seq.config.schema import SECTIONS, SETTINGS, Config
from seq2seq.errors import listed


def config_from_dict(tree: Mapping[str, Any], name: str) -> Config:
    """Return the checked configuration of what `Config.to_dict` returned.

    Args:
        name: what messages call its origin.

    Raises:
        ConfigError: with all that is wrong in it.
    """
    return build(flatten(tree, lambda key: f"{name}: {quoted(key)}"), [])


class Entry(NamedTuple):
    """The value of a setting, and the start of a message about it."""

    subject: str
    value: Any


def flatten(tree: Mapping[Any, Any], subject: Callable[[str], str]) -> dict[str, Entry]:
    """Return the settings by dotted key; `subject` returns the start of a message about a key."""
    entries: dict[str, Entry] = {}
    for section, body in tree.items():
        if section in SECTIONS and isinstance(body, dict | None):
            for dotted, value in ((f"{section}.{key}", value) for key, value in (body or {}).items()):
                entries[dotted] = Entry(subject(dotted), value)
        else:  # the dot keeps a top-level `train.seed:` from passing for the setting
            entries[f"{section}."] = Entry(subject(str(section)), body)
    return entries


def build(entries: Mapping[str, Entry], problems: list[str]) -> Config:
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


def _unknown(dotted: str, entry: Entry) -> str:
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
