"""Write the bundled corpus: data/grammar.yaml is turned into data/*.tsv.

python -m scripts.release.make_corpus
"""

import argparse
from pathlib import Path

from seq2seq.corpus.grammar import load_grammar, write_corpus

DATA = Path(__file__).resolve().parents[2] / "data"


def main() -> None:
    """Run the command line."""
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args()
    write_corpus(load_grammar(DATA / "grammar.yaml"), DATA)


if __name__ == "__main__":
    main()
