"""Reading whole sources in int8: the input of a layer is one product over all positions, then step by step.

PyTorch has no fused recurrent modules in int8 whose rounding does not depend on the batch.

Shape suffixes: S source positions, B sentences, E embedding, H hidden units, G gates times hidden units.
"""

from __future__ import annotations

import torch
from torch import Tensor

from seq2seq.lag import FULL, Lag
from seq2seq.models.encoder_decoder import EncoderDecoder, flip_index, take
from seq2seq.models.products import product_of
from seq2seq.models.step_layer import StepLayer, symbol_gates

PRECISION = "int8"


class Int8Encoder:
    """The encoder of an encoder-decoder, which computes what `EncoderDecoder.encode` does.

    Args:
        network: in evaluation mode; its weights must not change afterwards.
    """

    def __init__(self, network: EncoderDecoder) -> None:
        self.network = network
        self.gates_VG = symbol_gates(network.encoder[0], PRECISION, network.source_embedding.weight)
        self.layers = [StepLayer.of(layer, PRECISION) for layer in network.encoder]
        back, memory = network.backward_encoder, network.word_memory
        self.backward = None if back is None else StepLayer.of(back, PRECISION)
        self.word_memory = None if memory is None else product_of(memory.weight, PRECISION)

    def encode(self, source_BS: Tensor, lengths_B: Tensor, lag: Lag) -> Tensor:
        """Return the encoder states (B, S, H) of padded sources, as `EncoderDecoder.encode` does."""
        network = self.network
        first, *upper = self.layers
        x_SBG = self.gates_VG[source_BS.T.contiguous()]
        words_SBE = None
        if network.source_words is not None:
            words_SBE = network.source_words(source_BS).transpose(0, 1).contiguous()
            x_SBG = first.input.add_to(x_SBG.flatten(0, 1), words_SBE.flatten(0, 1)).view(x_SBG.shape)
        below_SBH = _run(first, x_SBG)
        for norm, layer in zip(network.encoder_norms, upper, strict=False):
            below_SBH += _run(layer, _project(layer, norm(below_SBH)))
        if self.backward is not None and lag == FULL:
            x_SBE = network.source_embedding(source_BS.T)
            flip_SB = flip_index(lengths_B, source_BS.shape[1])
            x_SBE = take(x_SBE if words_SBE is None else x_SBE + words_SBE, flip_SB)
            below_SBH += take(_run(self.backward, _project(self.backward, x_SBE)), flip_SB)
        memory_SBH: Tensor = network.encoder_norms[-1](below_SBH)
        if self.word_memory is not None and words_SBE is not None:
            memory_SBH = self.word_memory.add_to(memory_SBH.flatten(0, 1), words_SBE.flatten(0, 1)).view(
                memory_SBH.shape
            )
        return memory_SBH.transpose(0, 1)


def _project(layer: StepLayer, x_SBI: Tensor) -> Tensor:
    """Return the contribution of the inputs to the gates, (S, B, G)."""
    return layer.project([x_SBI.flatten(0, 1)]).view(*x_SBI.shape[:2], -1)


def _run(layer: StepLayer, x_SBG: Tensor) -> Tensor:
    """Return h_1 … h_S, (S, B, H), given x W + b, which is overwritten."""
    state = layer.start(x_SBG.shape[1])
    outputs = []
    for x_BG in x_SBG:
        h_BH, state = layer.step(x_BG, state)
        outputs.append(h_BH)
    return torch.stack(outputs)
