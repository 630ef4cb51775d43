"""A page in a headless Chromium, which answers questions to its worker: for tests and for measurements.

Chromium and its driver come from the system's packages; Selenium is in the extra `test`.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from seq2seq.lag import Lag
from seq2seq.page.bundle import page
from seq2seq.storage.modelfile import ModelFile

BARE_FACE: Final = Path(__file__).parent / "bare_page"
"""A face that shows nothing: the engine alone."""
_PATIENCE: Final = 600
"""Seconds that an answer may take."""
_ASK: Final = """
const [method, given, done] = arguments;
window.desk[method](...given).then((answer) => done({ answer }), (error) => done({ error: String(error) }));
"""


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


class PageInBrowser:
    """A page of a model, opened from a file; use it in a `with` statement.

    Args:
        file: the model.
        table_bits: as for `seq2seq.page.bundle.page`.

    Attributes:
        driver: of the browser.
        info: what the worker said of the model.
        size: bytes of the file.
    """

    def __init__(self, file: ModelFile, table_bits: int = 8) -> None:
        self._file, self._table_bits = file, table_bits

    def __enter__(self) -> PageInBrowser:
        self._folder = tempfile.TemporaryDirectory()
        path = Path(self._folder.name) / "page.html"
        path.write_text(page(self._file, "model", self._table_bits, BARE_FACE), "utf-8")
        self.size = path.stat().st_size
        self.driver = chromium()
        self.driver.get(path.as_uri())
        self.info = self.ask("load")["info"]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.driver.quit()
        self._folder.cleanup()

    def ask(self, method: str, *given: Any) -> Any:
        """Call a method of the page's desk and return its answer; RuntimeError with what went wrong."""
        said = self.driver.execute_async_script(_ASK, method, list(given))
        if "error" in said:
            raise RuntimeError(said["error"])
        return said["answer"]

    def translate(self, lines: Sequence[str], lag: Lag, search: str = "greedy") -> list[str]:
        """Return the translations of lines."""
        out: list[str] = []
        for first in range(0, len(lines), 100):
            settings = {"lag": lag, "search": search}
            out += self.ask("translateAll", list(lines[first : first + 100]), settings)
        return out


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
    return driver
