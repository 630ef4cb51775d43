"""The lag: how many source symbols have been read when each target symbol is written.

Training, batch decoding, streaming, plotting and scoring all use this module; no other computes it.

    time        1   2   3   4   5   6   7   8   9
    source x    I       l   i   k   e       t   e  ...
    target y                y_1 y_2 y_3 y_4 y_5 y_6        lag 3: y_t is written once x_{t+3} has been read

Positions t and counts of symbols start at 1, as in the equations; S and T count the end marks x_S and y_T. In
the literature's terms a lag τ is wait-k with k = τ + 1, counted in characters (Ma et al. 2019).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray

Lag: TypeAlias = int | Literal["full"]
FULL: Final = "full"
LARGEST: Final = 10_000
"""Upper bound of a lag; larger numbers are typing errors."""


def parse_lag(value: object) -> Lag:
    """Return `value` as a lag: a whole number from 0 to 10,000, or `full`; digits in a string are a number.

    Raises:
        ValueError: with a sentence that says what a lag is.
    """
    if value == FULL:
        return FULL
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST:
        return value
    raise ValueError(f"a lag is a whole number from 0 to {LARGEST:,} or `full`, not {value!r}")


def read(t: int, lag: Lag, source_length: int) -> int:
    """read(t) = min(t + τ, S): the number of source symbols read when y_t is written; S for `full`.

    Args:
        t: position in the target, from 1.
        lag: τ.
        source_length: S, the end mark included.
    """
    return source_length if lag == FULL else min(t + lag, source_length)


def is_due(t: int, lag: Lag, received: int, over: bool) -> bool:
    """Whether y_t can be written while the source arrives: whether read(t) is known and has been received.

    Args:
        t: position in the target, from 1.
        lag: τ.
        received: source symbols received so far.
        over: whether the end mark was the last of them, so that S is known.
    """
    return over or (lag != FULL and read(t, lag, received + 1) <= received)


def reads(target_length: int, lag: Lag, source_length: int) -> list[int]:
    """Return read(1) … read(T) for T = `target_length`."""
    return [read(t, lag, source_length) for t in range(1, target_length + 1)]


def delays(written: int, lag: Lag, source_length: int) -> list[int]:
    """Return d_t = min(read(t), S - 1) for the `written` real characters: the end mark is not a character."""
    return [min(count, source_length - 1) for count in reads(written, lag, source_length)]


def read_now(t: int | NDArray[np.int64], lag: Lag, source_lengths_B: NDArray[np.int64]) -> NDArray[np.int64]:
    """read(t) for one t, or one for each, and a batch of source lengths; integers (B,)."""
    return source_lengths_B if lag == FULL else source_lengths_B.clip(max=t + lag)


def read_batch(first: int, last: int, lag: Lag, source_lengths_B: torch.Tensor) -> torch.Tensor:
    """read(t) for t = `first` … `last` and a batch of source lengths; integers (B, last - first + 1)."""
    lengths_B1 = source_lengths_B[:, None]
    if lag == FULL:
        return lengths_B1.expand(-1, last - first + 1)
    return (_count(first, last, source_lengths_B) + lag).minimum(lengths_B1)


def _count(first: int, last: int, like: torch.Tensor) -> torch.Tensor:
    """Return `first` … `last`, on the device of `like`, to avoid a synchronising copy."""
    return like.new_ones(last - first + 1).cumsum(0) + (first - 1)


def clock(t: int, lag: Lag, source_length: int) -> int:
    """The clock at which a network that reads and writes on one clock writes y_t: t + τ, or t + S - 1.

    At clock s it reads x_s, or a blank once the source is over; so min(clock, S) = read(t).
    """
    return t + (source_length - 1 if lag == FULL else lag)


def clock_now(t: int, lag: Lag, source_lengths_B: NDArray[np.int64]) -> NDArray[np.int64]:
    """`clock` for one t and a batch of source lengths; integers (B,)."""
    return source_lengths_B - 1 + t if lag == FULL else source_lengths_B * 0 + (t + lag)


def clock_batch(last: int, lag: Lag, source_lengths_B: torch.Tensor) -> torch.Tensor:
    """`clock` for t = 1 … `last` and a batch of source lengths; integers (B, last)."""
    t = _count(1, last, source_lengths_B)
    lag_B = source_lengths_B - 1 if lag == FULL else source_lengths_B.new_full(source_lengths_B.shape, lag)
    return t + lag_B[:, None]


def writes_at(s: int, lag: Lag, over: bool) -> bool:
    """Whether a network on one clock writes at clock s: from τ + 1 on; for `full`, once x_S has been read.

    Args:
        s: the clock, from 1.
        lag: τ.
        over: whether x_S has been read, at clock s or before.
    """
    return over if lag == FULL else s > lag


@dataclass(frozen=True)
class LagDistribution:
    """The lags that a model is trained for: one fixed lag, or a mixture that is drawn from for every batch.

    Attributes:
        fixed: the one lag, or None for a mixture.
        uniform: smallest and largest lag of the mixture, both included.
        full: the share of a mixture's batches that is trained at `full`, in [0, 1).
    """

    fixed: Lag | None = FULL
    uniform: tuple[int, int] | None = None
    full: float = 0.0

    @classmethod
    def parse(cls, value: object) -> LagDistribution:
        """Read `full`, a number, or a mapping such as {uniform: [0, 40], full: 0.5}.

        Raises:
            ValueError: with a sentence that says which forms there are.
        """
        if isinstance(value, Mapping):
            return cls._parse_mixture(value)
        return cls(fixed=parse_lag(value))

    @classmethod
    def _parse_mixture(cls, value: Mapping[Any, Any]) -> LagDistribution:
        unknown = [str(key) for key in value if key not in ("uniform", "full")]
        if unknown or "uniform" not in value:
            raise ValueError(
                "a distribution of lags is {uniform: [smallest, largest], full: share}"
                + (f"; it has no {', '.join(unknown)}" if unknown else "; `uniform` is missing")
            )
        ends, full = value["uniform"], value.get("full", 0.0)
        if not (isinstance(ends, Sequence) and not isinstance(ends, str) and len(ends) == 2):
            raise ValueError(f"`uniform` is a list of the smallest and the largest lag, not {ends!r}")
        low, high = parse_lag(ends[0]), parse_lag(ends[1])
        if low == FULL or high == FULL or low > high:
            raise ValueError(f"`uniform` goes from a smaller number to a larger one, not {ends!r}")
        if isinstance(full, bool) or not isinstance(full, (int, float)) or not 0 <= full < 1:
            raise ValueError(f"`full` is the share of batches at lag full, from 0 to below 1, not {full!r}")
        return cls(fixed=None, uniform=(low, high), full=float(full))

    def to_plain(self) -> Lag | dict[str, Any]:
        """Return the form that `parse` reads, of plain types."""
        if self.fixed is not None:
            return self.fixed
        assert self.uniform is not None
        return {"uniform": list(self.uniform), "full": self.full}

    def sample(self, rng: np.random.Generator) -> Lag:
        """Draw the lag of one batch. A fixed lag draws nothing from `rng`."""
        if self.fixed is not None:
            return self.fixed
        assert self.uniform is not None
        if rng.random() < self.full:
            return FULL
        return int(rng.integers(self.uniform[0], self.uniform[1], endpoint=True))

    def serves(self, lag: Lag) -> bool:
        """Whether a model trained with this distribution may be asked for `lag`."""
        if self.fixed is not None:
            return lag == self.fixed
        assert self.uniform is not None
        return self.full > 0 if lag == FULL else self.uniform[0] <= lag <= self.uniform[1]

    @property
    def largest(self) -> int:
        """The largest number among the lags; 0 when there is none."""
        if self.uniform is not None:
            return self.uniform[1]
        return self.fixed if isinstance(self.fixed, int) else 0

    def describe(self) -> str:
        """Name the lags for a person: `12`, `full` or `0 to 40 and full`."""
        if self.uniform is None:
            return str(self.fixed)
        return f"{self.uniform[0]} to {self.uniform[1]}" + (" and full" if self.full else "")
