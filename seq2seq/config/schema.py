"""The settings of a run: frozen dataclasses that hold the only defaults.

The annotation of each field holds its type, the validator of its value and one line of documentation. The
loader (`config.loading`), its error messages and `describe_settings` are made from these annotations.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
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
    Files,
    Pairs,
    TrainPairs,
    TrainPart,
    Validator,
    one_of,
    optional,
    real,
    whole,
)
from seq2seq.lag import FULL, LARGEST, Lag, LagDistribution

ModelKind: TypeAlias = Literal["encoder_decoder", "lagged_rnn", "feedforward"]
Cell: TypeAlias = Literal["lstm", "lstm_peephole", "gru", "rnn"]
AttentionKind: TypeAlias = Literal["dot", "mlp", "none"]
Schedule: TypeAlias = Literal["cosine", "inverse_sqrt", "constant", "plateau"]
Selection: TypeAlias = Literal["loss", "chrf"]
TrainPrecision: TypeAlias = Literal["auto", "fp32", "bf16"]
Precision: TypeAlias = Literal["fp32", "bf16", "int8"]
LARGEST_BEAM: Final = 100


@dataclass(frozen=True)
class DataConfig:
    """Where the sentence pairs come from and which of them are used."""

    train: Annotated[TrainPairs, TRAIN_PAIRS, "training pairs; needed for training"] = None
    dev: Annotated[Pairs, PAIRS, "dev set: selects the best weights"] = None
    dev_more: Annotated[
        tuple[str, ...] | None, MORE_FILES, "further dev sets: scored, not used for selection"
    ] = None
    test: Annotated[Pairs, PAIRS, "test set: for the final score"] = None
    max_chars: Annotated[int, whole(1, LARGEST), "characters of the longest sentence"] = 200
    max_ratio: Annotated[float, real(1, 1000), "largest ratio of the lengths of the two sides"] = 4.0
    min_count: Annotated[int, whole(1), "characters rarer than this in the training data are unknown"] = 2
    reverse: Annotated[bool, SWITCH, "swap the two sides of each pair"] = False
    spans: Annotated[bool, SWITCH, "copy numbers, addresses and other spans instead of translating them"] = (
        True
    )

    @property
    def parts(self) -> tuple[TrainPart, ...]:
        """The parts of `train`, with shares that sum to 1; files without a share are one part."""
        if self.train is None:
            return ()
        parts = [part for part in self.train if isinstance(part, TrainPart)]
        if isinstance(self.train, str) or not parts:
            return (TrainPart(cast("Files", self.train), 1.0),)
        total = math.fsum(part.share for part in parts)
        return tuple(TrainPart(part.path, part.share / total) for part in parts)


@dataclass(frozen=True)
class LagConfig:
    """The lags that the model learns to serve."""

    train: Annotated[LagDistribution, LAGS, "how many characters writing is behind reading"] = field(
        default_factory=LagDistribution
    )


@dataclass(frozen=True)
class ModelConfig:
    """The shape of the network."""

    kind: Annotated[ModelKind, one_of(ModelKind), "which network"] = "encoder_decoder"
    cell: Annotated[Cell, one_of(Cell), "the recurrent cell"] = "lstm"
    embedding: Annotated[int, whole(1, 8192), "size of the character embeddings"] = 128
    hidden: Annotated[int, whole(1, 8192), "units of every recurrent layer"] = 512
    encoder_layers: Annotated[int, whole(1, 32), "recurrent layers of the encoder"] = 2
    decoder_layers: Annotated[int, whole(1, 32), "recurrent layers of the decoder"] = 2
    attention: Annotated[AttentionKind, one_of(AttentionKind), "attention over the encoder states"] = "dot"
    heads: Annotated[int, whole(1, 64), "heads of the attention; they divide model.hidden"] = 1
    position_bias: Annotated[bool, SWITCH, "learned attention bias by distance"] = False
    bidirectional: Annotated[bool, SWITCH, "bidirectional encoder at lag full"] = False
    backward_dropout: Annotated[
        float, real(0, 1, below=True), "share of batches at lag full trained without the backward encoder"
    ] = 0.0
    word_nodes: Annotated[
        int, whole(0), "maximum number of prefix and word embeddings per language; 0: none"
    ] = 0
    word_pairs: Annotated[
        int, whole(0), "maximum number of embeddings of word-prefix bigrams per language"
    ] = 0
    word_dropout: Annotated[
        float, real(0, 1, below=True), "dropout of word embeddings; bigrams have twice this rate"
    ] = 0.1
    lag_embedding: Annotated[bool, SWITCH, "feed an embedding of the lag to the decoder"] = True
    layers: Annotated[int, whole(1, 32), "layers of a network without a decoder"] = 2
    feedback: Annotated[bool, SWITCH, "lagged_rnn: feed the previous output back"] = True
    window: Annotated[int, whole(0, 100), "feedforward: characters seen on either side"] = 0
    dropout: Annotated[float, real(0, 1, below=True), "dropout"] = 0.2
    recurrent_dropout: Annotated[
        float, real(0, 1, below=True), "dropout of the recurrent weights: one mask for each batch"
    ] = 0.0


@dataclass(frozen=True)
class TrainConfig:
    """Training, evaluation and checkpoints."""

    seed: Annotated[int, whole(0, 2**32 - 1), "random seed"] = 1
    max_steps: Annotated[int, whole(1), "optimiser steps; the schedule spans them all"] = 20000
    max_minutes: Annotated[float | None, optional(real(0, above=True)), "stop after this training time"] = (
        None
    )
    batch_chars: Annotated[int, whole(1), "characters in a batch, padding included"] = 8000
    accumulate: Annotated[int, whole(1, 10_000), "batches in an update, of all processes"] = 1
    learning_rate: Annotated[float, real(0, above=True), "highest learning rate"] = 2e-3
    warmup_steps: Annotated[int, whole(0), "updates until the highest learning rate"] = 200
    schedule: Annotated[Schedule, one_of(Schedule), "the learning rate after the warm-up"] = "cosine"
    cooldown_share: Annotated[
        float, real(0, 1, below=True), "last share of max_steps, in which a constant rate falls to zero"
    ] = 0.0
    plateau_patience: Annotated[
        int, whole(1), "plateau: evaluations without a lower dev loss until the rate is cut"
    ] = 3
    plateau_factor: Annotated[
        float, real(0, 1, above=True, below=True), "plateau: factor of the rate at each cut"
    ] = 0.5
    weight_decay: Annotated[float, real(0, 10), "decay of the weights, apart from the gradient"] = 0.01
    label_smoothing: Annotated[
        float, real(0, 1, below=True), "label smoothing: probability spread over all characters"
    ] = 0.1
    clip_norm: Annotated[
        float, real(0, above=True), "largest gradient norm; longer gradients are scaled down"
    ] = 1.0
    ema: Annotated[float, real(0, 1, below=True), "decay of the average of the weights; 0: none"] = 0.999
    char_dropout: Annotated[
        float, real(0, 1, below=True), "share of input characters replaced by the unknown symbol"
    ] = 0.0
    source_noise: Annotated[float, real(0, 1), "share of sources with added typing noise"] = 0.0
    joined: Annotated[float, real(0, 1), "share of batches whose sentences are concatenated"] = 0.0
    skip_nonfinite: Annotated[int, whole(0), "maximum number of consecutive skipped non-finite updates"] = 0
    precision: Annotated[TrainPrecision, one_of(TrainPrecision), "auto: bf16 where it is fast"] = "auto"
    eval_every: Annotated[int, whole(1), "updates between evaluations"] = 1000
    checkpoint_every: Annotated[int, whole(1), "updates between saved training states"] = 500
    eval_sentences: Annotated[int, whole(1), "dev sentences translated at each evaluation"] = 500
    eval_lags: Annotated[
        tuple[Lag, ...] | None, SOME_LAGS, "further lags at which data.dev is translated"
    ] = None
    select_by: Annotated[Selection, one_of(Selection), "metric that selects the best weights"] = "chrf"
    patience: Annotated[int | None, optional(whole(1)), "early stopping: evaluations without improvement"] = (
        None
    )
    keep_checkpoints: Annotated[int, whole(2, 1000), "number of training states to keep"] = 2
    log_every: Annotated[int, whole(1), "updates between lines of the log"] = 50
    init_from: Annotated[str | None, optional(TEXT), "model to start from"] = None
    deterministic: Annotated[bool, SWITCH, "bit-identical results on every run, slower"] = False
    tensorboard: Annotated[bool, SWITCH, "write TensorBoard files as well"] = False
    threads: Annotated[int | None, optional(whole(1, 1024)), "CPU threads; null: one a free core"] = None


@dataclass(frozen=True)
class DecodeConfig:
    """Defaults for translating."""

    # The type is that in a `Config`, which replaces null by a lag of lag.train.
    lag: Annotated[Lag, optional(LAG), "one of those in lag.train; null: its largest"] = None  # type: ignore[assignment]
    beam: Annotated[int, whole(1, LARGEST_BEAM), "beam size at lag full; other lags are greedy"] = 1
    length_penalty: Annotated[float, real(0, 10), "length penalty: exponent of the length normalisation"] = (
        1.0
    )
    repeats: Annotated[bool, SWITCH, "allow repeated phrases"] = False
    precision: Annotated[Precision, one_of(Precision), "precision of decoding"] = "fp32"


@dataclass(frozen=True)
class Config:
    """All settings of a run. Use `config.loading` for validated ones.

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
        """Whether spans are read as one symbol each; only a decoder with attention can copy them."""
        return self.data.spans and self.model.kind == "encoder_decoder" and self.model.attention != "none"

    def to_dict(self) -> dict[str, dict[str, Any]]:
        """Return section -> key -> value in the plain types of YAML and JSON."""
        return to_tree({section: getattr(self, section) for section in SECTIONS})


class _SettingSpec(NamedTuple):
    validator: Validator[Any]
    doc: str


SECTIONS: Final[dict[str, Any]] = get_type_hints(Config)
SETTINGS: Final = {
    f"{section}.{key}": _SettingSpec(*get_args(hint)[1:])
    for section, cls in SECTIONS.items()
    for key, hint in get_type_hints(cls, include_extras=True).items()
}


def without_paths(config: Config) -> Config:
    """Return `config` without the names of files, which mean nothing to those who get the model."""
    data = replace(config.data, train=None, dev=None, dev_more=None, test=None)
    return replace(config, data=data, train=replace(config.train, init_from=None))


def to_tree(sections: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return section -> key -> value in plain types for sections by name."""
    tree: dict[str, dict[str, Any]] = {section: {} for section in sections}
    for section, key in (dotted.split(".") for dotted in SETTINGS):
        tree[section][key] = _to_plain(getattr(sections[section], key))
    return tree


def _to_plain(value: Any) -> Any:
    if isinstance(value, LagDistribution):
        return value.to_plain()
    if isinstance(value, TrainPart):
        return {"path": _to_plain(value.path), "share": value.share}
    return [_to_plain(item) for item in value] if isinstance(value, tuple) else value
