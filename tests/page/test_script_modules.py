from __future__ import annotations

from pathlib import Path

import pytest

from seq2seq.page.bundle import ENGINE
from seq2seq.page.script_modules import joined_script


def write(folder: Path, **modules: str) -> Path:
    for name, text in modules.items():
        (folder / f"{name}.js").write_text(text, encoding="utf-8")
    return folder / "main.js"


def test_a_module_is_run_after_those_that_it_imports(tmp_path: Path) -> None:
    entry = write(
        tmp_path,
        main='import { a as one, B } from "./other.js";\n\nnew B(one);\n',
        other="export const a = 1;\n/** A class. */\nexport class B {}\nexport function* c() {}\n",
    )
    assert joined_script(entry) == (
        '"use strict";\n'
        "const $other = (() => {\nconst a = 1;\n/** A class. */\nclass B {}\nfunction* c() {}\n"
        "return { a, B, c };\n})();\n"
        "const $main = (() => {\nconst { a: one, B } = $other;\n\nnew B(one);\nreturn {  };\n})();\n"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('import x from "./other.js";\n', "another form"),
        ("export default 3;\n", "another form"),
        ('import { a } from "./main.js";\n', "imports itself"),
        ('const end = "</script>";\n', "end a script"),
    ],
)
def test_what_the_convention_does_not_have_is_refused(tmp_path: Path, text: str, message: str) -> None:
    entry = write(tmp_path, main=text, other="export const a = 1;\n")
    with pytest.raises(ValueError, match=message):
        joined_script(entry)


def test_the_engine_keeps_to_the_convention_and_its_modules_are_short() -> None:
    assert "const $worker = " in joined_script(ENGINE / "worker.js")
    lengths = {path.name: len(path.read_text("utf-8").splitlines()) for path in ENGINE.glob("*.js")}
    assert {name: length for name, length in lengths.items() if length > 350} == {}
