"""`seq2seq checkpoint`: inspect, verify, export and calibrate model files and training states."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from seq2seq.commands.options import (
    A_MODEL,
    Subparsers,
    add_command,
    add_group,
    check_parent,
    find_model,
)
from seq2seq.errors import UsageError, UserError, print_error, printable

if TYPE_CHECKING:
    from seq2seq.storage.modelfile import ModelFile


def add(commands: Subparsers) -> None:
    """Declare the arguments."""
    actions = add_group(
        commands,
        "checkpoint",
        "inspect or verify model files and training states; export, average or calibrate models; write ONNX",
    )
    inspect = add_command(
        actions, "inspect", run_inspect, "print what a model file or training state holds, as JSON"
    )
    inspect.add_argument("file", metavar="FILE", help=f"{A_MODEL}; or a state_*.pt")
    inspect.add_argument("--words", action="store_true", help="also list the words that have an embedding")
    verify = add_command(actions, "verify", run_verify, "check that files are complete and undamaged")
    verify.add_argument(
        "files", nargs="+", metavar="FILE", help="models, named in any way, and state_*.pt files"
    )
    export = add_command(
        actions, "export", run_export, "write the averaged weights of a training state as a model file"
    )
    export.add_argument("state", metavar="STATE", help="a state_*.pt, or a run directory: its newest one")
    export.add_argument("out", metavar="OUT", help="the model file to write")
    export.add_argument("--force", action="store_true", help="overwrite an existing file")
    size = export.add_mutually_exclusive_group()
    size.add_argument("--half", action="store_true", help="store the weights as float16: half the size")
    size.add_argument(
        "--int8", action="store_true", help="store large matrices as int8: a quarter of the size"
    )
    mean = add_command(
        actions,
        "average",
        run_average,
        "write the mean of the weights of several checkpoints as a model file",
        "The model file has no scores: `seq2seq evaluate` measures it.",
    )
    mean.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="models and state_*.pt files, two or more; or one run directory: all its state_*.pt files",
    )
    mean.add_argument("--output", "-o", metavar="OUT", required=True, help="the model file to write")
    mean.add_argument("--force", action="store_true", help="overwrite an existing file")
    graphs = add_command(
        actions,
        "onnx",
        run_onnx,
        "write a model as ONNX graphs: encoder.onnx, step.onnx and model.json",
        "docs/onnx.md describes their inputs and outputs. Needs the extra `onnx`.",
    )
    graphs.add_argument("model", metavar="MODEL", help=A_MODEL)
    graphs.add_argument("out", metavar="DIR", help="the directory for the files; it may exist")
    calibrate = add_command(
        actions,
        "calibrate",
        run_calibrate,
        "calibrate the confidence of a model and write it as a new model file",
        "The pairs must not be training data. Half of them calibrate, the other half checks the result.",
    )
    calibrate.add_argument("model", metavar="MODEL", help=A_MODEL)
    calibrate.add_argument(
        "pairs", metavar="PAIRS", help="a .tsv or .jsonl file of some hundred sentence pairs or more"
    )
    calibrate.add_argument("out", metavar="OUT", help="the model file to write")
    calibrate.add_argument(
        "--device", default="auto", metavar="D", help="auto (the default), cpu, cuda or cuda:N"
    )
    calibrate.add_argument("--json", metavar="FILE", help="also write the check as JSON")
    calibrate.add_argument("--plot", metavar="FILE", help="also draw it: a reliability diagram, as PNG")


def run_inspect(options: argparse.Namespace) -> None:
    """Print a description of one file as JSON."""
    path = _find(options.file)
    what = _describe(path)
    if options.words:
        what["words"] = _words(path)
    print(json.dumps(what, indent=2))  # in ASCII, because the file may hold any text


def run_verify(options: argparse.Namespace) -> None:
    """Read every file to its end, also after a damaged one.

    Raises:
        UserError: of one bad file, a damaged one if there is any; the others are reported on stderr.
    """
    bad: UserError | None = None
    for name in options.files:
        try:
            what = _describe(_find(name))
        except UserError as error:
            known, bad = sorted((bad or error, error), key=lambda each: each.exit_code)
            if known is not bad:
                print_error(f"seq2seq: {known}")
        else:
            print(printable(f"{name}: good ({what['kind']}, {what['bytes']:,} bytes)"))
    if bad:
        raise bad


def _find(name: str) -> Path:
    """Return the path of a training state or of a model, which has other names, too."""
    return Path(name) if Path(name).suffix == ".pt" else find_model(name)


def _describe(path: Path) -> dict[str, object]:
    if path.suffix == ".pt":
        from seq2seq.training.state import describe_state

        return describe_state(path)
    from seq2seq.storage.modelfile import describe_model
    from seq2seq.translator import Translator

    what = describe_model(path)
    Translator.load(path, "cpu")  # checks the settings, and that the weights fit them
    return what


def _words(path: Path) -> dict[str, list[str]]:
    """Return the words of source and target that a model has embeddings of, each in alphabetical order.

    Raises:
        UsageError: the file is a training state, or the model has no such embeddings.
    """
    if path.suffix == ".pt":
        raise UsageError(
            "--words needs a model file, and this is a training state; `seq2seq checkpoint export` makes one"
        )
    from seq2seq.plain.encoder_decoder import NumpyEncoderDecoder
    from seq2seq.translator import Translator

    translator = Translator.load(path, "cpu")
    network = translator.networks.numpy
    if not isinstance(network, NumpyEncoderDecoder) or not (network.source_words and network.target_words):
        raise UsageError(f"{path} has no words to list: it was trained with model.word_nodes: 0")
    sides = {"source": network.source_words, "target": network.target_words}
    return {side: sorted(words.trie.words(translator.vocabulary)) for side, words in sides.items()}


def run_calibrate(options: argparse.Namespace) -> None:
    """Write a model file with a calibration of its confidence, and print how far that is right."""
    from dataclasses import replace

    from seq2seq.corpus.pairs import read_pairs
    from seq2seq.decoding.confidence import INFO_KEY
    from seq2seq.measuring.calibrate import calibrate
    from seq2seq.storage.files import write_text_atomic
    from seq2seq.storage.modelfile import read_model, write_model
    from seq2seq.translator import Translator

    for name in filter(None, (options.out, options.json, options.plot)):
        check_parent(Path(name))
    path = find_model(options.model)
    file = read_model(path)
    translator = Translator.from_file(file, str(path), options.device)
    pairs = list(read_pairs(options.pairs, translator.config.data.reverse))
    report = calibrate(translator, pairs, progress=lambda lag: print_error(f"translating at lag {lag}"))
    print(report.table())
    write_model(Path(options.out), replace(file, info=file.info | {INFO_KEY: report.to_info()}))
    if options.json:
        write_text_atomic(Path(options.json), json.dumps(report.to_dict(), indent=1) + "\n")
    if options.plot:
        from seq2seq.drawing.plots import draw_reliability

        draw_reliability(report.to_dict(), Path(options.plot))


def run_export(options: argparse.Namespace) -> None:
    """Turn a training state into a model file."""
    from dataclasses import replace

    from seq2seq.storage.int8 import as_real, packed
    from seq2seq.storage.modelfile import write_model
    from seq2seq.training.checkpoint import latest_state
    from seq2seq.training.state import TrainingState

    out = _new_file(options.out, options.force)
    path = Path(options.state)
    if path.is_dir():
        newest = latest_state(path)
        if newest is None:
            raise UserError(f"there is no training state in {path}")
        path = newest
    file = TrainingState.read(path).averaged_file()
    real = "float16" if options.half else "float32"
    weights = packed(file.weights) if options.int8 else as_real(file.weights, real)
    write_model(out, replace(file, weights=weights))
    print(printable(options.out))


def run_average(options: argparse.Namespace) -> None:
    """Write the mean of several checkpoints."""
    from seq2seq.storage.averaging import average
    from seq2seq.storage.modelfile import write_model
    from seq2seq.training.checkpoint import state_files

    out = _new_file(options.output, options.force)
    if len(options.files) == 1 and (run := Path(options.files[0])).is_dir():
        paths = state_files(run)[::-1]
        if not paths:
            raise UserError(f"there is no training state in {run}")
    else:
        paths = [_find(name) for name in options.files]
    files = {str(path): _model_file(path) for path in paths}
    if len({file.info.get("run_id") for file in files.values()}) > 1:
        print_error(
            "seq2seq: these checkpoints are of different runs: unless one began with the weights of the "
            "other, their mean is of no use"
        )
    write_model(out, average(files))
    print(printable(options.output))


def run_onnx(options: argparse.Namespace) -> None:
    """Write a model as ONNX graphs."""
    from seq2seq.plain.onnx_graphs import export_onnx
    from seq2seq.storage.files import make_directory, write_bytes_atomic

    path, out = find_model(options.model), Path(options.out)
    files = export_onnx(_model_file(path), str(path))
    make_directory(out)
    for name, data in files.items():
        write_bytes_atomic(out / name, data)
        print(printable(str(out / name)))


def _model_file(path: Path) -> ModelFile:
    """Return the content of a model file, or what `export` would write for a training state."""
    if path.suffix == ".pt":
        from seq2seq.training.state import TrainingState

        return TrainingState.read(path).averaged_file()
    from seq2seq.storage.modelfile import read_model

    return read_model(path)


def _new_file(name: str, force: bool) -> Path:
    """Return the path of a file that may be written; UsageError if it is there and not to be overwritten."""
    path = Path(name)
    check_parent(path)
    if path.exists() and not force:
        raise UsageError(f"{path} exists already; choose another name or overwrite it with --force")
    return path
