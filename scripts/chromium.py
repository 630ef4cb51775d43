"""A headless Chromium, from the packages of the system; Selenium is in the extra `test`."""

from __future__ import annotations

import shutil
from typing import Any, Final

_PATIENCE: Final = 600
"""Seconds that an answer may take."""


def missing_browser() -> str | None:
    """Return what there is not of Chromium, its driver and Selenium, in a sentence; None if all are there."""
    try:
        import selenium  # noqa: F401
    except ImportError:
        return "Selenium is not installed: pip install selenium"
    if _browser() is None or shutil.which("chromedriver") is None:
        return "there is no Chromium with its driver: `make browser` installs them on Debian"
    return None


def _browser() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def chromium() -> Any:
    """Start a headless Chromium and return its driver."""
    from selenium import webdriver
    from selenium.webdriver.chrome.options import Options
    from selenium.webdriver.chrome.service import Service

    options = Options()
    options.binary_location = str(_browser())
    for flag in (
        "headless=new",
        "no-sandbox",
        "disable-dev-shm-usage",
        "disable-gpu",
        "hide-scrollbars",
        "lang=en",
    ):
        options.add_argument(f"--{flag}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    driver.set_script_timeout(_PATIENCE)
    executor = driver.command_executor
    assert not isinstance(executor, str)
    executor.client_config.timeout = _PATIENCE
    return driver
