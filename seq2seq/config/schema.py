"""The settings of a run: flat YAML, read strictly into frozen dataclasses that hold the only defaults.

Each field carries in its annotation the check that its value must pass and a line of documentation. Reading,
error messages and `describe` come from that table.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Final, Literal, NamedTuple, TypeAlias, cast, get_args, get_type_hints

from seq2seq.config.checks import (
    LAG,
    LAGS,
    MORE_FILES,
    PAIRS,
    SOME_LAGS,
    SWITCH,
    TEXT,
    TRAIN_PAIRS,
    Check,
    Files,
    Pairs,
    Part,
    TrainPairs,
    one_of,
    optional,
    real,
    shown,
    whole,
)
from seq2seq.config.flatyaml import ConfigError, dump, parse, quoted, read_text, suggestion
from seq2seq.lag import FULL, LARGEST, Lag, LagDistribution

__all__ = [
    "Config",
    "ConfigError",
    "DataConfig",
    "DecodeConfig",
    "LagConfig",
    "ModelConfig",
    "Part",
    "TrainConfig",
    "config_from_dict",
    "describe",
    "diff_configs",
    "dump_config",
    "load_config",
    "parse_config",
]

Kind: TypeAlias = Literal["encoder_decoder", "lagged_rnn", "feedforward"]
Cell: TypeAlias = Literal["lstm", "gru", "rnn"]
Attention: TypeAlias = Literal["dot", "none"]
Schedule: TypeAlias = Literal["cosine", "inverse_sqrt", "constant"]
Selection: TypeAlias = Literal["loss", "chrf"]
TrainPrecision: TypeAlias = Literal["auto", "fp32", "bf16"]
Precision: TypeAlias = Literal["fp32", "bf16"]


@dataclass(frozen=True)
class DataConfig:
    """Where the sentence pairs come from and which of them are used."""

    train: Annotated[TrainPairs, TRAIN_PAIRS, "pairs to learn from; training needs them"] = None
    dev: Annotated[Pairs, PAIRS, "pairs that choose the best weights"] = None
    dev_more: Annotated[
        tuple[str, ...] | None, MORE_FILES, "further dev files, which are scored and choose nothing"
    ] = None
    test: Annotated[Pairs, PAIRS, "pairs for the final score, not seen in training"] = None
    max_chars: Annotated[int, whole(1, LARGEST), "characters of the longest sentence"] = 200
    max_ratio: Annotated[float, real(1, 1000), "how many times longer one side of a pair may be"] = 4.0
    min_count: Annotated[int, whole(1), "characters rarer than this in training are unknown"] = 2
    reverse: Annotated[bool, SWITCH, "swap the two sides of each pair"] = False
    spans: Annotated[bool, SWITCH, "read what must stay (a number, an address) as one symbol and copy it"] = (
        True
    )

    @property
    def parts(self) -> tuple[Part, ...]:
        """What `train` names as parts whose shares sum to 1: files without a share are one part."""
        if self.train is None:
            return ()
        parts = [part for part in self.train if isinstance(part, Part)]
        if isinstance(self.train, str) or not parts:
            return (Part(cast("Files", self.train), 1.0),)
        total = math.fsum(part.share for part in parts)
        return tuple(Part(part.path, part.share / total) for part in parts)


@dataclass(frozen=True)
class LagConfig:
    """The lags that the model learns to serve."""

    train: Annotated[LagDistribution, LAGS, "how far writing runs behind reading"] = field(
        default_factory=LagDistribution
    )


@dataclass(frozen=True)
class ModelConfig:
    """The shape of the network."""

    kind: Annotated[Kind, one_of(Kind), "which network"] = "encoder_decoder"
    cell: Annotated[Cell, one_of(Cell), "the recurrent cell"] = "lstm"
    embedding: Annotated[int, whole(1, 8192), "width of a character's embedding"] = 128
    hidden: Annotated[int, whole(1, 8192), "width of every recurrent layer"] = 512
    encoder_layers: Annotated[int, whole(1, 32), "recurrent layers that read"] = 2
    decoder_layers: Annotated[int, whole(1, 32), "recurrent layers that write"] = 2
    attention: Annotated[Attention, one_of(Attention), "how the decoder looks at what was read"] = "dot"
    position_bias: Annotated[bool, SWITCH, "attention learns to favour what stands nearby"] = False
    bidirectional: Annotated[bool, SWITCH, "read from both ends where the lag is full"] = False
    backward_dropout: Annotated[
        float, real(0, 1, below=True), "share of batches at lag full that are read forwards alone in training"
    ] = 0.0
    word_nodes: Annotated[
        int, whole(0), "prefixes and words of each side that have an embedding, at most; 0: none"
    ] = 0
    word_pairs: Annotated[
        int, whole(0), "pairs of a word and what comes after it that have one, at most, on each side"
    ] = 0
    word_dropout: Annotated[
        float, real(0, 1, below=True), "share of these embeddings hidden in training; twice that of the pairs"
    ] = 0.1
    lag_embedding: Annotated[bool, SWITCH, "tell the decoder the lag"] = True
    layers: Annotated[int, whole(1, 32), "layers of a network without a decoder"] = 2
    feedback: Annotated[bool, SWITCH, "a lagged_rnn reads what it wrote last, too"] = True
    window: Annotated[int, whole(0, 100), "characters to either side that a feedforward network sees"] = 0
    dropout: Annotated[float, real(0, 1, below=True), "share of units dropped in training"] = 0.2


@dataclass(frozen=True)
class TrainConfig:
    """How the weights are found and what is saved on the way."""

    seed: Annotated[int, whole(0, 2**32 - 1), "where all random draws start"] = 1
    max_steps: Annotated[int, whole(1), "updates of the weights; the schedule spans them all"] = 20000
    max_minutes: Annotated[float | None, optional(real(0, above=True)), "stop after this time"] = None
    batch_chars: Annotated[int, whole(1), "characters in a batch, padding included"] = 8000
    accumulate: Annotated[int, whole(1, 10_000), "batches in an update, of all processes"] = 1
    learning_rate: Annotated[float, real(0, above=True), "highest learning rate"] = 2e-3
    warmup_steps: Annotated[int, whole(0), "updates until the highest learning rate"] = 200
    schedule: Annotated[Schedule, one_of(Schedule), "the learning rate after the warm-up"] = "cosine"
    cooldown_share: Annotated[
        float, real(0, 1, below=True), "last share of max_steps, in which a constant rate falls to zero"
    ] = 0.0
    weight_decay: Annotated[float, real(0, 10), "decay of the weights, apart from the gradient"] = 0.01
    label_smoothing: Annotated[float, real(0, 1, below=True), "share given to the other characters"] = 0.1
    clip_norm: Annotated[float, real(0, above=True), "longer gradients are cut to this norm"] = 1.0
    ema: Annotated[float, real(0, 1, below=True), "decay of the average of the weights; 0: none"] = 0.999
    char_dropout: Annotated[float, real(0, 1, below=True), "share of input characters made unknown"] = 0.0
    source_noise: Annotated[float, real(0, 1), "share of sources seen as if typed in haste"] = 0.0
    joined: Annotated[float, real(0, 1), "share of batches in which several sentences are made into one"] = (
        0.0
    )
    skip_nonfinite: Annotated[int, whole(0), "updates in a row left out for numbers that are not finite"] = 0
    precision: Annotated[TrainPrecision, one_of(TrainPrecision), "auto: bf16 where it is fast"] = "auto"
    eval_every: Annotated[int, whole(1), "updates between evaluations"] = 1000
    checkpoint_every: Annotated[int, whole(1), "updates between saved training states"] = 500
    eval_sentences: Annotated[int, whole(1), "dev sentences translated at each evaluation"] = 500
    eval_lags: Annotated[
        tuple[Lag, ...] | None, SOME_LAGS, "lags besides decode.lag at which data.dev is translated"
    ] = None
    select_by: Annotated[Selection, one_of(Selection), "the score that the best weights win"] = "chrf"
    patience: Annotated[int | None, optional(whole(1)), "evaluations without a better one to stop at"] = None
    keep_checkpoints: Annotated[int, whole(2, 1000), "newest training states kept"] = 2
    log_every: Annotated[int, whole(1), "updates between lines of the log"] = 50
    init_from: Annotated[str | None, optional(TEXT), "model to take the first weights from"] = None
    deterministic: Annotated[bool, SWITCH, "the same bits on every run, somewhat slower"] = False
    tensorboard: Annotated[bool, SWITCH, "write TensorBoard files as well"] = False
    threads: Annotated[int | None, optional(whole(1, 1024)), "processor threads; null: as torch likes"] = None


@dataclass(frozen=True)
class DecodeConfig:
    """How a model translates unless it is asked otherwise."""

    # Typed for its readers: in a `Config`, which alone knows lag.train, null has given way to a lag.
    lag: Annotated[Lag, optional(LAG), "one of those in lag.train; null: its largest"] = None  # type: ignore[assignment]
    beam: Annotated[int, whole(1, 100), "candidates kept at lag full; at other lags there is one"] = 1
    length_penalty: Annotated[float, real(0, 10), "power of the length that divides a score"] = 1.0
    repeats: Annotated[bool, SWITCH, "let a translation say something twice in a row"] = False
    precision: Annotated[Precision, one_of(Precision), "bf16 changes a character now and then"] = "fp32"


@dataclass(frozen=True)
class Config:
    """All settings of a run. `load_config`, `parse_config`, `config_from_dict` make checked ones.

    A `decode.lag` of null becomes `full` if that is among the lags of `lag.train`, else the largest of them.
    """

    data: DataConfig = field(default_factory=DataConfig)
    lag: LagConfig = field(default_factory=LagConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    train: TrainConfig = field(default_factory=TrainConfig)
    decode: DecodeConfig = field(default_factory=DecodeConfig)

    def __post_init__(self) -> None:
        if self.decode.lag is None:
            lags = self.lag.train
            lag = FULL if lags.serves(FULL) else lags.largest
            object.__setattr__(self, "decode", replace(self.decode, lag=lag))

    @property
    def copies(self) -> bool:
        """Whether spans are read as one symbol each: only a decoder with attention can copy them."""
        return self.data.spans and self.model.kind == "encoder_decoder" and self.model.attention == "dot"

    def to_dict(self) -> dict[str, dict[str, Any]]:
        """Return section -> key -> value in the plain types of YAML and JSON."""
        return _to_tree({section: getattr(self, section) for section in _SECTIONS})


class _Setting(NamedTuple):
    check: Check[Any]
    doc: str


_SECTIONS: Final[dict[str, Any]] = get_type_hints(Config)
_SETTINGS: Final = {
    f"{section}.{key}": _Setting(*get_args(hint)[1:])
    for section, cls in _SECTIONS.items()
    for key, hint in get_type_hints(cls, include_extras=True).items()
}


_SERVES: Final[dict[str, tuple[Kind, ...]]] = {
    "cell": ("encoder_decoder", "lagged_rnn"),
    **dict.fromkeys(("encoder_layers", "decoder_layers", "attention"), ("encoder_decoder",)),
    **dict.fromkeys(("position_bias", "bidirectional", "backward_dropout"), ("encoder_decoder",)),
    **dict.fromkeys(("word_nodes", "word_pairs", "word_dropout", "lag_embedding"), ("encoder_decoder",)),
    "layers": ("lagged_rnn", "feedforward"),
    "feedback": ("lagged_rnn",),
    "window": ("feedforward",),
}
"""The kinds of network that a setting of `model` means something to; the others serve all of them."""


def _rules(config: Config) -> Iterator[tuple[tuple[str, str], str]]:
    """Yield the keys that contradict each other, and why."""
    lags, decode, model = config.lag.train, config.decode, config.model
    for key, kinds in _SERVES.items():
        if model.kind not in kinds and getattr(model, key) != getattr(ModelConfig(), key):
            yield (
                (f"model.{key}", "model.kind"),
                f"model.{key} is for model.kind: {' or '.join(kinds)}, not {model.kind}: leave it out",
            )
    if model.kind == "lagged_rnn" and lags.fixed is None:
        yield (
            ("model.kind", "lag.train"),
            "a lagged_rnn writes a fixed number of clocks after it reads: "
            f"model.kind: lagged_rnn needs a single lag in lag.train, not {lags.describe()}",
        )
    if model.bidirectional and not lags.serves(FULL):
        yield (
            ("model.bidirectional", "lag.train"),
            "a sentence is read from its end only once it is over: "
            f"model.bidirectional needs full among the lags of lag.train, not {lags.describe()} alone",
        )
    if model.word_pairs and not model.word_nodes:
        yield (
            ("model.word_pairs", "model.word_nodes"),
            "the pairs are of words that have an embedding: model.word_pairs needs model.word_nodes",
        )
    if decode.beam > 1 and not lags.serves(FULL):
        yield (
            ("decode.beam", "lag.train"),
            "a beam takes back what it wrote, and at a smaller lag that has been shown already: "
            f"decode.beam above 1 needs full among the lags of lag.train, not {lags.describe()} alone",
        )
    if not lags.serves(decode.lag):
        yield (
            ("decode.lag", "lag.train"),
            f"decode.lag ({decode.lag}) must be one of the lags of lag.train ({lags.describe()})",
        )
    unserved = [lag for lag in config.train.eval_lags or () if not lags.serves(lag)]
    if unserved:
        yield (
            ("train.eval_lags", "lag.train"),
            f"train.eval_lags ({unserved[0]}) must be among the lags of lag.train ({lags.describe()})",
        )
    if config.data.dev_more and config.data.dev is None:
        yield (
            ("data.dev_more", "data.dev"),
            "without data.dev nothing is translated at an evaluation: data.dev_more needs data.dev",
        )
    if config.train.cooldown_share and config.train.schedule != "constant":
        yield (
            ("train.cooldown_share", "train.schedule"),
            "the other schedules fall anyway: "
            f"train.cooldown_share needs train.schedule: constant, not {config.train.schedule}",
        )


def load_config(path: str | Path, overrides: Sequence[str] = ()) -> Config:
    """Read a configuration file; `overrides` are `section.key=value`, typed like YAML, and the last one wins.

    Raises:
        UsageError: when the file cannot be read.
        ConfigError: with all that is wrong in it.
    """
    return parse_config(read_text(Path(path)), str(path), overrides)


def parse_config(text: str, name: str = "<string>", overrides: Sequence[str] = ()) -> Config:
    """Like `load_config` for the text of a file called `name`."""
    tree, lines, problems = parse(text, lambda line: f"{name}:{line}")
    if not isinstance(tree, dict | None):
        raise ConfigError([f"{name}:1: expected the sections {', '.join(_SECTIONS)}, got {shown(tree)}"])
    entries = _flatten(tree or {}, lambda key: f"{name}:{lines[key]}: {quoted(key)}")
    for override in overrides:
        problems += _override(entries, override)
    return _build(entries, problems)


def config_from_dict(tree: Mapping[str, Any], name: str) -> Config:
    """Like `load_config` for what `Config.to_dict` returned; messages call its origin `name`."""
    return _build(_flatten(tree, lambda key: f"{name}: {quoted(key)}"), [])


def dump_config(config: Config) -> str:
    """Return YAML that `parse_config` reads as an equal configuration."""
    return dump(config.to_dict())


def diff_configs(old: Config, new: Config) -> list[tuple[str, Any, Any]]:
    """Return (dotted key, old value, new value) in plain types for each setting that differs."""
    before, after = old.to_dict(), new.to_dict()
    keys = [tuple(dotted.split(".")) for dotted in _SETTINGS]
    return [(f"{s}.{k}", before[s][k], after[s][k]) for s, k in keys if before[s][k] != after[s][k]]


def without_paths(config: Config) -> Config:
    """Return `config` without the names of files, which mean nothing to whoever gets the model."""
    data = replace(config.data, train=None, dev=None, dev_more=None, test=None)
    return replace(config, data=data, train=replace(config.train, init_from=None))


def describe() -> str:
    """Return a configuration file of all defaults, in which comments say what each setting is and accepts."""
    lines, section = [], ""
    defaults = _to_tree({section: cls() for section, cls in _SECTIONS.items()})
    for line in dump(defaults).splitlines():
        key = line.split(":")[0]
        if key in _SECTIONS:
            section = key
            lines.append(f"{line:<30}# {_SECTIONS[key].__doc__}")
        else:
            setting = _SETTINGS[f"{section}.{key.strip()}"]
            lines.append(f"{line:<30}# {setting.doc} ({setting.check.expected})")
    return "\n".join(lines) + "\n"


class _Entry(NamedTuple):
    subject: str
    value: Any


def _flatten(tree: Mapping[Any, Any], subject: Callable[[str], str]) -> dict[str, _Entry]:
    """Return the settings by dotted key; `subject` names a key and its place, for the start of a message."""
    entries: dict[str, _Entry] = {}
    for section, body in tree.items():
        if section in _SECTIONS and isinstance(body, dict | None):
            for dotted, value in ((f"{section}.{key}", value) for key, value in (body or {}).items()):
                entries[dotted] = _Entry(subject(dotted), value)
        else:  # the dot keeps a top-level `train.seed:` from passing for the setting
            entries[f"{section}."] = _Entry(subject(str(section)), body)
    return entries


def _override(entries: dict[str, _Entry], override: str) -> list[str]:
    """Replace one entry by `section.key=value` and return what is wrong with that.

    The new entry is the last one: of two settings that contradict each other, the last one is blamed.
    """
    key, equals, text = override.partition("=")
    subject = quoted(f"--set {key}")
    if not equals:
        return [f"{subject} expected section.key=value, such as train.seed=2"]
    try:
        value, _, problems = parse(text, lambda _: subject)
    except ConfigError as error:
        return error.problems
    entries.pop(key, None)
    entries[key] = _Entry(subject, value)
    return problems


def _build(entries: Mapping[str, _Entry], problems: list[str]) -> Config:
    """Check every entry and the rules between them; `problems` are those found before."""
    values: dict[str, dict[str, Any]] = {section: {} for section in _SECTIONS}
    bad = set()
    for dotted, entry in entries.items():
        section, _, key = dotted.partition(".")
        try:
            values[section][key] = _SETTINGS[dotted].check.read(entry.value)
        except KeyError:
            problems.append(_unknown(dotted.rstrip("."), entry))
            bad.add(dotted.rstrip("."))
        except ValueError as hint:
            expected = _SETTINGS[dotted].check.expected
            problems.append(f"{entry.subject} expected {expected}, got {shown(entry.value)}{hint}")
            bad.add(dotted)
    config = Config(**{section: cls(**values[section]) for section, cls in _SECTIONS.items()})
    for keys, reason in _rules(config):
        if bad.isdisjoint({*keys, *(key.partition(".")[0] for key in keys)}):
            blamed = [entry.subject for dotted, entry in entries.items() if dotted in keys]
            problems.append(f"{blamed[-1]}: {reason}")
    if problems:
        raise ConfigError(problems)
    return config


def _unknown(dotted: str, entry: _Entry) -> str:
    """Return the message for what is no setting, with those of that name elsewhere and the closest ones."""
    section, _, key = dotted.partition(".")
    if dotted in _SETTINGS:
        return f"{entry.subject} cannot stand at the top: write `{section}:` and, below it, `{key}:`"
    siblings = [name for name in _SETTINGS if name.startswith(f"{section}.")]
    if siblings and not key:
        return f"{entry.subject} is a section of settings such as {siblings[0]}, got {shown(entry.value)}"
    names = [name.partition(".")[2] for name in siblings]
    found = [name for name in _SETTINGS if name.endswith(f".{key or section}")]
    found += [f"{section}.{close}" for close in get_close_matches(key.lower(), names, 1)]
    sections = [] if siblings else get_close_matches(section.lower(), _SECTIONS, 1)
    return f"{entry.subject} is unknown{suggestion(found or sections)}"


def _to_tree(sections: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    tree: dict[str, dict[str, Any]] = {section: {} for section in sections}
    for section, key in (dotted.split(".") for dotted in _SETTINGS):
        tree[section][key] = _to_plain(getattr(sections[section], key))
    return tree


def _to_plain(value: Any) -> Any:
    if isinstance(value, LagDistribution):
        return value.to_plain()
    if isinstance(value, Part):
        return {"path": _to_plain(value.path), "share": value.share}
    return [_to_plain(item) for item in value] if isinstance(value, tuple) else value
