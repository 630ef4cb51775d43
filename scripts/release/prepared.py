"""Copy the prepared data of a training to another machine: only what training reads.

    python -m scripts.release.prepared gather CONFIG --out DIR [--set KEY=VALUE ...]
    python -m scripts.release.prepared adopt DIR CONFIG [--set KEY=VALUE ...]

Preparing takes minutes that a GPU would be idle. `gather` prepares the data of CONFIG unless they are in the
cache, and copies the arrays, the dev files and the checksums of the training files into DIR. `adopt` puts
them where training with CONFIG reads them: the arrays into the cache, the dev files and the checksums to the
paths in CONFIG (matched by file name; existing files stay). The training files themselves are not needed on
the other machine, which must have the same version of this program.
"""

from __future__ import annotations

import argparse
import json
import shutil
import unicodedata
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Final

from seq2seq.config.loading import load_config
from seq2seq.config.schema import Config
from seq2seq.corpus.cache import adopt, entry
from seq2seq.corpus.cachedir import default_cache
from seq2seq.corpus.pairs import paths
from seq2seq.corpus.prepare import prepare
from seq2seq.errors import UsageError, UserError
from seq2seq.storage.files import read_bytes, sha256_file, write_text_atomic
from seq2seq.storage.integrity import sidecar_of

ARRAYS: Final = "prepared"
FILES: Final = "files"
MADE_WITH: Final = "made_with.json"


def training_files(config: Config) -> list[Path]:
    """Return the files of `data.train`."""
    return list(chain.from_iterable(paths(part.path) for part in config.data.parts))


def small_files(config: Config) -> list[Path]:
    """Return the other files that training reads."""
    return [*paths(config.data.dev), *map(Path, config.data.dev_more or ()), *paths(config.data.test)]


def gather(config: Config, out: Path) -> Path:
    """Copy what training with `config` reads into `out`; return the folder of the prepared arrays.

    Raises:
        UserError: data are missing or bad.
        UsageError: two files have the same name.
    """
    names = [path.name for path in (*training_files(config), *small_files(config))]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise UsageError(f"two files of the configuration have the name {', '.join(twice)}: rename one")
    prepare(config.data, default_cache(), spans=config.copies)
    made = entry(config.data, default_cache(), config.copies)
    shutil.copytree(made, out / ARRAYS, dirs_exist_ok=True)
    (out / FILES).mkdir(exist_ok=True)
    for path in small_files(config):
        shutil.copyfile(path, out / FILES / path.name)
    for path in training_files(config):
        write_text_atomic(sidecar_of(out / FILES / path.name), f"{sha256_file(path)}  {path.name}\n")
    write_text_atomic(out / MADE_WITH, json.dumps({"unicode": unicodedata.unidata_version}) + "\n")
    return out / ARRAYS


def place(config: Config, directory: Path) -> Path:
    """Copy what `gather` wrote to where training with `config` reads it; return the folder of the arrays.

    Raises:
        UserError: something is missing or damaged, or was made from other data, settings or code.
    """
    for path in missing(config):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copyfile(directory / FILES / path.name, path)
        except OSError as error:
            raise UserError(f"there is no {path.name} in {directory / FILES}, which {path} names") from error
    made_with = json.loads(read_bytes(directory / MADE_WITH))
    return adopt(directory / ARRAYS, made_with["unicode"], config.data, default_cache(), config.copies)


def missing(config: Config) -> Iterator[Path]:
    """Yield the missing files of `config`, and the checksums of its missing training files."""
    yield from (path for path in small_files(config) if not path.exists())
    yield from (sidecar_of(path) for path in training_files(config) if not path.exists())


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    actions = parser.add_subparsers(dest="action", required=True)
    gathering = actions.add_parser("gather", help="copy what training reads into a folder")
    gathering.add_argument("config", type=Path)
    gathering.add_argument("--out", type=Path, required=True, help="the folder")
    placing = actions.add_parser("adopt", help="copy it to where training reads it")
    placing.add_argument("directory", type=Path)
    placing.add_argument("config", type=Path)
    for action in (gathering, placing):
        action.add_argument(
            "--set", action="append", default=[], metavar="KEY=VALUE", help="change a setting"
        )
    options = parser.parse_args()
    try:
        config = load_config(options.config, options.set)
        print(gather(config, options.out) if options.action == "gather" else place(config, options.directory))
    except UserError as error:
        raise SystemExit(str(error)) from None


if __name__ == "__main__":
    main()
