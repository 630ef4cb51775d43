"""What the tests of copying share: models that like to copy, and one that does not."""

from __future__ import annotations

import pytest
from tiny import load_copying

from seq2seq.translator import Translator


@pytest.fixture(scope="module")
def eager() -> Translator:
    """A model that copies as soon as it can."""
    return load_copying(50)


@pytest.fixture(scope="module")
def unwilling() -> Translator:
    """A model that copies only if it has to, and prefers to end."""
    return load_copying(-50, ending=4)
