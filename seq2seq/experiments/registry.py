"""The list of all experiments."""

from __future__ import annotations

from seq2seq.experiments import (
    agreement,
    depth,
    first_word,
    gradients,
    memory,
    millions,
    needed_lag,
    padding,
    peephole,
    sentence_lag,
    unrolled_size,
    unrolling,
)
from seq2seq.experiments.harness import Experiment

EXPERIMENTS: dict[str, Experiment] = {
    module.EXPERIMENT.name: module.EXPERIMENT
    for module in (
        depth,
        padding,
        needed_lag,
        sentence_lag,
        first_word,
        unrolling,
        unrolled_size,
        gradients,
        memory,
        agreement,
        peephole,
        millions,
    )
}
"""All experiments by name, in the order of their numbers."""
