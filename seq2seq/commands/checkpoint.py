"""`seq2seq checkpoint`: inspect, verify, export and calibrate model files and training states."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from seq2seq.commands.options import Subparsers, add_command, check_parent
from seq2seq.errors import UsageError, UserError, print_error, printable
from seq2seq.pretrained import locate


def add(commands: Subparsers) -> None:
    """Declare the arguments."""
    parser = commands.add_parser(
        "checkpoint", help="inspect or verify model files and training states, export or calibrate a model"
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    inspect = add_command(
        actions, "inspect", run_inspect, "print what a model file or training state holds, as JSON"
    )
    inspect.add_argument("file", help="a model.safetensors or a state_*.pt")
    inspect.add_argument("--words", action="store_true", help="also list the words that have an embedding")
    verify = add_command(actions, "verify", run_verify, "check that files are complete and undamaged")
    verify.add_argument("files", nargs="+", metavar="FILE", help="model.safetensors or state_*.pt files")
    export = add_command(
        actions, "export", run_export, "write the averaged weights of a training state as a model file"
    )
    export.add_argument("state", help="a state_*.pt")
    export.add_argument("out", help="the model file to write")
    size = export.add_mutually_exclusive_group()
    size.add_argument("--half", action="store_true", help="store the weights as float16: half the size")
    size.add_argument(
        "--int8", action="store_true", help="store large matrices as int8: a quarter of the size"
    )
    calibrate = add_command(
        actions,
        "calibrate",
        run_calibrate,
        "calibrate the confidence of a model and write it as a new model file",
        "The pairs must not be training data. Half of them calibrate, the other half checks the result.",
    )
    calibrate.add_argument("model", help="a model.safetensors, a run directory, or a model of the package")
    calibrate.add_argument("pairs", help="a .tsv or .jsonl file of some hundred sentence pairs or more")
    calibrate.add_argument("out", help="the model file to write")
    calibrate.add_argument(
        "--device", default="auto", metavar="D", help="auto (the default), cpu, cuda or cuda:N"
    )
    calibrate.add_argument("--json", metavar="FILE", help="also write the check as JSON")
    calibrate.add_argument("--plot", metavar="FILE", help="also draw it: a reliability diagram, as PNG")


def run_inspect(options: argparse.Namespace) -> None:
    """Print a description of one file as JSON."""
    path = Path(options.file)
    what = _describe(path)
    if options.words:
        what["words"] = _words(path)
    print(json.dumps(what, indent=2))  # in ASCII, because the file may hold any text


def run_verify(options: argparse.Namespace) -> None:
    """Read every file to its end, also after a damaged one.

    Raises:
        UserError: of the last damaged file; the others are reported on stderr.
    """
    bad: UserError | None = None
    for name in options.files:
        try:
            what = _describe(Path(name))
        except UserError as error:
            if bad:
                print_error(f"seq2seq: {bad}")
            bad = error
        else:
            print(printable(f"{name}: good ({what['kind']}, {what['bytes']:,} bytes)"))
    if bad:
        raise bad


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
    path = locate(options.model)
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
    from seq2seq.storage.int8 import as_real, packed
    from seq2seq.storage.modelfile import write_model
    from seq2seq.training.state import TrainingState

    state = TrainingState.read(Path(options.state))
    arrays = {name: tensor.numpy() for name, tensor in state.optimisation["averaged"].items()}
    weights = packed(arrays) if options.int8 else as_real(arrays, "float16" if options.half else "float32")
    write_model(Path(options.out), state.model_file(weights))
    print(printable(options.out))
