"""Training with several processes: the rank of this one, and what all of them agree on.

`torchrun` starts the processes and sets the rank of each in its environment. All of them hold the whole
network and take the same steps; each computes some of the batches of an update, and their gradients are added
up before the step. Processes agree on signals and the time budget before any of them acts, since a
process that stopped alone would leave the others waiting. A single process communicates with no other.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.rendezvous import rendezvous
from torch.nn import functional

from seq2seq.devices import pick_device
from seq2seq.errors import UsageError, UserError

PATIENCE = timedelta(days=1)
"""How long processes wait for one that prepares data or evaluates; the death of one is noticed at once."""


def rank() -> int:
    """Return the rank of this process among those that torchrun started; 0 without torchrun."""
    return int(os.environ["RANK"]) if _started_together() else 0


def world_size() -> int:
    """Return the number of processes that torchrun started; 1 without torchrun."""
    return int(os.environ["WORLD_SIZE"]) if _started_together() else 1


def _started_together() -> bool:
    """Whether torchrun started several processes; WORLD_SIZE alone may come from another program."""
    known = {"RANK", "LOCAL_RANK", "WORLD_SIZE"} <= os.environ.keys()
    return known and int(os.environ["WORLD_SIZE"]) > 1


@dataclass(frozen=True)
class Processes:
    """The processes that train together, as one of them sees them.

    Attributes:
        device: the device of this process.
        rank: its rank, from 0. Process 0 is the writer: it alone writes files, evaluates and logs.
        size: the number of processes.
        local_rank: its rank on its own machine.
        control: the process group for agreements, on the CPU and with a long timeout; None for one process.
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
        """Return the maximum of each value over all processes."""
        if self.size == 1:
            return list(values)
        largest = torch.tensor(values, dtype=torch.int64)
        dist.all_reduce(largest, dist.ReduceOp.MAX, self.control)
        return [int(value) for value in largest]

    def from_writer(self, *values: float) -> list[float]:
        """Return the values of the writer."""
        if self.size == 1:
            return list(values)
        theirs = torch.tensor(values, dtype=torch.float64)
        dist.broadcast(theirs, src=0, group=self.control)
        return [float(value) for value in theirs]

    def total(self, value: Tensor) -> Tensor:
        """Sum a tensor over all processes, in place."""
        if self.size > 1:
            dist.all_reduce(value)
        return value

    def wait(self) -> None:
        """Wait until all processes have called this."""
        self.largest(0)

    @contextmanager
    def first_on_each_machine(self) -> Iterator[None]:
        """Let one process of each machine run the block first, so that the others find its cache."""
        if self.local_rank:
            self.wait()
        yield
        if not self.local_rank:
            self.wait()

    def check_same(self, facts: Mapping[str, str]) -> None:
        """Check that all processes have the same facts.

        Args:
            facts: by the name that the message uses.

        Raises:
            UserError: a fact differs between processes.
        """
        digests = [hashlib.sha256(fact.encode()).digest()[:7] for fact in facts.values()]
        numbers = [int.from_bytes(digest, "big") for digest in digests]
        high, low = self.largest(*numbers), self.largest(*(-number for number in numbers))
        other = [name for name, a, b in zip(facts, high, low, strict=True) if a != -b]
        if other:
            raise UserError(
                f"the processes do not have the same {', '.join(other)}: they need the same settings and "
                "files, and a run directory that all machines share"
            )

    def add_gradients(self, network: nn.Module) -> None:
        """Replace each gradient by its sum over all processes; weights that no process has used keep none.

        The batches of one process may use weights that those of another do not. All dense gradients travel in
        one tensor, and those of word tables as rows, so the order of summation is the same in every step and
        after every restart.
        """
        if self.size == 1:
            return
        modules = (module for module in network.modules() if isinstance(module, nn.Embedding))
        tables = [module.weight for module in modules if module.sparse]
        known = set(tables)
        dense = [parameter for parameter in network.parameters() if parameter not in known]
        used_P = torch.tensor([float(p.grad is not None) for p in dense + tables], device=self.device)
        parts = [torch.zeros_like(p) if p.grad is None else p.grad for p in dense] + [used_P]
        flat = torch.cat([part.flatten() for part in parts])
        dist.all_reduce(flat)
        *sums, users_P = torch.split(flat, [part.numel() for part in parts])
        users = users_P.tolist()
        for parameter, total, number in zip(dense, sums, users, strict=False):
            parameter.grad = total.view_as(parameter) if number else None
        for table, number in zip(tables, users[len(dense) :], strict=True):
            if number:
                self._add_rows(table)

    def _add_rows(self, table: Tensor) -> None:
        """Replace the sparse gradient of a table (N, E) by its sum over all processes."""
        if table.grad is None:
            rows_R = torch.zeros(0, dtype=torch.int64, device=table.device)
            values_RE = torch.zeros(0, table.shape[1], device=table.device)
        else:
            gradient = table.grad.coalesce()
            rows_R, values_RE = gradient.indices()[0], gradient.values()
        counts = [int(count) for count in self._gather(torch.tensor([len(rows_R)], device=table.device))]
        missing = max(counts) - len(rows_R)  # all processes must send equally large tensors
        rows = self._gather(functional.pad(rows_R, (0, missing)))
        values = self._gather(functional.pad(values_RE, (0, 0, 0, missing)))
        rows_R = torch.cat([theirs_R[:count] for theirs_R, count in zip(rows, counts, strict=True)])
        values_RE = torch.cat([theirs_RE[:count] for theirs_RE, count in zip(values, counts, strict=True)])
        total = torch.sparse_coo_tensor(rows_R[None], values_RE, table.shape, check_invariants=False)
        table.grad = total.coalesce()

    def _gather(self, tensor: Tensor) -> list[Tensor]:
        """Return the tensors of all processes, which have one shape, by rank."""
        everyone = [torch.empty_like(tensor) for _ in range(self.size)]
        dist.all_gather(everyone, tensor)
        return everyone


@contextmanager
def join(device: str) -> Iterator[Processes]:
    """Within the block, be connected with the other processes that torchrun started, if any.

    Args:
        device: auto, cpu or cuda; each process uses the CUDA device with its local rank.

    Raises:
        UserError: a device is missing, or another process ended.
        UsageError: `device` names a single CUDA device for several processes.
    """
    place = pick_device(device)
    if not _started_together():
        yield Processes(place)
        return
    local_rank = int(os.environ["LOCAL_RANK"])
    if place.type == "cuda":
        if place.index is not None:
            raise UsageError(f"`device` is {device}, a single one for several processes; use cuda")
        place = pick_device(f"cuda:{local_rank}")
        torch.cuda.set_device(place)
    with _clear_errors():
        store, number, size = _meeting_point()
        backend = "nccl" if place.type == "cuda" else "gloo"
        dist.init_process_group(backend, store=store, rank=number, world_size=size)
        try:
            control = dist.new_group(backend="gloo", timeout=PATIENCE)
            processes = Processes(place, number, size, local_rank, control)
            processes.wait()  # a process that ended earlier could take the store with it
            yield processes
        finally:
            dist.destroy_process_group()


def _meeting_point() -> tuple[Any, int, int]:
    """Return the store for the addresses of the processes, the rank of this one, and their number.

    torchrun keeps one store over all restarts, and a restarted process could find the address of a dead one
    (https://github.com/pytorch/pytorch/issues/135712). On one machine, the number of the restart becomes part
    of the keys. Several machines count their restarts separately; docs/scaling.md has the remedy.
    """
    store, number, size = next(rendezvous("env://"))
    if int(os.environ.get("LOCAL_WORLD_SIZE", "0")) == size:
        restart = os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")
        store = dist.PrefixStore(f"restart_{restart}", store)  # type: ignore[attr-defined]
    return store, number, size


@contextmanager
def _clear_errors() -> Iterator[None]:
    """Replace the errors of PyTorch about a lost process by one sentence."""
    try:
        yield
    except RuntimeError as error:
        # NCCL and the store raise DistError; errors of gloo can be told only by the source file they name.
        if isinstance(error, dist.DistError) or "gloo/" in str(error):
            raise UserError(
                f"process {rank()} lost the connection to the others; see the message of the one that ended"
            ) from error
        raise
