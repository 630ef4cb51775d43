"""The points that `scripts.bench.growth` measures, each in a process of its own."""

from __future__ import annotations

import itertools
import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts.bench.cost import Cost, CostRow, cost
from scripts.results import ROOT

if TYPE_CHECKING:
    from seq2seq.config.schema import Config, DataConfig
    from seq2seq.lag import Lag
    from seq2seq.models.stepwise import TorchStepNetwork
    from seq2seq.plain.encoder_decoder import NumpyEncoderDecoder
    from seq2seq.text.vocabulary import Vocabulary

SENTENCE = 40
"""Characters per sentence where the size of the batch grows."""


def words() -> Iterator[str]:
    """Yield random words, the same at each call."""
    rng = random.Random(1)
    while True:
        yield "".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=rng.randint(2, 8)))


def running_text(characters: int) -> str:
    """Return a line of sentences of about 50 characters."""
    source = words()
    sentences = (
        " ".join(itertools.islice(source, 9)).capitalize() + ". " for _ in range(characters // 25 + 1)
    )
    return "".join(sentences)[: characters - 1] + "x"


# Networks.


def config(setting: str) -> Config:
    """Return the settings of the untrained networks: 0.6 million parameters, with or without attention."""
    from seq2seq.config.building import config_from_dict

    attention = "none" if setting.endswith("no attention") else "dot"
    model = {
        "embedding": 64,
        "hidden": 128,
        "attention": attention,
        "position_bias": attention == "dot",
        "dropout": 0.0,
    }
    return config_from_dict(
        {"model": model, "lag": {"train": {"uniform": [0, 40], "full": 0.5}}, "data": {"max_chars": 10_000}},
        "scripts.bench.growth",
    )


def lag_of(setting: str) -> Lag:
    """Return the lag of a setting."""
    return 8 if setting == "lag 8" else "full"


def alphabet() -> Vocabulary:
    """Return a vocabulary of typical size."""
    from seq2seq.text.vocabulary import Vocabulary

    return Vocabulary(tuple(map(chr, range(32, 127))))


def sources(count: int, length: int) -> list[list[int]]:
    """Return random sentences as ids."""
    rng, size = random.Random(1), len(alphabet())
    return [rng.choices(range(4, size), k=length) for _ in range(count)]


def write_all(step: Any, characters: int) -> Any:
    """Make a network write `characters` characters and then the end mark, whatever its scores are."""
    from seq2seq.text.vocabulary import END

    written = int(step.states[-1][0][0])
    step.log_probs_NV[:, END] = 0.0 if written > characters else -float("inf")
    return step


def numpy_network(setting: str, characters: int) -> NumpyEncoderDecoder:
    """Return an untrained network in NumPy that writes `characters` characters."""
    import numpy as np

    from seq2seq.plain.encoder_decoder import NumpyEncoderDecoder
    from seq2seq.plain.weights import weight_shapes

    class Network(NumpyEncoderDecoder):
        def step(self, *arguments: Any, **keywords: Any) -> Any:
            return write_all(super().step(*arguments, **keywords), characters)

    model, rng = config(setting).model, np.random.default_rng(1)
    shapes = weight_shapes(model, len(alphabet()), 40, {})
    return Network(model, {name: rng.normal(0, 0.1, shape) for name, shape in shapes.items()})


def torch_network(setting: str, characters: int) -> TorchStepNetwork:
    """Return an untrained network in PyTorch that writes `characters` characters."""
    from seq2seq.models.build import build
    from seq2seq.models.encoder_decoder import EncoderDecoder
    from seq2seq.models.stepwise import TorchStepNetwork

    class Network(TorchStepNetwork):
        def step(self, *arguments: Any, **keywords: Any) -> Any:
            return write_all(super().step(*arguments, **keywords), characters)

    network = build(config(setting), alphabet()).eval()
    assert isinstance(network, EncoderDecoder)
    return Network(network)


# Points: lines, sentences and batches.


def text(characters: int, _: str) -> CostRow:
    """Normalise a line and cut it into sentences, at once and character by character."""
    from seq2seq.text.normalise import Normaliser, normalise
    from seq2seq.text.sentences import SentenceCutter, split_sentences

    line = running_text(characters).replace("a", "a\u0301")

    def whole() -> None:
        split_sentences(normalise(line), 200)

    def online() -> None:
        normaliser, cutter = Normaliser(), SentenceCutter(200)
        for character in line:
            for clean in normaliser.feed(character):
                cutter.feed(clean)

    return {**cost(whole, characters), "online_us": cost(online, characters)["us"]}


def line(characters: int, _: str) -> CostRow:
    """Translate a line of many sentences with the tiny trained model of the tests."""
    from seq2seq.translator import Translator

    translator = Translator.load(ROOT / "tests" / "golden" / "tiny", device="cpu")
    translator.translate(running_text(20_000), "full")  # long enough to load PyTorch
    given = running_text(characters)
    return cost(lambda: translator.translate(given, "full"), characters)


def stream(characters: int, setting: str) -> CostRow:
    """Translate a sentence that arrives character by character, in NumPy."""
    from seq2seq.decoding.decoding_options import DecodingOptions
    from seq2seq.decoding.streaming import SentenceStream
    from seq2seq.text.vocabulary import END

    def translation(length: int) -> Callable[[], None]:
        network, symbols = numpy_network(setting, length), [*sources(1, length)[0], END]

        def work() -> None:
            sentence = SentenceStream(network, DecodingOptions(lag_of(setting)))
            for symbol in symbols:
                sentence.read(symbol)
            assert sentence.written == length + 1

        return work

    translation(10)()
    return cost(translation(characters), characters)


def bulk(characters: int, setting: str, count: int = 2) -> CostRow:
    """Translate `count` sentences of one length in one batch, in PyTorch."""
    from seq2seq.decoding.decoding_options import DecodingOptions
    from seq2seq.decoding.greedy import greedy

    def translation(length: int) -> Callable[[], None]:
        network, batch = torch_network(setting, length), sources(count, length)

        def work() -> None:
            found = greedy(network, batch, DecodingOptions(lag_of(setting)))
            assert [len(one.ids) for one in found] == [length] * count

        return work

    translation(10)()
    return cost(translation(characters), characters * count)


def training_step(characters: int, setting: str, count: int = 1) -> CostRow:
    """Compute loss and gradients of `count` sentence pairs."""
    import numpy as np

    from seq2seq.corpus.batching import Batch
    from seq2seq.models.build import build
    from seq2seq.text.vocabulary import END, START, pad
    from seq2seq.training.loss import batch_loss

    network, lag = build(config(setting), alphabet()), lag_of(setting)

    def step(length: int) -> Callable[[], None]:
        ids, rows_B = sources(count, length), np.arange(count, dtype=np.int32)
        source_BS, previous_BT = pad(ids, None, END), pad(ids, START, None)
        batch = Batch(rows_B, source_BS, np.full(count, length + 1), previous_BT, source_BS)

        def work() -> None:
            batch_loss(network, batch, lag, "fp32").backward()  # type: ignore[no-untyped-call]

        return work

    step(10)()
    return cost(step(characters), characters * count)


def bulk_batch(count: int, setting: str) -> CostRow:
    """Translate `count` sentences of 40 characters in one batch."""
    return bulk(SENTENCE, setting, count)


def training_batch(count: int, setting: str) -> CostRow:
    """Compute loss and gradients of `count` sentences of 40 characters."""
    return training_step(SENTENCE, setting, count)


# Points: corpora.


def write_corpus(path: Path, pairs: int) -> None:
    """Write unique pairs of random words, with about 30 characters on each side."""
    known = list(dict.fromkeys(itertools.islice(words(), 3_000)))[:2_000]
    rng = random.Random(1)
    with path.open("w", encoding="utf-8") as file:
        for number in range(pairs):
            # The number of the pair, spelt in three words, makes each pair unique.
            name = " ".join((known[number % 1000], known[number // 1000 % 1000], known[number // 10**6]))
            left, right = " ".join(rng.choices(known, k=2)), " ".join(rng.choices(known, k=2))
            file.write(f"{left} {name}.\t{name} {right}.\n")


def data_of(directory: str) -> DataConfig:
    """Return the `data` section for a generated corpus."""
    from seq2seq.config.schema import DataConfig

    return DataConfig(train=f"{directory}/pairs.tsv")


def first_time(pairs: int, directory: str) -> CostRow:
    """Prepare a generated corpus for the first time."""
    from seq2seq.corpus.prepare import prepare

    write_corpus(Path(directory, "pairs.tsv"), pairs)
    with Cost() as cost:
        prepared = prepare(data_of(directory), Path(directory, "cache"))
    assert len(prepared.train) == pairs
    return cost.row(pairs)


def from_cache(pairs: int, directory: str) -> CostRow:
    """Prepare a generated corpus again, from the cache."""
    from seq2seq.corpus.prepare import prepare

    with Cost() as cost:
        prepared = prepare(data_of(directory), Path(directory, "cache"))
    assert len(prepared.train) == pairs
    return cost.row(pairs)


def first_batch(pairs: int, directory: str) -> CostRow:
    """Compute the batches of an epoch and collate the first one."""
    import numpy as np

    from seq2seq.corpus.batching import BatchOrder, collate
    from seq2seq.corpus.prepare import prepare

    corpus = prepare(data_of(directory), Path(directory, "cache")).train
    with Cost() as cost:
        lengths = np.diff(corpus.source_offsets), np.diff(corpus.target_offsets)
        order = BatchOrder(*lengths, batch_chars=8_000, seed=1)
        collate(corpus, order.epoch(0)[0])
    return cost.row(pairs)


def whole_training(pairs: int, directory: str) -> CostRow:
    """Train a small network for three steps, from the command to the model file."""
    from dataclasses import replace

    from seq2seq.training import run as training

    os.environ["SEQ2SEQ_CACHE"] = f"{directory}/cache"
    base = config("lag full")
    settings = replace(
        base, data=data_of(directory), train=replace(base.train, max_steps=3, batch_chars=1_000, threads=1)
    )
    with Cost() as cost:
        training.train(settings, Path(directory, "run"))
    return cost.row(pairs)


KINDS: dict[str, Callable[[int, str], CostRow]] = {
    "normalise and cut": text,
    "translate a line": line,
    "stream": stream,
    "translate": bulk,
    "training step": training_step,
    "translate a batch": bulk_batch,
    "train on a batch": training_batch,
    "prepare, first time": first_time,
    "prepare, from the cache": from_cache,
    "order and first batch": first_batch,
    "three training steps": whole_training,
}
