"""The two step networks of one model: NumPy for small inputs and for streams, PyTorch for large inputs."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property
from typing import TYPE_CHECKING

from seq2seq.config.schema import Config
from seq2seq.errors import PrecisionWarning, UsageError
from seq2seq.plain.networks import NumpyNetwork, numpy_network
from seq2seq.plain.step import StepNetwork
from seq2seq.plain.weights import weight_shapes
from seq2seq.storage.content import check_weights, read_settings
from seq2seq.storage.modelfile import ModelFile
from seq2seq.text.vocabulary import Vocabulary

if TYPE_CHECKING:
    from seq2seq.models.build import Network

LITTLE = 8_000
"""Threshold: source characters × beam. Below this size NumPy finishes before PyTorch has been imported."""

DECODES_IN_TORCH = "encoder_decoder"
"""The kind of network that is decoded with PyTorch, too, and at other precisions than fp32."""


class NetworkPair:
    """One model, ready to decode with NumPy or with PyTorch; the latter is set up when it is first used.

    Networks other than the encoder-decoder are decoded with NumPy alone.

    Args:
        config: the configuration that the model was trained with.
        vocabulary: the symbols that it knows.
        numpy: returns the step network in NumPy at fp32 or int8; called when each is first used.
        load: returns the network in PyTorch, on the CPU or on its device; called when it is first used.
        device: cpu, cuda, or auto: CUDA, if there is one, for large inputs.
        precision: fp32, bf16 or int8; by default that of the configuration, or fp32 where that is no faster.

    Attributes:
        config, vocabulary, device: as given.
        precision: fp32, bf16 or int8.

    Raises:
        UserError: the device is not there or cannot compute in bf16, or the kind of network is decoded on the
            CPU in fp32 alone.
    """

    def __init__(
        self,
        config: Config,
        vocabulary: Vocabulary,
        numpy: Callable[[str], NumpyNetwork],
        load: Callable[[], Network],
        device: str = "auto",
        precision: str | None = None,
    ) -> None:
        self.config, self.vocabulary = config, vocabulary
        self._make_numpy, self._load, self.device = numpy, load, device
        self._in_numpy: dict[str, NumpyNetwork] = {}
        self._in_torch: dict[str, StepNetwork] = {}
        self._loading, self._in_use = threading.RLock(), threading.Lock()
        self.precision = "fp32"
        if self.has_decoder:
            self.precision = precision or self._own_precision()
        elif device not in ("auto", "cpu"):
            kind = config.model.kind
            raise UsageError(f"a {kind} network is decoded on the CPU: `device` is auto or cpu, not {device}")
        self.check_precision(precision or self.precision)
        if device not in ("auto", "cpu"):
            from seq2seq.devices import pick_device

            pick_device(device)

    @classmethod
    def from_file(
        cls, file: ModelFile, name: str, device: str = "auto", precision: str | None = None
    ) -> NetworkPair:
        """Return the networks of a model file.

        Args:
            file: its content.
            name: its name in messages.
            device: as for the class.
            precision: as for the class.

        Raises:
            CheckpointError: a setting is wrong, or weights are missing, left over or of another shape.
            UserError: as for the class.
        """
        config, vocabulary = read_settings(file.config, file.characters, name)
        shapes = weight_shapes(config.model, len(vocabulary), config.lag.train.largest, file.weights)
        check_weights(file.weights, shapes, name)

        def load() -> Network:
            from seq2seq.models.build import from_weights

            return from_weights(config, vocabulary, file.weights)

        def numpy(precision: str) -> NumpyNetwork:
            return numpy_network(config.model, file.weights, vocabulary, precision)

        return cls(config, vocabulary, numpy, load, device, precision)

    @classmethod
    def of_network(
        cls, network: Network, vocabulary: Vocabulary, config: Config, precision: str
    ) -> NetworkPair:
        """Return the pair of a PyTorch network that is being trained; it stays on its device.

        A network that is decoded with NumPy alone is decoded in fp32, whatever `precision` is.
        """
        from seq2seq.models.build import to_weights

        def numpy(precision: str) -> NumpyNetwork:
            return numpy_network(config.model, to_weights(network), vocabulary, precision)

        if config.model.kind != DECODES_IN_TORCH:
            return cls(config, vocabulary, numpy, lambda: network)
        return cls(config, vocabulary, numpy, lambda: network, str(network.output.weight.device), precision)

    @property
    def has_decoder(self) -> bool:
        """Whether it is an encoder-decoder, the kind of network that PyTorch decodes, too."""
        return self.config.model.kind == DECODES_IN_TORCH

    def _own_precision(self) -> str:
        """Return the precision in the model's configuration, or fp32 where bf16 is no faster."""
        own = self.config.decode.precision
        if own == "bf16":
            from seq2seq.devices import is_faster, pick_device

            if not is_faster(own, pick_device(self.device)):
                warnings.warn(
                    "the model asks for precision bf16, which is no faster than fp32 on this device; "
                    "fp32 is used",
                    PrecisionWarning,
                    stacklevel=2,
                )
                return "fp32"
        return own

    @property
    def numpy(self) -> NumpyNetwork:
        """The step network in NumPy at fp32."""
        return self.in_numpy("fp32")

    @property
    def any_numpy(self) -> NumpyNetwork:
        """A step network in NumPy at whichever precision there is one already, or else at the usual one."""
        return next(iter(self._in_numpy.values()), None) or self.in_numpy(self.precision)

    def in_numpy(self, precision: str) -> NumpyNetwork:
        """Return the step network in NumPy; it is in fp32 if the precision is bf16."""
        precision = "int8" if precision == "int8" else "fp32"
        with self._loading:
            if precision not in self._in_numpy:
                self._in_numpy[precision] = self._make_numpy(precision)
            return self._in_numpy[precision]

    @cached_property
    def network(self) -> Network:
        """The network in PyTorch, on its device, in evaluation mode."""
        from seq2seq.devices import pick_device

        return self._load().to(pick_device(self.device)).eval()

    @property
    def torch(self) -> StepNetwork:
        """The step network in PyTorch; that in NumPy for networks other than the encoder-decoder."""
        return self._at_precision(self.precision)

    def _at_precision(self, precision: str) -> StepNetwork:
        if not self.has_decoder:
            return self.numpy
        with self._loading:
            if precision not in self._in_torch:
                from seq2seq.devices import warn_if_slow
                from seq2seq.models.encoder_decoder import EncoderDecoder
                from seq2seq.models.stepwise import TorchStepNetwork

                assert isinstance(self.network, EncoderDecoder)
                warn_if_slow(precision, self.network.output.weight.device)
                self._in_torch[precision] = TorchStepNetwork(self.network, precision, self.vocabulary)
            return self._in_torch[precision]

    def check_precision(self, precision: str) -> None:
        """Check that the network can be decoded at a precision, on its device.

        Raises:
            UserError: it cannot.
        """
        if precision == "fp32":
            return
        if not self.has_decoder:
            raise UsageError(
                f"a {self.config.model.kind} network is decoded in fp32: `precision` cannot be {precision}"
            )
        if precision == "bf16":  # int8 can be computed everywhere, and first without PyTorch
            from seq2seq.devices import check_precision, pick_device

            check_precision(precision, pick_device(self.device))

    def turn(self, network: StepNetwork) -> AbstractContextManager[object]:
        """Return a block in which the caller alone decodes with `network`, if that is one in PyTorch.

        It shares PyTorch's threads, a setting of the whole process, out among its batches. NumPy needs no
        turn: its networks only read what they hold.
        """
        in_torch = any(network is one for one in self._in_torch.values())
        return self._in_use if in_torch else nullcontext()

    def for_work(self, work: int, precision: str) -> StepNetwork:
        """Return the step network that decodes faster, or the only one that can do what was asked for.

        Args:
            work: source characters × beam.
            precision: fp32, bf16 or int8; one that `check_precision` has accepted.
        """
        can = self.device in ("auto", "cpu") and precision != "bf16"
        return self.in_numpy(precision) if can and work <= LITTLE else self._at_precision(precision)
