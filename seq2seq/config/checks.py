"""Validators of settings: each checks a plain value and says in words what it expects."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import PurePath
from typing import Any, Final, Generic, TypeAlias, TypeVar, get_args
from unicodedata import category

from seq2seq.config.messages import is_number, one_line, quoted, suggestion
from seq2seq.lag import FULL, LARGEST, Lag, LagDistribution

HUGE: Final = sys.float_info.max
ValueT = TypeVar("ValueT")
Files: TypeAlias = str | tuple[str, str]
"""A file of pairs, or two parallel files that belong together line by line."""
Pairs: TypeAlias = Files | None
"""Files of pairs, or none."""


@dataclass(frozen=True)
class TrainPart:
    """A part of the training data.

    Attributes:
        path: a file of pairs, or two parallel files.
        share: how much of the training it makes up, relative to the shares of the other parts.
    """

    path: Files
    share: float


TrainPairs: TypeAlias = Files | tuple[TrainPart, ...] | None
"""Files of pairs, several parts with shares, or none."""


@dataclass(frozen=True)
class Validator(Generic[ValueT]):
    """What a setting accepts: in words, and as a function that raises ValueError, perhaps with a hint."""

    expected: str
    read: Callable[[Any], ValueT]


def whole(low: int, high: int = 10**9) -> Validator[int]:
    """Accept a whole number from `low` to `high`."""

    def read(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ValueError(_number_hint(value))
        return value

    return Validator(f"a whole number from {low:,} to {high:,}", read)


def real(low: float, high: float = HUGE, *, above: bool = False, below: bool = False) -> Validator[float]:
    """Accept a finite number from `low` to `high`; `above` and `below` leave out the end itself."""

    def read(value: Any) -> float:
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not number or not low <= value <= high or (above and value == low) or (below and value == high):
            raise ValueError(_number_hint(value))
        return float(value)

    upper = "" if high == HUGE else f" {'to below' if below else 'to'} {high:g}"
    return Validator(f"a number {'above' if above else 'from'} {low:g}{upper}", read)


def one_of(literal: Any) -> Validator[Any]:
    """Accept one of the words of a `Literal`."""
    words = get_args(literal)

    def read(value: Any) -> Any:
        if not isinstance(value, str) or value not in words:
            raise ValueError(suggestion(get_close_matches(str(value).lower(), words, 1)))
        return value

    return Validator(listing(words), read)


def optional(check: Validator[ValueT]) -> Validator[ValueT | None]:
    """Accept what `check` accepts, or null."""
    return Validator(f"{check.expected} or null", lambda value: None if value is None else check.read(value))


def _read_switch(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError
    return value


def _read_text(value: Any) -> str:
    if not isinstance(value, str):
        words = "`no`, `off` and `false` are the truth value false" if value is False else "it is not text"
        raise ValueError(f" ({words}; quote it to make it a string)" if value is not None else "")
    if not value.strip() or any(category(character) in ("Cc", "Cs") for character in value):
        raise ValueError
    return value


def _read_pairs(value: Any) -> Files:
    if not isinstance(value, list):
        return _read_text(value)
    if len(value) != 2:
        raise ValueError
    return _read_text(value[0]), _read_text(value[1])


def _read_train(value: Any) -> TrainPairs:
    if isinstance(value, list) and any(isinstance(part, dict) for part in value):
        return tuple(_read_part(number, part) for number, part in enumerate(value, 1))
    if isinstance(value, dict):
        raise ValueError(f" (write the parts as a list: [{_PART_FORM}, …])")
    return _read_pairs(value)


def _read_more(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise ValueError(" (write it as a list: [FILE])" if isinstance(value, str) else "")
    paths = tuple(map(_read_text, value))
    names = [part_name(path) for path in paths]
    if twice := [name for name in names if names.count(name) > 1]:
        raise ValueError(f" (two of them are called {quoted(twice[0])}: rename one)")
    return paths


def part_name(path: str) -> str:
    """Return the name of a file of pairs in logs and scores: its file name up to the first dot."""
    name = PurePath(path).name
    return name.lstrip(".").partition(".")[0] or name


def _read_part(number: int, value: Any) -> TrainPart:
    """Return one of several parts; a ValueError says which part is wrong, and how."""
    what = f"part {number} of the list"
    if not isinstance(value, dict):
        raise ValueError(f" ({what} is not of the form {_PART_FORM}: found {shown(value)})")
    if value.keys() != {"path", "share"}:
        missing = [f"has no {key}" for key in ("path", "share") if key not in value]
        foreign = [f"has {quoted(str(key))}" for key in value if key not in ("path", "share")]
        raise ValueError(f" ({what} {' and '.join(missing + foreign)}; its form is {_PART_FORM})")

    def read(key: str, check: Validator[ValueT]) -> ValueT:
        try:
            return check.read(value[key])
        except ValueError as hint:
            raise ValueError(f" ({what}: {key} is {check.expected}, not {shown(value[key])}{hint})") from None

    return TrainPart(read("path", _FILES), read("share", _SHARE))


def _read_lag(value: Any) -> Lag:
    return FULL if value == FULL else _LAG_NUMBER.read(value)


def _read_some_lags(value: Any) -> tuple[Lag, ...]:
    if not isinstance(value, list) or not value:
        raise ValueError
    lags = tuple(map(_read_lag, value))
    if len(set(lags)) < len(lags):
        raise ValueError(" (a lag is listed twice)")
    return lags


def _read_lags(value: Any) -> LagDistribution:
    if not isinstance(value, dict):
        return LagDistribution(_read_lag(value))
    try:
        lags = LagDistribution.parse(value)
    except ValueError as error:
        raise ValueError(f" ({one_line(str(error))})") from None
    if lags.to_plain() != {"full": 0.0} | value:
        raise ValueError(" (a number in quotes is text: drop the quotes)")
    return lags


_LAG_NUMBER: Final = whole(0, LARGEST)
SWITCH: Final = Validator("true or false", _read_switch)
TEXT: Final = Validator("a path", _read_text)
_FILES: Final = Validator("a path or a list of two paths", _read_pairs)
_SHARE: Final = real(0, 10**6, above=True)
_PART_FORM: Final = "{path: FILE, share: NUMBER}"
PAIRS: Final = optional(Validator("a path, a list of two paths", _read_pairs))
TRAIN_PAIRS: Final = optional(
    Validator(f"a path, a list of two paths, a list of parts such as {_PART_FORM}", _read_train)
)
MORE_FILES: Final = optional(Validator("a list of paths", _read_more))
LAG: Final = Validator(f"full or {_LAG_NUMBER.expected}", _read_lag)
SOME_LAGS: Final = optional(Validator("a list of lags such as [4, 12, full]", _read_some_lags))
LAGS: Final = Validator(f"{LAG.expected}, or a mixture such as {{uniform: [0, 40], full: 0.5}}", _read_lags)


def _number_hint(value: Any) -> str:
    if not isinstance(value, str):
        return ""
    if re.fullmatch(r"[-+]?0[0-9]+", value):
        return " (a number does not start with 0: write it without)"
    return " (a number in quotes is text: drop the quotes)" if is_number(value) else ""


def listing(words: Iterable[str]) -> str:
    """Return `a, b or c`."""
    *most, last = words
    return ", ".join(most) + f" or {last}" if most else last


def shown(value: object) -> str:
    """Return a value as YAML writes it, with its type where that may be the mistake."""
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    kind = "the text " if isinstance(value, str) else "the list " if isinstance(value, list) else ""
    text = repr(value)
    return kind + (text if len(text) <= 60 else text[:59] + "…")
