from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace

import pytest
import tiny

from scripts.studies.page_in_browser import BARE_FACE
from seq2seq.page.bundle import page
from seq2seq.page.packing import FIRST_CHARACTER
from seq2seq.storage.modelfile import ModelFile, read_model


@pytest.fixture(scope="module")
def file() -> ModelFile:
    return read_model(tiny.GOLDEN / "model.safetensors")


@pytest.fixture(scope="module")
def html(file: ModelFile) -> str:
    return page(file, "tiny", face=BARE_FACE).decode("utf-16")


def block(html: str, key: str) -> str:
    (found,) = re.findall(rf'<script type="[\w/]+" id="{key}">(.*?)</script>', html, re.DOTALL)
    return str(found)


def test_the_policy_forbids_the_network_and_allows_what_is_in_the_page(html: str) -> None:
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', html)
    (script,) = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == f"'sha256-{digest}' 'wasm-unsafe-eval'"
    assert rules["worker-src"] == "blob:"
    assert "connect-src" not in rules, "default-src forbids requests"
    assert not re.findall(r"<(?:link|img|iframe)\b|\bsrc=", html)


def test_the_blocks_can_be_read_back(html: str) -> None:
    tables = json.loads(block(html, "tables"))
    assert set(tables) == {"text", "products"}
    assert base64.b64decode(tables["products"]).startswith(b"\0asm")
    assert set(block(html, "model")) > {chr(FIRST_CHARACTER)}
    assert "const $worker" in block(html, "engine")
    assert 'id="curve"' not in html


def test_a_page_is_the_same_each_time(file: ModelFile, html: str) -> None:
    assert page(file, "tiny", face=BARE_FACE).decode("utf-16") == html


def test_scores_by_lag_become_the_curve(file: ModelFile) -> None:
    scored = replace(file, info={"lags": {"4": {"chrf": 50.5}}, "dev": {"lag": "full", "chrf": 60.5}})
    curve = json.loads(block(page(scored, "tiny", face=BARE_FACE).decode("utf-16"), "curve"))
    assert curve == {"4": 50.5, "full": 60.5}
