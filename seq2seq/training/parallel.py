"""Several processes that train one network: who this one is, and what all of them agree on.

`torchrun` starts the processes and tells each its place in the environment. All of them hold the whole
network and take the same steps; each computes some of an update's batches, and DistributedDataParallel brings
their gradients together. What a process knows by itself (a signal that came, time that is up) is agreed on
before it is acted on: one that acted alone would leave the others waiting. One process alone asks nobody.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.rendezvous import rendezvous
from torch.nn.parallel import DistributedDataParallel

from seq2seq.devices import pick_device
from seq2seq.errors import UsageError, UserError

PATIENCE = timedelta(days=1)
"""How long processes wait for one that prepares data or evaluates. One that dies is noticed at once."""


def rank() -> int:
    """Return this process's number among those that torchrun started; 0 without torchrun."""
    return int(os.environ.get("RANK", "0")) if _started_together() else 0


def _started_together() -> bool:
    """Whether there are several processes: a WORLD_SIZE alone may be anybody's."""
    known = {"RANK", "LOCAL_RANK", "WORLD_SIZE"} <= os.environ.keys()
    return known and int(os.environ["WORLD_SIZE"]) > 1


@dataclass(frozen=True)
class Processes:
    """The processes of a training, as one of them sees it.

    Attributes:
        device: where this one computes.
        rank: its number, from 0. Process 0 is the writer: it alone writes, evaluates and speaks.
        size: how many there are.
        local_rank: its number on its own machine.
        control: the group through which they agree, on the CPU and with patience; None for one process.
    """

    device: torch.device
    rank: int = 0
    size: int = 1
    local_rank: int = 0
    control: dist.ProcessGroup | None = None

    @property
    def is_writer(self) -> bool:
        """Whether this is the one process that writes files."""
        return self.rank == 0

    def largest(self, *values: int) -> list[int]:
        """Return the largest of each value over all processes."""
        if self.size == 1:
            return list(values)
        largest = torch.tensor(values, dtype=torch.int64)
        dist.all_reduce(largest, dist.ReduceOp.MAX, self.control)
        return [int(value) for value in largest]

    def from_writer(self, *values: float) -> list[float]:
        """Return the writer's values."""
        if self.size == 1:
            return list(values)
        theirs = torch.tensor(values, dtype=torch.float64)
        dist.broadcast(theirs, src=0, group=self.control)
        return [float(value) for value in theirs]

    def total(self, value: Tensor) -> Tensor:
        """Add up one tensor over all processes, in place and on its device."""
        if self.size > 1:
            dist.all_reduce(value)
        return value

    def wait(self) -> None:
        """Go on when all processes have come here."""
        self.largest(0)

    @contextmanager
    def first_on_each_machine(self) -> Iterator[None]:
        """Let one process of each machine through, and the others when it is done: they find its cache."""
        if self.local_rank:
            self.wait()
        yield
        if not self.local_rank:
            self.wait()

    def check_same(self, facts: Mapping[str, str]) -> None:
        """Make sure that all processes train the same thing.

        Args:
            facts: what must be the same, by the name that a message calls it.

        Raises:
            UserError: a fact differs between processes.
        """
        digests = [hashlib.sha256(fact.encode()).digest()[:7] for fact in facts.values()]
        numbers = [int.from_bytes(digest, "big") for digest in digests]
        high, low = self.largest(*numbers), self.largest(*(-number for number in numbers))
        other = [name for name, a, b in zip(facts, high, low, strict=True) if a != -b]
        if other:
            raise UserError(
                f"the processes do not have the same {', '.join(other)}: they need the same command line and "
                "files, and an --out that all machines share"
            )

    def share(self, loss: Callable[..., Tensor], network: nn.Module, unused: bool = False) -> SharedLoss:
        """Return `loss` of `network`, of which all processes get the same gradients.

        Args:
            loss: its first argument is the network.
            network: the network.
            unused: whether some of its weights have no part in some batches.
        """
        if self.size == 1:
            return SharedLoss(partial(loss, network), nullcontext)
        replica = DistributedDataParallel(_LossOf(loss, network), find_unused_parameters=unused)
        return SharedLoss(replica, replica.no_sync)


@dataclass(frozen=True)
class SharedLoss:
    """A loss whose backward pass leaves the mean of all processes' gradients in the network.

    Attributes:
        of: the loss, given all its arguments but the network.
        alone: within it, gradients are only gathered; the next backward pass outside exchanges them all.
    """

    of: Callable[..., Tensor]
    alone: Callable[[], AbstractContextManager[object]]


class _LossOf(nn.Module):
    """A loss as a module: DistributedDataParallel must see the call that its gradients come from."""

    def __init__(self, loss: Callable[..., Tensor], network: nn.Module) -> None:
        super().__init__()
        self.loss, self.network = loss, network

    def forward(self, *arguments: object) -> Tensor:
        return self.loss(self.network, *arguments)


@contextmanager
def join(device: str) -> Iterator[Processes]:
    """Meet the other processes that torchrun started, if any, for as long as this is entered.

    Args:
        device: auto, cpu or cuda; each process takes the CUDA device of its number on its machine.

    Raises:
        UserError: a device is missing, or another process ended.
        UsageError: `device` is one for all.
    """
    place = pick_device(device)
    if not _started_together():
        yield Processes(place)
        return
    local_rank = int(os.environ["LOCAL_RANK"])
    if place.type == "cuda":
        if place.index is not None:
            raise UsageError(f"--device {device} is one for several processes; take --device cuda")
        place = pick_device(f"cuda:{local_rank}")
        torch.cuda.set_device(place)
    with _clear_errors():
        store, number, size = _meeting_point()
        backend = "nccl" if place.type == "cuda" else "gloo"
        dist.init_process_group(backend, store=store, rank=number, world_size=size)
        try:
            control = dist.new_group(backend="gloo", timeout=PATIENCE)
            processes = Processes(place, number, size, local_rank, control)
            processes.wait()  # one that ended before the others are through may take the store with it
            yield processes
        finally:
            dist.destroy_process_group()


def _meeting_point() -> tuple[Any, int, int]:
    """Return the store in which the processes find each other's addresses, this one's rank, and their number.

    torchrun keeps one store over all restarts, and a restarted process could find the address of a dead one
    (https://github.com/pytorch/pytorch/issues/135712). On one machine the number of the restart tells them
    apart. Several machines count restarts each for itself; docs/scaling.md has the remedy for them.
    """
    store, number, size = next(rendezvous("env://"))
    if int(os.environ.get("LOCAL_WORLD_SIZE", "0")) == size:
        restart = os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")
        store = dist.PrefixStore(f"restart_{restart}", store)  # type: ignore[attr-defined]
    return store, number, size


@contextmanager
def _clear_errors() -> Iterator[None]:
    """Turn what PyTorch raises when another process is gone into one sentence."""
    try:
        yield
    except RuntimeError as error:
        # NCCL's errors and the store's have a class of their own; gloo's only name the file they come from.
        if isinstance(error, dist.DistError) or "gloo/" in str(error):
            raise UserError(
                f"process {rank()} has lost the others: one of them ended, and its own message says why, or "
                "it cannot be reached"
            ) from error
        raise
