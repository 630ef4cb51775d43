"""What is made anew after a model was shipped."""

from __future__ import annotations

import inspect
import re
import sys
from functools import partial
from pathlib import Path

import pytest

from scripts.release import refresh
from scripts.results import ROOT
from seq2seq.experiments.registry import EXPERIMENTS


def test_lines_of_python_say_what_the_model_says() -> None:
    text = 'translator.translate("A dog.")  # "Un gato."\ntranslator.translate(["B"], lag=3)\n'
    assert refresh.keep_promises(text, str.upper) == text.replace("Un gato.", "A DOG.")


def test_every_promise_of_the_readme_is_found() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(refresh.PROMISE.findall(readme)) == len(re.findall(r'translate\("[^"]+"\) +# "', readme)) > 0


def test_every_program_is_there() -> None:
    for arguments in refresh.studies(Path("dev.tsv"), [Path("train.tsv")]).values():
        name = arguments[1].replace(".", "/") + ".py" if arguments[0] == "-m" else arguments[0]
        assert (ROOT / name).is_file()


def test_every_experiment_that_uses_the_model_of_the_package_is_repeated() -> None:
    uses = {
        name
        for name, one in EXPERIMENTS.items()
        if "Translator.load()" in inspect.getsource(sys.modules[one.run.__module__])
    }
    arguments = refresh.studies(Path("dev.tsv"), [Path("train.tsv")]).values()
    repeated = {name for one in arguments if "scripts.studies.claims" in one for name in one}
    assert uses == repeated & set(EXPERIMENTS) != set()


def test_a_step_that_fails_is_named_and_the_others_are_done(capsys: pytest.CaptureFixture[str]) -> None:
    done: list[str] = []
    steps = {
        "bad": partial(refresh.program, "-c", "raise SystemExit('no such data')"),
        "good": partial(done.append, "good"),
    }
    assert refresh.run_all(steps, 2) == ["bad"]
    assert done == ["good"]
    out, err = capsys.readouterr()
    assert "good: 0 s" in out
    assert "no such data" in err
