"""Train with this project and print the processor time of each evaluation: run_race_ours.py CONFIG RUN.

Each line is a JSON object with `chrf`, `steps` and `cpu`: the seconds of processor time since the start of
the process, without those of evaluations and their figures.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

from seq2seq.config.loading import load_config
from seq2seq.training import run as run_module
from seq2seq.training.validation import DevEvaluator, Evaluation
from seq2seq.training.writer import Writer

evaluating = 0.0
evaluate, draw_curves = DevEvaluator.evaluate, Writer.draw_curves


def timed_evaluate(self: DevEvaluator, network: Any, step: int) -> Evaluation:
    """Evaluate; leave the time out of the count."""
    global evaluating
    began = time.process_time()
    result = evaluate(self, network, step)
    point = {"chrf": round(result.dev.chrf, 2), "steps": step, "cpu": round(began - evaluating, 1)}
    evaluating += time.process_time() - began
    print(json.dumps(point), flush=True)
    return result


def timed_draw_curves(self: Writer) -> None:
    """Draw; leave the time out of the count."""
    global evaluating
    began = time.process_time()
    draw_curves(self)
    evaluating += time.process_time() - began


DevEvaluator.evaluate = timed_evaluate  # type: ignore[method-assign]
Writer.draw_curves = timed_draw_curves  # type: ignore[method-assign]
run_module.train(load_config(Path(sys.argv[1])), Path(sys.argv[2]), device="cpu")
