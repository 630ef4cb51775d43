/**
 * The encoder-decoder, one step at a time: the counterpart of `seq2seq/plain/encoder_decoder.py` at int8.
 *
 * A hypothesis has its own states and shares the memory of its sentence: the list of encoder states. States and
 * vectors are never changed once they have been returned, so that a copy may share them.
 */

import { Attention, Memory, dot } from "./attention.js";
import { Layer } from "./cells.js";
import { FULL } from "./lag.js";
import { QuantisedMatrix } from "./quantised.js";
import { START_PLACE, WordVectors } from "./words.js";

const fround = Math.fround;
const NO_TEXT = [0, 1]; // padding and start mark are never written
const END = 2;
const MOST_LAGS = 6; // at which the gates of symbols are remembered

/** The network of a model, ready to decode. */
export class EncoderDecoder {
  /**
   * @param {PageModel} model weights and settings
   * @param {Products} products multiplies
   */
  constructor(model, products) {
    const config = model.config.model;
    const { embedding, hidden, cell } = config;
    const matrix = (name) => new QuantisedMatrix(products, model.weights[name], model.bounds[name] ?? null);
    this.config = config;
    this.copied = model.tables.copied;
    this.copiedSet = new Set(this.copied);
    this.hidden = hidden;
    const { letters } = model.tables;
    this.sourceWords = config.word_nodes ? new WordVectors(model, "source_words", letters) : null;
    this.targetWords = config.word_nodes ? new WordVectors(model, "target_words", letters) : null;
    this.wordMemory = config.word_nodes ? matrix("word_memory.weight") : null;
    this.sourceEmbedding = rowsOf(model, "source_embedding.weight");
    this.targetEmbedding = rowsOf(model, "target_embedding.weight");
    this.lagTable = model.weights["lag_embedding.table.weight"] ? rowsOf(model, "lag_embedding.table.weight") : null;
    const layer = (prefix, parts) => new Layer(model, prefix, cell, products, parts);
    const several = (count, make) => Array.from({ length: count }, (_, i) => make(i));
    this.encoder = several(config.encoder_layers, (i) => layer(`encoder.${i}`));
    this.encoderNorms = several(config.encoder_layers, (i) => new Norm(model, `encoder_norms.${i}`));
    this.backward = config.bidirectional ? layer("backward_encoder") : null;
    this.attention = config.attention === "none" ? null : new Attention(model, products);
    this.bottom = layer("bottom", [embedding]);
    this.upper = several(config.decoder_layers - 1, (i) => layer(`upper.${i}`));
    this.decoderNorms = several(config.decoder_layers, (i) => new Norm(model, `decoder_norms.${i}`));
    this.output = { rows: rowsOf(model, "output.weight"), bias: model.real("output.bias") };
    this.isShared = true; // among the copies of a stream
    this.sourceGates = new Map();
    this.targetGates = new Map(); // by lag
    products.settle();
  }

  // Reading.

  /** Return the reader's state before x_1. */
  startReading() {
    return { states: this.encoder.map((layer) => layer.initial), place: START_PLACE };
  }

  /** Read one source symbol; return {state, reading}: its encoder state (H) and the reader's state after it. */
  read(symbol, reading, seen = null) {
    const { below, words, after } = this.readLayers(symbol, reading, seen);
    return { state: this.remember(below, words), reading: after };
  }

  readLayers(symbol, reading, seen = null) {
    let x = this.sourceGates.get(symbol);
    if (!x) {
      x = this.encoder[0].projectReal(this.sourceEmbedding[symbol]);
      this.sourceGates.set(symbol, x);
    }
    let words = null;
    let { place } = reading;
    if (this.sourceWords) {
      ({ vector: words, place } = this.sourceWords.step(symbol, place));
      x = this.encoder[0].inputs[0].multiply(words, x.slice(), true);
    }
    const first = this.encoder[0].step(x, reading.states[0], seen);
    const states = [first];
    let below = first.h;
    for (let i = 1; i < this.encoder.length; i++) {
      const layer = this.encoder[i];
      const after = layer.step(layer.project(this.encoderNorms[i - 1].of(below)), reading.states[i]);
      below = sum(below, after.h);
      states.push(after);
    }
    return { below, words, after: { states, place } };
  }

  remember(below, words) {
    const state = this.encoderNorms[this.encoderNorms.length - 1].of(below);
    return words ? this.wordMemory.multiply(words, state, true) : state;
  }

  /** Read a whole source, ids without marks; yield now and then, and return its memory for a lag. */
  *encode(source, lag, onRead = null) {
    const symbols = [...source, END];
    let reading = this.startReading();
    const read = [];
    for (const symbol of symbols) {
      const seen = onRead ? onRead(read.length) : null;
      const one = this.readLayers(symbol, reading, seen);
      reading = one.after;
      read.push(one);
      yield;
    }
    if (this.backward && lag === FULL) {
      let state = this.backward.initial;
      for (let s = symbols.length - 1; s >= 0; s--) {
        const embedding = this.sourceEmbedding[symbols[s]];
        const x = read[s].words ? sum(embedding, read[s].words) : embedding;
        state = this.backward.step(this.backward.project(x), state);
        read[s].below = sum(read[s].below, state.h);
        yield;
      }
    }
    return new Memory(read.map(({ below, words }) => this.remember(below, words)));
  }

  // Writing.

  /** Return the states before y_1. */
  start() {
    const layers = [this.bottom, ...this.upper];
    return { layers: layers.map((layer) => layer.initial), place: START_PLACE, written: 0 };
  }

  /**
   * Take one decoding step: the probabilities of y_t given y_{t-1} and the source up to read(t).
   *
   * @returns {{logProbs: Float32Array, states: object, attention: Float32Array | null}} natural logarithms (V);
   *   minus infinity for symbols that may not be written
   */
  step(previous, memory, read, states, lag, copies, seen = null) {
    const written = states.written + 1;
    let x = this.symbolGates(previous, lag).slice();
    let words = null;
    let { place } = states;
    if (this.targetWords) {
      ({ vector: words, place } = this.targetWords.step(previous, place));
      this.bottom.inputs[0].multiply(words, x, true);
    }
    x = sum(x, memory.gates(read, this.bottom.inputs[1]));
    const bottom = this.bottom.step(x, states.layers[0], seen);
    let below = bottom.h;
    const layers = [bottom];
    const looked = this.attention ? this.attention.look(below, memory, read, written) : null;
    for (let i = 0; i < this.upper.length; i++) {
      const layer = this.upper[i];
      const input = joined(this.decoderNorms[i].of(below), looked?.context);
      const after = layer.step(layer.project(input), states.layers[i + 1]);
      below = sum(below, after.h);
      layers.push(after);
    }
    const top = joined(this.decoderNorms[this.decoderNorms.length - 1].of(below), looked?.context, words);
    const never = copies && this.attention ? NO_TEXT : [...NO_TEXT, ...this.copied];
    return {
      logProbs: logSoftmax(this.logits(top), never),
      states: { layers, place, written },
      attention: looked ? looked.weights : null,
    };
  }

  logits(top) {
    const { rows, bias } = this.output;
    const out = new Float32Array(rows.length);
    for (let v = 0; v < rows.length; v++) out[v] = fround(fround(dot(rows[v], top)) + bias[v]);
    return out;
  }

  symbolGates(symbol, lag) {
    let known = this.targetGates.get(lag);
    if (!known) {
      if (this.targetGates.size >= MOST_LAGS) this.targetGates.clear();
      known = { of: new Map(), added: this.embedLag(lag) };
      this.targetGates.set(lag, known);
    }
    const { of, added } = known;
    let gates = of.get(symbol);
    if (!gates) {
      const embedding = this.targetEmbedding[symbol];
      gates = this.bottom.projectReal(added ? sum(embedding, added) : embedding);
      of.set(symbol, gates);
    }
    return gates;
  }

  embedLag(lag) {
    if (!this.lagTable) return null;
    if (lag === FULL) return this.lagTable[this.lagTable.length - 1];
    const place = Math.log2(1 + lag);
    const low = Math.floor(place);
    const share = fround(place - low);
    const above = this.lagTable[low + 1];
    return this.lagTable[low].map((value, i) => fround(value + fround(share * fround(above[i] - value))));
  }
}

/** Layer normalisation (Ba et al. 2016). */
class Norm {
  constructor(model, prefix) {
    this.gain = model.real(`${prefix}.weight`);
    this.bias = model.real(`${prefix}.bias`);
  }

  of(x) {
    const H = x.length;
    let total = 0;
    for (let i = 0; i < H; i++) total += x[i];
    const mean = fround(fround(total) / H);
    let squares = 0;
    for (let i = 0; i < H; i++) {
      const centred = fround(x[i] - mean);
      squares += centred * centred;
    }
    const root = fround(Math.sqrt(fround(fround(fround(squares) / H) + fround(1e-5))));
    const out = new Float32Array(H);
    for (let i = 0; i < H; i++) {
      out[i] = fround(fround(fround(fround(x[i] - mean) / root) * this.gain[i]) + this.bias[i]);
    }
    return out;
  }
}

function rowsOf(model, name) {
  const values = model.real(name);
  const [rows, width] = model.weights[name].shape;
  return Array.from({ length: rows }, (_, row) => values.subarray(row * width, (row + 1) * width));
}

function sum(a, b) {
  const out = new Float32Array(a.length);
  for (let i = 0; i < a.length; i++) out[i] = a[i] + b[i];
  return out;
}

function joined(...parts) {
  const given = parts.filter((part) => part);
  const out = new Float32Array(given.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of given) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Return the logarithm of the softmax over all symbols but those in `never`, which get minus infinity. */
export function logSoftmax(logits, never) {
  const out = logits.slice();
  for (const symbol of never) out[symbol] = -Infinity;
  let largest = -Infinity;
  for (let v = 0; v < out.length; v++) if (out[v] > largest) largest = out[v];
  let total = 0;
  for (let v = 0; v < out.length; v++) {
    out[v] = out[v] - largest;
    total += Math.exp(out[v]);
  }
  const log = fround(Math.log(fround(total)));
  for (let v = 0; v < out.length; v++) out[v] = fround(out[v] - log);
  return out;
}
