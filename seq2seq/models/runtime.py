"""The PyTorch network as decoding asks for it: for many sentences at once, and for CUDA.

Shape suffixes: B sentences, S source positions, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from seq2seq.batching import pad
from seq2seq.devices import autocast
from seq2seq.lag import Lag
from seq2seq.models.encoder_decoder import EncoderDecoder, Memory
from seq2seq.runtime import NEVER_WRITTEN, Ids, States, Step
from seq2seq.text import END


class TorchRuntime:
    """A network on its device; see `runtime.Runtime` for what the methods do.

    Args:
        network: in evaluation mode.
        precision: fp32 or bf16.
    """

    def __init__(self, network: EncoderDecoder, precision: str = "fp32") -> None:
        self.network, self.precision = network, precision
        self.device = network.output.weight.device

    @torch.inference_mode()
    def encode(self, sources: Sequence[Sequence[int]]) -> Memory:
        """Read whole sources, each a fused call over all of its symbols."""
        source_BS = torch.from_numpy(pad(sources, None, END)).to(self.device)
        lengths_B = torch.tensor([len(source) + 1 for source in sources], device=self.device)
        with autocast(self.device, self.precision):
            return self.network.encode(source_BS, lengths_B)

    def start(self, batch: int) -> States:
        """Return the states before y_1."""
        return list(self.network.start(batch))

    @torch.inference_mode()
    def step(
        self, previous_B: Ids, memory: Memory, read_B: Ids, states: States, lag: Lag, attention: bool = False
    ) -> Step:
        """Write one symbol."""
        previous, read = (
            torch.from_numpy(previous_B).to(self.device),
            torch.from_numpy(read_B).to(self.device),
        )
        with autocast(self.device, self.precision):
            step = self.network.step(previous, memory, read, states, lag)
        logits_BV = step.logits_BV.float()
        logits_BV[:, NEVER_WRITTEN] = float("-inf")
        weights = step.attention_BS if attention else None
        return Step(
            log_probs_BV=logits_BV.log_softmax(dim=-1).cpu().numpy(),
            states=list(step.states),
            attention_BS=None if weights is None else weights.float().cpu().numpy(),
        )
