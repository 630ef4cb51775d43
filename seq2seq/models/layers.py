"""The layers that the networks are built from.

Shape suffixes: S source positions, T target positions, B batch, I input units, H hidden units. Sequences are
time-major, (T, B, ...), as the fused recurrent modules need them.
"""

from __future__ import annotations

import math
from typing import TypeAlias

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seq2seq.lag import FULL, Lag
from seq2seq.plain.cells import STATES
from seq2seq.text.words import FIRST, LETTERS, OFF_TRIE, OUTSIDE, WordTrie

TorchState: TypeAlias = tuple[Tensor, ...]
"""The state of one recurrent layer: (h_BH, c_BH) of an LSTM, with peepholes or without, else (h_BH,)."""

_MODULES: dict[str, type[nn.LSTM | nn.GRU | nn.RNN]] = {
    "lstm": nn.LSTM,
    "lstm_peephole": nn.LSTM,  # holds the weights; its function has no peepholes
    "gru": nn.GRU,
    "rnn": nn.RNN,
}
_FUSED = {"lstm": torch.lstm, "gru": torch.gru, "rnn": torch.rnn_tanh}
"""The functions that `_MODULES` call, for weights that are not those of the module."""


class Embedding(nn.Embedding):
    """A table of vectors, initialised as PyTorch does, except without storage (on the device `meta`).

    To initialise it there, PyTorch would import its compiler, which takes longer than all else that comes
    before the first translation.
    """

    def reset_parameters(self) -> None:
        """Draw the vectors from the standard normal distribution."""
        self.draw(1.0)

    def draw(self, std: float) -> None:
        """Draw the vectors from a normal distribution with this standard deviation."""
        if not self.weight.is_meta:
            nn.init.normal_(self.weight, std=std)


class RecurrentLayer(nn.Module):
    """One recurrent layer: h_t = g(h_{t-1}, x_t), as one fused call over a sequence.

    The state before the first step is learned; it does not depend on the source. For an LSTM with peepholes
    there is no fused call: PyTorch takes a step at a time.

    Args:
        cell: one of `plain.cells.GATES`.
        inputs: I.
        hidden: H.
        recurrent_dropout: in training, the share of the weights from h_{t-1} that a batch does without
            (Merity et al. 2018). A batch has one mask for all steps and sentences, so the call stays fused.
    """

    def __init__(self, cell: str, inputs: int, hidden: int, recurrent_dropout: float = 0.0) -> None:
        super().__init__()
        self.cell, self.recurrent_dropout = cell, recurrent_dropout
        self.fused = _MODULES[cell](inputs, hidden)
        self.initial = nn.Parameter(torch.zeros(STATES[cell], hidden))
        # At zero the cell begins as an LSTM without peepholes.
        self.peephole = nn.Parameter(torch.zeros(3, hidden)) if cell == "lstm_peephole" else None
        if STATES[cell] == 2:
            # The order of the gates is input, forget, cell, output. With a forget gate that is open at first,
            # gradients reach far enough back to learn from (Gers et al. 2000, Jozefowicz et al. 2015).
            _, _, bias_ih, bias_hh = self.fused.all_weights[0]
            with torch.no_grad():
                bias_ih[hidden : 2 * hidden] = 1.0
                bias_hh[hidden : 2 * hidden] = 0.0

    def start(self, batch: int) -> TorchState:
        """Return the state before the first step for `batch` sequences, each (B, H)."""
        return tuple(row.expand(batch, -1) for row in self.initial)

    def forward(self, x_TBI: Tensor) -> Tensor:
        """Run the whole sequence in one call and return h_1 … h_T, (T, B, H)."""
        if self.peephole is not None:
            return self._step_by_step(x_TBI, self.peephole)
        parts = [part_BH.contiguous()[None] for part_BH in self.start(x_TBI.shape[1])]
        state = tuple(parts) if self.cell == "lstm" else parts[0]
        if self.training and self.recurrent_dropout:
            # has biases, one layer, no dropout between layers, training, one direction, time first
            how = True, 1, 0.0, True, False, False
            return _FUSED[self.cell](x_TBI, state, self._weights(), *how)[0]  # type: ignore[operator,no-any-return]
        outputs_TBH, _ = self.fused(x_TBI, state)
        return outputs_TBH  # type: ignore[no-any-return]

    def _weights(self) -> list[Tensor]:
        """Return W, U and both biases; in training some weights of U are dropped and the others scaled up."""
        W_GI, U_GH, *biases = self.fused.all_weights[0]
        keep = 1 - self.recurrent_dropout
        if self.training and keep < 1:
            return [W_GI, U_GH * torch.empty_like(U_GH).bernoulli_(keep).div_(keep), *biases]
        return [W_GI, U_GH, *biases]

    def _step_by_step(self, x_TBI: Tensor, peephole_3H: Tensor) -> Tensor:
        """Run an LSTM with peepholes; `plain.cells.lstm_peephole` has its equations."""
        W_GI, U_GH, b_G, d_G = self._weights()
        h_BH, c_BH = self.start(x_TBI.shape[1])
        from_c_2H, to_output_H = peephole_3H[:2].flatten(), peephole_3H[2]
        outputs = []
        for x_BG in F.linear(x_TBI, W_GI, b_G + d_G):
            i_f_BG, g_BH, o_BH = (x_BG + h_BH @ U_GH.T).split_with_sizes(
                [len(from_c_2H), len(to_output_H), len(to_output_H)], dim=1
            )
            i_BH, f_BH = (i_f_BG + c_BH.repeat(1, 2) * from_c_2H).sigmoid().chunk(2, dim=1)
            c_BH = f_BH * c_BH + i_BH * g_BH.tanh()
            h_BH = (o_BH + c_BH * to_output_H).sigmoid() * c_BH.tanh()
            outputs.append(h_BH)
        return torch.stack(outputs)


class LockedDropout(nn.Module):
    """Dropout with one mask for all time steps of a sequence (Gal and Ghahramani 2016).

    It is outside the recurrent modules: it draws a mask of (1, B, H) from PyTorch's generator, which training
    seeds before every step, so that a resumed run computes the same bits.
    """

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, x_TBH: Tensor) -> Tensor:
        """Return `x_TBH` with some features of a whole sequence set to zero and the others scaled up."""
        if not self.training or self.rate == 0:
            return x_TBH
        keep = 1 - self.rate
        mask_1BH = torch.empty_like(x_TBH[:1]).bernoulli_(keep).div_(keep)
        return x_TBH * mask_1BH


class WordEmbedding(nn.Module):
    """Embeddings of the nodes of a word trie, and of pairs of a word and the node after it.

    The trie is part of the weights. Lookup runs in NumPy on the CPU (faster) and in PyTorch on a GPU (no
    copy).

    Args:
        trie: of the words of one side.
        size: E.
        dropout: the share of the nodes that is dropped in training, so that the network also learns to spell
            words without embeddings; of the pairs, twice that share.
    """

    keys: Tensor
    whole: Tensor
    pair_keys: Tensor
    letters: Tensor

    def __init__(self, trie: WordTrie, size: int, dropout: float) -> None:
        super().__init__()
        self.letter_V, self.depth, self.dropout = trie.letter_V, trie.depth, dropout
        self.register_buffer("letters", torch.from_numpy(trie.letter_V), persistent=False)
        self.register_buffer("keys", torch.from_numpy(trie.keys_P))
        self.register_buffer("whole", torch.from_numpy(trie.whole_W))
        self.register_buffer("pair_keys", torch.from_numpy(trie.pairs_Q))
        self.nodes = Embedding(trie.nodes, size, sparse=True)
        self.pairs = Embedding(1 + len(trie.pairs_Q), size, sparse=True) if len(trie.pairs_Q) else None
        for table in filter(None, (self.nodes, self.pairs)):
            table.draw(0.02)

    @property
    def trie(self) -> WordTrie:
        """The trie, as arrays."""
        arrays = (part.cpu().numpy() for part in (self.keys, self.whole, self.pair_keys))
        return WordTrie(self.letter_V, *arrays)

    def forward(self, ids_BL: Tensor) -> Tensor:
        """Return the embedding (B, L, E) of each position: a function of the symbols up to it."""
        nodes_BL, pairs_BL = self._walk_on_cpu(ids_BL) if ids_BL.device.type == "cpu" else self.walk(ids_BL)
        if self.training and self.dropout:
            hide_BL = (torch.rand(ids_BL.shape, device=ids_BL.device) < self.dropout) & (nodes_BL >= FIRST)
            nodes_BL = nodes_BL.masked_fill(hide_BL, OFF_TRIE)
            apart_BL = torch.rand(ids_BL.shape, device=ids_BL.device) < 2 * self.dropout
            pairs_BL = pairs_BL.masked_fill(apart_BL | hide_BL, OUTSIDE)
        vectors_BLE: Tensor = self.nodes(nodes_BL)
        return vectors_BLE if self.pairs is None else vectors_BLE + self.pairs(pairs_BL)

    def _walk_on_cpu(self, ids_BL: Tensor) -> tuple[Tensor, Tensor]:
        nodes_BL, pairs_BL = self.trie.walk(ids_BL.numpy())
        return torch.from_numpy(nodes_BL), torch.from_numpy(pairs_BL)

    def walk(self, ids_BL: Tensor) -> tuple[Tensor, Tensor]:
        """Return the node and the pair (B, L) of each position: the numbers that `WordTrie.walk` returns.

        Each step is one operation on the whole batch, without synchronisation.
        """
        letter_BL, place_L = self.letters[ids_BL], torch.arange(ids_BL.shape[1], device=ids_BL.device)
        apart_BL = letter_BL == 0
        # Of each letter the place within its word, from 1.
        depth_BL = place_L - torch.where(apart_BL, place_L, -1).cummax(dim=1).values
        # Prefixes of one letter first, then those of two: each needs the node before it.
        prefix_BL = torch.where(depth_BL > self.depth, OFF_TRIE, OUTSIDE)
        for depth in range(1, self.depth + 1):
            at_BL, found_BL = _find(self.keys, _before(prefix_BL) * LETTERS + letter_BL)
            node_BL = torch.where(found_BL & (letter_BL > 0), FIRST + at_BL, OFF_TRIE)
            prefix_BL = torch.where(depth_BL == depth, node_BL, prefix_BL)
        word_BL, ends_BL = _find(self.whole, _before(prefix_BL))
        nodes_BL = torch.where(apart_BL & ends_BL, FIRST + len(self.keys) + word_BL, prefix_BL)
        # The last word stays until another one ends, or something leads off the trie.
        over_BL = apart_BL & (_before(depth_BL) > 0)
        changed_BL = torch.where(over_BL | (letter_BL < 0), place_L, 0).cummax(dim=1).values
        last_BL = torch.where(over_BL & ends_BL, word_BL + 1, 0).gather(1, changed_BL)
        pair_BL, paired_BL = _find(self.pair_keys, _before(last_BL) * self.nodes.num_embeddings + nodes_BL)
        return nodes_BL, torch.where(paired_BL, pair_BL + 1, 0)


def _before(numbers_BL: Tensor) -> Tensor:
    """Return the number one position earlier, and 0 at the first position."""
    return F.pad(numbers_BL[:, :-1], (1, 0))


def _find(sorted_N: Tensor, wanted_BL: Tensor) -> tuple[Tensor, Tensor]:
    """Return the index of each number in a sorted tensor, and whether it is there."""
    if not len(sorted_N):
        return torch.zeros_like(wanted_BL), torch.zeros_like(wanted_BL, dtype=torch.bool)
    at_BL = torch.searchsorted(sorted_N, wanted_BL).clamp(max=len(sorted_N) - 1)
    return at_BL, sorted_N[at_BL] == wanted_BL


class LagEmbedding(nn.Module):
    """Embeddings of lags: learned at τ = 0, 1, 3, 7, 15, … and `full`, and interpolated between the numbers.

    Neighbouring lags need nearly the same behaviour, and each single lag occurs too rarely in training to
    learn a row of its own well.
    """

    def __init__(self, largest: int, size: int) -> None:
        super().__init__()
        self.table = Embedding(math.floor(math.log2(1 + largest)) + 3, size)
        self.table.draw(0.02)

    def forward(self, lag: Lag) -> Tensor:
        """Return the embedding (E,) of one lag."""
        rows = self.table.weight
        if lag == FULL:
            return rows[-1]
        place = math.log2(1 + lag)
        low = math.floor(place)
        return torch.lerp(rows[low], rows[low + 1], place - low)
