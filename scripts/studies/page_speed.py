"""Measure how fast the page loads, translates first, and answers each letter; and products in WebAssembly.

    python -m scripts.studies.page_speed MODEL DEV.tsv [--lines 12] [--json]

In a headless Chromium, with nothing else running; `--json` writes docs/results/page_speed.json. A letter
takes until the worker has answered with all of the text, and with what would follow if it ended here.
"""

from __future__ import annotations

import argparse
import base64
import statistics
from pathlib import Path
from typing import Any, Final

from scripts.results import machine, some_sentences, write_results
from scripts.studies.page_in_browser import PageInBrowser
from seq2seq.page.bundle import ENGINE
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
    with PageInBrowser(file) as page:
        driver = page.driver
        first = driver.execute_async_script(
            "const done = arguments[1]; window.desk.translate(arguments[0], { lag: 8 })"
            ".then(() => done(performance.now() - window.begin))",
            lines[0],
        )
        typed = driver.execute_async_script(_TYPE, lines[1:], LAG)
        cost = page.ask("cost")
        driver.get("about:blank")
        driver.execute_script(f"{joined_script(ENGINE / 'products.js')}\nwindow.$products = $products;")
        wasm = base64.b64encode((ENGINE / "products.wasm").read_bytes()).decode("ascii")
        products = driver.execute_script(_PRODUCTS, wasm, *SHAPE)
        return {
            "bytes": page.size,
            "load": round(cost["load_milliseconds"]),
            "load_and_first_translation": round(first),
            "letter_median": round(statistics.median(typed), 2),
            "letter_95_per_cent": round(statistics.quantiles(typed, n=20)[-1], 2),
            "letters": len(typed),
            "character_median": round(cost["milliseconds_per_character"], 2),
            "product": {"shape": SHAPE, **{name: round(ms, 4) for name, ms in products.items()}},
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
    found = measure(read_model(locate(options.model)), sources)
    print(found)
    if options.json:
        write_results("page_speed", {"machine": machine(), "lag": LAG, **found})


if __name__ == "__main__":
    main()
