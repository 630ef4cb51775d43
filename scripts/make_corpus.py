"""Write the bundled corpus anew: `python scripts/make_corpus.py` turns data/grammar.yaml into data/*.tsv."""

from pathlib import Path

from seq2seq.corpus.grammar import load_grammar, write_corpus

DATA = Path(__file__).resolve().parent.parent / "data"

if __name__ == "__main__":
    write_corpus(load_grammar(DATA / "grammar.yaml"), DATA)
