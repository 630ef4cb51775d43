"""Translate a file with the Python interface: run_ours.py MODEL SOURCES PRECISION.

Prints the seconds without loading, and the number of characters written.
"""

import sys
import time
from pathlib import Path

from seq2seq import Translator

model, sources, precision = sys.argv[1:]
translator = Translator.load(model, device="cpu", precision=precision)
lines = Path(sources).read_text(encoding="utf-8").splitlines()
translator.translate(lines[:64])  # enough to load PyTorch
began = time.perf_counter()
texts = translator.translate(lines)
seconds = time.perf_counter() - began
print(f"translating took {seconds:.4f} s for {sum(map(len, texts))} characters")
