"""The two step networks of one model: NumPy for little text and for streams, PyTorch for much text."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from seq2seq.config.schema import Config
from seq2seq.errors import UsageError
from seq2seq.plain.encoder_decoder import NumpyEncoderDecoder
from seq2seq.plain.networks import numpy_network
from seq2seq.plain.step import StepNetwork
from seq2seq.plain.weights import weight_shapes
from seq2seq.storage.content import check_weights, read_settings
from seq2seq.storage.modelfile import ModelFile
from seq2seq.text.vocabulary import Vocabulary

if TYPE_CHECKING:
    from seq2seq.models.build import Network

LITTLE = 8_000
"""Source characters, times the beam. Below this size NumPy finishes before PyTorch has been imported."""


class NetworkPair:
    """One model, ready to decode with NumPy or with PyTorch; the latter is set up when it is first used.

    Networks other than the encoder-decoder are decoded with NumPy alone.

    Args:
        file: the content of the model file.
        name: the model's name in messages.
        device: cpu, cuda, or auto: CUDA, if there is one, for much work.
        precision: fp32 or bf16; by default that of the model file.

    Attributes:
        config: the configuration that the model was trained with.
        vocabulary: the symbols that it knows.
        precision: fp32 or bf16.
        device: as given.
        file: as given.
        numpy: the step network in NumPy.

    Raises:
        CheckpointError: a setting is wrong, or weights are missing, left over or of another shape.
        UserError: the device is not there or cannot compute in bf16, or the network cannot use what is asked
            for.
    """

    def __init__(
        self, file: ModelFile, name: str, device: str = "auto", precision: str | None = None
    ) -> None:
        self.config, self.vocabulary = read_settings(file.config, file.characters, name)
        model, lags = self.config.model, self.config.lag.train
        check_weights(
            file.weights, weight_shapes(model, len(self.vocabulary), lags.largest, file.weights), name
        )
        self.numpy = numpy_network(model, file.weights, self.vocabulary)
        self.file, self.device = file, device
        if not isinstance(self.numpy, NumpyEncoderDecoder):
            _check_numpy_can(model.kind, device, precision)
            self.precision = "fp32"
            return
        self.precision = precision or self.config.decode.precision
        if device not in ("auto", "cpu") or self.precision == "bf16":
            from seq2seq.devices import check_precision, pick_device

            check_precision(self.precision, pick_device(device))

    @classmethod
    def of_network(
        cls, network: Network, vocabulary: Vocabulary, config: Config, precision: str
    ) -> NetworkPair:
        """Return the pair of a PyTorch network that is being trained; it stays on its device."""
        from seq2seq.models.build import to_weights

        characters, lags = list(vocabulary.characters), config.lag.train.to_plain()
        file = ModelFile(config.to_dict(), characters, lags, to_weights(network), {})
        pair = cls(file, "the network", precision="fp32")
        pair.network, pair.device = network, str(network.output.weight.device)
        pair.precision = precision if isinstance(pair.numpy, NumpyEncoderDecoder) else "fp32"
        return pair

    @cached_property
    def network(self) -> Network:
        """The network in PyTorch, on its device, in evaluation mode."""
        from seq2seq.devices import pick_device
        from seq2seq.models.build import from_weights

        network = from_weights(self.config, self.vocabulary, self.file.weights)
        return network.to(pick_device(self.device)).eval()

    @cached_property
    def torch(self) -> StepNetwork:
        """The step network in PyTorch; that in NumPy for networks other than the encoder-decoder."""
        if not isinstance(self.numpy, NumpyEncoderDecoder):
            return self.numpy
        from seq2seq.models.encoder_decoder import EncoderDecoder
        from seq2seq.models.stepwise import TorchStepNetwork

        assert isinstance(self.network, EncoderDecoder)
        return TorchStepNetwork(self.network, self.precision, self.vocabulary)

    def for_work(self, work: int) -> StepNetwork:
        """Return the step network that decodes faster, or the only one that can do what was asked for.

        Args:
            work: source characters, times the beam.
        """
        can = self.device in ("auto", "cpu") and self.precision == "fp32"
        return self.numpy if can and work <= LITTLE else self.torch


def _check_numpy_can(kind: str, device: str, precision: str | None) -> None:
    """Refuse what only PyTorch could do, for a kind of network that is decoded with NumPy alone.

    Raises:
        UsageError: for a device other than the CPU, and for bf16.
    """
    if device not in ("auto", "cpu"):
        raise UsageError(f"a {kind} network is decoded on the CPU: `device` is auto or cpu, not {device}")
    if precision not in (None, "fp32"):
        raise UsageError(f"a {kind} network is decoded in fp32: `precision` cannot be {precision}")
