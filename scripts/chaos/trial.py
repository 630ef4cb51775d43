"""What the parts of the chaos share: a seed for each try, counts of what happened, evidence of failures."""

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
    """One part of the chaos.

    Attributes:
        part: its name.
        seed: of everything drawn at random.
        tries: the numbers of the tries to make; each try draws from a generator of its own.
        evidence: where files are put that reproduce a failure.
        model: a model to use for that of the package, where it has none.
        first_only: whether to end with the first failure.
        counts: how often what happened, by name.
        failures: a sentence each.
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
        """Return the generator of one try: the same for the same seed, part and number."""
        return random.Random(f"{self.seed} {self.part} {index}")

    def each(self) -> Iterator[int]:
        """Yield the numbers of the tries, behind a bar that also shows the failures."""
        with tqdm(self.tries, desc=self.part, dynamic_ncols=True) as bar:
            for index in bar:
                yield index
                self.counts["tried"] += 1
                if self.failures:
                    bar.set_postfix(failures=len(self.failures))
                    if self.first_only:
                        return

    def fail(self, index: int, what: str, files: Mapping[str, bytes] | None = None) -> None:
        """Note a failure of one try, and keep the files that show it."""
        kept = self.evidence / f"{self.part}-{self.seed}-{index}"
        for name, data in (files or {}).items():
            kept.mkdir(parents=True, exist_ok=True)
            (kept / name).write_bytes(data)
        where = f" (see {kept})" if files else ""
        again = f"--only {self.part} --seed {self.seed} --first {index} --count 1"
        self.failures.append(f"{self.part} {index}: {what.strip()}{where}; again with {again}")

    def results(self) -> dict[str, Any]:
        """Return what there is to publish."""
        return {"seed": self.seed, "counts": dict(self.counts), "failures": self.failures}
