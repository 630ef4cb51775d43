"""The programs of scripts/ as modules."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest

SCRIPTS = Path(__file__).parent.parent / "scripts"


def load(name: str) -> Any:
    """Import scripts/NAME.py, with a dot for each folder; it finds its neighbours while it is imported."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(SCRIPTS)
        patch.syspath_prepend(SCRIPTS.joinpath(*name.split(".")).parent)
        return importlib.import_module(name)
