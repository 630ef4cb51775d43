"""The model that comes with the package, and how a model is found by its name."""

from __future__ import annotations

from pathlib import Path
from typing import Final

SHIPPED: Final = "en-es"
"""What it is called, wherever a model is named."""

MODEL_NAME: Final = "model.safetensors"


def locate(name: str | Path = SHIPPED) -> Path:
    """Return the path of a model file: of that name, in the run directory of that name, or the shipped one.

    Whether there is one is for the reader to see. What lies in the working directory comes first.
    """
    path = Path(name).expanduser()
    if str(name) == SHIPPED and not path.exists():
        path = Path(__file__).parent / SHIPPED
    return path / MODEL_NAME if path.is_dir() else path
