"""The page: one HTML file of the face, the engine, its tables and a model, which asks nobody for anything.

A Content-Security-Policy in the file forbids every request; only the scripts and the style that are in it may
run, and only the worker that they start. The file is in UTF-16, in which the model takes least room.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from seq2seq.page.packing import as_text, pack, page_model
from seq2seq.page.script_modules import joined_script
from seq2seq.page.text_tables import model_tables, text_tables
from seq2seq.plain.weights import weight_shapes
from seq2seq.storage.content import check_weights, read_settings
from seq2seq.storage.modelfile import ModelFile
from seq2seq.text.words import learnt_characters

HERE: Final = Path(__file__).parent
FACE: Final = HERE / "face"
ENGINE: Final = HERE / "engine"
_COMMENT: Final = re.compile(r"<!--.*?-->\n?", re.DOTALL)
_STYLE_TAG: Final = '<link rel="stylesheet" href="style.css">'
_SCRIPT_TAG: Final = '<script type="module" src="main.js"></script>'
_CHARSET_TAG: Final = '<meta charset="utf-8">'
_LICENCE: Final = (
    "<!-- Made by seq2seq-lag, https://pypi.org/project/seq2seq-lag/, under the MIT licence. -->\n"
)


def page(
    file: ModelFile,
    name: str,
    table_bits: int = 8,
    face: Path | None = None,
    start: Mapping[str, Any] | None = None,
) -> bytes:
    """Return the page of a model: an HTML file in UTF-16, with a byte order mark.

    Args:
        file: a model of the kind encoder_decoder.
        name: of the model, for a reader.
        table_bits: of the tables of words, 8 or 4.
        face: the folder with index.html, style.css and main.js; by default the package's own.
        start: the text and the lag that are there when the page is opened, unless its address says otherwise.

    Raises:
        CheckpointError: the content of the model file is wrong.
        UsageError: the page cannot translate with this kind of model.
    """
    model = page_model(file, table_bits)
    config, vocabulary = read_settings(model.config, model.characters, name)
    shapes = weight_shapes(config.model, len(vocabulary), config.lag.train.largest, model.weights)
    check_weights(model.weights, shapes, name)
    tables = {
        "text": text_tables(),
        "products": base64.b64encode((ENGINE / "products.wasm").read_bytes()).decode("ascii"),
    }
    keys = model.weights.get("source_words.keys")
    known = learnt_characters(vocabulary, None if keys is None else np.asarray(keys))
    data = pack(model, model_tables(vocabulary, config.lag.train, known), name, table_bits)
    blocks = [
        _block("engine", "text/plain", joined_script(ENGINE / "worker.js")),
        _block("tables", "application/json", _json(tables)),
        _block("model", "text/plain", as_text(data)),
    ]
    if start:
        blocks.append(_block("start", "application/json", _json(start)))
    if curve := _curve(file.info):
        blocks.append(_block("curve", "application/json", _json(curve)))
    return _assembled(face or FACE, "".join(blocks)).encode("utf-16")


def _assembled(face: Path, blocks: str) -> str:
    """Return the page of a face with its style, its script and blocks of data in place of their tags."""
    html = _COMMENT.sub("", (face / "index.html").read_text("utf-8"))
    style = (face / "style.css").read_text("utf-8")
    script = joined_script(face / "main.js")
    policy = "; ".join(
        [
            "default-src 'none'",
            f"script-src {_hash(script)} 'wasm-unsafe-eval'",
            f"style-src {_hash(style)}",
            "worker-src blob:",
            "img-src data: blob:",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )
    parts = {
        _CHARSET_TAG: f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        _STYLE_TAG: f"<style>{style}</style>",
        _SCRIPT_TAG: f"{blocks}<script>{script}</script>",
    }
    for tag, content in parts.items():
        before, found, after = html.partition(tag)
        if not found or tag in after:
            raise ValueError(f"index.html must have {tag} once")
        html = before + content + after
    return html.replace("<html", f"{_LICENCE}<html", 1)


def _block(key: str, kind: str, content: str) -> str:
    """Return a block of data, which a browser does not run."""
    return f'<script type="{kind}" id="{key}">{content}</script>\n'


def _json(value: object) -> str:
    """Return JSON that cannot end the block it stands in."""
    return json.dumps(value, ensure_ascii=True, separators=(",", ":")).replace("<", "\\u003c")


def _hash(content: str) -> str:
    """Return the source of a Content-Security-Policy that allows a script or style with this content."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode('ascii')}'"


def _curve(info: Mapping[str, Any]) -> dict[str, float] | None:
    """Return chrF at each lag, where a model file holds it for several."""
    scores = dict(info["lags"]) if isinstance(info.get("lags"), Mapping) else {}
    best = info.get("dev")
    if isinstance(best, Mapping) and "lag" in best:
        scores[str(best["lag"])] = best
    found = {
        str(lag): float(score["chrf"])
        for lag, score in scores.items()
        if isinstance(score, Mapping) and isinstance(score.get("chrf"), (int, float))
    }
    return found if len(found) > 1 else None
