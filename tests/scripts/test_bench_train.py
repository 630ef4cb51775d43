"""The bench of training: its operations are those that PyTorch counts, and it runs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from scripts.bench import train as bench
from seq2seq.config.schema import Config, ModelConfig, TrainConfig
from seq2seq.lag import FULL, LagDistribution
from seq2seq.models.encoder_decoder import EncoderDecoder

SCRIPTS = Path(__file__).parents[2] / "scripts"
SMALL = ModelConfig(embedding=6, hidden=10, encoder_layers=2, decoder_layers=3, dropout=0.0)


def counted(model: ModelConfig, B: int, S: int, T: int, vocabulary: int) -> int:
    """Operations of forward and backward as PyTorch counts them, the recurrent modules taken apart."""
    network = EncoderDecoder(model, vocabulary, LagDistribution())
    counter = FlopCounterMode(display=False)
    with torch.backends.mkldnn.flags(enabled=False), counter:
        network(torch.full((B, S), 5), torch.full((B,), S), torch.full((B, T), 5), FULL).sum().backward()
    return counter.get_total_flops()


@pytest.mark.filterwarnings("ignore:TF32 acceleration")  # of mkldnn.flags
@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
@pytest.mark.parametrize("attention", ["dot", "none"])
@pytest.mark.parametrize("both", [False, True], ids=["forwards", "both ways"])
def test_operations_are_those_that_pytorch_counts(cell: str, attention: str, both: bool) -> None:
    model = replace(SMALL, cell=cell, attention=attention, bidirectional=both)  # type: ignore[arg-type]
    shape = bench.Shape(B=3, S=7, T=5)
    formula = bench.operations(
        [*bench.recurrent_products(model, shape), *bench.other_products(model, shape, 13)]
    )
    assert formula == counted(model, 3, 7, 5, 13)


def test_operations_by_hand() -> None:
    """One layer on either side, everything of size 1: 8·2, 8·3, 2 + 4 and 4 forward; three times that."""
    model = ModelConfig(embedding=1, hidden=1, encoder_layers=1, decoder_layers=1)
    shape = bench.Shape(B=1, S=1, T=1)
    assert bench.operations(bench.recurrent_products(model, shape)) == 3 * (16 + 24)
    assert bench.operations(bench.other_products(model, shape, 1)) == 3 * (6 + 4)


def test_it_measures_and_reports() -> None:
    config = Config(model=SMALL, train=TrainConfig(precision="fp32"))
    shape = bench.Shape(B=3, S=7, T=5)
    result = bench.StepBenchmark(config, shape, torch.device("cpu"), repeats=1).run()
    rows = result["rows"]
    assert rows["matrix products"]["fraction"] == pytest.approx(1)
    assert rows["full step"]["operations"] == sum(
        bench.Product(**{key: value for key, value in product.items() if key != "tflops"}).operations
        for product in result["products"]
    )
    text = bench.table(result)
    assert f"{result['parameters']:,} parameters, 3 pairs of 7 source and 5 target symbols" in text
    assert all(name in text for name in rows)
