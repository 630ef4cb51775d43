"""Documents, the Makefile and the hooks agree with each other and with the files that exist."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from test_architecture import LAYERS

from seq2seq.cli import build_parser

ROOT = Path(__file__).parent.parent
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


DOCUMENTS = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "data/README.md")),
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "scripts").glob("*/README.md")),
    ROOT / "tests" / "golden" / "README.md",
    ROOT / "seq2seq" / "pretrained" / "en-es" / "README.md",
]
FILE = re.compile(r"`(\w[\w./-]*(?:\.(?:py|sh|md|ya?ml|toml|txt|tsv|jsonl?|png)|/))`")
MODULE = re.compile(r"python -m (scripts(?:\.\w+)+)(?![.\w])")
IN_A_COMMAND = re.compile(r"(?<![\w/.-])(?:configs|docs|scripts|tests)/[\w./-]*\.\w+")
IN_A_TABLE = re.compile(r"^\| `(\w+)[^|]* \|", re.MULTILINE)
COMMAND = re.compile(
    r"(?:^ {4}(?:[^#`\n]*[ |])?|`(?:torchrun [^`\n]*-m )?)(seq2seq [a-z][^`\n]*)", re.MULTILINE
)
ABSENT = {
    "CHANGELOG.md": ["scripts/bench_decode.py", "scripts/distil.py"],
    "README.md": ["config.yaml", "curves.png", "metrics.csv", "metrics.jsonl"],
    "docs/onnx.md": ["model.json"],
    "docs/claims.md": ["figure.png", "result.json", "result.md"],
    "docs/text.md": ["report.pdf"],
    "docs/translate.md": ["terms.tsv"],
    "scripts/release/README.md": ["games.tsv", "mixture.json", "mixture.yaml", "tatoeba.tsv"],
}
"""Files that a document names and that do not exist: commands write them, or an earlier version had them."""


def named_files(text: str) -> list[str]:
    """Return the paths between back-quotes and in commands, but for NAME.json."""
    names = {*FILE.findall(text), *IN_A_COMMAND.findall(text)}
    return sorted(name for name in names if not name.endswith("NAME.json"))


def commands(text: str) -> list[str]:
    """Return the calls of the command line, without comments, continued lines as one."""
    found = COMMAND.findall(text.replace("\\\n", " "))
    return sorted({re.sub(r"\s+#.*|\s*\|.*|[;…].*", "", command).strip() for command in found})


def of_documents(find: Callable[[str], list[str]]) -> list[Any]:
    """Return parameters (document, what `find` finds in it) for all documents."""
    return [
        pytest.param(document, found, id=f"{document.relative_to(ROOT)}: {found}")
        for document in DOCUMENTS
        for found in find(document.read_text(encoding="utf-8"))
    ]


@pytest.mark.parametrize(("document", "name"), of_documents(named_files))
def test_a_file_that_is_named_exists(document: Path, name: str) -> None:
    places = [ROOT, ROOT / "seq2seq", document.parent]
    absent = ABSENT.get(str(document.relative_to(ROOT)), [])
    assert any((place / name).exists() for place in places) != (name in absent)


@pytest.mark.parametrize(("document", "name"), of_documents(lambda text: sorted(set(MODULE.findall(text)))))
def test_a_script_that_is_named_exists(document: Path, name: str) -> None:
    path = ROOT / name.replace(".", "/")
    assert path.with_suffix(".py").exists() or (path / "__main__.py").exists(), document


@pytest.mark.parametrize("group", ["bench", "studies"])
def test_the_programs_in_the_table_of_a_group_exist(group: str) -> None:
    text = (ROOT / "scripts" / group / "README.md").read_text(encoding="utf-8")
    programs = [name for name in IN_A_TABLE.findall(text) if name != "python"]
    assert [name for name in programs if not (ROOT / "scripts" / group / f"{name}.py").exists()] == []
    assert len(programs) > 4


@pytest.mark.parametrize(("document", "command"), of_documents(commands))
def test_a_command_is_one_that_the_command_line_knows(
    document: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A name of a command alone may lack what it needs, such as a file."""
    words = shlex.split(command)[1:]
    try:
        options = build_parser().parse_args(words)
    except SystemExit:
        assert "the following arguments are required" in capsys.readouterr().err, document
        assert not any(word.startswith("-") for word in words)
    else:
        assert callable(options.run)


def test_the_picture_of_the_layers_is_that_of_the_layer_test() -> None:
    (picture,) = re.findall(r"```\nseq2seq/\n(.*?)```", ARCHITECTURE, re.DOTALL)
    names = [name for line in picture.splitlines() for name in re.findall(r"(\w+)(?:\.py|/)", line)]
    assert names == LAYERS


def test_files_scripts_and_commands_are_found_in_their_forms() -> None:
    text = "See `a/b.py`, `docs/` and `docs/results/NAME.json`:\n\n    bash scripts/a.sh x\n"
    assert named_files(text) == ["a/b.py", "docs/", "scripts/a.sh"]
    assert commands("    cat x | seq2seq translate --lag 8  # a pipe\n") == ["seq2seq translate --lag 8"]
    assert commands("`torchrun -m seq2seq train A --set \\\n  a=1`; `seq2seq data`") == [
        "seq2seq data",
        "seq2seq train A --set    a=1",
    ]
    assert MODULE.findall("`python -m scripts.a.b WHAT`") == ["scripts.a.b"]


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md"])
def test_the_architecture_page_is_linked_from(document: str) -> None:
    assert "(docs/architecture.md)" in (ROOT / document).read_text(encoding="utf-8")


@pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
def test_make_prints_help_on_every_target() -> None:
    done = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    (targets,) = re.findall(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)
    assert re.findall(r"^make (\w+) +\S", done.stdout, re.MULTILINE) == targets.split()


def test_the_hooks_before_a_commit_run_what_make_check_runs() -> None:
    (repository,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    assert repository["repo"] == "local"
    assert {hook["language"] for hook in repository["hooks"]} == {"system"}
    hooks = [re.sub(r" --\S+", "", hook["entry"]) for hook in repository["hooks"]]
    (check,) = re.findall(r"^check:.*\n((?:\t.*\n)+)", MAKEFILE, re.MULTILINE)
    commands = re.sub(r" --\S+| \.$", "", check.replace("$(BIN)", ".venv/bin"), flags=re.MULTILINE)
    assert hooks == [command.strip() for command in commands.splitlines()]


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\bmake (\w+)", CONTRIBUTING))))
def test_every_make_target_of_the_guide_exists(target: str) -> None:
    assert re.search(rf"^{target}:", MAKEFILE, re.MULTILINE)


LINK = re.compile(r"\]\((?!https?:)([^)#\s]+)?(?:#([\w-]+))?\)")


def anchors(text: str) -> set[str]:
    """Return the anchors of the headings of a Markdown text, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    for name, anchor in LINK.findall(document.read_text(encoding="utf-8")):
        target = document.parent / name if name else document
        assert target.exists(), name
        assert not anchor or anchor in anchors(target.read_text(encoding="utf-8")), f"{name}#{anchor}"


def test_anchors_are_those_of_headings() -> None:
    assert anchors("# One, two\ntext\n## `three`: 4\n") == {"one-two", "three-4"}


def test_every_program_reads_its_arguments() -> None:
    """Programs that ignored their arguments answered `--help` by rewriting data and documents."""
    programs = [path for path in (ROOT / "scripts").rglob("*.py") if "__main__" in path.read_text("utf-8")]
    # Another command line reads theirs.
    handed_on = {"scripts/train.py", "scripts/translate.py", "scripts/bench/systems/run_joeynmt.py"}
    deaf = {str(path.relative_to(ROOT)) for path in programs if "parse_args" not in path.read_text("utf-8")}
    assert len(programs) > 20
    assert deaf == handed_on


def test_the_lines_of_the_readme_fit_into_a_window() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [line for line in text.splitlines() if len(line) > 125] == []
