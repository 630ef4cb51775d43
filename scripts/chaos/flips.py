"""Bits flipped, ends cut off and left on, in a training state and in a model file: all must be noticed.

Every other pair of tries is what a stranger could make: the checksum is made to fit again, so that it tells
nothing and what is behind it is on its own. Such a file may be taken for good, since a weight that is another
number is still a weight; but nothing may come of it but a clear error, a translation, or a training that goes
on.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import random
import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest.mock import patch

from scripts.chaos.kills import prepare
from scripts.chaos.trial import Trial
from seq2seq.config.schema import Config

ENDS = 4096
"""Every other flip falls into so many bytes at either end, where a file says what it is made of."""

DAMAGED = 4
"""The exit code."""


def run(trial: Trial) -> None:
    """Damage files as often as is asked for."""
    from seq2seq.config.loading import load_config
    from seq2seq.training.run import train

    with tempfile.TemporaryDirectory() as name, patch.dict("os.environ", SEQ2SEQ_CACHE=name):
        config = load_config(prepare(Path(name)), ["train.max_steps=3", "train.checkpoint_every=1"])
        with silence():
            model = train(config, Path(name, "run"), device="cpu")
        state = model.with_name("state_00000002.pt")  # so that a training that takes it goes on for a step
        model.with_name("state_00000003.pt").unlink()
        originals = {path: path.read_bytes() for path in (state, model)}
        sidecar = state.with_name(state.name + ".sha256")
        vouched = sidecar.read_bytes()
        for index in trial.each():
            path = (state, model)[index % 2]
            data, what = damage(originals[path], trial.rng(index))
            forged = index // 2 % 2 == 1
            if forged:
                data = vouch_for(data, path)
            path.write_bytes(data)
            wrong = try_forged(path, config) if forged else try_damaged(path, data)
            for left in state.parent.glob("state_*"):
                left.unlink()
            path.write_bytes(originals[path])
            model.write_bytes(originals[model])
            state.write_bytes(originals[state])
            sidecar.write_bytes(vouched)
            kind = f"{path.suffix[1:]}: {what}{', checksum made to fit' if forged else ''}"
            trial.counts[kind] += 1
            if wrong:
                trial.fail(index, f"{kind}: {wrong}", {path.name: data})


def damage(data: bytes, rng: random.Random) -> tuple[bytes, str]:
    """Return data with one bit flipped or, one time in five, cut short or continued; and which of these."""
    kind = rng.choice(("bit flipped",) * 8 + ("cut short", "continued"))
    if kind == "cut short":
        return data[: rng.choice((0, 1, len(data) - 1, rng.randrange(len(data))))], kind
    if kind == "continued":
        return data + rng.randbytes(rng.choice((1, 100, 10_000))), kind
    place = rng.randrange(len(data))
    if rng.random() < 0.5:
        place = rng.choice((place % ENDS, -1 - place % ENDS))
    changed = bytearray(data)
    changed[place] ^= 1 << rng.randrange(8)
    return bytes(changed), kind


def vouch_for(data: bytes, path: Path) -> bytes:
    """Make the checksum fit: that beside a state, or that within a model file, if it can still be found."""
    if path.suffix == ".pt":
        digest = hashlib.sha256(data).hexdigest()
        path.with_name(path.name + ".sha256").write_text(f"# run x\n{digest}  {path.name}\n")
        return data
    match = re.search(rb'"checksum":"(.{64})"', data, re.DOTALL)
    if not match:
        return data
    begin, end = match.span(1)
    digest = hashlib.sha256(data[:begin] + b"0" * 64 + data[end:]).hexdigest()
    return data[:begin] + digest.encode() + data[end:]


def try_damaged(path: Path, data: bytes) -> str:
    """Say how damage went unnoticed; nothing if `checkpoint verify` named it and no loader took the file."""
    from seq2seq.errors import CheckpointError
    from seq2seq.training.checkpoint import load_state
    from seq2seq.translator import Translator

    code, said = seq2seq("checkpoint", "verify", str(path))
    if code != DAMAGED or str(path) not in said or said.count("\n") != 1:
        return f"verify ended with {code} and said {said!r}"
    load: Callable[[Path], object] = load_state if path.suffix == ".pt" else Translator.load
    try:
        load(path)
    except CheckpointError:
        return ""
    return f"it was loaded, all {len(data)} bytes of it"


def try_forged(path: Path, config: Config) -> str:
    """Say what came of a file made to deceive other than a clear error or an ordinary use."""
    from seq2seq.errors import UserError
    from seq2seq.training.run import train
    from seq2seq.translator import Translator

    try:
        with silence():
            if path.suffix == ".pt":
                train(config, path.parent, resume=True, device="cpu")
            else:
                Translator.load(path).translate("my dog")
    except UserError as error:
        return "" if str(error) else "an error without a word"
    except Exception as error:  # noqa: BLE001 - that is what is looked for
        return f"{type(error).__name__}: {error}"
    return ""


def seq2seq(*arguments: str) -> tuple[int, str]:
    """Run a command in this process; return its exit code and what it said on stderr."""
    from seq2seq.cli import run as command

    with silence() as said:
        code = command(arguments)
    return code, said.getvalue()


@contextlib.contextmanager
def silence() -> Iterator[io.StringIO]:
    """Keep what the package says from the terminal; it is in what this yields."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()) as said:
        yield said
