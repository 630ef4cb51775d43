"""How time and memory grow with sentences, lines, corpora and batches.

    python scripts/bench_growth.py [--only text length corpus batch] [--largest 10000000] [--draw]

Each point is measured in a process of its own, on one thread: processor time per character (or pair), and
the most memory that was resident beyond what the process had before. Networks are untrained and made to write
as many characters as they read. Results: docs/results/growth.json and docs/growth.png; `--only` measures some
parts anew and leaves the others, `--draw` none. The corpus of 10^7 pairs, which only `--largest` asks for,
takes about eight minutes and 4 GB of disk.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from measure import RESULTS, ROOT, machine

RESULT, FIGURE = RESULTS / "growth.json", ROOT / "docs" / "growth.png"

LENGTHS = (10, 30, 100, 300, 1_000, 3_000, 10_000)
SETTINGS = ("lag 8", "lag full", "lag full, no attention")
LINES = (100, 1_000, 10_000, 100_000, 1_000_000)
CORPORA = (10**3, 10**4, 10**5, 10**6)
BATCHES = (1, 4, 16, 64, 256)
SENTENCE = 40
"""Characters of each sentence where the size of the batch is what grows."""

Row = dict[str, Any]


# ---------------------------------------------------------------------------------------------- measuring


def status(name: str) -> int:
    """Return a line of /proc/self/status in bytes, such as VmRSS (resident now) or VmHWM (at the most)."""
    text = Path("/proc/self/status").read_text()
    found = re.search(rf"^{name}:\s+(\d+) kB", text, re.MULTILINE)
    assert found is not None
    return 1024 * int(found[1])


class Cost:
    """What the block takes, as a context manager.

    Attributes:
        cpu, wall: seconds.
        memory: bytes resident at the most, beyond those at its beginning.
        mapped: how many of these, at the end, are pages of mapped files, which the system can take back.
    """

    def __enter__(self) -> Cost:
        self.memory, self.mapped = status("VmRSS"), status("RssFile")
        Path("/proc/self/clear_refs").write_text("5")  # the most so far is what is there now
        self.wall, self.cpu = time.perf_counter(), time.process_time()
        return self

    def __exit__(self, *_: object) -> None:
        self.wall, self.cpu = time.perf_counter() - self.wall, time.process_time() - self.cpu
        self.memory = max(0, status("VmHWM") - self.memory)
        self.mapped = max(0, status("RssFile") - self.mapped)

    def row(self, units: int) -> Row:
        """Return the figures, the time for each of `units`."""
        return {
            "us": 1e6 * self.cpu / units,
            "mb": self.memory / 1e6,
            "mapped_mb": self.mapped / 1e6,
            "seconds": self.wall,
        }


def cost(work: Callable[[], object], units: int) -> Row:
    """Return what `work` costs: the memory of the first time, the time of the fastest of a few."""
    with Cost() as first:
        work()
    rows = [first.row(units)]
    while len(rows) < 20 and sum(row["seconds"] for row in rows) < 2:
        with Cost() as again:
            work()
        rows.append(again.row(units))
    return {**rows[0], "us": min(row["us"] for row in rows)}


def words() -> Iterator[str]:
    """Yield random words, the same ones each time."""
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


# ------------------------------------------------------------------------------------------------- networks


def config(setting: str) -> Any:
    """Return the settings of the untrained networks: 0.6 million parameters, with or without attention."""
    from seq2seq.config.schema import config_from_dict

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
        "bench_growth.py",
    )


def lag_of(setting: str) -> Any:
    """Return the lag that a setting names."""
    return 8 if setting == "lag 8" else "full"


def alphabet() -> Any:
    """Return a vocabulary of ordinary size."""
    from seq2seq.text.vocabulary import Vocabulary

    return Vocabulary(tuple(map(chr, range(32, 127))))


def sources(count: int, length: int) -> list[list[int]]:
    """Return random sentences as ids."""
    rng, size = random.Random(1), len(alphabet())
    return [rng.choices(range(4, size), k=length) for _ in range(count)]


def write_all(step: Any, characters: int) -> Any:
    """Make a network write `characters` and then the end mark, whatever it would rather say."""
    from seq2seq.text.vocabulary import END

    written = int(step.states[-1][0][0])
    step.log_probs_NV[:, END] = 0.0 if written > characters else -float("inf")
    return step


def numpy_network(setting: str, characters: int) -> Any:
    """Return an untrained network in NumPy that writes so many characters."""
    import numpy as np

    from seq2seq.plain.encoder_decoder import NumpyEncoderDecoder
    from seq2seq.plain.weights import weight_shapes

    class Network(NumpyEncoderDecoder):
        def step(self, *arguments: Any, **keywords: Any) -> Any:
            return write_all(super().step(*arguments, **keywords), characters)

    model, rng = config(setting).model, np.random.default_rng(1)
    shapes = weight_shapes(model, len(alphabet()), 40, {})
    return Network(model, {name: rng.normal(0, 0.1, shape) for name, shape in shapes.items()})


def torch_network(setting: str, characters: int) -> Any:
    """Return an untrained network in PyTorch that writes so many characters."""
    from seq2seq.models.build import build
    from seq2seq.models.stepwise import TorchStepNetwork

    class Network(TorchStepNetwork):
        def step(self, *arguments: Any, **keywords: Any) -> Any:
            return write_all(super().step(*arguments, **keywords), characters)

    return Network(build(config(setting), alphabet()).eval())


# ------------------------------------------------------------------------------------------------- the points


def text(characters: int, _: str) -> Row:
    """Normalise a line and cut it into sentences, as a whole and character by character."""
    from seq2seq.text.normalise import Normaliser, normalise
    from seq2seq.text.sentences import SentenceCutter, cut

    line = running_text(characters).replace("a", "a\u0301")

    def whole() -> None:
        cut(normalise(line), 200)

    def online() -> None:
        normaliser, cutter = Normaliser(), SentenceCutter(200)
        for character in line:
            for clean in normaliser.feed(character):
                cutter.feed(clean)

    return {**cost(whole, characters), "online_us": cost(online, characters)["us"]}


def line(characters: int, _: str) -> Row:
    """Translate a line of many sentences with the tiny trained model."""
    from seq2seq.translator import Translator

    translator = Translator.load(ROOT / "tests" / "golden" / "tiny", device="cpu")
    translator.translate(running_text(20_000), "full")  # so much text that PyTorch is loaded
    given = running_text(characters)
    return cost(lambda: translator.translate(given, "full"), characters)


def stream(characters: int, setting: str) -> Row:
    """Translate a sentence that arrives character by character, in NumPy."""
    from seq2seq.decoding.streaming import SentenceStream
    from seq2seq.text.vocabulary import END

    def translation(length: int) -> Callable[[], None]:
        network, symbols = numpy_network(setting, length), [*sources(1, length)[0], END]

        def work() -> None:
            sentence = SentenceStream(network, lag_of(setting))
            for symbol in symbols:
                sentence.read(symbol)
            assert sentence.written == length + 1

        return work

    translation(10)()
    return cost(translation(characters), characters)


def bulk(characters: int, setting: str, count: int = 2) -> Row:
    """Translate sentences of one length side by side, in PyTorch."""
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


def training_step(characters: int, setting: str, count: int = 1) -> Row:
    """Loss and gradients of one sentence pair."""
    import numpy as np

    from seq2seq.corpus.batching import Batch, pad
    from seq2seq.models.build import build
    from seq2seq.text.vocabulary import END, START
    from seq2seq.training.loss import batch_loss

    network, lag = build(config(setting), alphabet()), lag_of(setting)

    def step(length: int) -> Callable[[], None]:
        ids, rows_B = sources(count, length), np.arange(count, dtype=np.int32)
        source_BS, previous_BT = pad(ids, None, END), pad(ids, START, None)
        batch = Batch(rows_B, source_BS, np.full(count, length + 1), previous_BT, source_BS)
        return lambda: batch_loss(network, batch, lag, "fp32").backward()

    step(10)()
    return cost(step(characters), characters * count)


def bulk_batch(count: int, setting: str) -> Row:
    """Translate so many sentences of 40 characters side by side."""
    return bulk(SENTENCE, setting, count)


def training_batch(count: int, setting: str) -> Row:
    """Loss and gradients of so many sentences of 40 characters."""
    return training_step(SENTENCE, setting, count)


# -------------------------------------------------------------------------------------------- corpora


def write_corpus(path: Path, pairs: int) -> None:
    """Write different pairs of random words, about 30 characters a side."""
    known = list(dict.fromkeys(itertools.islice(words(), 3_000)))[:2_000]
    rng = random.Random(1)
    with path.open("w", encoding="utf-8") as file:
        for number in range(pairs):
            # The number itself, spelt in three words, makes each pair a different one.
            name = " ".join((known[number % 1000], known[number // 1000 % 1000], known[number // 10**6]))
            left, right = " ".join(rng.choices(known, k=2)), " ".join(rng.choices(known, k=2))
            file.write(f"{left} {name}.\t{name} {right}.\n")


def data_of(directory: str) -> Any:
    """Return the `data` section for a generated corpus."""
    from seq2seq.config.schema import DataConfig

    return DataConfig(train=f"{directory}/pairs.tsv")


def first_time(pairs: int, directory: str) -> Row:
    """Prepare a generated corpus for the first time."""
    from seq2seq.corpus.prepare import prepare

    write_corpus(Path(directory, "pairs.tsv"), pairs)
    with Cost() as cost:
        prepared = prepare(data_of(directory), Path(directory, "cache"))
    assert len(prepared.train) == pairs
    return cost.row(pairs)


def from_cache(pairs: int, directory: str) -> Row:
    """Prepare it again."""
    from seq2seq.corpus.prepare import prepare

    with Cost() as cost:
        prepared = prepare(data_of(directory), Path(directory, "cache"))
    assert len(prepared.train) == pairs
    return cost.row(pairs)


def first_batch(pairs: int, directory: str) -> Row:
    """Work out the order of an epoch and gather its first batch."""
    import numpy as np

    from seq2seq.corpus.batching import BatchOrder, collate
    from seq2seq.corpus.prepare import prepare

    corpus = prepare(data_of(directory), Path(directory, "cache")).train
    with Cost() as cost:
        lengths = np.diff(corpus.source_offsets), np.diff(corpus.target_offsets)
        order = BatchOrder(*lengths, batch_chars=8_000, seed=1)
        collate(corpus, order.epoch(0)[0])
    return cost.row(pairs)


def whole_training(pairs: int, directory: str) -> Row:
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


# ----------------------------------------------------------------------------------------------- all together

KINDS: dict[str, Callable[[int, str], Row]] = {
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
OF_LENGTHS = ("stream", "translate", "training step")
OF_CORPORA = (
    "prepare, first time",
    "prepare, from the cache",
    "order and first batch",
    "three training steps",
)


def point(kind: str, size: int, setting: str) -> Row:
    """Measure one point in a new process.

    Args:
        kind: one of `KINDS`.
        size: what grows.
        setting: one of `SETTINGS` or, for a corpus, its directory.
    """
    command = [sys.executable, __file__, "--point", kind, str(size), setting]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment)
    name = f"{kind}, {setting}" if kind in OF_LENGTHS else kind
    row = {"name": name, "size": size, **json.loads(done.stdout)}
    figures = f"{row['us']:12.2f} µs{row['mb']:10.1f} MB, {row['mapped_mb']:.1f} MB of it mapped files"
    print(f"{name:44}{size:12,}{figures}", flush=True)
    return row


def texts() -> list[Row]:
    """Measure lines of growing length."""
    rows = [point("normalise and cut", size, "lag full") for size in LINES]
    return rows + [point("translate a line", size, "lag full") for size in LINES[:-1]]


def lengths() -> list[Row]:
    """Measure sentences of growing length."""
    return [point(kind, size, setting) for kind in OF_LENGTHS for setting in SETTINGS for size in LENGTHS]


def batches() -> list[Row]:
    """Measure batches of growing size."""
    kinds = ("translate a batch", "train on a batch")
    return [point(kind, size, "lag full") for kind in kinds for size in BATCHES]


def corpora(largest: int) -> list[Row]:
    """Measure corpora of growing size."""
    rows = []
    for size in sorted({size for size in (*CORPORA, largest) if size <= largest}):
        with tempfile.TemporaryDirectory() as directory:
            rows += [point(kind, size, directory) for kind in OF_CORPORA]
    return rows


def draw(parts: dict[str, list[Row]], path: Path) -> None:
    """Draw time per character or pair above, memory below, a column for each part."""
    from seq2seq.drawing.plots import pyplot

    plt = pyplot()
    columns = {
        "text": ("characters in the line", "character"),
        "length": ("characters in the sentence", "character"),
        "corpus": ("pairs in the corpus", "pair"),
        "batch": (f"sentences of {SENTENCE} characters in the batch", "character"),
    }
    figure, panels = plt.subplots(2, 4, figsize=(17, 10), sharex="col")
    for (times, memories), (part, (axis, unit)) in zip(panels.T, columns.items(), strict=True):
        series: dict[str, list[Row]] = {}
        for row in parts.get(part, []):
            series.setdefault(row["name"], []).append(row)
        for name, rows in series.items():
            sizes = [row["size"] for row in rows]
            times.plot(sizes, [row["us"] for row in rows], marker="o", label=name)
            memories.plot(sizes, [max(row["mb"], 0.1) for row in rows], marker="o")
        every = [row for rows in series.values() for row in rows]
        if every:
            ends = [min(row["size"] for row in every), max(row["size"] for row in every)]
            level = min(row["us"] for row in every) / 2
            times.plot(ends, [level, level], "k--", label="linear")
            most = max(row["mb"] for row in every) * 2
            memories.plot(ends, [most * ends[0] / ends[1], most], "k--")
            memories.set_ylim(bottom=0.1)
        for axes in (times, memories):
            axes.set_xscale("log")
            axes.set_yscale("log")
            axes.grid(alpha=0.3)
        times.legend(frameon=False, fontsize=8, loc="lower left", bbox_to_anchor=(0, 1))
        times.set_ylabel(f"processor time, µs per {unit}")
        memories.set_ylabel("memory taken, MB")
        memories.set_xlabel(axis)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)


def main() -> None:
    """Do what the arguments say."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parts = ("text", "length", "corpus", "batch")
    parser.add_argument("--only", nargs="+", choices=parts, default=parts)
    parser.add_argument("--largest", type=int, default=max(CORPORA), metavar="PAIRS")
    parser.add_argument("--draw", action="store_true", help="measure nothing, only draw again")
    parser.add_argument("--point", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.point:
        kind, size, setting = options.point
        print(json.dumps(KINDS[kind](int(size), setting)))
        return
    results = json.loads(RESULT.read_text()) if RESULT.exists() else {}
    if not options.draw:
        measures = {"text": texts, "length": lengths, "batch": batches}
        for part in options.only:
            results[part] = corpora(options.largest) if part == "corpus" else measures[part]()
        results["machine"] = {**machine(), "threads": 1}
        RESULT.parent.mkdir(parents=True, exist_ok=True)
        RESULT.write_text(json.dumps(results, indent=1) + "\n")
    draw(results, FIGURE)


if __name__ == "__main__":
    main()
