"""The model file: what is written is read, damage is noticed, each foreign file has its own message."""

from __future__ import annotations

import hashlib
import io
import json
import pickle
import random
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as numpy_st

from seq2seq.errors import CheckpointError, NonFiniteError, UserError
from seq2seq.storage.int8 import Int8Rows, Weight
from seq2seq.storage.modelfile import (
    FORMAT_VERSION,
    ModelFile,
    describe_model,
    from_bytes,
    read_model,
    to_bytes,
    write_model,
)

GOLDEN = Path(__file__).parents[1] / "golden" / "model_v1.safetensors"
GOLDEN_2 = Path(__file__).parents[1] / "golden" / "model_v2.safetensors"
PATH = Path("m.safetensors")


def example() -> ModelFile:
    """The model of the golden file; `write_model(GOLDEN, example())` made it with format version 1."""
    return ModelFile(
        config={"model": {"hidden": 4}, "lag": {"train": {"uniform": [0, 40], "full": 0.5}}},
        characters=list(' "\\abñ¿€😀\u0301'),
        lags={"uniform": [0, 40], "full": 0.5},
        weights={
            "decoder.weight": np.arange(12, dtype=np.float32).reshape(3, 4) / 7,
            "decoder.bias": np.array([-1.5, 0.25, 65504.0], dtype=np.float16),
            "scale": np.array(2.5, dtype=np.float32),
            "nothing": np.zeros((0, 4), dtype=np.float32),
        },
        info={
            "chrf": 53.25,
            "signature": 'nrefs:1|case:mixed|"checksum":"' + "0" * 64 + '"',
            "data": ["ab12"],
        },
    )


def example_2() -> ModelFile:
    """The model of the second golden file; `write_model(GOLDEN_2, example_2())` made it with version 2."""
    words: dict[str, Weight] = {
        "source_words.keys": np.array([5, 70_000, 1 << 40], dtype=np.int64),
        "source_words.nodes.weight": Int8Rows(
            np.array([[-127, 0, 5], [1, 127, 3]], dtype=np.int8), np.array([0.5, 0.01], dtype=np.float32)
        ),
    }
    return replace(example(), weights=dict(example().weights) | words)


def assert_equal(a: ModelFile, b: ModelFile) -> None:
    assert (a.config, a.characters, a.lags, a.info) == (b.config, b.characters, b.lags, b.info)
    assert a.weights.keys() == b.weights.keys()
    for name, array in a.weights.items():
        other = b.weights[name]
        assert type(array) is type(other)
        assert array.dtype == other.dtype
        if isinstance(array, Int8Rows) and isinstance(other, Int8Rows):
            np.testing.assert_array_equal(array.values_RC, other.values_RC, strict=True)
            np.testing.assert_array_equal(array.scale_R, other.scale_R, strict=True)
        else:
            np.testing.assert_array_equal(array, other, strict=True)


def forge(tensors: bytes = b"", table: dict[str, Any] | str = "", **metadata: Any) -> bytes:
    """Return a file with any content and a valid checksum, as an attacker could make it."""
    known = {
        "format": "seq2seq-lag",
        "format_version": "1",
        "checksum": "0" * 64,
        "lags": '"full"',
        "characters": "ab",
        "config": "{}",
        "info": "{}",
    }
    whole = {"__metadata__": known | metadata} | (table if isinstance(table, dict) else {})
    text = json.dumps(whole, separators=(",", ":"))
    if isinstance(table, str) and table:
        text = text[:-1] + "," + table + "}"
    header = text.encode()
    header += b" " * (-len(header) % 8)
    data = len(header).to_bytes(8, "little") + header + tensors
    digest = hashlib.sha256(data).hexdigest().encode()
    return data.replace(b'"checksum":"' + b"0" * 64, b'"checksum":"' + digest, 1)


def refusal(data: bytes) -> str:
    """Return the message with which `data` is refused."""
    with pytest.raises(CheckpointError) as caught:
        from_bytes(data, PATH)
    assert str(caught.value).startswith("m.safetensors ")
    assert "\n" not in str(caught.value)
    return str(caught.value)


# --- round trip


def test_what_is_written_is_read(tmp_path: Path) -> None:
    for model in (example(), example_2()):
        write_model(tmp_path / "m.safetensors", model)
        assert_equal(read_model(tmp_path / "m.safetensors"), model)


@given(
    characters=st.lists(st.characters(exclude_categories=["Cs"]), unique=True, max_size=20),
    info=st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"])),
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False),
        max_size=4,
    ),
    weights=st.dictionaries(
        st.text(st.sampled_from('abc."\\é_0'), min_size=1),
        numpy_st.arrays(
            st.sampled_from([np.float32, np.float16]),
            numpy_st.array_shapes(min_dims=0, max_dims=3, max_side=4),
            elements={"allow_nan": False, "allow_infinity": False},
        )
        | numpy_st.arrays(np.int64, numpy_st.array_shapes(max_dims=1, max_side=4))
        | st.builds(
            Int8Rows,
            numpy_st.arrays(np.int8, (3, 2)),
            numpy_st.arrays(np.float32, 3, elements={"allow_nan": False, "allow_infinity": False}),
        ),
        max_size=4,
    ),
)
def test_any_model_is_read_as_it_was_written(
    characters: list[str], info: dict[str, Any], weights: dict[str, np.ndarray[Any, Any]]
) -> None:
    model = ModelFile({"info": info}, characters, 12, weights, info)
    assert_equal(from_bytes(to_bytes(model), PATH), model)


def test_arrays_that_are_views_are_written_as_they_look() -> None:
    base = np.arange(24, dtype=np.float32).reshape(4, 6)
    weights = {"transposed": base.T, "strided": base[::2, ::3], "reversed": base[::-1]}
    model = ModelFile({}, [], "full", weights, {})
    assert_equal(from_bytes(to_bytes(model), PATH), model)


def test_equal_models_give_equal_bytes_in_any_process() -> None:
    code = (
        "import hashlib, sys; sys.path.insert(0, 'tests/storage'); import test_modelfile as t;"
        "print(hashlib.sha256(t.to_bytes(t.example())).hexdigest())"
    )
    root = Path(__file__).parents[2]
    other = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert other.stdout.strip() == hashlib.sha256(to_bytes(example())).hexdigest()


def test_the_format_is_the_one_that_was_stored_with_version_1() -> None:
    """A model without new features is still written as version 1, so that older programs can read it."""
    assert_equal(read_model(GOLDEN), example())
    assert GOLDEN.read_bytes() == to_bytes(example()), "the format changed: raise FORMAT_VERSION"


def test_the_format_is_the_one_that_was_stored_with_version_2() -> None:
    assert_equal(read_model(GOLDEN_2), example_2())
    assert FORMAT_VERSION == 2, "keep the old golden files, add one for the new version, and read all"
    assert GOLDEN_2.read_bytes() == to_bytes(example_2()), "the format changed: raise FORMAT_VERSION"
    for name in ("source_words.keys", "source_words.nodes.weight"):  # each of them alone is new
        weights = {key: array for key, array in example_2().weights.items() if key != name}
        assert b'"format_version":"2"' in to_bytes(replace(example(), weights=weights))


def test_the_safetensors_library_can_open_it(tmp_path: Path) -> None:
    write_model(tmp_path / "m.safetensors", example())
    with safetensors.safe_open(tmp_path / "m.safetensors", framework="np") as file:
        assert sorted(file.keys()) == sorted(example().weights)
        assert file.metadata()["format"] == "seq2seq-lag"
        assert json.loads(file.metadata()["config"]) == example().config
        assert file.metadata()["characters"] == "".join(example().characters)


def test_torch_is_not_needed() -> None:
    code = (
        "import sys; from pathlib import Path; from seq2seq.storage.modelfile import read_model;"
        "read_model(Path(sys.argv[1])); print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code, GOLDEN], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_weights_that_are_not_finite_are_not_written(tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    write_model(path, example())
    before = path.read_bytes()
    for bad in (np.nan, np.inf, -np.inf):
        scale = np.array([0, bad], dtype=np.float32)
        model = replace(example(), weights={**example().weights, "scale": scale})
        with pytest.raises(
            NonFiniteError, match="the model is not written: not all numbers are finite in scale"
        ):
            write_model(path, model)
    assert path.read_bytes() == before


def test_info_that_is_not_json_is_a_mistake_of_the_caller() -> None:
    model = ModelFile({}, [], "full", {}, {"chrf": float("nan")})
    with pytest.raises(ValueError, match="Out of range float"):
        to_bytes(model)


# --- accidents


def test_every_flipped_bit_is_noticed() -> None:
    good = to_bytes(example())
    from_bytes(good, PATH)
    bits = random.Random(3).sample(range(8 * len(good)), 800)
    checksum = good.index(b'"checksum":"')
    bits += [8 * index + bit for index in range(8) for bit in range(8)]
    bits += [8 * index + 5 for index in range(checksum, checksum + 77)]  # changes the case of a letter
    for bit in bits:
        data = bytearray(good)
        data[bit // 8] ^= 1 << bit % 8
        with pytest.raises(CheckpointError):
            from_bytes(bytes(data), PATH)


def test_every_cut_is_noticed() -> None:
    good = to_bytes(example())
    for size in range(len(good)):
        refusal(good[:size])


@pytest.mark.parametrize("share", [0.02, 0.5, 0.99])
def test_a_cut_is_called_a_cut(share: float) -> None:
    good = to_bytes(example())
    cut = good[: int(share * len(good))]
    pattern = f"is cut short: {len(cut):,} of at least [0-9,]+ bytes; copy or download it again"
    assert re.search(pattern, refusal(cut))


def test_the_last_byte_is_missing() -> None:
    good = to_bytes(example())
    assert f"is cut short: {len(good) - 1:,} of at least {len(good):,} bytes" in refusal(good[:-1])


def test_bytes_after_the_end_are_noticed() -> None:
    assert "is damaged: its checksum does not match" in refusal(to_bytes(example()) + b"\0")


def test_a_flipped_bit_in_a_weight_is_called_damage() -> None:
    data = bytearray(to_bytes(example()))
    data[-1] ^= 1
    assert refusal(bytes(data)).endswith("is damaged: its checksum does not match; copy or download it again")


# --- other files


class Trap:
    """An object whose unpickling creates a file."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.mark,)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_a_pickle_is_refused_without_being_opened(tmp_path: Path, protocol: int) -> None:
    path, mark = tmp_path / "m.safetensors", tmp_path / "mark"
    path.write_bytes(pickle.dumps(Trap(mark), protocol))
    with pytest.raises(CheckpointError, match="is a Python pickle, which can run code when opened"):
        read_model(path)
    assert not mark.exists()
    pickle.loads(path.read_bytes())
    assert mark.exists(), "the trap does not work"


def other_safetensors() -> bytes:
    import safetensors.numpy

    return bytes(safetensors.numpy.save({"w": np.ones(3)}, metadata={"format": "pt"}))


def npz() -> bytes:
    file = io.BytesIO()
    np.savez(file, w=np.ones(3))
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty; copy or download it again"),
        (b"version https://git-lfs.github.com/spec/v1\n", "is a Git LFS pointer .*; run `git lfs pull`"),
        (b"<!doctype html><html>", "is a web page, .*; download it again"),
        (npz(), "is a training state or another PyTorch file; use a model.safetensors"),
        (b"Hello, this is not a model.", "is not a model file"),
        (b"\x08", "is not a model file, or is truncated"),
        (bytes(100), "is not a model file"),
        ((2**63).to_bytes(8, "little") + b"{}", "is not a model file"),
        ((100_000_001).to_bytes(8, "little") + b"{}", "is not a model file"),
        ((99_999_999).to_bytes(8, "little") + b"{}", "is cut short: 10 of at least 100,000,007 bytes"),
        ((4).to_bytes(8, "little") + b"{],}", "is damaged: its header is not JSON"),
        (other_safetensors(), "is a safetensors file, but not one that seq2seq wrote"),
        ((2).to_bytes(8, "little") + b"{}", "is a safetensors file, but not one that seq2seq wrote"),
    ],
)
def test_each_foreign_file_has_its_own_sentence(data: bytes, words: str) -> None:
    assert re.search(words, refusal(data))


def test_missing_and_directory(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"cannot read .*m\.safetensors: no such file") as missing:
        read_model(tmp_path / "m.safetensors")
    assert missing.value.exit_code == 1
    with pytest.raises(CheckpointError, match="is a directory; name a file in it"):
        read_model(tmp_path)


# --- forgeries: the checksum is right, the content is not


def tensor(dtype: str = "F32", shape: Any = (1,), start: Any = 0, end: Any = 4) -> dict[str, Any]:
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [start, end]}


def test_a_forgery_with_nothing_wrong_is_accepted() -> None:
    model = from_bytes(forge(np.float32(7).tobytes(), {"w": tensor()}), PATH)
    assert np.asarray(model.weights["w"]).tolist() == [7.0]


def test_what_is_called_a_scale_and_scales_nothing_is_a_weight_of_its_own() -> None:
    table = {"w": tensor(), "w.scale": tensor(start=4, end=8)}
    assert (
        from_bytes(forge(np.array([7, 8], np.float32).tobytes(), table), PATH).weights.keys() == table.keys()
    )


@pytest.mark.parametrize(
    ("metadata", "words"),
    [
        ({"format_version": "3"}, "was made by a newer seq2seq .format 3; this one reads up to 2.; upgrade"),
        ({"format_version": "10"}, "was made by a newer seq2seq"),
        ({"format_version": "0"}, "'0' is not a format version"),
        ({"format_version": "1.5"}, "'1.5' is not a format version"),
        ({"format_version": "9" * 5000}, "is not a format version"),
        ({"format_version": 1}, "its metadata holds more than text"),
        ({"format": "other"}, "not one that seq2seq wrote"),
        ({"config": '{"a":1,"a":2}'}, "a key comes twice"),
        ({"config": "[]"}, "its metadata is incomplete"),
        ({"info": "1"}, "its metadata is incomplete"),
        ({"config": "{"}, "its metadata cannot be read"),
        ({"config": "[" * 100_000}, "its metadata cannot be read"),
        ({"lags": '"soon"'}, "its metadata cannot be read .a lag is a whole number"),
        ({"lags": "-1"}, "its metadata cannot be read"),
        ({"lags": '{"uniform": [5, 2]}'}, "its metadata cannot be read"),
        ({"characters": "aa"}, "its metadata is incomplete"),
    ],
)
def test_forged_metadata(metadata: dict[str, Any], words: str) -> None:
    assert re.search(words, refusal(forge(**metadata)))


@pytest.mark.parametrize("key", ["lags", "config", "info", "characters"])
def test_missing_metadata(key: str) -> None:
    empty: dict[str, Any] = {key: ""}
    data = forge(**empty).replace(f'"{key}":""'.encode(), f'"{key[:-1]}_":""'.encode())
    data = re.sub(rb'("checksum":")[0-9a-f]{64}', rb"\g<1>" + b"0" * 64, data)
    digest = hashlib.sha256(data).hexdigest().encode()
    data = data.replace(b'"checksum":"' + b"0" * 64, b'"checksum":"' + digest)
    assert f"its metadata cannot be read ('{key}')" in refusal(data)


@pytest.mark.parametrize(
    ("table", "tensors", "words"),
    [
        ({"w": tensor()}, np.float32(np.nan).tobytes(), "not all numbers are finite in w"),
        ({"w": tensor()}, np.float32(np.inf).tobytes(), "not all numbers are finite in w"),
        ({"w": tensor("I32")}, bytes(4), "holds weights of a type not used here: I32"),
        ({"w": tensor("F64", end=8)}, bytes(8), "holds weights of a type not used here: F64"),
        ({"w": tensor("I8", end=1)}, bytes(1), "w has no scale for each of its rows"),
        (
            {"w": tensor("I8", (2, 2)), "w.scale": tensor("F32", (1,), 4, 8)},
            bytes(8),
            "w has no scale for each of its rows",
        ),
        (
            {"w": tensor("I8", (1, 4)), "w.scale": tensor("F16", (1,), 4, 6)},
            bytes(6),
            "w has no scale for each of its rows",
        ),
        (
            {"w": tensor("I8", (1, 4)), "w.scale": tensor("F32", (1,), 4, 8)},
            bytes(4) + np.float32(np.nan).tobytes(),
            "not all numbers are finite in w",
        ),
        ({"w": tensor("BF16", end=2)}, bytes(2), "holds weights of a type not used here: BF16"),
        ({"w": tensor("F99")}, bytes(4), "holds weights of a type not used here: F99"),
        ({"w": tensor(shape=(10**9, 10**9))}, bytes(4), "is damaged"),
        ({"w": tensor(shape=(2**62, 2**62))}, bytes(4), "is damaged"),
        ({"w": tensor(shape=(-1,))}, bytes(4), "is damaged"),
        ({"w": tensor(start=-4, end=0)}, bytes(4), "is damaged"),
        ({"w": tensor(start=8)}, bytes(8), "is damaged"),
        ({"w": tensor(), "v": tensor()}, bytes(4), "is damaged"),
        ({"w": tensor(start=4, end=8)}, bytes(8), "is damaged"),
        ({"w": tensor()}, bytes(8), "is damaged"),
        ({"w": tensor(end=10**30)}, bytes(4), "is cut short"),
        ({"w": tensor(end="4")}, bytes(4), "its table of weights cannot be read"),
        ({"w": [1]}, b"", "its table of weights cannot be read"),
        ({"w": {}}, b"", "its table of weights cannot be read"),
        ('"w":{"dtype":"F32","shape":[1],"data_offsets":[0,1e999]}', bytes(4), "is cut short"),
        ('"w":{"dtype":"F32","shape":[1],"data_offsets":[0,NaN]}', bytes(4), "is damaged"),
        (",".join(f'"w":{json.dumps(tensor())}' for _ in "ab"), bytes(4), "a key comes twice"),
        ('"w":' + "[" * 100_000, b"", "its header is not JSON"),
    ],
)
def test_forged_tables(table: dict[str, Any] | str, tensors: bytes, words: str) -> None:
    assert words in refusal(forge(tensors, table))


def test_a_file_without_a_checksum() -> None:
    data = to_bytes(example()).replace(b'"checksum":', b'"checksam":')
    assert "its checksum does not match" in refusal(data)


# --- summary


def test_a_model_is_summarised(tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    write_model(path, example())
    summary = describe_model(path)
    assert summary["bytes"] == path.stat().st_size
    assert summary["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert summary["parameters"] == 12 + 3 + 1
    assert summary["precision"] == ["float16", "float32"]
    assert summary["lags"] == "0 to 40 and full"
    assert summary["characters"] == 10
    assert summary["info"]["chrf"] == 53.25
    assert summary["weights"]["decoder.weight"] == [3, 4]
    assert json.loads(json.dumps(summary)) == summary


def test_a_full_disk_keeps_the_old_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "m.safetensors"
    write_model(path, example())

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(UserError, match=rf"\({path.stat().st_size:,} bytes needed\)"):
        write_model(path, replace(example(), config=example().config | {"model": {"hidden": 5}}))
    assert_equal(read_model(path), example())
    assert [entry.name for entry in tmp_path.iterdir()] == ["m.safetensors"]
