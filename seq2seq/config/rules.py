"""Rules between settings: which values contradict each other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TypeAlias

from seq2seq.config.schema import Config, ModelConfig, ModelKind, TrainConfig
from seq2seq.lag import FULL

Contradiction: TypeAlias = tuple[tuple[str, str], str]
"""Two keys that contradict each other, and the reason."""

SERVES: Final[dict[str, tuple[ModelKind, ...]]] = {
    **dict.fromkeys(("cell", "recurrent_dropout"), ("encoder_decoder", "lagged_rnn")),
    **dict.fromkeys(("encoder_layers", "decoder_layers", "attention", "heads"), ("encoder_decoder",)),
    **dict.fromkeys(("position_bias", "bidirectional", "backward_dropout"), ("encoder_decoder",)),
    **dict.fromkeys(("word_nodes", "word_pairs", "word_dropout", "lag_embedding"), ("encoder_decoder",)),
    "layers": ("lagged_rnn", "feedforward"),
    "feedback": ("lagged_rnn",),
    "window": ("feedforward",),
}
"""The kinds of network that a setting of `model` is for; settings not listed are for all kinds."""


def contradictions(config: Config) -> Iterator[Contradiction]:
    """Yield the keys that contradict each other, and the reason."""
    lags, decode, model = config.lag.train, config.decode, config.model
    for key, kinds in SERVES.items():
        if model.kind not in kinds and getattr(model, key) != getattr(ModelConfig(), key):
            yield (
                (f"model.{key}", "model.kind"),
                f"model.{key} is for model.kind: {' or '.join(kinds)}, not {model.kind}: leave it out",
            )
    if model.kind == "lagged_rnn" and lags.fixed is None:
        yield (
            ("model.kind", "lag.train"),
            "model.kind: lagged_rnn has one fixed lag: "
            f"lag.train must be a single lag, not {lags.describe()}",
        )
    if model.bidirectional and not lags.serves(FULL):
        yield (
            ("model.bidirectional", "lag.train"),
            "a sentence can be read backwards only once it is complete: "
            f"model.bidirectional needs full among the lags of lag.train, not {lags.describe()} alone",
        )
    if model.word_pairs and not model.word_nodes:
        yield (
            ("model.word_pairs", "model.word_nodes"),
            "model.word_pairs needs model.word_nodes above 0",
        )
    yield from _attention(model)
    if decode.beam > 1 and not lags.serves(FULL):
        yield (
            ("decode.beam", "lag.train"),
            "beam search revises its output, which is impossible below lag full: "
            f"decode.beam above 1 needs full among the lags of lag.train, not {lags.describe()} alone",
        )
    if decode.precision != "fp32" and model.kind != "encoder_decoder":
        yield (
            ("decode.precision", "model.kind"),
            f"a {model.kind} network is decoded in fp32: decode.precision cannot be {decode.precision}",
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
    yield from _plateau(config)
    if config.train.cooldown_share and config.train.schedule != "constant":
        yield (
            ("train.cooldown_share", "train.schedule"),
            "only the constant schedule has a cool-down: "
            f"train.cooldown_share needs train.schedule: constant, not {config.train.schedule}",
        )


def _attention(model: ModelConfig) -> Iterator[Contradiction]:
    if model.hidden % model.heads:
        yield (
            ("model.heads", "model.hidden"),
            f"each head of the attention has an equal share of the units: model.heads ({model.heads}) must "
            f"divide model.hidden ({model.hidden})",
        )
    if model.heads > 1 and model.attention == "none":
        yield (
            ("model.heads", "model.attention"),
            "without attention there are no heads: model.heads above 1 needs model.attention: dot or mlp",
        )


def _plateau(config: Config) -> Iterator[Contradiction]:
    train = config.train
    for key in ("plateau_patience", "plateau_factor"):
        if train.schedule != "plateau" and getattr(train, key) != getattr(TrainConfig(), key):
            yield (
                (f"train.{key}", "train.schedule"),
                f"train.{key} needs train.schedule: plateau, not {train.schedule}",
            )
