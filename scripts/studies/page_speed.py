"""Measure how fast the page loads, translates first, and answers each letter; and products in WebAssembly.

    python -m scripts.studies.page_speed MODEL DEV.tsv [--lines 12] [--json]

In a headless Chromium, with nothing else running; `--json` writes docs/results/page_speed.json. A letter
takes until the worker has answered with all of the text, and with what would follow if it ended here. The
first translation takes from when the browser is told to open the file until its letters are seen. Then 5,000
characters are pasted and a line is typed: how long the page at most did not answer is measured with a clock
that ticks in it, and how long a key took to be seen is what the browser says.
"""

from __future__ import annotations

import argparse
import base64
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from scripts.chromium import chromium
from scripts.results import machine, some_sentences, write_results
from scripts.studies.page_in_browser import PageInBrowser
from seq2seq.page.bundle import ENGINE, page
from seq2seq.page.script_modules import joined_script
from seq2seq.pretrained import locate
from seq2seq.storage.modelfile import ModelFile, read_model

LAG: Final = 8
SHAPE: Final = (1280, 320)
"""Rows and columns of the matrix whose products are timed."""
_PRODUCTS: Final = """
const [bytes, rows, columns] = arguments;
const values = Int8Array.from({ length: rows * columns }, (_, i) => ((i * 7919) % 255) - 127);
const time = (wasm) => {
  const products = $products.Products.create(wasm);
  const matrix = products.matrix(values, rows, columns);
  products.settle();
  for (let i = 0; i < columns; i++) products.x[i] = ((i * 31) % 127) - 63;
  const times = [];
  for (let round = 0; round < 40; round++) {
    const begin = performance.now();
    for (let i = 0; i < 20; i++) products.multiply(matrix);
    times.push((performance.now() - begin) / 20);
  }
  const sums = Array.from(products.out.subarray(0, rows));
  return { milliseconds: times.sort((a, b) => a - b)[20], sums: JSON.stringify(sums), fast: products.isFast };
};
const fast = time(Uint8Array.from(atob(bytes), (character) => character.charCodeAt(0)));
const plain = time(new Uint8Array());
if (!fast.fast || plain.fast || fast.sums !== plain.sums) throw new Error("the products differ");
return { wasm: fast.milliseconds, javascript: plain.milliseconds };
"""
_TYPE: Final = """
const [lines, lag, done] = arguments;
(async () => {
  const times = [];
  for (const line of lines) {
    for (let end = 1; end <= line.length; end++) {
      const begin = performance.now();
      await window.desk.translate(line.slice(0, end), { lag, over: false, details: true });
      times.push(performance.now() - begin);
    }
  }
  done(times);
})();
"""


def measure(file: ModelFile, lines: list[str]) -> dict[str, Any]:
    """Return the times of a page, in milliseconds."""
    with PageInBrowser(file) as bare:
        driver = bare.driver
        first = driver.execute_async_script(
            "const done = arguments[1]; window.desk.translate(arguments[0], { lag: 8 })"
            ".then(() => done(performance.now() - window.begin))",
            lines[0],
        )
        typed = driver.execute_async_script(_TYPE, lines[1:], LAG)
        cost = bare.ask("cost")
        driver.get("about:blank")
        driver.execute_script(f"{joined_script(ENGINE / 'products.js')}\nwindow.$products = $products;")
        wasm = base64.b64encode((ENGINE / "products.wasm").read_bytes()).decode("ascii")
        products = driver.execute_script(_PRODUCTS, wasm, *SHAPE)
        return {
            "bytes": bare.size,
            "load": round(cost["load_milliseconds"]),
            "load_and_first_translation_without_face": round(first),
            "letter_median": round(statistics.median(typed), 2),
            "letter_95_per_cent": round(statistics.quantiles(typed, n=20)[-1], 2),
            "letters": len(typed),
            "character_median": round(cost["milliseconds_per_character"], 2),
            "product": {"shape": SHAPE, **{name: round(ms, 4) for name, ms in products.items()}},
        }


_WATCH: Final = """
window.seen = { gaps: [], keys: [] };
let tick = performance.now();
setInterval(() => {
  const now = performance.now();
  window.seen.gaps.push(now - tick - 4);
  tick = now;
}, 4);
new PerformanceObserver((list) => window.seen.keys.push(...list.getEntries().map((entry) => entry.duration)))
  .observe({ type: "event", durationThreshold: 16 });
const look = () => {
  if (document.querySelector("#target .letter")) window.seen.first = performance.now();
  else requestAnimationFrame(look);
};
requestAnimationFrame(look);
"""
_MOST: Final = (
    "const most = Math.max(0, ...window.seen[arguments[0]]); window.seen[arguments[0]] = []; return most"
)
_WRITTEN: Final = "return document.querySelectorAll('#target .letter:not(.draft)').length"
PASTED: Final = 5000
TYPED: Final = "And then I asked her where the station was, because the train was late. "
BETWEEN_KEYS: Final = 0.08
"""Seconds from one key to the next: 150 words a minute."""


def measure_face(file: ModelFile, lines: list[str]) -> dict[str, Any]:
    """Return the times of the page that a person sees, in milliseconds."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "page.html"
        path.write_bytes(page(file, "model"))
        driver = chromium()
        try:
            driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": _WATCH})
            driver.get(f"{path.as_uri()}#lag={LAG}&text=Where+is+the+station")
            while (first := driver.execute_script("return window.seen.first")) is None:
                time.sleep(0.05)
            driver.execute_script("document.getElementById('source').select()")
            _read(driver)
            text = " ".join(lines * (1 + PASTED // len(" ".join(lines))))[:PASTED]
            begin = time.perf_counter()
            driver.execute_cdp_cmd("Input.insertText", {"text": text})
            time.sleep(1)
            busy, before = _type(driver), 0
            while (count := driver.execute_script(_WRITTEN)) < PASTED / 2 or count != before:
                before = count
                time.sleep(1)
            seconds = time.perf_counter() - begin
            pasting = _read(driver)
            driver.execute_cdp_cmd("Input.insertText", {"text": "\n"})
            time.sleep(1)
            _read(driver)
            return {
                "open_to_first_translation": round(first),
                "pasted_and_typed": {"seconds": round(seconds, 1), "while_typing": busy, "after": pasting},
                "typed": _type(driver),
            }
        finally:
            driver.quit()


def _type(driver: Any) -> dict[str, int]:
    """Type a line and return how long the page did not answer, and the slowest key was not seen."""
    for character in TYPED:
        driver.execute_cdp_cmd("Input.dispatchKeyEvent", {"type": "char", "text": character})
        time.sleep(BETWEEN_KEYS)
    return _read(driver)


def _read(driver: Any) -> dict[str, int]:
    """Return the longest times since the last call."""
    return {
        "longest_task": round(driver.execute_script(_MOST, "gaps")),
        "slowest_key": round(driver.execute_script(_MOST, "keys")),
    }


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", type=Path)
    parser.add_argument("pairs", type=Path)
    parser.add_argument("--lines", type=int, default=12, help="so many, evenly from all (12)")
    parser.add_argument("--json", action="store_true", help="write docs/results/page_speed.json")
    options = parser.parse_args()
    sources, _ = some_sentences(options.pairs, options.lines)
    file = read_model(locate(options.model))
    found = measure(file, sources) | measure_face(file, sources)
    print(found)
    if options.json:
        write_results("page_speed", {"machine": machine(), "lag": LAG, **found})


if __name__ == "__main__":
    main()
