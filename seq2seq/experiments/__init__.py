"""What the textbook says of recurrent networks, each claim run, measured against a bound and drawn."""

from __future__ import annotations

from seq2seq.experiments import gradients, unrolling
from seq2seq.experiments.frame import Experiment

EXPERIMENTS: dict[str, Experiment] = {
    experiment.name: experiment for experiment in (unrolling.EXPERIMENT, gradients.EXPERIMENT)
}
"""All of them by name, in the order of their numbers."""
