"""The list of all experiments."""

from __future__ import annotations

from seq2seq.experiments import (
    depth,
    gradients,
    memory,
    millions,
    needed_lag,
    padding,
    peephole,
    sentence_lag,
    unrolling,
)
from seq2seq.experiments.harness import Experiment

EXPERIMENTS: dict[str, Experiment] = {
    module.EXPERIMENT.name: module.EXPERIMENT
    for module in (depth, padding, needed_lag, sentence_lag, unrolling, gradients, memory, peephole, millions)
}
"""All experiments by name, in the order of their numbers."""
