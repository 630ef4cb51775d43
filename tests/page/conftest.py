"""A browser without a window, from the packages of the system."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from scripts.chromium import chromium, missing_browser


@pytest.fixture(scope="session")
def chrome() -> Iterator[Any]:
    """Chromium for all tests of a session."""
    if missing := missing_browser():
        pytest.skip(missing)
    browser = chromium()
    yield browser
    browser.quit()
