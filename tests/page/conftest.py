"""A browser without a window, from the packages of the system."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from scripts.release.chromium import ABSENT, find_chromium, start_chromium

if TYPE_CHECKING:
    from selenium.webdriver import Chrome


@pytest.fixture(scope="session")
def browser() -> Iterator[Chrome]:
    """Chromium for all tests of a session."""
    if find_chromium() is None:
        pytest.skip(ABSENT)
    chrome = start_chromium()
    yield chrome
    chrome.quit()
