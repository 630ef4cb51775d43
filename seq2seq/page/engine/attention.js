/**
 * The encoder states read so far and the attention over them: the counterpart of `seq2seq/plain/attention.py`.
 */

import { QuantisedMatrix } from "./quantised.js";

const fround = Math.fround;
const FARTHEST = 100;

/** The encoder states of the symbols read so far. */
export class Memory {
  /** @param {Float32Array[]} states one (H) for each source symbol */
  constructor(states = []) {
    this.states = states;
    this.keys = [];
    this.last = null;
  }

  /** Add the state of one more symbol. */
  append(state) {
    this.states.push(state);
  }

  /** Return the contribution of the encoder state at read(t) to the gates of a layer, (G). */
  gates(read, fromRead) {
    if (this.last?.read !== read) {
      const gates = fromRead.multiply(this.states[read - 1], new Float32Array(fromRead.outputs));
      this.last = Object.freeze({ read, gates });
    }
    return this.last.gates;
  }

  /** Return the first states times a matrix, (H) each; each state is multiplied once. */
  keysOf(matrix, read) {
    while (this.keys.length < read) {
      this.keys.push(matrix.multiply(this.states[this.keys.length], new Float32Array(matrix.outputs)));
    }
    return this.keys;
  }
}

/** Attention over the symbols read, of one or several heads; its scores are products or those of a layer. */
export class Attention {
  /**
   * @param {PageModel} model weights and settings
   * @param {Products} products multiplies
   */
  constructor(model, products) {
    const { attention, hidden, heads = 1 } = model.config.model;
    const matrix = (name) => new QuantisedMatrix(products, model.weights[name], model.bounds[name] ?? null);
    this.heads = heads;
    this.units = hidden / heads;
    this.query = matrix("attention.query.weight");
    this.key = attention === "mlp" ? matrix("attention.key.weight") : null;
    this.energy = model.real("attention.energy");
    if (!this.key) this.query.divide(Math.sqrt(this.units));
    this.near = model.real("attention.near");
  }

  /** Return the context (H) and the weights of the first `read` symbols, the mean over the heads. */
  look(query, memory, read, t) {
    const q = this.query.multiply(query, new Float32Array(query.length));
    const keys = this.key ? memory.keysOf(this.key, read) : memory.states;
    const sums = new Float64Array(query.length);
    const mean = new Float64Array(read);
    for (let head = 0; head < this.heads; head++) {
      const from = head * this.units;
      const to = from + this.units;
      const weights = softmax(this.scores(q, keys, read, t, head, from, to));
      for (let s = 0; s < read; s++) {
        const state = memory.states[s];
        const weight = weights[s];
        mean[s] += weight / this.heads;
        for (let i = from; i < to; i++) sums[i] += weight * state[i];
      }
    }
    return { context: Float32Array.from(sums), weights: Float32Array.from(mean) };
  }

  scores(q, keys, read, t, head, from, to) {
    const scores = new Float32Array(read);
    const width = 2 * FARTHEST + 1;
    for (let s = 0; s < read; s++) {
      const score = fround(this.key ? this.energyOf(q, keys[s], from, to) : dot(q, keys[s], from, to));
      const place = Math.min(Math.max(s + 1 - t + FARTHEST, 0), width - 1);
      scores[s] = this.near ? score + this.near[head * width + place] : score;
    }
    return scores;
  }

  energyOf(q, key, from, to) {
    let total = 0;
    for (let i = from; i < to; i++) total += fround(fround(Math.tanh(fround(q[i] + key[i]))) * this.energy[i]);
    return total;
  }
}

function softmax(weights) {
  let largest = -Infinity;
  for (let s = 0; s < weights.length; s++) if (weights[s] > largest) largest = weights[s];
  let total = 0;
  for (let s = 0; s < weights.length; s++) {
    weights[s] = Math.exp(fround(weights[s] - largest));
    total += weights[s];
  }
  total = fround(total);
  for (let s = 0; s < weights.length; s++) weights[s] = weights[s] / total;
  return weights;
}

/** Return the product of two vectors over some of their places. */
export function dot(a, b, from = 0, to = a.length) {
  let sum0 = 0;
  let sum1 = 0;
  let sum2 = 0;
  let sum3 = 0;
  let i = from;
  for (; i + 3 < to; i += 4) {
    sum0 += a[i] * b[i];
    sum1 += a[i + 1] * b[i + 1];
    sum2 += a[i + 2] * b[i + 2];
    sum3 += a[i + 3] * b[i + 3];
  }
  for (; i < to; i++) sum0 += a[i] * b[i];
  return sum0 + sum1 + (sum2 + sum3);
}
