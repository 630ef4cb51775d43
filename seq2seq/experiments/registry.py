"""What the textbook says of recurrent networks, each claim run, measured against a bound and drawn."""

from __future__ import annotations

from seq2seq.experiments import depth, gradients, memory, millions, padding, sentences, unrolling
from seq2seq.experiments import needed_lag as lag
from seq2seq.experiments.harness import Experiment

EXPERIMENTS: dict[str, Experiment] = {
    module.EXPERIMENT.name: module.EXPERIMENT
    for module in (depth, padding, lag, sentences, unrolling, gradients, memory, millions)
}
"""All of them by name, in the order of their numbers."""
