/**
 * The recurrent cells as equations: the counterpart of `seq2seq/plain/cells.py`, for one sequence.
 *
 * A state is {h, c}, arrays (H); only an LSTM has c. Arrays are never changed once they have been returned.
 */

import { QuantisedMatrix } from "./quantised.js";

const fround = Math.fround;
const tanh = Math.tanh;

function sigmoid(x) {
  return fround(fround(0.5 * fround(tanh(fround(0.5 * x)))) + 0.5);
}

/** The weights of one recurrent layer. */
export class Layer {
  /**
   * @param {PageModel} model whose weights they are
   * @param {string} prefix of their names
   * @param {string} cell lstm, lstm_peephole, gru or rnn
   * @param {Products} products multiplies
   * @param {number[]} parts where the inputs are divided, if their parts are multiplied one by one
   */
  constructor(model, prefix, cell, products, parts = []) {
    const input = model.weights[`${prefix}.fused.weight_ih_l0`];
    const own = model.weights[`${prefix}.fused.weight_hh_l0`];
    const b = model.real(`${prefix}.fused.bias_ih_l0`);
    const d = model.real(`${prefix}.fused.bias_hh_l0`);
    const edges = [0, ...parts, input.shape[1]];
    this.cell = cell;
    this.weight = input;
    this.inputs = edges.slice(1).map((to, i) => new QuantisedMatrix(products, input, null, edges[i], to));
    this.U = new QuantisedMatrix(products, own, model.bounds[`${prefix}.fused.weight_hh_l0`]);
    this.d = d;
    this.b = cell === "gru" ? b : b.map((value, i) => fround(value + d[i]));
    this.hidden = own.shape[1];
    this.gates = own.shape[0];
    const initial = model.real(`${prefix}.initial`);
    this.initial = {
      h: initial.slice(0, this.hidden),
      c: cell.startsWith("lstm") ? initial.slice(this.hidden) : null,
    };
    this.peephole = cell === "lstm_peephole" ? model.real(`${prefix}.peephole`) : null;
  }

  /** Return x W + b for a vector of real numbers that are not rounded, of the inputs from `from` on. */
  projectReal(x, from = 0) {
    const { values, scale, shape } = this.weight;
    const width = shape[1];
    const out = new Float32Array(this.gates);
    for (let row = 0; row < this.gates; row++) {
      let sum = 0;
      const at = row * width + from;
      for (let i = 0; i < x.length; i++) sum += x[i] * fround(values[at + i] * scale[row]);
      out[row] = fround(fround(sum) + this.b[row]);
    }
    return out;
  }

  /** Return x W + b, (G): the contribution of the input to the gates. */
  project(x) {
    const out = this.inputs[0].multiply(x, new Float32Array(this.gates));
    for (let i = 0; i < out.length; i++) out[i] = fround(out[i] + this.b[i]);
    return out;
  }

  /**
   * Return the state after one step.
   *
   * @param {Float32Array} x what the input contributes to the gates, (G)
   * @param {{h: Float32Array, c: Float32Array | null}} state before the step
   * @param {object | null} seen receives the gates by name, for whoever draws them
   */
  step(x, state, seen = null) {
    if (this.initial.c) return this.lstm(x, state, seen);
    return this.cell === "gru" ? this.gru(x, state, seen) : this.rnn(x, state);
  }

  lstm(x, state, seen) {
    const H = this.hidden;
    const a = this.U.multiply(state.h, new Float32Array(this.gates));
    const h = new Float32Array(H);
    const c = new Float32Array(H);
    const p = this.peephole; // from the cell to the gates i, f and o
    for (let i = 0; i < H; i++) {
      const before = state.c[i];
      let toInput = fround(a[i] + x[i]);
      let toForget = fround(a[H + i] + x[H + i]);
      let toOutput = fround(a[3 * H + i] + x[3 * H + i]);
      if (p) {
        toInput = fround(toInput + fround(p[i] * before));
        toForget = fround(toForget + fround(p[H + i] * before));
      }
      const input = sigmoid(toInput);
      const forget = sigmoid(toForget);
      const candidate = fround(tanh(fround(a[2 * H + i] + x[2 * H + i])));
      c[i] = fround(fround(forget * before) + fround(input * candidate));
      if (p) toOutput = fround(toOutput + fround(p[2 * H + i] * c[i]));
      const output = sigmoid(toOutput);
      h[i] = fround(output * fround(tanh(c[i])));
      if (seen && i < seen.size) {
        seen.input[i] = input;
        seen.forget[i] = forget;
        seen.output[i] = output;
        seen.cell[i] = c[i];
      }
    }
    return { h, c };
  }

  gru(x, state, seen) {
    const H = this.hidden;
    const a = this.U.multiply(state.h, new Float32Array(this.gates));
    const h = new Float32Array(H);
    for (let i = 0; i < H; i++) {
      const r = sigmoid(fround(x[i] + fround(a[i] + this.d[i])));
      const z = sigmoid(fround(x[H + i] + fround(a[H + i] + this.d[H + i])));
      const recurrent = fround(a[2 * H + i] + this.d[2 * H + i]);
      const n = fround(tanh(fround(x[2 * H + i] + fround(r * recurrent))));
      h[i] = fround(fround(fround(1 - z) * n) + fround(z * state.h[i]));
      if (seen && i < seen.size) {
        seen.input[i] = fround(1 - z);
        seen.forget[i] = z;
        seen.output[i] = r;
        seen.cell[i] = h[i];
      }
    }
    return { h, c: null };
  }

  rnn(x, state) {
    const a = this.U.multiply(state.h, new Float32Array(this.gates));
    return { h: a.map((value, i) => fround(tanh(fround(x[i] + value)))), c: null };
  }
}
