from __future__ import annotations

import gzip
import json
import unicodedata
from dataclasses import replace

import numpy as np
import pytest
import tiny

from seq2seq.errors import UsageError
from seq2seq.page import packing
from seq2seq.storage.int8 import Int8Rows
from seq2seq.storage.modelfile import ModelFile, read_model


@pytest.fixture(scope="module")
def file() -> ModelFile:
    return read_model(tiny.GOLDEN / "model.safetensors")


def test_the_table_says_where_each_array_lies(file: ModelFile) -> None:
    model = packing.page_model(file)
    data = packing.pack(model, {"characters": []}, "tiny")
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])
    assert sum(entry["bytes"] for entry in header["arrays"]) == len(data) - 8 - size
    assert header["name"] == "tiny"
    assert header["parameters"] == sum(weight.size for weight in model.weights.values())
    kinds = {entry["name"]: entry["kind"] for entry in header["arrays"]}
    assert kinds["bottom.fused.weight_hh_l0"] == "int8"
    assert kinds["bottom.fused.weight_hh_l0.scale"] == "float32"
    assert kinds["output.bias"] in ("float16", "float32")
    assert header["bounds"]["bottom.fused.weight_hh_l0"] >= 1


@pytest.mark.parametrize("size", [0, 1, 14, 15, 16, 300])
def test_the_text_of_bytes_has_fifteen_bits_in_each_character(size: int) -> None:
    data = bytes(np.random.default_rng(size).integers(0, 256, size, np.uint8))
    text = packing.as_text(data)
    numbers = [ord(character) - packing.FIRST_CHARACTER for character in text]
    assert all(0 <= number < 1 << 15 for number in numbers)
    bits = "".join(f"{number:015b}" for number in numbers[1:])
    packed = bytes(int(bits[place : place + 8], 2) for place in range(0, len(bits), 8))
    assert gzip.decompress(packed[: len(packed) - numbers[0]]) == data


def test_no_character_of_the_text_may_be_lost() -> None:
    characters = [chr(packing.FIRST_CHARACTER + number) for number in range(1 << 15)]
    assert not any(character.isspace() for character in characters)
    assert not {unicodedata.category(character) for character in characters} & {"Cc", "Cf", "Cs", "Co", "Zs"}


def test_another_kind_of_model_is_refused(file: ModelFile) -> None:
    config = {**file.config, "model": {**file.config["model"], "kind": "lagged_rnn"}}
    with pytest.raises(UsageError, match="this model is a lagged_rnn"):
        packing.page_model(replace(file, config=config))


def test_only_eight_or_four_bits_are_possible(file: ModelFile) -> None:
    with pytest.raises(UsageError, match="`table_bits` is 8 or 4"):
        packing.page_model(file, 5)


def test_tables_in_four_bits_are_near_and_fit(file: ModelFile) -> None:
    rng = np.random.default_rng(1)
    table = rng.normal(0, 0.1, (50, 32)).astype(np.float32)
    model = packing.page_model(replace(file, weights={**file.weights, "source_words.nodes.weight": table}), 4)
    four = model.weights["source_words.nodes.weight"]
    assert isinstance(four, Int8Rows)
    assert np.abs(four.values_RC).max() <= 7
    error = np.square(np.asarray(four) - table).mean() / np.square(table).mean()
    assert error < 0.02
    pairs = packing._nibbles(four.values_RC)
    assert (pairs[0] & 15) - 8 == four.values_RC[0, 0]
    assert (pairs[0] >> 4) - 8 == four.values_RC[0, 1]


def test_ascending_numbers_become_differences() -> None:
    assert packing._differences(np.array([3, 130, 131], np.int64)) == bytes([3, 127, 1])
    assert packing._differences(np.array([300], np.int64)) == bytes([300 & 127 | 128, 300 >> 7])
