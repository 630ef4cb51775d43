"""Tables and machines as the documentation shows them."""

from __future__ import annotations

import textwrap
from typing import Any


def table(head: list[str], rows: list[list[str]]) -> str:
    """Return a Markdown table."""
    lines = ["| " + " | ".join(cells) + " |" for cells in (head, *rows)]
    return "\n".join([lines[0], "|" + "---|" * len(head), *lines[1:]])


def wrapped(note: str) -> str:
    """Return a note in lines of the width of the documents."""
    return textwrap.fill(note, 124, break_long_words=False, break_on_hyphens=False)


def where(machine: dict[str, Any]) -> str:
    """Return the machine and the day of a measurement as text."""
    kind = ", ".join(machine["bf16"]) or "no bf16"
    cores = "1 core" if machine["threads"] == 1 else f"{machine['threads']} cores"
    return f"{cores} of {machine['processor']} ({kind}), {machine['date']}"
