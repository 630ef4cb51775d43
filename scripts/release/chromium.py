"""Chromium without a window, with its driver from the same packages: for the page's tests and picture."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
DRIVER = "chromedriver"
ABSENT = "there is no Chromium with its driver here; `make browser` installs them on Debian"


def find_chromium() -> tuple[str, str] | None:
    """Return the paths of the browser and of its driver; None if one of them is not installed."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    driver = shutil.which(DRIVER)
    return (browser, driver) if browser and driver else None


def start_chromium() -> Chrome:
    """Start the browser, which logs its requests and complaints; the caller ends it with `quit`.

    Raises:
        RuntimeError: it is not installed.
    """
    found = find_chromium()
    if found is None:
        raise RuntimeError(ABSENT)
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location, driver = found
    for argument in ("headless=new", "disable-dev-shm-usage", "disable-gpu", "hide-scrollbars", "lang=en"):
        options.add_argument(f"--{argument}")
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")  # as root, as in a container, Chromium starts only without it
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    # With the path of a driver, Selenium looks for none and downloads none.
    return webdriver.Chrome(options=options, service=Service(driver))
