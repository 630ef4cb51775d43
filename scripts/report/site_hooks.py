"""Hooks of MkDocs: pages that lie outside docs/ join it, and links follow them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

from mkdocs.structure.files import File

ROOT: Final = Path(__file__).parents[2]
CARD: Final = "seq2seq/pretrained/en-es"
JOINED: Final = {"index.md": "README.md", "card.md": f"{CARD}/README.md"}
"""Pages of the site, and the documents of the project that they are."""
_LINK: Final = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s#]+)(#[^)]*)?\)")


def on_files(files: Any, config: Any) -> Any:
    """Add the pages, and the pictures that lie beside them."""
    for page, document in JOINED.items():
        files.append(File.generated(config, page, content=(ROOT / document).read_text("utf-8")))
    for picture in sorted((ROOT / CARD).glob("*.png")):
        files.append(File.generated(config, f"card/{picture.name}", content=picture.read_bytes()))
    return files


def on_page_markdown(text: str, page: Any, **_: Any) -> str:
    """Point links at where the documents lie in the site; a link to code becomes its text."""
    source = ROOT / JOINED.get(page.file.src_uri, f"docs/{page.file.src_uri}")

    def moved(match: re.Match[str]) -> str:
        mark, label, target, anchor = match.groups(default="")
        if re.match(r"[a-z]+:", target):
            return match[0]
        path = (source.parent / target).resolve()
        for name, document in JOINED.items():
            if path == ROOT / document:
                return f"{mark}[{label}]({name}{anchor})"
        if path.is_relative_to(ROOT / "docs"):
            return f"{mark}[{label}]({path.relative_to(ROOT / 'docs').as_posix()}{anchor})"
        if path.suffix == ".png" and path.parent == ROOT / CARD:
            return f"{mark}[{label}](card/{path.name})"
        if not path.exists():
            return match[0]  # MkDocs says that it leads nowhere
        return label

    return _LINK.sub(moved, text)
