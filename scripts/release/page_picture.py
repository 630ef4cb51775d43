"""The first picture of the README: a sentence is typed, and the page translates it at lags 0, 8 and full.

    python -m scripts.release.page_picture

The page is made from a model and run in Chromium. Each frame is a photograph of it, one letter after the one
before.
"""

from __future__ import annotations

import argparse
import base64
import io
import tempfile
from pathlib import Path

from PIL import Image
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from scripts.chromium import chromium
from scripts.results import ROOT
from seq2seq.page.bundle import page
from seq2seq.pretrained import locate
from seq2seq.storage.modelfile import read_model

TEXT = "The little white house is old."
PICTURE = ROOT / "docs" / "page.png"
WIDTH, HEIGHT = 980, 760
LETTER_MS, END_MS = 110, 4000
COLOURS = 48
LARGEST = 500_000
PATIENCE = 120


def photographs(browser: Chrome, path: Path, text: str) -> list[Image.Image]:
    """Return one photograph of the lanes for each letter of a text, and one of the end of the line.

    Args:
        browser: to open the page in.
        path: the page.
        text: one sentence.
    """
    size = {"width": WIDTH, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    browser.get(path.as_uri())
    wait = WebDriverWait(browser, PATIENCE, 0.1)
    wait.until(lambda _: browser.find_elements(By.CSS_SELECTOR, ".is-ready"))
    say = "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input', {bubbles: true}))"
    browser.execute_script(say, browser.find_element(By.ID, "source"), text)
    browser.find_element(By.ID, "play").click()
    wait.until(lambda _: len(browser.find_elements(By.CSS_SELECTOR, ".lane.is-over")) == 3)
    position = browser.find_element(By.ID, "position")
    frames = []
    for place in range(len(text) + 2):
        browser.execute_script(say, position, place)
        frames.append(_photograph(browser, "side-by-side"))
    return frames


def _photograph(browser: Chrome, name: str) -> Image.Image:
    """Return a photograph of an element, wherever on the page it is."""
    code = (
        "const b = document.getElementById(arguments[0]).getBoundingClientRect();"
        "return {x: b.x + scrollX, y: b.y + scrollY, width: b.width, height: b.height, scale: 1}"
    )
    clip = browser.execute_script(code, name)
    options = {"clip": clip, "captureBeyondViewport": True}
    shot = browser.execute_cdp_cmd("Page.captureScreenshot", options)["data"]
    return Image.open(io.BytesIO(base64.b64decode(shot))).convert("RGB")


def write_picture(frames: list[Image.Image], path: Path) -> None:
    """Write an animated PNG in few colours.

    Raises:
        ValueError: it is larger than a README should have; nothing is written.
    """
    some = [frames[0], frames[len(frames) // 2], frames[-1]]
    sheet = Image.new("RGB", (some[0].width, sum(frame.height for frame in some)))
    for place, frame in enumerate(some):
        sheet.paste(frame, (0, place * some[0].height))
    palette = sheet.quantize(COLOURS)
    small = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    durations = [LETTER_MS] * (len(small) - 1) + [END_MS]
    out = io.BytesIO()
    small[0].save(
        out, "PNG", save_all=True, append_images=small[1:], duration=durations, loop=0, optimize=True
    )
    if out.tell() > LARGEST:
        raise ValueError(f"the picture has {out.tell():,} bytes, more than {LARGEST:,}")
    path.write_bytes(out.getvalue())


def main() -> None:
    """Make the page of a model, run it and write the picture."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--model", help="a model file, a run, or the name of a model (that of the package)")
    parser.add_argument("--text", default=TEXT, help="what is typed")
    parser.add_argument("-o", "--output", type=Path, default=PICTURE, help="an animated PNG")
    options = parser.parse_args()
    model = locate(options.model)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "page.html"
        path.write_bytes(page(read_model(model), model.parent.name))
        browser = chromium()
        try:
            frames = photographs(browser, path, options.text)
        finally:
            browser.quit()
    write_picture(frames, options.output)
    print(f"{options.output}: {len(frames)} frames, {options.output.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
