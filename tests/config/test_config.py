"""The settings: what is accepted, what is refused, and that every refusal names its place and its remedy."""

from __future__ import annotations

import dataclasses
import json
import pickle
import re
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seq2seq.config.building import config_from_dict
from seq2seq.config.checks import TRAIN_PAIRS, TrainPart, part_name
from seq2seq.config.loading import (
    describe_settings,
    diff_configs,
    dump_config,
    load_config,
    parse_config,
)
from seq2seq.config.messages import ConfigError
from seq2seq.config.rules import SERVES
from seq2seq.config.schema import Config, DataConfig, ModelConfig, TrainConfig
from seq2seq.lag import FULL, Lag, LagDistribution

EXAMPLE = """\
data:
  train: data/train.tsv
  dev: [data/dev.en, data/dev.es]
lag:
  train: {uniform: [0, 40], full: 0.5}
model:
  hidden: 64   # small
  cell: gru
train:
  learning_rate: 1e-3
  max_minutes: 5
  deterministic: yes
decode: {lag: 12}
"""
NUMBERS = [
    f"{section}.{key}"
    for section, cls in get_type_hints(Config).items()
    for key, hint in get_type_hints(cls).items()
    if {int, float} & {hint, *get_args(hint)} and (section, key) != ("decode", "lag")
]


def refuse(text: str, *overrides: str) -> list[str]:
    """Return the problems of a configuration that must be refused."""
    with pytest.raises(ConfigError) as caught:
        parse_config(text, "run.yaml", overrides)
    assert str(caught.value).split("\n") == caught.value.problems
    return caught.value.problems


# --- what is accepted ---


def test_a_file_is_read_with_the_types_one_expects(tmp_path: Path) -> None:
    path = tmp_path / "example.yaml"
    path.write_text(EXAMPLE)
    config = load_config(path)
    assert config.data == DataConfig(train="data/train.tsv", dev=("data/dev.en", "data/dev.es"))
    assert config.lag.train == LagDistribution(fixed=None, uniform=(0, 40), full=0.5)
    assert config.model == ModelConfig(hidden=64, cell="gru")
    assert config.train == TrainConfig(learning_rate=0.001, max_minutes=5.0, deterministic=True)
    assert type(config.train.max_minutes) is float
    assert config.decode.lag == 12


@pytest.mark.parametrize("text", ["", "# nothing\n", "model:\n", "model: {}\n", "---\n", "null\n", "\ufeff"])
def test_what_is_not_set_has_its_default(text: str) -> None:
    assert parse_config(text) == Config()


def test_a_config_is_immutable_and_hashable() -> None:
    one, two = parse_config(EXAMPLE), parse_config(EXAMPLE)
    assert hash(one) == hash(two)
    assert {one: 1}[two] == 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.model.hidden = 3  # type: ignore[misc]


@pytest.mark.parametrize(
    ("override", "value"),
    [
        ("train.learning_rate=3e-4", 3e-4),
        ("train.learning_rate=1", 1.0),
        ("model.bidirectional=yes", True),
        ("data.train=a b.tsv", "a b.tsv"),
        ("data.train=2020-01-01", "2020-01-01"),
        ("data.train=[a.en, a.es]", ("a.en", "a.es")),
        ("data.train=[{path: a.tsv, share: 3}]", (TrainPart("a.tsv", 3.0),)),
        (
            "data.train=[{path: a.tsv, share: 3}, {share: 0.5, path: [b.en, b.es]}]",
            (TrainPart("a.tsv", 3.0), TrainPart(("b.en", "b.es"), 0.5)),
        ),
        ("data.train='no'", "no"),
        ("data.train=a=b", "a=b"),
        ("data.train=", None),
        ("train.patience=null", None),
        ("decode.lag=full", FULL),
        ("lag.train=full", LagDistribution()),
    ],
)
def test_an_override_is_typed_like_the_file(override: str, value: object) -> None:
    section, key = override.partition("=")[0].split(".")
    read = getattr(getattr(parse_config("", overrides=[override]), section), key)
    assert read == value
    assert type(read) is type(value)


def test_the_shares_of_the_parts_sum_to_one() -> None:
    def parts(value: str) -> tuple[TrainPart, ...]:
        return parse_config("", overrides=[f"data.train={value}"]).data.parts

    assert parts("[{path: a, share: 3}, {path: [b, c], share: 1}]") == (
        TrainPart("a", 0.75),
        TrainPart(("b", "c"), 0.25),
    )
    assert parts("a") == parts("[{path: a, share: 0.3}]") == (TrainPart("a", 1.0),)
    assert parts("[b, c]") == (TrainPart(("b", "c"), 1.0),)
    assert parts("null") == ()


def test_the_last_override_wins_over_the_others_and_the_file() -> None:
    overrides = ["model.hidden=8", "lag.train={uniform: [1, 12]}", "model.hidden=16"]
    config = parse_config(EXAMPLE, overrides=overrides)
    assert config.model.hidden == 16
    assert config.lag.train.describe() == "1 to 12"
    assert parse_config("model: {hidden: wide}", overrides=["model.hidden=8"]).model.hidden == 8


def test_the_description_is_a_file_of_all_defaults() -> None:
    text = describe_settings()
    assert parse_config(text) == Config()
    lines = text.splitlines()
    assert len(lines) == 5 + sum(len(section) for section in Config().to_dict().values())
    assert all(line[30:].startswith("# ") and len(line) > 40 for line in lines)


def test_differences_are_listed_by_dotted_key() -> None:
    new = parse_config(EXAMPLE, overrides=["train.learning_rate=2e-3", "data.train=other.tsv"])
    assert diff_configs(parse_config(EXAMPLE), new) == [
        ("data.train", "data/train.tsv", "other.tsv"),
        ("train.learning_rate", 0.001, 0.002),
    ]
    assert diff_configs(new, new) == []


# --- what is refused ---


def test_all_problems_of_a_file_and_its_overrides_come_at_once() -> None:
    text = (
        "data: {train: no, max_chars: 010}\n"
        "modle: {hidden: 3}\n"
        "model:\n"
        '  hidden: "512"\n'
        "  hiden: 3\n"
        "  cell: lstn\n"
        "  attention:\n"
        "  cell: gru\n"
        "train:\n"
        "  dropout: 0.1\n"
        "  ema: 1\n"
        "decode: {beam: 2, lag: 3}\n"
    )
    assert refuse(text, "train.seed=true", "decode.beam") == [
        "run.yaml:8: `model.cell` is set twice, first on line 6",
        "`decode.beam`: expected section.key=value, such as train.seed=2",
        f"run.yaml:1: `data.train`: expected {TRAIN_PAIRS.expected}, got false "
        "(`no`, `off` and `false` are the truth value false; quote it to make it a string)",
        "run.yaml:1: `data.max_chars`: expected a whole number from 1 to 10,000, got the text '010' "
        "(a number does not start with 0: write it without)",
        "run.yaml:2: `modle` is unknown — did you mean `model`?",
        "run.yaml:4: `model.hidden`: expected a whole number from 1 to 8,192, got the text '512' "
        "(a number in quotes is text: drop the quotes)",
        "run.yaml:5: `model.hiden` is unknown — did you mean `model.hidden`?",
        "run.yaml:6: `model.cell`: expected lstm, lstm_peephole, gru or rnn, got the text 'lstn' — did you "
        "mean `lstm`?",
        "run.yaml:7: `model.attention`: expected dot, mlp or none, got null — did you mean `none`?",
        "run.yaml:10: `train.dropout` is unknown — did you mean `model.dropout` or `train.char_dropout`?",
        "run.yaml:11: `train.ema`: expected a number from 0 to below 1, got 1",
        "setting `train.seed`: expected a whole number from 0 to 4,294,967,295, got true",
        "run.yaml:12: `decode.lag`: decode.lag (3) must be one of the lags of lag.train (full)",
    ]


@pytest.mark.parametrize("key", NUMBERS)
def test_a_number_is_a_number_in_its_range(key: str) -> None:
    for value in ("-1", ".nan", ".inf", "1e400", "true", '"1"', "010", "12:30", "[1]", "1_0"):
        (problem,) = refuse("", f"{key}={value}")
        assert problem.startswith(f"setting `{key}`: expected a ")


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("train..seed=1", "setting `train..seed` is unknown"),
        ("train.lr=1", "setting `train.lr` is unknown; the settings of train are seed, max_steps, "),
        ("nope=1", "setting `nope` is unknown; settings are in the sections data, lag, model, train, decode"),
        ("hidden=1", "setting `hidden` is unknown — did you mean `model.hidden`?"),
        ("trian.seed=1", "setting `trian.seed` is unknown — did you mean `train.seed`?"),
        ("=1", "`=1`: expected section.key=value, such as train.seed=2"),
        ("lag=12", "setting `lag` is a section of settings such as lag.train, got 12"),
        ("train.seed", "`train.seed`: expected section.key=value, such as train.seed=2"),
        (
            "train.seed=abc",
            "setting `train.seed`: expected a whole number from 0 to 4,294,967,295, got the text 'abc'",
        ),
        (
            "data.train=7",
            f"setting `data.train`: expected {TRAIN_PAIRS.expected}, got 7 (it is not text",
        ),
        ("data.dev=[a]", "setting `data.dev`: expected a path, a list of two paths or null, got the list"),
        (
            "data.train=[a]",
            f"setting `data.train`: expected {TRAIN_PAIRS.expected}, got the list ['a']",
        ),
        ("train.init_from=''", "setting `train.init_from`: expected a path or null, got the text ''"),
        (
            'train.init_from="a\\x00"',
            "setting `train.init_from`: expected a path or null, got the text 'a\\x00'",
        ),
        (
            'train.init_from="\\uD800"',
            "setting `train.init_from`: expected a path or null, got the text '\\ud800'",
        ),
        ("model.hidden=[1", "setting `model.hidden`: invalid YAML: "),
        (
            "lag.train='12'",
            "setting `lag.train`: expected full or a whole number from 0 to 10,000, or a mixture",
        ),
        ("lag.train={uniform: ['0', 4], full: 0.5}", "setting `lag.train`: expected"),
        ("lag.train={uniform: [4, 0]}", "setting `lag.train`: expected"),
        ("lag.train={a: 1, a: 2}", "setting `lag.train`: `a` is set twice, first on line 1"),
        (
            "decode.lag=12.0",
            "setting `decode.lag`: expected full or a whole number from 0 to 10,000 or null, got 12.0",
        ),
    ],
)
def test_a_wrong_override_is_named(override: str, message: str) -> None:
    assert refuse("", override)[0].startswith(message)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[1]", "run.yaml:1: expected the sections data, lag, model, train, decode, got the list [1]"),
        ("text", "run.yaml:1: expected the sections data, lag, model, train, decode, got the text 'text'"),
        ("\nlag: 12", "run.yaml:2: `lag` is a section of settings such as lag.train, got 12"),
        ("hidden: 3", "run.yaml:1: `hidden` is unknown — did you mean `model.hidden`?"),
        ("MODEL: {}", "run.yaml:1: `MODEL` is unknown — did you mean `model`?"),
        ("model: {HIDDEN: 3}", "run.yaml:1: `model.HIDDEN` is unknown — did you mean `model.hidden`?"),
        (
            "train.seed: 3",
            "run.yaml:1: `train.seed` must be inside a section: write `train:` and, below it, `seed:`",
        ),
        (
            '"a\\e[31m": 3',
            "run.yaml:1: `a\\x1b[31m` is unknown; settings are in the sections data, lag, model, train, "
            "decode",
        ),
    ],
)
def test_a_wrong_file_is_one_line(text: str, message: str) -> None:
    assert refuse(text) == [message]


@pytest.mark.parametrize(
    ("settings_", "start", "remedy"),
    [
        (
            ["lag.train={uniform: [0, 9]}", "model.bidirectional=true"],
            "model.bidirectional",
            "model.bidirectional needs full among the lags of lag.train, not 0 to 9 alone",
        ),
        (["model.word_pairs=10"], "model.word_pairs", "model.word_pairs needs model.word_nodes"),
        (
            ["model.word_nodes=10", "model.kind=lagged_rnn"],
            "model.kind",
            "model.word_nodes is for model.kind: encoder_decoder, not lagged_rnn",
        ),
        (
            ["lag.train=5", "decode.lag=5", "decode.beam=2"],
            "decode.beam",
            "full among the lags of lag.train, not 5",
        ),
        (["decode.lag=3"], "decode.lag", "one of the lags of lag.train (full)"),
        (
            ["decode.lag=full", "lag.train={uniform: [0, 9]}"],
            "lag.train",
            "one of the lags of lag.train (0 to 9)",
        ),
        (["lag.train=5", "decode.beam=2"], "decode.beam", "full among the lags of lag.train, not 5"),
        (
            ["model.kind=lagged_rnn", "model.attention=none"],
            "model.attention",
            "is for model.kind: encoder_decoder, not lagged_rnn: leave it out",
        ),
        (["model.window=2"], "model.window", "is for model.kind: feedforward, not encoder_decoder"),
        (
            ["model.cell=gru", "model.kind=feedforward"],
            "model.kind",
            "model.cell is for model.kind: encoder_decoder or lagged_rnn, not feedforward",
        ),
        (
            ["model.kind=feedforward", "decode.precision=bf16"],
            "decode.precision",
            "a feedforward network is decoded in fp32: decode.precision cannot be bf16",
        ),
        (
            ["lag.train={uniform: [0, 9]}", "train.eval_lags=[4, 12]"],
            "train.eval_lags",
            "train.eval_lags (12) must be among the lags of lag.train (0 to 9)",
        ),
        (["data.dev_more=[a.tsv]"], "data.dev_more", "data.dev_more needs data.dev"),
        (
            ["train.cooldown_share=0.2", "train.schedule=cosine"],
            "train.schedule",
            "train.cooldown_share needs train.schedule: constant, not cosine",
        ),
        (
            ["train.plateau_patience=5", "train.schedule=cosine"],
            "train.schedule",
            "train.plateau_patience needs train.schedule: plateau, not cosine",
        ),
        (
            ["model.hidden=10", "model.heads=4"],
            "model.heads",
            "model.heads (4) must divide model.hidden (10)",
        ),
        (
            ["model.heads=4", "model.attention=none"],
            "model.attention",
            "model.heads above 1 needs model.attention: dot or mlp",
        ),
        (
            ["model.recurrent_dropout=0.1", "model.kind=feedforward"],
            "model.kind",
            "model.recurrent_dropout is for model.kind: encoder_decoder or lagged_rnn, not feedforward",
        ),
        (
            ["model.kind=lagged_rnn", "lag.train={uniform: [0, 9]}"],
            "lag.train",
            "lag.train must be a single lag, not 0 to 9",
        ),
    ],
)
def test_settings_that_contradict_each_other(settings_: list[str], start: str, remedy: str) -> None:
    (problem,) = refuse("", *settings_)
    assert problem.startswith(f"setting `{start}`: ")
    assert remedy in problem


@pytest.mark.parametrize(
    ("settings_", "copies"),
    [
        ([], True),
        (["data.spans=false"], False),
        (["model.attention=none"], False),
        (["model.kind=feedforward"], False),
        (["model.kind=lagged_rnn"], False),
    ],
)
def test_spans_are_read_as_such_where_a_decoder_can_look_back_at_them(
    settings_: list[str], copies: bool
) -> None:
    assert parse_config("", overrides=settings_).copies == copies


def test_the_last_of_two_contradicting_settings_is_blamed() -> None:
    assert refuse("lag:\n  train: 3", "decode.lag=4")[0].startswith("setting `decode.lag`: ")
    assert refuse("lag:\n  train: 3\ndecode:\n  lag: 4")[0].startswith("run.yaml:4: `decode.lag`: ")
    assert refuse("decode:\n  lag: 4\nlag:\n  train: 3")[0].startswith("run.yaml:4: `lag.train`: ")


def test_a_contradiction_with_a_wrong_value_is_not_reported() -> None:
    assert len(refuse("lag: {train: twelve}\ndecode: {lag: 12}")) == 1
    assert len(refuse("lag: 12\ndecode: {lag: 12}")) == 1


@pytest.mark.parametrize(
    "ok",
    [
        "model: {attention: none, bidirectional: true}",
        "model: {bidirectional: true}\nlag: {train: {uniform: [0, 9], full: 0.1}}\ndecode: {lag: 3}",
        "model: {word_nodes: 10, word_pairs: 10}",
        "train: {max_steps: 5, warmup_steps: 200}",
        "lag: {train: {uniform: [0, 9], full: 0.1}}\ndecode: {beam: 4}",
        "lag: {train: 5}\ndecode: {lag: 5}",
        "data: {dev: a.tsv, dev_more: [b.tsv, c.tsv]}",
        "lag: {train: {uniform: [0, 9], full: 0.1}}\ntrain: {eval_lags: [0, 9, full]}",
        "train: {schedule: constant, cooldown_share: 0.5}",
        "model: {kind: lagged_rnn, cell: rnn, layers: 1, feedback: false}\nlag: {train: 5}",
        "model: {kind: feedforward, window: 3, layers: 1}\nlag: {train: {uniform: [0, 9]}}",
    ],
)
def test_settings_that_go_together(ok: str) -> None:
    assert parse_config(ok) != Config()


@pytest.mark.parametrize(
    ("lags", "lag"),
    [
        ("full", FULL),
        ("12", 12),
        ("0", 0),
        ("{uniform: [0, 9], full: 0.1}", FULL),
        ("{uniform: [0, 9]}", 9),
    ],
)
def test_a_lag_that_is_not_set_is_the_largest_that_the_model_serves(lags: str, lag: object) -> None:
    for text in ("", "decode: {lag: null}"):
        config = parse_config(text, overrides=[f"lag.train={lags}"])
        assert config.decode.lag == lag
        assert config.to_dict()["decode"]["lag"] == lag
        assert config_from_dict(config.to_dict(), "again") == config


def test_a_stored_configuration_is_checked_like_a_file() -> None:
    stored = Config().to_dict()
    assert config_from_dict(json.loads(json.dumps(stored)), "model.safetensors") == Config()
    stored["model"]["hidden"] = 10**9
    stored["model"]["_target_"] = "os.system"
    with pytest.raises(ConfigError) as caught:
        config_from_dict(stored, "model.safetensors")
    first, second = caught.value.problems
    place = "model.safetensors: `model."
    assert first == f"{place}hidden`: expected a whole number from 1 to 8,192, got 1000000000"
    assert second.startswith(f"{place}_target_` is unknown; the settings of model are kind, ")
    assert caught.value.exit_code == 2
    assert pickle.loads(pickle.dumps(caught.value)).problems == caught.value.problems


# --- properties ---

PATHS = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1).filter(str.strip)
SHARES = st.floats(0, 1, exclude_max=True)
PARTS = st.floats(0, 10**6, exclude_min=True)
LAGS = st.just(LagDistribution()) | st.integers(0, 10_000).map(LagDistribution)
LAGS |= st.builds(
    lambda ends, full: LagDistribution(None, (min(ends), max(ends)), full),
    st.tuples(st.integers(0, 10_000), st.integers(0, 10_000)),
    SHARES,
)


def values(key: str, hint: Any) -> st.SearchStrategy[Any]:
    """Draw what a setting of this annotation accepts."""
    if hint == tuple[TrainPart, ...]:
        return st.lists(st.builds(TrainPart, PATHS | st.tuples(PATHS, PATHS), PARTS), min_size=1).map(tuple)
    if hint == tuple[str, ...]:
        return st.lists(PATHS, min_size=1, unique_by=part_name).map(tuple)
    if hint == tuple[Lag, ...]:
        return st.none()  # they depend on lag.train
    if hint == tuple[str, str]:
        return st.tuples(PATHS, PATHS)
    if get_origin(hint) is Literal:
        return st.sampled_from(get_args(hint))
    if get_args(hint):
        return st.one_of([values(key, option) for option in get_args(hint)])
    if key == "plateau_factor":
        return st.floats(0, 1, exclude_min=True, exclude_max=True)
    if hint is float and key in ("learning_rate", "clip_norm", "max_minutes"):
        return st.floats(0, exclude_min=True, allow_infinity=False)
    simple: dict[Any, st.SearchStrategy[Any]] = {
        type(None): st.none(),
        bool: st.booleans(),
        int: st.integers(2, 32),
        float: st.floats(1, 10) if key in ("max_ratio", "length_penalty") else SHARES,
        str: PATHS,
        LagDistribution: LAGS,
    }
    return simple[hint]


@st.composite
def configs(draw: st.DrawFn) -> Config:
    """Draw a configuration without contradictions."""
    sections = {
        section: cls(**{key: draw(values(key, hint)) for key, hint in get_type_hints(cls).items()})
        for section, cls in get_type_hints(Config).items()
    }
    lags: LagDistribution = sections["lag"].train
    served = FULL if lags.serves(FULL) else lags.largest
    replace = dataclasses.replace
    config = Config(**sections)
    model = sections["model"]
    if model.kind == "lagged_rnn" and lags.fixed is None:
        model = replace(model, kind="encoder_decoder")
    data = sections["data"]
    data = replace(data, dev_more=data.dev_more if data.dev else None)
    train = sections["train"]
    train = replace(train, eval_lags=draw(st.sampled_from([None, (served,)])))
    train = replace(train, cooldown_share=train.cooldown_share if train.schedule == "constant" else 0.0)
    if train.schedule != "plateau":
        train = replace(train, plateau_patience=3, plateau_factor=0.5)
    if model.attention == "none" or model.hidden % model.heads:
        model = replace(model, heads=1)
    foreign = [key for key, kinds in SERVES.items() if model.kind not in kinds]
    model = replace(model, **{key: getattr(ModelConfig(), key) for key in foreign})
    decode = replace(config.decode, lag=served, beam=config.decode.beam if served == FULL else 1)
    decode = replace(decode, precision=decode.precision if model.kind == "encoder_decoder" else "fp32")
    return replace(
        config,
        data=data,
        train=train,
        model=replace(
            model,
            bidirectional=model.bidirectional and lags.serves(FULL),
            word_pairs=model.word_pairs if model.word_nodes else 0,
        ),
        decode=decode,
    )


@given(configs())
def test_a_config_survives_yaml_and_json(config: Config) -> None:
    assert parse_config(dump_config(config)) == config
    assert config_from_dict(json.loads(json.dumps(config.to_dict())), "test") == config


SNIPPETS = [
    *"\n\t :,-?!&*[]{}'\"|>%@`#~",
    "<<: ",
    ": ",
    "\n  ",
    "null",
    "yes",
    "1e9",
    "010",
    ".nan",
    "-1",
    "\x00",
    "\x85",
]
SNIPPETS += [
    "\\UFFFFFFFF",
    "\ud800",
    "\ufeff",
    "\u2028",
    "---\n",
    "...\n",
    "%YAML 9.9\n",
    "train",
    "full",
    "9" * 400,
]


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """Draw a configuration file in which pieces were inserted, removed or repeated."""
    text = draw(st.sampled_from([EXAMPLE, describe_settings()]))
    for _ in range(draw(st.integers(1, 8))):
        start = draw(st.integers(0, len(text)))
        end = start + draw(st.integers(0, 12))
        piece = draw(
            st.sampled_from(SNIPPETS) | st.just("") | st.just(text[start:end] * 2) | st.text(max_size=3)
        )
        text = text[:start] + piece + text[end:]
    return text


@given(mutated(), st.lists(st.sampled_from([*NUMBERS, "data.train", "lag.train", ""]), max_size=1), st.text())
def test_a_damaged_file_is_a_config_or_a_config_error(text: str, keys: list[str], value: str) -> None:
    overrides = [f"{key}={value}" for key in keys]
    problems: list[str] = []
    try:
        config = parse_config(text, "m.yaml", overrides)
    except ConfigError as error:
        problems = error.problems
    else:
        assert parse_config(dump_config(config)) == config
    for problem in problems:
        assert re.match(r"m\.yaml:[1-9][0-9]*: |setting `|`.*`: expected section\.key=value", problem)
        assert problem.isprintable()
