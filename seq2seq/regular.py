"""Files that a user names: what is read whole is a regular file."""

from __future__ import annotations

from pathlib import Path

from seq2seq.errors import UserError


def check_regular(path: Path, error_type: type[UserError] = UserError) -> None:
    """Raise an error if there is a device or a pipe at `path`, which may have no end or be read only once."""
    if path.exists() and not path.is_file() and not path.is_dir():
        raise error_type(f"cannot read {path}: it is not a regular file; save its content as one")
