"""The shape of the package: rows that import from above alone, and what is done in one place only."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from seq2seq.config import Config

PACKAGE = Path(__file__).parent.parent / "seq2seq"

ROWS = [
    # Small helpers, and what everything else is written in terms of. No torch.
    "errors files integrity pretrained lag text.normalise text.symbols text.spans text.sentences "
    "text.edges text.reader text.joining text.pairing text.vocabulary text.words text flatyaml checks "
    "config resume signals runlog plots",
    # Pairs on disk become batches; scores; the model file. No torch.
    "pairs bitext splits datacheck fetch grammar corpus batching noise metrics metrics.latency "
    "metrics.quality int8 modelfile runtime plain plain.cells plain.backward plain.sources "
    "plain.encoder_decoder plain.lagged_rnn plain.feedforward plain.networks decoding decoding.lines "
    "decoding.copying decoding.repetition decoding.greedy decoding.beam decoding.search decoding.clocked "
    "decoding.streaming",
    "devices models.layers models.encoder_decoder models.lagged_rnn models.feedforward models models.runtime",
    # The door for Python. It imports torch only when there is much to translate.
    "translator timeline explain evaluate",
    "checkpoint loss optimisation validation writer parallel training",
    # The claims. They import torch where they train.
    "experiments.frame experiments.tasks experiments.learning experiments.depth experiments.padding "
    "experiments.lag experiments.sentences experiments.unrolling experiments.gradients experiments.memory "
    "experiments.millions experiments",
    "commands commands.train commands.live commands.translate commands.evaluate commands.explain "
    "commands.experiment commands.data commands.checkpoint cli __main__",
]
"""Every module, after all that it may import: from the rows above and, within its row, from its left."""

ORDER = [module for row in ROWS for module in row.split()]
WITHOUT_TORCH = [module for i in (0, 1, 3, 5, 6) for module in ROWS[i].split()]


@cache
def modules() -> dict[str, ast.Module]:
    """Return the syntax trees of all modules by name; the package itself is not among them."""
    names = {
        path: ".".join(path.relative_to(PACKAGE).with_suffix("").parts) for path in PACKAGE.rglob("*.py")
    }
    trees = {
        name.removesuffix(".__init__"): ast.parse(path.read_text("utf-8")) for path, name in names.items()
    }
    del trees["__init__"]
    return trees


def imported(tree: ast.Module) -> Iterator[str]:
    """Yield the full names of all that a module imports, wherever it does and for whatever purpose."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "an import is absolute"
            assert node.module is not None
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def within(name: str) -> str | None:
    """Return the module of the package that a full name stands in; None for other packages."""
    root, _, rest = name.partition(".")
    if root != "seq2seq":
        return None
    while rest not in modules():
        assert "." in rest, (
            f"{name} is imported from the package itself, which stands above all of its modules"
        )
        rest = rest.rpartition(".")[0]
    return rest


def places(pattern: str) -> list[str]:
    """Return the modules whose text matches a pattern."""
    return sorted(
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        if re.search(pattern, path.read_text("utf-8"))
    )


def test_every_module_has_its_place() -> None:
    assert len(ORDER) == len(set(ORDER))
    assert set(ORDER) == modules().keys()


@pytest.mark.parametrize("module", ORDER)
def test_a_module_imports_only_from_above(module: str) -> None:
    """Since the order is total there can be no cycle, lazy imports and those for types included."""
    above = set(ORDER[: ORDER.index(module)])
    below = {name for name in map(within, imported(modules()[module])) if name is not None} - above
    assert below == set()


def test_the_package_itself_is_a_door_and_nothing_more() -> None:
    tree = ast.parse((PACKAGE / "__init__.py").read_text("utf-8"))
    assert {within(name) for name in imported(tree)} - {None} == {"translator"}


def test_what_computes_nothing_imports_no_torch() -> None:
    names = ["seq2seq", *(f"seq2seq.{name}" for name in WITHOUT_TORCH if name != "__main__")]
    code = f"import sys, {', '.join(names)}; print('torch' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=True
    )
    assert (done.stdout, done.stderr) == ("False\n", "")


def test_what_could_run_foreign_code_is_nowhere() -> None:
    forbidden = [
        r"weights_only\s*=\s*False",
        r"allow_pickle\s*=\s*True",
        r"\bpickle\.(load|Unpickler)",
        r"import (c?pickle|dill|marshal|shelve|joblib)\b",
        r"yaml\.(load|unsafe_load|full_load)\(",
        r"(?<![\w.])(eval|exec|compile|__import__)\(",
        r"torch\.hub|torch\.jit\.load|os\.system|shell=True|extractall",
    ]
    assert {pattern: places(pattern) for pattern in forbidden} == {pattern: [] for pattern in forbidden}


def test_each_kind_of_file_is_opened_in_one_place() -> None:
    assert places(r"torch\.load\(") == ["checkpoint.py"]
    assert places(r"torch\.load\(.*, weights_only=True\)") == ["checkpoint.py"]
    assert places("import safetensors|from safetensors") == ["modelfile.py"]
    assert places("import yaml") == ["flatyaml.py", "grammar.py"]
    assert places(r"np\.load\(") == ["corpus.py"]
    assert places(r"urlopen|HTTPSConnection|build_opener") == ["fetch.py"]


def test_fused_recurrent_modules_draw_no_dropout_of_their_own() -> None:
    """Their masks cannot be resumed bit for bit on CUDA."""
    for tree in modules().values():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("nn.LSTM", "nn.GRU", "nn.RNN"):
                assert "dropout" not in {keyword.arg for keyword in node.keywords}


def attributes(tree: ast.AST) -> set[tuple[str, str]]:
    """Return (last name before the dot, attribute) of every attribute in a syntax tree."""
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    return {(ast.unparse(node.value).rpartition(".")[2], node.attr) for node in nodes}


def read_attributes() -> set[tuple[str, str]]:
    """Return what is read outside of the configuration itself, and in those of its properties that are."""
    read = {pair for name, tree in modules().items() if name != "config" for pair in attributes(tree)}
    properties = [
        node
        for node in ast.walk(modules()["config"])
        if isinstance(node, ast.FunctionDef) and "property" in map(ast.unparse, node.decorator_list)
    ]
    names = {name for _, name in read}
    return read.union(*(attributes(node) for node in properties if node.name in names))


def test_every_setting_is_used() -> None:
    read = read_attributes()
    # A network is given its own section, and calls it `config`.
    read |= {("model", key) for name, key in read if name == "config"}
    settings = {(section, key) for section, keys in Config().to_dict().items() for key in keys}
    assert settings - read == set()
