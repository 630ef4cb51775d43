"""The page as a person uses it: opened from a file, typed into, looked at."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from seq2seq.page import bundle

PATIENCE = 30
"""The most seconds that anything may take on a busy machine."""
TEXT_OF = "return [...document.querySelectorAll(arguments[0])].map((e) => e.textContent).join('')"
LAGS = {"min": 0, "max": 40, "full": True}


class FacePage:
    """A page in a browser.

    Args:
        browser: to open it in.
        path: the file.
    """

    def __init__(self, browser: Chrome, path: Path) -> None:
        self.browser, self.path = browser, path

    def open(self, fragment: str = "", width: int = 1280, height: int = 900, dark: bool = False) -> FacePage:
        """Open the page anew and wait until the model is there."""
        self.resize(width, height)
        features = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        self.browser.get("about:blank")
        self.browser.get(self.path.as_uri() + fragment)
        self.until(lambda: self.script("return document.body.className") != "")
        return self

    def resize(self, width: int, height: int) -> None:
        """Give the window a size, in CSS pixels."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)

    def until(self, condition: Callable[[], Any]) -> Any:
        """Wait until a condition holds and return its value."""
        return WebDriverWait(self.browser, PATIENCE, 0.05).until(lambda _: condition())

    def script(self, code: str, *arguments: Any) -> Any:
        """Run JavaScript in the page and return its value."""
        return self.browser.execute_script(code, *arguments)

    def element(self, name: str) -> WebElement:
        """Return the element with an id."""
        return self.browser.find_element(By.ID, name)

    def type(self, text: str) -> None:
        """Type into the text field; characters that no key has are put in as a phone's keyboard does."""
        self.script("arguments[0].focus()", self.element("source"))
        for character in text:
            if ord(character) > 0xFFFF:
                self.insert(character)
            else:
                self.element("source").send_keys(Keys.ENTER if character == "\n" else character)

    def insert(self, text: str) -> None:
        """Put a text into what has the focus at once, as pasting does."""
        self.browser.execute_cdp_cmd("Input.insertText", {"text": text})

    def press(self, *keys: str) -> None:
        """Press keys, wherever the focus is."""
        self.browser.switch_to.active_element.send_keys(*keys)

    def written(self, look: str = ".letter:not(.draft)") -> str:
        """Return the text of those letters of the translation that look so; by default the certain ones."""
        return str(self.script(TEXT_OF, f"#target {look}"))

    def drafted(self) -> str:
        """Return the grey text."""
        return self.written(".draft")

    def wait_for(self, text: str, drafted: str | None = None) -> None:
        """Wait until the translation is this one, and its grey end, if one is given, is that."""
        try:
            self.until(lambda: self.written() == text and drafted in (None, self.drafted()))
        except Exception as error:
            raise AssertionError(f"{self.written()!r} + {self.drafted()!r}, not {text!r}") from error

    def marked(self, look: str) -> str:
        """Return the typed text that stands on a ground that looks so."""
        return str(self.script(TEXT_OF, f"#backdrop .{look}"))

    def overflow(self) -> int:
        """Return by how many pixels the page is wider than the window."""
        return int(self.script("return document.documentElement.scrollWidth - innerWidth"))

    def _log(self, kind: str) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = self.browser.get_log(kind)  # type: ignore[no-untyped-call]
        return entries

    def complaints(self) -> list[str]:
        """Return the errors and warnings of the browser since the last call."""
        return [entry["message"] for entry in self._log("browser") if entry["level"] != "INFO"]

    def requested(self) -> list[str]:
        """Return the addresses of all requests since the last call."""
        events = [json.loads(entry["message"])["message"] for entry in self._log("performance")]
        sent = [event["params"] for event in events if event["method"] == "Network.requestWillBeSent"]
        return [params["request"]["url"] for params in sent]


def page_of(place: Path, lags: dict[str, Any] | None = None, curve: dict[str, float] | None = None) -> Path:
    """Write a page with the worker of the tests and return its path.

    Args:
        place: the folder.
        lags: those that its model serves.
        curve: chrF by lag.
    """
    worker = (Path(__file__).parent / "page" / "fake_worker.js").read_text("utf-8")
    blocks = [("engine", "text/plain", worker), ("model", "text/plain", json.dumps({"lags": lags or LAGS}))]
    blocks.append(("tables", "application/json", "{}"))
    if curve:
        blocks.append(("curve", "application/json", json.dumps(curve)))
    html = bundle._assembled(bundle.FACE, "".join(bundle._block(*block) for block in blocks))
    path = place / "page.html"
    path.write_text(html, "utf-16")
    return path
