"""Documents, the Makefile and the hooks agree with each other and with the files that exist."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from test_architecture import LAYERS

ROOT = Path(__file__).parent.parent
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def named_files(text: str) -> list[str]:
    """Return the paths of files and folders that stand between back-quotes."""
    return sorted(set(re.findall(r"`([\w./-]+(?:\.(?:py|md|ya?ml|toml|txt|tsv)|/))`", text)))


@pytest.mark.parametrize("name", named_files(ARCHITECTURE))
def test_the_architecture_page_names_files_that_exist(name: str) -> None:
    assert (ROOT / "seq2seq" / name).exists() or name == "seq2seq/"


@pytest.mark.parametrize("name", named_files(CONTRIBUTING))
def test_the_contributing_guide_names_files_that_exist(name: str) -> None:
    assert (ROOT / name).exists() or (ROOT / "seq2seq" / name).exists()


def test_the_picture_of_the_layers_is_that_of_the_layer_test() -> None:
    (picture,) = re.findall(r"```\nseq2seq/\n(.*?)```", ARCHITECTURE, re.DOTALL)
    names = [name for line in picture.splitlines() for name in re.findall(r"(\w+)(?:\.py|/)", line)]
    assert names == LAYERS


def test_there_are_files_to_look_for() -> None:
    assert len(named_files(ARCHITECTURE)) > 25
    assert len(named_files(CONTRIBUTING)) > 5


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


DOCUMENTS = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "data/README.md")),
    *sorted((ROOT / "docs").glob("*.md")),
    ROOT / "seq2seq" / "pretrained" / "en-es" / "README.md",
]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    for name, anchor in LINK.findall(document.read_text(encoding="utf-8")):
        target = document.parent / name if name else document
        assert target.exists(), name
        assert not anchor or anchor in anchors(target.read_text(encoding="utf-8")), f"{name}#{anchor}"


def test_anchors_are_those_of_headings() -> None:
    assert anchors("# One, two\ntext\n## `three`: 4\n") == {"one-two", "three-4"}
