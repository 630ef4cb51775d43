"""The small corpus as files, and an empty cache."""

from __future__ import annotations

from pathlib import Path

import pytest
from smallcorpus import DEV, TRAIN

from seq2seq.config.schema import DataConfig


@pytest.fixture
def data(tmp_path: Path) -> DataConfig:
    (tmp_path / "train.tsv").write_text(TRAIN, encoding="utf-8")
    (tmp_path / "dev.tsv").write_text(DEV, encoding="utf-8")
    return DataConfig(train=str(tmp_path / "train.tsv"), dev=str(tmp_path / "dev.tsv"), max_chars=40)


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"
