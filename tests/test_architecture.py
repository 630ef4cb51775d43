"""The shape of the package: rows that import from above alone, and what is done in one place only."""

from __future__ import annotations

import ast
import graphlib
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from seq2seq.config.schema import Config

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "seq2seq"

LAYERS = [
    "errors",
    "regular",
    "lag",
    "threads",
    "devices",
    "pretrained",
    "text",
    "config",
    "storage",
    "corpus",
    "plain",
    "models",
    "decoding",
    "translator",
    "formats",
    "measuring",
    "drawing",
    "page",
    "training",
    "experiments",
    "commands",
    "cli",
    "__main__",
]
"""What lies directly in seq2seq/, each after all that it may import."""

TORCH_WHEN_NEEDED = ["translator", "measuring", "drawing", "experiments", "commands", "cli"]
"""Import torch only within functions, for those who need it. `models`, `training` import it at once."""
WITHOUT_TORCH = [
    "errors",
    "regular",
    "lag",
    "threads",
    "pretrained",
    "text",
    "config",
    "storage",
    "corpus",
    "plain",
    "decoding",
    "formats",
    "page",
]


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


def layer(module: str) -> str:
    """Return what of `LAYERS` a module belongs to."""
    return module.partition(".")[0]


def wrong_imports(module: str, tree: ast.Module) -> set[str]:
    """Return what a module imports from layers after its own, lazy imports and those for types included."""
    mine = LAYERS.index(layer(module))
    names = {name for name in map(within, imported(tree)) if name is not None}
    return {name for name in names if LAYERS.index(layer(name)) > mine}


def test_every_module_has_its_layer() -> None:
    assert set(map(layer, modules())) == set(LAYERS)


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_imports_only_from_those_before_it(name: str) -> None:
    mine = {module: tree for module, tree in modules().items() if layer(module) == name}
    wrong = {module: wrong_imports(module, tree) for module, tree in mine.items()}
    assert wrong == {module: set() for module in mine}


def test_an_import_that_is_turned_round_is_found() -> None:
    tree = ast.parse("def lazily():\n    from seq2seq.training import loss\n")
    assert wrong_imports("models.layers", tree) == {"training.loss"}
    assert wrong_imports("experiments.memory", tree) == set()


def test_no_module_imports_itself_by_way_of_others() -> None:
    graph = {
        module: {name for name in map(within, imported(tree)) if name is not None}
        for module, tree in modules().items()
    }
    graphlib.TopologicalSorter(graph).prepare()  # raises a CycleError that names the cycle


PACKAGES = [name for name in LAYERS if (PACKAGE / name).is_dir()]


def said_imports(docstring: str) -> set[str]:
    """Return the packages that the last paragraph of a package's docstring says it imports."""
    last = docstring.rpartition("\n\n")[2]
    assert last.startswith(("It imports", "It may import any layer below"))
    return set(re.findall(r"`(\w+)`", last)) & set(PACKAGES)


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_says_what_it_imports(package: str) -> None:
    said = ast.get_docstring(ast.parse((PACKAGE / package / "__init__.py").read_text("utf-8"))) or ""
    mine = [tree for module, tree in modules().items() if layer(module) == package]
    names = {name for tree in mine for name in imported(tree)}
    found = {layer(name) for name in map(within, names) if name is not None} & set(PACKAGES)
    if "It may import any layer below" not in said:
        assert said_imports(said) == found - {package, "pretrained"}
    if "and no torch" in said:
        assert "torch" not in {name.partition(".")[0] for name in names}


def test_what_a_package_says_is_read_from_its_last_paragraph() -> None:
    assert said_imports("`text` to `ids`.\n\nIt imports `corpus`, `np` and no torch.") == {"corpus"}


def test_scripts_form_layers_too() -> None:
    """A group imports itself and what all share; only the reports import the programs that measure."""
    wrong = []
    for path in (ROOT / "scripts").rglob("*.py"):
        group = path.relative_to(ROOT / "scripts").parts[0]
        for name in imported(ast.parse(path.read_text("utf-8"))):
            first, _, rest = name.partition(".")
            own = rest.partition(".")[0] in (group, "results", "chromium")
            if first == "scripts" and not own and group != "report":
                wrong.append(f"{group} imports {name}")
    assert wrong == []


TESTS = Path(__file__).parent

NO_MODULE = {
    "test_architecture.py": "the repository",
    "test_configs.py": "the files of configs/",
    "test_documents.py": "the documents",
    "test_messages.py": "the messages of the library",
    "test_names.py": "the repository",
    "test_package.py": "the package as it is installed",
    "test_readme.py": "the documents",
    "test_tutorial.py": "the notebook",
    "test_windows.py": "what other systems lack",
    "commands/test_cli.py": "the program around the commands",
    "config/test_config.py": "settings from a file to the checked ones, by all modules of the package",
    "decoding/test_decoding.py": "greedy and beam search, compared with each other",
    "decoding/test_glossary_copies.py": "translations with a glossary, through all layers",
    "experiments/test_experiments.py": "all experiments, in their short form",
    "models/test_word_walk.py": "the three ways to walk a trie, compared with each other",
    "plain/test_plain.py": "the networks in NumPy, compared with those in PyTorch",
    "text/test_golden_reading.py": "the golden lines, through all layers",
    "text/test_golden_text.py": "the form of the golden lines",
}
"""Test files that are not named after a module, and what they test."""


def source_names(folder: Path) -> set[str]:
    """Return what a test file in this folder may be named after: MODULE, PACKAGE or PACKAGE_MODULE."""
    scripts = folder == Path("scripts")
    names = set()
    for path in (ROOT / folder).rglob("*") if scripts else (PACKAGE / folder).iterdir():
        folders = ("__init__.py", "index.html", "worker.js")  # those of Python, of the face and of the engine
        if path.suffix in (".py", ".sh") or any((path / name).exists() for name in folders):
            parent = path.parent.name
            names |= {path.stem, f"{parent}_{path.stem}"}
    return names


def mirrors(path: Path) -> bool:
    """Whether a test file is named after what it tests: test_NAME.py, or test_NAME_ASPECT.py."""
    relative = path.relative_to(TESTS)
    words = path.stem.removeprefix("test_").split("_")
    candidates = {"_".join(words[:n]) for n in range(1, len(words) + 1)}
    return bool(candidates & source_names(relative.parent))


def test_tests_mirror_the_package() -> None:
    found = {str(path.relative_to(TESTS)): path for path in TESTS.rglob("test_*.py")}
    folders = {path.parent.relative_to(TESTS) for path in found.values()}
    assert {str(folder) for folder in folders} - {".", "scripts"} == set(PACKAGES) - {"pretrained"}
    assert {name for name, path in found.items() if not mirrors(path)} == set(NO_MODULE)


def test_the_package_itself_is_a_door_and_nothing_more() -> None:
    tree = ast.parse((PACKAGE / "__init__.py").read_text("utf-8"))
    assert {within(name) for name in imported(tree)} - {None} == {"translator"}


def test_what_computes_nothing_imports_no_torch() -> None:
    lazy = {*WITHOUT_TORCH, *TORCH_WHEN_NEEDED}
    names = ["seq2seq", *(f"seq2seq.{name}" for name in modules() if layer(name) in lazy)]
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
    assert places(r"torch\.load\(") == ["training/checkpoint.py"]
    assert places(r"torch\.load\(.*, weights_only=True\)") == ["training/checkpoint.py"]
    assert places("import safetensors|from safetensors") == ["storage/modelfile.py"]
    assert places("import yaml") == ["config/flatyaml.py", "corpus/grammar.py"]
    assert places(r"np\.load\(") == ["corpus/cache.py"]
    assert places(r"urlopen|HTTPSConnection|build_opener") == ["corpus/download.py"]


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
    read = {pair for name, tree in modules().items() if layer(name) != "config" for pair in attributes(tree)}
    properties = [
        node
        for node in ast.walk(modules()["config.schema"])
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
