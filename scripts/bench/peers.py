"""Benchmark this translator against other character-level ones on the same data, machine and threads.

    python -m scripts.bench.peers run train.tsv dev.tsv [--cache DIR] [--only ours,eole]
    python -m scripts.bench.peers table     shows docs/results/peers.json as Markdown

Each system has a virtual environment of its own in the cache directory, which is kept, and trains and
translates with its own programs, configured in scripts/bench/systems/. A system that cannot be installed or
run is reported and left out. All have two encoder and two decoder layers of 512 units and embeddings of 128,
as far as their settings allow it. The figures:

training    Target symbols a second: characters, and one end mark for each sentence; no padding. The mean over
            time of what the system itself reports after each update, from the third update on.
decoding    Characters written a second, greedy, without loading, by the system's own clock. The models are
            hardly trained, so all are made to write a fixed length: peers the same for every sentence, ours
            its own limit for each sentence, which is the same on average. Sentences a second are these
            characters divided by the mean length of a reference with its end mark.
cold start  Seconds from start to end of a new process that translates one sentence to that length; the
            fastest of three.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from scripts.bench.systems.base import SENTENCE, START, Comparison, Failure, System, mean_speed, say
from scripts.bench.systems.registry import SYSTEMS
from scripts.results import RESULTS, ROOT, machine
from seq2seq.corpus.pairs import Pair, group_references, read_pairs
from seq2seq.decoding.hypothesis import length_limit
from seq2seq.text.sentences import split_sentences


def spread(items: Sequence[Any], count: int) -> list[Any]:
    """Return about `count` of the items, evenly spaced."""
    return list(items[:: max(1, len(items) // count)])[:count]


def choose(train: Path, dev: Path, pairs: int, sentences: int) -> tuple[list[Pair], dict[str, list[str]]]:
    """Return training pairs, and sources of one sentence each with their references."""
    short = [pair for pair in read_pairs(train) if min(map(len, pair)) and max(map(len, pair)) <= 100]
    groups = group_references(read_pairs(dev))
    single = [source for source in groups if len(split_sentences(source, 100)) == 1]
    return spread(short, pairs), {source: groups[source] for source in spread(single, sentences)}


def write_data(work: Path, pairs: Sequence[Pair], sources: Sequence[str]) -> None:
    """Write the pairs and sources in all formats that the systems read."""

    def put(name: str, lines: Iterable[str]) -> None:
        (work / name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")

    put("train.tsv", ("\t".join(pair) for pair in pairs))
    for side, suffix in enumerate(("en", "es")):
        texts = [pair[side] for pair in pairs]
        put(f"train.{suffix}", texts)
        put(f"few.{suffix}", texts[:10])
        put(f"train.characters.{suffix}", map(as_tokens, texts))
        counts = Counter(character for text in texts for character in as_tokens(text).split())
        put(f"vocabulary.{suffix}", (f"{token}\t{count}" for token, count in counts.most_common()))
    write_sources(work, sources)


def write_sources(work: Path, sources: Sequence[str]) -> None:
    """Write the sources, and one sentence, as lines and as characters."""
    for name, lines in (("sources", sources), ("sentence", [SENTENCE])):
        (work / f"{name}.txt").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        tokens = "".join(f"{as_tokens(line)}\n" for line in lines)
        (work / f"{name}.characters.txt").write_text(tokens, encoding="utf-8")


def as_tokens(text: str) -> str:
    """Return the characters of a text separated by spaces, with "▁" in place of each space."""
    return " ".join(text.replace(" ", "▁"))


def measure(
    system: System, batches: Sequence[int], count: int, seconds: tuple[float, float]
) -> dict[str, Any]:
    """Install and time one system.

    Args:
        system: the system.
        batches: sizes of training batches in characters; each is timed in each precision.
        count: number of sources.
        seconds: time for all training, and for all decoding.

    Returns:
        The figures; where there are none, `failed` names the cause.
    """
    result: dict[str, Any] = {"title": system.title, "training": [], "decoding": []}
    try:
        system.install()
        result |= {"version": system.version(), "parameters": system.first()}
    except Failure as failure:
        say(f"{system.title}: left out: {failure}")
        return result | {"failed": str(failure)}
    share = seconds[0] / (len(system.precisions) * len(batches))
    for precision in system.precisions:
        for batch_chars in batches:
            row: dict[str, Any] = {"precision": precision, "batch_chars": batch_chars}
            result["training"].append(row | timed_training(system, precision, batch_chars, share))
            tell(system, "training", result["training"][-1])
        limit = START + seconds[1] / len(system.precisions)
        result["decoding"].append({"precision": precision} | timed_decoding(system, precision, count, limit))
        tell(system, "decoding", result["decoding"][-1])
    result["cold_start"] = timed_starts(system)
    tell(system, "cold start", result["cold_start"])
    return result


def tell(system: System, what: str, row: dict[str, Any]) -> None:
    """Report one figure."""
    say(f"{system.title}: {what}: {', '.join(f'{key} {value}' for key, value in row.items())}")


def timed_training(system: System, precision: str, batch_chars: int, seconds: float) -> dict[str, Any]:
    """Return the speed of a training, or why it failed."""
    try:
        updates = system.train(precision, batch_chars, seconds)
    except Failure as failure:
        return {"failed": str(failure)}
    took = sum(update.seconds for update in updates)
    return {"per_second": round(mean_speed(updates), 1), "updates": len(updates), "seconds": round(took, 1)}


def timed_decoding(system: System, precision: str, count: int, limit: float) -> dict[str, Any]:
    """Return the speed of translating all sources, or why it failed."""
    try:
        characters, seconds = system.decode(precision, count, limit)
    except Failure as failure:
        return {"failed": str(failure)}
    return {
        "per_second": round(characters / seconds, 1),
        "characters": characters,
        "seconds": round(seconds, 2),
    }


def timed_starts(system: System) -> dict[str, Any]:
    """Return the seconds of three cold starts, or why one failed."""
    times = []
    for _ in range(3):
        began = time.perf_counter()
        try:
            system.start()
        except Failure as failure:
            return {"failed": str(failure)}
        times.append(round(time.perf_counter() - began, 2))
    return {"seconds": min(times), "all": times}


def best(rows: Sequence[dict[str, Any]], precision: str | None = None) -> dict[str, Any] | None:
    """Return the fastest row of one precision or of all; None if there is none."""
    good = [row for row in rows if "per_second" in row and precision in (None, row["precision"])]
    return max(good, key=lambda row: row["per_second"], default=None)


def ratios(ours: dict[str, Any], peer: dict[str, Any]) -> dict[str, float | None]:
    """Return our speed divided by that of a peer: best precision of each, fp32, and cold start."""
    found: dict[str, float | None] = {}
    for kind in ("training", "decoding"):
        for name, precision in ((kind, None), (f"{kind}_fp32", "fp32")):
            one, other = best(ours[kind], precision), best(peer[kind], precision)
            found[name] = one["per_second"] / other["per_second"] if one and other else None
    one, other = ours.get("cold_start", {}), peer.get("cold_start", {})
    both = "seconds" in one and "seconds" in other
    found["cold_start"] = other["seconds"] / one["seconds"] if both else None
    return found


def render(results: dict[str, Any]) -> str:
    """Return the tables in Markdown."""
    setting, systems = results["setting"], results["systems"]
    rows = [
        "| | parameters | training, symbols/s | in fp32 | decoding, characters/s | in fp32 | sentences/s "
        "| cold start |",
        "|---|---|---|---|---|---|---|---|",
    ]
    rows += [figures(system, setting["reference"]) for system in systems.values() if "failed" not in system]
    peers = [system for name, system in systems.items() if name != "ours" and "failed" not in system]
    if peers and "failed" not in systems.get("ours", {"failed": ""}):
        rows += [
            "",
            f"How many times as fast {systems['ours']['title']} is:",
            "",
            "| as | training | in fp32 | decoding | in fp32 | cold start |",
            "|---|---|---|---|---|---|",
        ]
        for peer in peers:
            times = ratios(systems["ours"], peer).values()
            shown = ("–" if ratio is None else f"{ratio:.1f}" for ratio in times)
            rows.append(f"| {peer['title']} | {' | '.join(shown)} |")
    rows += ["", *(f"{s['title']} was left out: {s['failed']}" for s in systems.values() if "failed" in s)]
    return "\n".join(rows).rstrip()


def figures(system: dict[str, Any], reference: float) -> str:
    """Return a system's row; `reference` is the mean length of a reference with its end mark."""
    cells = [f"{system['title']} ({system['version']})", f"{system['parameters'] / 1e6:.1f} million"]
    for kind in ("training", "decoding"):
        fastest, plain = best(system[kind]), best(system[kind], "fp32")
        cells.append(f"{fastest['per_second']:,.0f} ({fastest['precision']})" if fastest else "–")
        cells.append(f"{plain['per_second']:,.0f}" if plain else "–")
    cells.append(f"{fastest['per_second'] / reference:,.0f}" if fastest else "–")
    start = system["cold_start"].get("seconds")
    cells.append("–" if start is None else f"{start:.2f} s")
    return f"| {' | '.join(cells)} |"


def compare(options: argparse.Namespace) -> None:
    """Time the chosen systems; write the results after each."""
    cache = options.cache.expanduser().resolve()
    work = cache / "work"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    pairs, groups = choose(options.train, options.dev, options.pairs, options.sentences)
    sources = list(groups)
    write_data(work, pairs, sources)
    limits = [length_limit(len(source) + 1) for source in sources]
    bench = Comparison(
        work=work,
        cache=cache,
        threads=options.threads,
        sentences=256,
        length=round(sum(limits) / len(limits)),
        cold_length=length_limit(len(SENTENCE) + 1),
    )
    seconds = options.train_seconds, options.decode_seconds
    setting = {
        "pairs": len(pairs),
        "sentences": len(sources),
        "reference": round(sum(len(targets[0]) + 1 for targets in groups.values()) / len(groups), 2),
        "length": bench.length,
        "cold_length": bench.cold_length,
        "batch_chars": options.batch_chars,
        "seconds": seconds,
    }
    results: dict[str, Any] = {"machine": machine() | {"threads": options.threads}, "setting": setting}
    results["systems"] = {}
    for name in options.only:
        system = SYSTEMS[name](bench)
        results["systems"][name] = measure(system, options.batch_chars, len(sources), seconds)
        options.out.write_text(json.dumps(results, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def parse_arguments() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="what", required=True)
    run = commands.add_parser("run", help="time the systems")
    run.add_argument("train", type=Path, help="training pairs")
    run.add_argument("dev", type=Path, help="pairs whose sources are translated")
    home = Path(tempfile.gettempdir()) / "seq2seq-peers"
    run.add_argument("--cache", type=Path, default=home, help=f"where systems are installed ({home})")
    run.add_argument("--only", type=lambda text: text.split(","), default=list(SYSTEMS), metavar="NAME,…")
    run.add_argument("--pairs", type=int, default=20_000, help="number of pairs (%(default)s)")
    run.add_argument("--sentences", type=int, default=512, help="number of sources (%(default)s)")
    run.add_argument("--train-seconds", type=float, default=60, help="for each system (%(default)s)")
    run.add_argument("--decode-seconds", type=float, default=60, help="at most, for each (%(default)s)")
    run.add_argument(
        "--batch-chars",
        type=lambda text: [int(word) for word in text.split(",")],
        default=[2000, 8000],
        metavar="N,…",
        help="characters in a training batch; each is timed (2000,8000)",
    )
    run.add_argument("--threads", type=int, default=2, help="of every process (%(default)s)")
    run.add_argument("--out", type=Path, default=RESULTS / "peers.json", help="results (%(default)s)")
    table = commands.add_parser("table", help="show the tables")
    table.add_argument("--out", type=Path, default=RESULTS / "peers.json", help="results (%(default)s)")
    options = parser.parse_args()
    if options.what == "run":
        if unknown := set(options.only) - SYSTEMS.keys():
            parser.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(SYSTEMS)}")
        if options.cache.expanduser().resolve().is_relative_to(ROOT.resolve()):
            parser.error("--cache must be outside of the repository: it takes gigabytes")
    return options


def main() -> None:
    """Run the command line."""
    options = parse_arguments()
    if options.what == "run":
        compare(options)
    print(render(json.loads(options.out.read_text(encoding="utf-8"))))


if __name__ == "__main__":
    main()
