"""A trial: the seed of each try, counts of the outcomes, and evidence of failures."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tqdm import tqdm


@dataclass
class Trial:
    """One part of `scripts.chaos`.

    Attributes:
        part: its name.
        seed: seed of all random choices.
        tries: the numbers of the tries; each has a random generator of its own.
        evidence: folder for the files that reproduce a failure.
        model: the model to use if the package has none.
        first_only: whether to end at the first failure.
        counts: number of each outcome, by name.
        failures: a sentence for each failure.
    """

    part: str
    seed: int
    tries: range
    evidence: Path
    model: Path | None = None
    first_only: bool = False
    counts: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    def rng(self, index: int) -> random.Random:
        """Return the random generator of a try, a function of seed, part and number."""
        return random.Random(f"{self.seed} {self.part} {index}")

    def each(self) -> Iterator[int]:
        """Yield the numbers of the tries, with a progress bar that shows the number of failures."""
        with tqdm(self.tries, desc=self.part, dynamic_ncols=True) as bar:
            for index in bar:
                yield index
                self.counts["tried"] += 1
                if self.failures:
                    bar.set_postfix(failures=len(self.failures))
                    if self.first_only:
                        return

    def fail(self, index: int, what: str, files: Mapping[str, bytes] | None = None) -> None:
        """Record a failure of a try, and write the files that reproduce it."""
        kept = self.evidence / f"{self.part}-{self.seed}-{index}"
        for name, data in (files or {}).items():
            kept.mkdir(parents=True, exist_ok=True)
            (kept / name).write_bytes(data)
        where = f" (see {kept})" if files else ""
        again = f"--only {self.part} --seed {self.seed} --first {index} --count 1"
        self.failures.append(f"{self.part} {index}: {what.strip()}{where}; again with {again}")

    def results(self) -> dict[str, Any]:
        """Return the results to publish."""
        return {"seed": self.seed, "counts": dict(self.counts), "failures": self.failures}
