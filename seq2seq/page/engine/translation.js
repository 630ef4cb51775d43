/**
 * Translations of texts that grow and change: the prefix that two texts share is translated once.
 *
 * For each lag and kind of search a few streams are kept with copies of them on the way, so that a letter
 * typed costs one letter and a change in the middle continues from the last copy before it.
 */

import { copyOf } from "./snapshots.js";
import { TextStream } from "./streaming.js";

const STEP = 8; // characters between two copies of a stream
const MOST_COPIES = 64; // of a text; older ones are thinned out
const MOST_TEXTS = 12;
const SHOWN_UNITS = 64; // of a layer whose gates are asked for
const CANDIDATES = 5;

/** Return what receives the gates of a layer. */
function gatesOf(hidden) {
  const size = Math.min(SHOWN_UNITS, hidden);
  const part = () => new Float32Array(size);
  return { size, input: part(), forget: part(), output: part(), cell: part() };
}

/** Translates texts, and remembers how far it had come with each. */
export class Translations {
  /**
   * @param {EncoderDecoder} network
   * @param {object} vocabulary {known, ids, characters, copies}
   * @param {object} settings {limit, space, beam, lengthPenalty, words}
   */
  constructor(network, vocabulary, settings) {
    this.network = network;
    this.vocabulary = vocabulary;
    this.settings = settings;
    this.texts = []; // {key, text, copies: [{length, stream}]}, the last used ones last
    this.times = []; // milliseconds that a new character cost, of the last texts
  }

  /**
   * Translate a text; yields after each step of the network.
   *
   * @param {object} request {text, lag, over, search, quick, gates}
   * @param {function(TextStream, number): void} show called when there is something new, with the stream and
   *   the number of items that are firm
   */
  *run(request, show) {
    const work = this.work(request, show);
    let spent = 0;
    for (;;) {
      const begin = performance.now();
      const { done, value } = work.next();
      spent += performance.now() - begin;
      if (done) {
        if (value) this.note(spent / value);
        return;
      }
      yield;
    }
  }

  /** Do the same; returns the number of characters that were new. */
  *work(request, show) {
    const { lag, over } = request;
    const beam = request.search === "beam" && lag === "full" ? this.settings.beam : 1;
    const gates = request.gates ? () => gatesOf(this.network.hidden) : null;
    const options = Object.freeze({ ...this.settings, lag, beam, gates });
    const text = over ? request.text.replace(/\n$/, "") : request.text;
    const entry = this.entryOf(`${lag} ${beam} ${Boolean(gates)}`, text);
    const { length, stream: kept } = entry.copies.at(-1) ?? { length: 0, stream: null };
    const stream = kept ? copyOf(kept) : new TextStream(this.network, this.vocabulary, options);
    entry.text = text.slice(0, length);
    let at = length;
    while (at < text.length) {
      const size = text.codePointAt(at) > 0xffff ? 2 : 1;
      const character = text.slice(at, at + size);
      yield* stream.feed(character);
      at += size;
      entry.text = text.slice(0, at);
      if (at % STEP === 0 || at === text.length) keep(entry, at, stream);
      show(stream, stream.output.length);
    }
    const firm = over ? Infinity : stream.output.length;
    const tail = copyOf(stream);
    if (request.quick) tail.options = Object.freeze({ ...tail.options, beam: 1 });
    yield* tail.finish();
    show(tail, Math.min(firm, tail.output.length));
    return text.length - length;
  }

  /** Return the record of the text of this kind that shares most with a text, without what it does not share. */
  entryOf(key, text) {
    let best = null;
    let shared = -1;
    for (const entry of this.texts) {
      const length = entry.key === key ? common(entry.text, text) : -1;
      if (length > shared) [best, shared] = [entry, length];
    }
    const isAnother = best && shared < Math.min(best.text.length, text.length) / 2;
    if (!best || isAnother) {
      best = { key, text: "", copies: [] };
      shared = 0;
    } else this.texts.splice(this.texts.indexOf(best), 1);
    this.texts.push(best);
    if (this.texts.length > MOST_TEXTS) this.texts.shift();
    while (best.copies.length && best.copies.at(-1).length > shared) best.copies.pop();
    return best;
  }

  note(milliseconds) {
    this.times.push(milliseconds);
    if (this.times.length > 400) this.times.splice(0, 200);
  }

  /** The median time that a new character costs, with what follows it; null before the first one. */
  get cost() {
    const sorted = this.times.slice().sort((a, b) => a - b);
    return sorted.length ? sorted[sorted.length >> 1] : null;
  }
}

/** Keep a copy of a stream; of many, every second one of the older half goes. */
function keep(entry, length, stream) {
  if (entry.copies.at(-1)?.length === length) return;
  entry.copies.push({ length, stream: copyOf(stream) });
  if (entry.copies.length > MOST_COPIES) {
    entry.copies = entry.copies.filter((_, i) => i % 2 === 0 || i > MOST_COPIES / 2);
  }
}

function common(one, other) {
  const shorter = Math.min(one.length, other.length);
  let at = 0;
  while (at < shorter && one[at] === other[at]) at++;
  const isHalf = at > 0 && (one.charCodeAt(at - 1) & 0xfc00) === 0xd800; // of a character of two units
  return isHalf ? at - 1 : at;
}

/** Return the source and the output of a stream as the page takes them. */
export function shown(stream, firm, request, characters) {
  const { details, gates } = request;
  const source = stream.source.all().map((one) => {
    const { gates: seen, ...symbol } = one;
    return gates && seen ? { ...symbol, gates: parts(seen) } : symbol;
  });
  const output = stream.output.all().map((one, i) => ({
    text: one.text,
    read: one.read,
    span: one.span,
    sentence: one.sentence,
    firm: i < firm,
    attention: details ? one.attention : null,
    candidates: details && one.logProbs ? candidatesOf(one.logProbs, characters) : [],
    ...(gates && one.gates ? { gates: parts(one.gates) } : {}),
  }));
  return { source, output };
}

function parts({ input, forget, output, cell }) {
  return { input, forget, output, cell };
}

const known = new WeakMap();

/** Return the most probable symbols of a step, [text, probability], the best first. */
function candidatesOf(logProbs, characters) {
  let found = known.get(logProbs);
  if (!found) {
    const best = [];
    for (let v = 0; v < logProbs.length; v++) {
      if (best.length === CANDIDATES && !(logProbs[v] > logProbs[best[CANDIDATES - 1]])) continue;
      let place = best.length;
      while (place > 0 && logProbs[v] > logProbs[best[place - 1]]) place--;
      best.splice(place, 0, v);
      best.length = Math.min(best.length, CANDIDATES);
    }
    found = best.filter((v) => logProbs[v] > -Infinity).map((v) => [characters[v], Math.exp(logProbs[v])]);
    known.set(logProbs, found);
  }
  return found;
}
