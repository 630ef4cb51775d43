"""A page in a headless Chromium, whose worker answers questions: for tests and for measurements."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from scripts.chromium import chromium
from seq2seq.lag import Lag
from seq2seq.page.bundle import page
from seq2seq.storage.modelfile import ModelFile

BARE_FACE: Final = Path(__file__).parent / "bare_page"
"""A face that shows nothing: the engine alone."""
_ASK: Final = """
const [method, given, done] = arguments;
window.desk[method](...given).then((answer) => done({ answer }), (error) => done({ error: String(error) }));
"""


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
        path.write_bytes(page(self._file, "model", self._table_bits, BARE_FACE))
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
        for first in range(0, len(lines), 20):
            settings = {"lag": lag, "search": search}
            out += self.ask("translateAll", list(lines[first : first + 20]), settings)
        return out
