"""Translate the lines of text files on all machines of a Ray cluster, with one `Translator` in each worker.

    pip install "seq2seq-lag[ray]"
    python scripts/translate_on_ray.py OUT.txt IN.txt [IN.txt …] [--model M] [--workers N]

Ray Data reads the files, sends blocks of lines to the workers, restarts a worker that fails, and keeps the
order: OUT.txt has a line for each line of the input. Without a cluster the workers run on this machine;
RAY_ADDRESS names a cluster, whose machines need this package, the model, and the files under the same paths.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seq2seq.storage.files import atomic_write
from seq2seq.translator import Translator

if TYPE_CHECKING:
    import pyarrow
    from ray.data import Dataset

BATCH = 1000
"""Lines that a worker translates at once, in batches of similar lengths."""


class Worker:
    """Loads the model once, and then translates many batches.

    Args:
        model: as for `Translator.load`.
    """

    def __init__(self, model: str | None) -> None:
        self.translator = Translator.load(model)

    def __call__(self, batch: pyarrow.Table) -> pyarrow.Table:
        """Add the column `translation` to a batch with the column `text`."""
        found = self.translator.translate(batch.column("text").to_pylist())
        return batch.append_column("translation", [found])


def translated(texts: Dataset, model: str | None, workers: int) -> Dataset:
    """Return a dataset with the column `text`, and the column `translation` beside it."""
    from ray.data import ActorPoolStrategy

    return texts.map_batches(
        Worker,
        fn_constructor_args=(model,),
        batch_size=BATCH,
        batch_format="pyarrow",
        compute=ActorPoolStrategy(size=workers),
        num_cpus=1,  # Ray sets OMP_NUM_THREADS to it
    )


def lines(file: dict[str, Any]) -> list[dict[str, str]]:
    """Return the lines of a file; as in `seq2seq translate`, only a line feed ends a line."""
    text = file["bytes"].decode("utf-8", "replace").removesuffix("\n")
    return [{"text": line} for line in text.split("\n")] if file["bytes"] else []


def translate_files(paths: Sequence[Path], out: Path, model: str | None, workers: int) -> None:
    """Translate all lines of files, in order, into one file."""
    import ray.data

    # Reading needs a core that no worker holds. Without a cluster, Ray is told that there is one.
    ray.init(num_cpus=None if "RAY_ADDRESS" in os.environ else workers + 1)
    ray.data.DataContext.get_current().execution_options.preserve_order = True
    texts = ray.data.read_binary_files([str(path.resolve()) for path in paths]).flat_map(lines)
    rows = translated(texts.repartition(4 * workers), model, workers).iter_rows()
    atomic_write(out, lambda file: file.writelines(f"{row['translation']}\n".encode() for row in rows))


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path, metavar="OUT.txt")
    parser.add_argument("texts", type=Path, nargs="+", metavar="IN.txt")
    parser.add_argument("--model", help="a model, as in `seq2seq translate`")
    parser.add_argument("--workers", type=int, default=2, help="processes (default: %(default)s)")
    options = parser.parse_args()
    translate_files(options.texts, options.out, options.model, options.workers)


if __name__ == "__main__":
    main()
