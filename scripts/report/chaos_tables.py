"""The counts of `scripts.chaos` as docs/reliability.md shows them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from scripts.report.tables import where
from scripts.results import read_results


def kills(counts: dict[str, int]) -> str:
    """Return how often trainings were killed, and when."""
    prefix = "killed while "
    moments = {name.removeprefix(prefix): n for name, n in counts.items() if name.startswith(prefix)}
    falling = sorted(moments.items(), key=lambda item: -item[1])
    return (
        f"{counts['tried']:,} trainings were killed {counts['kills']:,} times "
        f"({', '.join(f'{n:,} while {name}' for name, n in falling)}) and resumed until they ended. "
        f"{counts['trainings the same to the bit']:,} left the same files as one that was never killed, to "
        "the bit: model, training states and metrics. All "
        f"{counts['checkpoints verified']:,} checkpoints found after the kills were intact."
    )


def flips(counts: dict[str, int]) -> str:
    """Return how often files were damaged, and how often with a matching checksum."""
    told = []
    for kind, name in (("pt", "training states"), ("safetensors", "model files")):
        bits, cut, more = (
            counts.get(f"{kind}: {what}", 0) for what in ("bit flipped", "cut short", "continued")
        )
        told.append(f"{name}: {bits:,} flipped bits, {cut:,} cut short, {more:,} extended")
    forged = sum(n for name, n in counts.items() if name.endswith("checksum made to fit"))
    return (
        f"Damaged {'; '.join(told)}. Each was refused with one sentence and exit code 4. {forged:,} more had "
        "a matching checksum: each led to a clear error, a translation, or a training that continued."
    )


def lines(counts: dict[str, int]) -> str:
    """Return how many lines were translated."""
    models = {
        "tiny model": "the tiny model of the tests",
        "tiny model with spans": "one like it that reads spans",
        "tiny model with spans, int8": "the same as int8",
        "model of the package": "the model of the package",
        "another model": "a larger model",
    }
    parts = []
    for model, name in models.items():
        if n := counts.get(f"lines, {model}", 0):
            streamed = counts.get(f"lines in a stream, {model}", n)
            compared = counts.get(f"lines compared with a stream, {model}", streamed)
            of = "them" if compared == streamed else f"{compared:,} in fp32"
            other = counts[f"other in a stream, {model}"]
            parts.append(
                f"{n:,} with {name} ({streamed:,} also in a stream, {other:,} of {of} differently; peak "
                f"memory {_most_memory(counts, model):,} MiB)"
            )
    if rounded := counts.get("lines with products in int8", 0):
        parts.append(f"{rounded:,} of all these with products in int8")
    if with_terms := sum(n for name, n in counts.items() if name.startswith("lines with a glossary")):
        parts.append(f"{with_terms:,} with a glossary")
    said = "As many lines came out as went in, without control characters."
    if cues := counts.get("cues of subtitles", 0):
        said += f" {cues:,} cues of subtitles with such text kept their places and times."
    return f"Random lines translated: {', '.join(parts)}. {said}"


def _most_memory(counts: dict[str, int], model: str) -> int:
    return max(counts[f"most memory, MiB, {way}, {model}"] for way in ("batch", "stream"))


def configs(counts: dict[str, int]) -> str:
    """Return how many configurations were read."""
    return (
        f"{counts['tried']:,} mutated configurations: {counts.get('settings', 0):,} were accepted, "
        f"{counts.get('errors with file and line', 0):,} gave errors with file and line, "
        f"{counts.get('other exceptions', 0):,} another exception."
    )


def block(part: str, tell: Callable[[dict[str, int]], str]) -> str:
    """Return the counts of a part, its failures, and the command to run it again."""
    results: dict[str, Any] = read_results("chaos").get(part, {})
    if not results:
        return f"Not measured yet: `python -m scripts.chaos --only {part}`."
    took = f"{results['minutes']:.0f} minutes on {where(results['machine'])}"
    again = f"python -m scripts.chaos --only {part} --seed {results['seed']}"
    if results["failures"]:
        tried = results["counts"]["tried"]
        return f"{len(results['failures']):,} failures in {tried:,} tries; {took}: `{again}`."
    return f"{tell(results['counts'])} No failures; {took}: `{again}`."


BLOCKS = {
    f"chaos-{tell.__name__}": partial(block, tell.__name__, tell) for tell in (kills, flips, lines, configs)
}
