"""The coverage by the fast tests, as docs/reliability.md states it."""

from __future__ import annotations

from scripts.results import read_results

LOW = 90
"""Modules with less coverage, in per cent, are named."""


def coverage_block() -> str:
    """Return the coverage of the package, and the modules with the least.

    `moved` maps paths at the time of the measurement to present ones, of modules that were moved whole.
    """
    results = read_results("coverage")
    if not results:
        return "Not measured yet: `python -m scripts.studies.cover`."
    moved = results.get("moved", {})
    low = sorted((share, moved.get(name, name)) for name, share in results["modules"].items() if share < LOW)
    named = ", ".join(f"`{name.removeprefix('seq2seq/')}` ({share:.0f} %)" for share, name in low)
    earlier = ", before its modules were moved into packages" if moved else ""
    today = " (under their present names)" if moved else ""
    return (
        f"On {results['date']}{earlier}, the fast tests covered {results['percent']:.1f} % of the package, "
        "including branches and the processes that they start (`python -m scripts.studies.cover`, coverage "
        f"{results['version']}). Below {LOW} %{today}: {named}."
    )


BLOCKS = {"coverage": coverage_block}
