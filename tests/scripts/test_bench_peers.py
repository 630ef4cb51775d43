"""What scripts/bench/peers.py makes of the peers' output; the peers themselves are not here."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts.bench import peers as bench
from scripts.bench.systems import base, registry
from seq2seq.corpus.pairs import Pair
from seq2seq.text.normalise import normalise

ROOT = Path(__file__).parents[2]


@pytest.fixture
def setting(tmp_path: Path) -> base.Comparison:
    return base.Comparison(tmp_path, tmp_path, threads=1, sentences=256, length=90, cold_length=64)


def test_a_speed_is_a_mean_over_time() -> None:
    """Ten symbols in one second and sixty in two are seventy in three."""
    updates = [base.TimedUpdates(10.0, 1.0), base.TimedUpdates(30.0, 2.0)]
    assert base.mean_speed(updates) == pytest.approx(70 / 3)


def test_our_own_speeds_come_from_the_metrics_without_the_warm_up() -> None:
    records = [
        {"step": 1, "chars_per_second": 1.0, "seconds": 9.0},
        {"step": 2, "chars_per_second": 5.0, "seconds": 10.0},
        {"step": 3, "chars_per_second": 40.0, "seconds": 12.0},
        {"step": 3, "dev_loss": 1.0},
        {"step": 4, "chars_per_second": 50.0, "seconds": 15.0},
    ]
    assert registry.logged(records) == [base.TimedUpdates(40.0, 2.0), base.TimedUpdates(50.0, 3.0)]


@pytest.mark.parametrize(
    ("name", "line", "speed"),
    [
        (
            "joeynmt",
            "2026-11-25 01:58:06,279 - INFO - joeynmt.training - Epoch   1, Step:        1, Batch Loss:     "
            "3.760576, Batch Acc: 0.013400, Tokens per Sec:      860, Lr: 0.000990",
            860,
        ),
        (
            "eole",
            "[2026-11-25 01:56:49,271 INFO] Step  2/    4; acc: 15.8; ppl: 40.34; xent: 3.70; aux: 0.000; "
            "mtp: 0.000; attn_ent: 3.550; lr: 1.00e-03; sents:      18; bsz:  810/ 800/18; 200/198 tok/s; "
            "     13 sec;",
            198,
        ),
        ("keras", "symbols a second: 380.7", 380.7),
    ],
)
def test_a_speed_is_found_in_what_a_training_prints(name: str, line: str, speed: float) -> None:
    """Of Eole's two speeds it is that of the targets."""
    found = registry.SYSTEMS[name].speed.search(line)
    assert found is not None
    assert float(found[1]) == speed


@pytest.mark.parametrize(
    ("name", "output", "seconds"),
    [
        ("joeynmt", "joeynmt.prediction - Generation took 4.3144[sec].", 4.3144),
        ("eole", "Step 0 time (s): 0.25\nSubsequent prediction time including all (s): 3.89", 4.14),
        ("keras", "translating took 0.6515 s", 0.6515),
        ("ours", "translating took 1.5000 s for 1440 characters", 1.5),
    ],
)
def test_the_time_is_found_in_what_a_translating_prints(name: str, output: str, seconds: float) -> None:
    assert sum(map(float, registry.SYSTEMS[name].took.findall(output))) == pytest.approx(seconds)


def test_a_training_is_watched_for_its_time_and_ended(setting: base.Comparison) -> None:
    """The first two updates do not count, and it would go on for ever."""
    code = (
        "import itertools, time\n"
        "print('starting')\n"
        "for i in itertools.count(1): print(f'speed {i}', flush=True); time.sleep(0.01)"
    )
    pattern = re.compile(r"speed (\d+)")
    updates = base.watch(setting, [sys.executable, "-c", code], pattern, 0.05)
    assert len(updates) >= base.LEAST
    assert updates[0].speed == base.WARM_UP + 1
    assert all(update.seconds > 0 for update in updates)


def test_a_training_that_ends_early_says_why(setting: base.Comparison) -> None:
    code = "print('speed 1', flush=True); raise RuntimeError('no such schedule')"
    with pytest.raises(base.Failure, match=r"^ended after 1 updates: RuntimeError: no such schedule$"):
        base.watch(setting, [sys.executable, "-c", code], re.compile(r"speed (\d+)"), 0.0)


def test_a_program_that_fails_says_why_in_one_line(setting: base.Comparison) -> None:
    with pytest.raises(base.Failure, match=r"^ModuleNotFoundError: No module named 'nowhere'$"):
        setting.call([sys.executable, "-c", "import nowhere"], 60)
    with pytest.raises(base.Failure, match="No such file"):
        setting.call([setting.work / "nothing"], 60)


def test_what_does_not_install_is_left_out_with_the_reason(
    setting: base.Comparison, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(_: base.System) -> None:
        raise base.Failure("there is no network")

    monkeypatch.setattr(registry.Eole, "install", refuse)
    result = bench.measure(registry.Eole(setting), [2000], 512, (1.0, 1.0))
    assert result["failed"] == "there is no network"
    assert capsys.readouterr().err == "Eole: left out: there is no network\n"


@pytest.mark.parametrize("name", ["joeynmt", "eole"])
def test_the_configurations_are_yaml_once_filled_in(setting: base.Comparison, name: str) -> None:
    peer = registry.SYSTEMS[name](setting)
    for command in (
        peer.training("run", "fp32", 8000, 7),
        peer.translating("run", "fp32", "sources.txt", 90),
    ):
        (file,) = [word for word in command if str(word).endswith(".yaml")]
        text = (setting.work / file).read_text(encoding="utf-8")
        assert "$" not in text
        config = yaml.safe_load(text)
        numbers = str(config)
        assert ("8000" in numbers and "7" in numbers) or numbers.count("90") >= 2


def test_pairs_and_sources_are_short_single_sentences_spread_over_the_files(tmp_path: Path) -> None:
    train, dev = tmp_path / "train.tsv", tmp_path / "dev.tsv"
    pairs = [Pair(f"Word {i}.", f"Palabra {i}.") for i in range(100)]
    lines = ["\t".join(pair) for pair in [Pair("x" * 101, "largo"), *pairs]]
    train.write_text("\n".join(lines) + "\n", encoding="utf-8")
    dev.write_text("One.\tUno.\nTwo. Three.\tDos. Tres.\nOne.\tUna.\nFour.\tCuatro.\n", encoding="utf-8")
    found, groups = bench.choose(train, dev, 10, 5)
    assert found == pairs[::10]
    assert groups == {"One.": ["Uno.", "Una."], "Four.": ["Cuatro."]}


def test_the_data_is_the_same_in_all_forms(tmp_path: Path) -> None:
    pairs = [Pair("Go on.", "¡Sigue, señor!"), Pair("No.", "No.")]
    bench.write_data(tmp_path, pairs, ["I am."])
    read = {path.name: path.read_text(encoding="utf-8").splitlines() for path in tmp_path.iterdir()}
    assert read["train.tsv"] == ["\t".join(pair) for pair in pairs]
    for side, suffix in enumerate(("en", "es")):
        texts = [pair[side] for pair in pairs]
        assert read[f"train.{suffix}"] == texts
        tokens = [line.split(" ") for line in read[f"train.characters.{suffix}"]]
        assert ["".join(line).replace("▁", " ") for line in tokens] == texts
        assert {line.split("\t")[0] for line in read[f"vocabulary.{suffix}"]} == set().union(*tokens)
    assert read["sources.characters.txt"] == ["I ▁ a m ."]
    assert read["sentence.txt"] == [normalise(base.SENTENCE)]


OURS: dict[str, Any] = {
    "title": "seq2seq",
    "version": "1",
    "parameters": 9_800_000,
    "training": [
        {"precision": "fp32", "batch_chars": 2000, "per_second": 3000.0},
        {"precision": "bf16", "batch_chars": 2000, "per_second": 5000.0},
        {"precision": "bf16", "batch_chars": 8000, "per_second": 6000.0},
    ],
    "decoding": [
        {"precision": "fp32", "per_second": 7200.0},
        {"precision": "bf16", "failed": "RuntimeError: no"},
    ],
    "cold_start": {"seconds": 0.5, "all": [0.6, 0.5, 0.5]},
}
PEER: dict[str, Any] = {
    "title": "Peer",
    "version": "2",
    "parameters": 6_900_000,
    "training": [{"precision": "fp32", "batch_chars": 2000, "per_second": 1000.0}],
    "decoding": [{"precision": "fp32", "failed": "not finished after 90 s"}],
    "cold_start": {"seconds": 4.0, "all": [4.0, 4.1, 4.0]},
}


def test_ratios_compare_the_best_with_the_best_and_like_with_like() -> None:
    assert bench.ratios(OURS, PEER) == {
        "training": 6.0,
        "training_fp32": 3.0,
        "decoding": None,
        "decoding_fp32": None,
        "cold_start": 8.0,
    }


def test_the_tables_hold_figures_ratios_and_what_is_missing() -> None:
    gone = {"title": "Gone", "training": [], "decoding": [], "failed": "there is no network"}
    results = {"setting": {"reference": 36.0}, "systems": {"ours": OURS, "peer": PEER, "gone": gone}}
    text = bench.render(results)
    assert (
        "| seq2seq (1) | 9.8 million | 6,000 (bf16) | 3,000 | 7,200 (fp32) | 7,200 | 200 | 0.50 s |" in text
    )
    assert "| Peer (2) | 6.9 million | 1,000 (fp32) | 1,000 | – | – | – | 4.00 s |" in text
    assert "| Peer | 6.0 | 3.0 | – | – | 8.0 |" in text
    assert text.endswith("Gone was left out: there is no network")


def test_a_mistaken_command_is_refused_in_a_sentence() -> None:
    command = [sys.executable, "-m", "scripts.bench.peers", "run", "a.tsv", "b.tsv"]
    for options, message in (
        (["--only", "marian"], "there is no marian; there are ours, joeynmt"),
        (["--cache", str(ROOT)], "--cache must be outside of the repository"),
    ):
        done = subprocess.run([*command, *options], capture_output=True, text=True, check=False, cwd=ROOT)
        assert done.returncode == 2
        assert message in done.stderr
