"""Write the bundled corpus: data/grammar.yaml is turned into data/*.tsv.

python -m scripts.release.make_corpus
"""

from pathlib import Path

from seq2seq.corpus.grammar import load_grammar, write_corpus

DATA = Path(__file__).resolve().parents[2] / "data"

if __name__ == "__main__":
    write_corpus(load_grammar(DATA / "grammar.yaml"), DATA)
