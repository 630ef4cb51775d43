"""The model that comes with the package, and how a model is found by its name.

It imports no other package, and reads no file.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

SHIPPED: Final = "en-es"
"""Name of the shipped model."""

MODEL_NAME: Final = "model.safetensors"


def locate(name: str | Path | None = None) -> Path:
    """Return the path of a model file: of that name, in the run directory of that name, or the package's own.

    The package's own is the default, and `en-es` unless the working directory has a model of that name.
    The file may not exist.
    """
    own = Path(__file__).parent / SHIPPED / MODEL_NAME
    if name is None:
        return own
    path = Path(name).expanduser()
    if path.is_dir():
        path /= MODEL_NAME
    return own if str(name) == SHIPPED and not path.is_file() else path
