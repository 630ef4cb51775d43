"""Translate a file with the Python interface: run_ours.py MODEL SOURCES PRECISION [BEAM].

Prints each translation in JSON, then the seconds without loading, and the number of characters written.
"""

import json
import sys
import time
from pathlib import Path

from seq2seq import Translator

model, sources, precision, *beam = sys.argv[1:]
size = int(beam[0]) if beam else None
translator = Translator.load(model, device="cpu", precision=precision)
lines = Path(sources).read_text(encoding="utf-8").splitlines()
translator.translate(lines[:64] * 8, beam=size)  # enough for PyTorch to be used
began = time.perf_counter()
texts = translator.translate(lines, beam=size)
seconds = time.perf_counter() - began
for text in texts:
    print(json.dumps(text))
print(f"translating took {seconds:.4f} s for {sum(map(len, texts))} characters")
