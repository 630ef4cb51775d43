"""The experiments: what is published, with stand-ins for networks, and the claims that cost little."""

from __future__ import annotations

import json
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from seq2seq.cli import run
from seq2seq.config.schema import ModelConfig
from seq2seq.corpus.pairs import Pair
from seq2seq.errors import UserError
from seq2seq.experiments import depth, memory, millions, needed_lag, padding, peephole, sentence_lag
from seq2seq.experiments.harness import RunOptions, perform
from seq2seq.experiments.learning import learn
from seq2seq.experiments.registry import EXPERIMENTS
from seq2seq.experiments.sizes import parameters
from seq2seq.experiments.tasks import LETTERS, substitute, swap
from seq2seq.text.vocabulary import SPECIALS

CHEAP = ("unrolling", "size")
UNSOLVED: tuple[str, ...] = ()
"""Experiments whose bound does not hold in the published run."""


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_what_is_published_holds_and_comes_from_a_full_run(name: str) -> None:
    documents = Path(__file__).parents[2] / "docs"
    results = json.loads((documents / "results" / "claims.json").read_text(encoding="utf-8"))
    if name not in results:
        said = f"Not measured yet: `python -m scripts.studies.claims {name}`."
        assert said in (documents / "claims.md").read_text(encoding="utf-8")
        return
    result = results[name]
    assert result["bound"] == EXPERIMENTS[name].bound
    assert result["command"] == f"seq2seq experiment {name}"
    assert result["holds"] is all(check["holds"] for check in result["checks"])
    assert result["holds"] is (name not in UNSOLVED)
    assert result["seconds"] / 60 < max(2, 1.5 * EXPERIMENTS[name].minutes)


def test_every_claim_is_listed_with_its_bound(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["experiment", "--list"]) == 0
    listed = capsys.readouterr().out
    for name, experiment in EXPERIMENTS.items():
        assert experiment.name == name
        assert f"{experiment.number} {name}: {experiment.claim}\n  {experiment.bound}" in listed
    numbers = [experiment.number for experiment in EXPERIMENTS.values()]
    assert numbers == sorted(numbers)
    assert set(numbers) == set(range(7))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [([], "name an experiment: "), (["nope"], "there is no experiment 'nope'; choose one of ")],
)
def test_an_experiment_that_is_not_there(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["experiment", *arguments]) == 2
    assert capsys.readouterr().err.startswith(f"seq2seq: {message}")


@pytest.mark.parametrize("name", CHEAP)
def test_a_claim_that_costs_little_holds(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["experiment", name, "--quick", "--out", str(tmp_path)]) == 0
    assert "| NO |" not in capsys.readouterr().out
    assert {path.name for path in tmp_path.iterdir()} == {"result.json", "result.md", "figure.png"}
    assert json.loads((tmp_path / "result.json").read_text())["checks"]


# The claims that train, with networks that are what the claim takes them for, and with some that are not.

Answers = Callable[[str, object], str]  # what a network makes of a source at a lag


class Oracle:
    """Stands for a trained network."""

    def __init__(self, answer: Answers) -> None:
        self.answer = answer

    def translate(self, sources: Sequence[str], lag: object = None) -> list[str]:
        return [self.answer(source, lag) for source in sources]


def turned(source: str) -> str:
    """The right answer where words change places."""
    first, second = source.split(" ")
    return f"{second} {first}".translate(str.maketrans(LETTERS, LETTERS[1:] + LETTERS[0]))


def windowed(pairs: Sequence[Pair], window: int) -> Answers:
    """What is to be learned from pairs by what sees a letter, and where in its window spaces and ends are."""
    seen: dict[str, Counter[str]] = defaultdict(Counter)

    def views(source: str) -> list[str]:
        shape = "".join(x if x == " " else "L" for x in source)
        padded = "_" * window + shape + "_" * window
        return [x + padded[t : t + 2 * window + 1] for t, x in enumerate(source)]

    for source, target in pairs:
        for view, character in zip(views(source), target, strict=True):
            seen[view][character] += 1
    return lambda source, _: "".join(seen[view].most_common(1)[0][0] for view in views(source))


@pytest.mark.slow
@pytest.mark.parametrize("honest", [True, False])
def test_padding(honest: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def taught(folder: Path, pairs: list[Pair], _lag: object, model: dict[str, object], _: object) -> Oracle:
        if model.get("kind") == "feedforward" and honest:
            return Oracle(windowed(pairs, int(str(model.get("window", 0)))))
        swapped = "swapped" in folder.name
        return Oracle(lambda x, _: turned(x) if swapped else turned(" ".join(x.split(" ")[::-1])))

    monkeypatch.setattr(padding, "learn", taught)
    monkeypatch.setattr(padding, "SENTENCES", 8000)
    if honest:
        text = perform(padding.EXPERIMENT, RunOptions(tmp_path, quick=False))
        assert text.count("| swapped words |") == text.count("| same order |") == len(padding.NETWORKS)
    else:
        with pytest.raises(UserError, match="feedforward: distance from its upper bound, points is"):
            perform(padding.EXPERIMENT, RunOptions(tmp_path, quick=False))


@pytest.mark.slow
@pytest.mark.parametrize("honest", [True, False])
def test_lag(honest: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def taught(folder: Path, *_: object) -> Oracle:
        needed = int(folder.name.removeprefix("needs-"))

        def answer(source: str, lag: object) -> str:
            enough = lag == "full" or int(str(lag)) >= needed or not honest
            return source[needed:] if enough else "a" * (len(source) - needed)

        return Oracle(answer)

    monkeypatch.setattr(needed_lag, "learn", taught)
    if honest:
        assert "| NO |" not in perform(needed_lag.EXPERIMENT, RunOptions(tmp_path, quick=False))
    else:
        with pytest.raises(UserError, match="needed lag 6: largest distance from the bound below it"):
            perform(needed_lag.EXPERIMENT, RunOptions(tmp_path, quick=False))


@pytest.mark.slow
@pytest.mark.parametrize("honest", [True, False])
def test_memory(honest: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def taught(folder: Path, *_: object) -> Oracle:
        forgets = folder.name.startswith("rnn") and honest
        return Oracle(lambda source, _: "a" if forgets and len(source) > 10 else source[0])

    monkeypatch.setattr(memory, "learn", taught)
    if honest:
        text = perform(memory.EXPERIMENT, RunOptions(tmp_path, quick=False))
        assert "rnn 10, gru 80, lstm 80." in text
    else:
        with pytest.raises(UserError, match="at a gap where rnn is at chance is 0"):
            perform(memory.EXPERIMENT, RunOptions(tmp_path, quick=True))


@pytest.mark.slow
@pytest.mark.parametrize("honest", [True, False])
def test_sentences(honest: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A network that knows each sentence from its smallest lag on, and one that knows it earlier."""
    corpus = {sentence.source: sentence for sentence in sentence_lag.read_corpus(sentence_lag.CORPUS)}

    def answer(source: str, lag: object) -> str:
        known = lag == "full" or not honest or int(str(lag)) >= corpus[source].smallest
        return corpus[source].target if known else ""

    monkeypatch.setattr(sentence_lag, "learn", lambda *_: Oracle(answer))
    if honest:
        assert "| NO |" not in perform(sentence_lag.EXPERIMENT, RunOptions(tmp_path, quick=True))
    else:
        with pytest.raises(UserError, match="accuracy above the upper bound, points is"):
            perform(sentence_lag.EXPERIMENT, RunOptions(tmp_path, quick=True))


def test_without_the_corpus_it_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="run this experiment from a checkout"):
        sentence_lag.read_corpus(tmp_path)


def test_depth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    widths = {}

    def taught(folder: Path, _pairs: object, _lag: object, model: dict[str, int], _: object) -> Oracle:
        widths[model["layers"]] = model["hidden"]
        right = folder.name.endswith("1")
        return Oracle(lambda source, _: turned(source) if right else "")

    monkeypatch.setattr(depth, "learn", taught)
    text = perform(depth.EXPERIMENT, RunOptions(tmp_path, quick=True))
    assert "| 50 |" in text
    sizes = [parameters(depth.model_of(layers), depth.VOCABULARY) for layers in widths]
    assert max(sizes) / min(sizes) < 1.03
    assert "No gain is shown: the character accuracy is 50 % with 1" in text
    assert widths[1] > widths[2] > widths[4]


@pytest.mark.parametrize("helps", [True, False])
def test_peephole(helps: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cell that solves the timing task with every seed, against one that fails with one of them."""

    def taught(folder: Path, pairs: list[Pair], *_: object) -> Oracle:
        known = dict(pairs) | ({"a" * n: "b" * n for n in range(99)} if "2-" in folder.name else {})
        failing = range(1, 4 if helps else 3)
        fails = folder.name in [f"{task}-lstm-seed-{seed}" for task in (3, 4) for seed in failing]
        return Oracle(lambda source, _: "" if fails else known.get(source, source[0]))

    monkeypatch.setattr(peephole, "learn", taught)
    text = perform(peephole.EXPERIMENT, RunOptions(tmp_path, quick=False))
    verdict = "shown" if helps else "not shown"
    timing = f"timing, rate 0.005: {verdict}; timing, rate 0.02: {verdict}."
    assert f"peepholes help: memory: not shown; counting: not shown; {timing}" in text
    assert text.count("| lstm_peephole |") == 4


def register() -> dict[str, np.ndarray]:
    """A shift register of tanh units, one for each letter and each of the last nine clocks."""
    stages, letters = millions.LAG + 1, millions.LETTERS
    size = stages * letters
    embedding = np.zeros((SPECIALS + letters, letters))
    embedding[SPECIALS:] = np.eye(letters)
    first = np.arange(size) < letters
    output = np.zeros((SPECIALS + letters, size))
    output[SPECIALS:, -letters:] = np.eye(letters)
    return {
        "source_embedding.weight": embedding,
        "layers.0.initial": np.zeros((1, size)),
        "layers.0.fused.weight_ih_l0": np.where(first[:, None], 6.0, 0) * np.eye(size, letters),
        "layers.0.fused.weight_hh_l0": 6.0 * np.eye(size, k=-letters),
        "layers.0.fused.bias_ih_l0": np.where(first, -3.0, 0),
        "layers.0.fused.bias_hh_l0": np.zeros(size),
        "output.weight": output,
        "output.bias": np.where(np.arange(SPECIALS + letters) < SPECIALS, -10.0, 0),
    }


@pytest.mark.parametrize("honest", [True, False])
def test_millions(honest: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    weights = register()
    size = len(weights["output.weight"].T)
    if not honest:
        weights["output.weight"][-1, -1] = -1
    sizes = ModelConfig(
        kind="lagged_rnn", cell="rnn", embedding=millions.LETTERS, hidden=size, layers=1, feedback=False
    )
    monkeypatch.setattr(millions, "MODEL", sizes)
    monkeypatch.setattr(millions, "_train", lambda *_: weights)
    for name, value in (("QUICK_LENGTH", 5000), ("SETTLED", 2000), ("MARK", 1000)):
        monkeypatch.setattr(millions, name, value)
    if honest:
        assert "| NO |" not in perform(millions.EXPERIMENT, RunOptions(tmp_path, quick=True))
    else:
        with pytest.raises(UserError, match="wrong letters is 1"):
            perform(millions.EXPERIMENT, RunOptions(tmp_path, quick=True))


def test_states_go_on_from_span_to_span_and_gradients_do_not() -> None:
    import torch

    from seq2seq.models.lagged_rnn import LaggedRNN

    torch.manual_seed(1)
    network = LaggedRNN(millions.MODEL, SPECIALS + millions.LETTERS)
    letters = torch.randint(SPECIALS, SPECIALS + millions.LETTERS, (10, 3))
    starts = [layer.start(3) for layer in network.layers]  # type: ignore[operator]
    states = [tuple(part[None].contiguous() for part in start) for start in starts]
    whole, _ = millions._span(network, letters, states)
    first, states = millions._span(network, letters[:6], states)
    second, _ = millions._span(network, letters[6:], states)
    torch.testing.assert_close(torch.cat([first, second]), whole, rtol=0, atol=1e-6)
    forward = network(letters.T, torch.full((3,), 10), letters.T, 0)
    torch.testing.assert_close(whole.transpose(0, 1), forward, rtol=0, atol=1e-6)


def test_learning_is_the_one_loop(tmp_path: Path) -> None:
    pairs = swap(random.Random(1), 60)
    model = {"kind": "lagged_rnn", "embedding": 4, "hidden": 8, "layers": 1}
    translator = learn(
        tmp_path / "run", pairs, "full", model, {"max_steps": 2}, substitute(random.Random(2), 4)
    )
    assert translator.config.model.kind == "lagged_rnn"
    assert len(translator.translate([pair.source for pair in pairs[:3]])) == 3
    names = {path.name for path in (tmp_path / "run").iterdir()}
    assert {"train.tsv", "dev.tsv", "config.yaml", "metrics.jsonl", "model.safetensors"} <= names


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted({*EXPERIMENTS} - {*CHEAP, *UNSOLVED}))
def test_a_claim_that_trains_holds_in_a_quick_run(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["experiment", name, "--quick", "--out", str(tmp_path)]) == 0
    assert "| NO |" not in capsys.readouterr().out
