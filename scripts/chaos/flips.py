"""Training states and model files with a flipped bit, cut short or extended: all must be detected.

In every other pair of tries the checksum is made to match, as an attacker could do, to test the checks behind
it. Such a file may be accepted, since a changed weight is still a weight; but it must lead to a clear error,
a translation, or a training that continues, and to nothing else.
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
"""Half of the flips are within this many bytes of either end, where the structure of a file is stored."""

DAMAGED = 4
"""The exit code of `checkpoint verify` for a damaged file."""


def run(trial: Trial) -> None:
    """Run the trial: damage one file for each try."""
    from seq2seq.config.loading import load_config
    from seq2seq.training.run import train

    # Without matplotlib no curves are drawn, which takes longer than the rest of such a training.
    hidden = patch.dict("sys.modules", {"matplotlib": None})
    with tempfile.TemporaryDirectory() as name, patch.dict("os.environ", SEQ2SEQ_CACHE=name), hidden:
        config = load_config(prepare(Path(name)), ["train.max_steps=3", "train.checkpoint_every=1"])
        with silence():
            model = train(config, Path(name, "run"), device="cpu")
        state = model.with_name("state_00000002.pt")  # one step is left for a training that resumes from it
        model.with_name("state_00000003.pt").unlink()
        originals = {path: path.read_bytes() for path in (state, model)}
        sidecar = state.with_name(state.name + ".sha256")
        original_checksum = sidecar.read_bytes()
        for index in trial.each():
            path = (state, model)[index % 2]
            data, what = damage(originals[path], trial.rng(index))
            forged = index // 2 % 2 == 1
            if forged:
                data = forge_checksum(data, path)
            path.write_bytes(data)
            wrong = try_forged(path, config) if forged else try_damaged(path, data)
            for left in state.parent.glob("state_*"):
                left.unlink()
            path.write_bytes(originals[path])
            model.write_bytes(originals[model])
            state.write_bytes(originals[state])
            sidecar.write_bytes(original_checksum)
            kind = f"{path.suffix[1:]}: {what}{', checksum made to fit' if forged else ''}"
            trial.counts[kind] += 1
            if wrong:
                trial.fail(index, f"{kind}: {wrong}", {path.name: data})


def damage(data: bytes, rng: random.Random) -> tuple[bytes, str]:
    """Return data with a bit flipped or, one time in five, cut short or extended; and the kind of damage."""
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


def forge_checksum(data: bytes, path: Path) -> bytes:
    """Make the checksum match: the one beside a state, or the one within a model file if it can be found."""
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
    """Return how damage went undetected; "" if `checkpoint verify` and the loader refused the file."""
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
    """Return what a forged file led to other than a clear error or normal use; "" if nothing."""
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
        return "" if str(error) else "an error without a message"
    except Exception as error:  # noqa: BLE001 - any other exception is a failure
        return f"{type(error).__name__}: {error}"
    return ""


def seq2seq(*arguments: str) -> tuple[int, str]:
    """Run a command in this process; return its exit code and its stderr."""
    from seq2seq.cli import run as command

    with silence() as said:
        code = command(arguments)
    return code, said.getvalue()


@contextlib.contextmanager
def silence() -> Iterator[io.StringIO]:
    """Capture stdout and stderr of the package; yield the latter."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()) as said:
        yield said
