/**
 * Streaming: the counterpart of `seq2seq/decoding/streaming.py`, with a record of each symbol.
 *
 * All that computes is a generator, which yields after each step of the network.
 */

import { Memory } from "./attention.js";
import { isSpace } from "./characters.js";
import { afterAll, maskSpans, pointedAt } from "./copying.js";
import { Joiner } from "./joining.js";
import { FULL, isDue, read } from "./lag.js";
import { repairPairs, stillOpen } from "./pairing.js";
import { locate } from "./places.js";
import { LineReader } from "./reader.js";
import { argmax, lengthLimit, search } from "./search.js";
import { Growing } from "./snapshots.js";
import { constant } from "./tables.js";
import { repairTimes } from "./times.js";
import { mended, passOn, plainItem } from "./written.js";

const START = 1;
const END = 2;

/** One sentence at a lag below `full`: takes source symbols and returns the steps that are due. */
export class SentenceStream {
  /**
   * @param {EncoderDecoder} network
   * @param {object} options {lag, space, gates}
   */
  constructor(network, options) {
    this.network = network;
    this.options = options;
    this.source = [];
    this.memory = new Memory();
    this.reading = network.startReading();
    this.writing = network.start();
    this.previous = START;
    this.written = 0;
    this.left = [];
    this.ended = false;
  }

  /** Read the next source symbol and return the steps that are due; after the end mark, all others. */
  *read(symbol, seen = null) {
    const isLast = symbol === END;
    if (this.network.copiedSet.has(symbol)) this.left.push(this.source.length);
    this.source.push(symbol);
    const out = [];
    if (!this.ended) {
      const { state, reading } = this.network.read(symbol, this.reading, seen);
      this.reading = reading;
      this.memory.append(state);
      yield;
      yield* this.writeWhatIsDue(isLast, out);
    }
    if (isLast && this.options.space !== null) {
      const first = this.written === Number(this.ended);
      const steps = afterAll(this.source, this.left, this.options.space, first);
      const places = this.left.slice();
      for (const step of steps) {
        if (this.network.copiedSet.has(step.symbol)) step.place = places.shift();
        out.push(step);
      }
    }
    return out;
  }

  *writeWhatIsDue(isLast, out) {
    const { lag } = this.options;
    while (!this.ended && isDue(this.written + 1, lag, this.memory.states.length, isLast)) {
      const step = this.write();
      if (this.previous === END) this.ended = true;
      else out.push(step);
      if (isLast && this.written >= lengthLimit(this.memory.states.length)) break;
      yield;
    }
  }

  write() {
    const { network, options } = this;
    this.written += 1;
    const readNow = read(this.written, options.lag, this.memory.states.length);
    const there = this.left.filter((place) => place < readNow);
    const copies = there.length > 0;
    const seen = options.gates ? options.gates() : null;
    const step = network.step(this.previous, this.memory, readNow, this.writing, options.lag, copies, seen);
    this.writing = step.states;
    let { logProbs } = step;
    if (copies) logProbs = maskSpans(logProbs, there.map((place) => this.source[place]), network.copied);
    this.previous = argmax(logProbs);
    if (Number.isNaN(logProbs[this.previous])) throw new Error("the network gave no numbers");
    let place;
    if (network.copiedSet.has(this.previous) && step.attention) {
      place = pointedAt(this.left, this.previous, this.source, step.attention, readNow);
      this.left.splice(this.left.indexOf(place), 1);
    }
    return { symbol: this.previous, place, read: readNow, attention: step.attention, logProbs, gates: seen };
  }
}

/** A stream of running text. */
export class TextStream {
  /**
   * @param {EncoderDecoder} network
   * @param {object} vocabulary {known, ids, characters, copies}
   * @param {object} options {lag, limit, space, beam, lengthPenalty, words, gates}
   */
  constructor(network, vocabulary, options) {
    this.network = network;
    this.vocabulary = vocabulary;
    this.options = options;
    const lists = options.lag === FULL;
    this.reader = new LineReader(vocabulary.known, vocabulary.copies, options.limit, lists);
    this.joiner = new Joiner();
    this.separator = null;
    this.last = ""; // the last character written
    this.raw = "";
    this.at = 0; // how much of it has been read
    this.source = new Growing();
    this.output = new Growing();
    this.queue = []; // items that the joiner holds
    this.opened = ""; // the marks of the line that open a pair which has not ended
    this.number = -1; // of the sentence
    this.beginSentence();
  }

  beginSentence() {
    this.number += 1;
    this.base = this.source.length;
    this.items = [];
    this.sentence = this.options.lag === FULL ? null : new SentenceStream(this.network, this.options);
  }

  /** Take the next character; a line feed ends the line and is part of the output. */
  *feed(character) {
    if (character === "\n") {
      yield* this.finish();
      this.output.push(plainItem(character));
      this.joiner = new Joiner();
      this.separator = null;
      this.last = "";
      this.opened = "";
    }
    this.raw += character;
    if (character === "\n") this.at = this.raw.length;
    else yield* this.take(this.reader.feed(character));
  }

  /** End the line. */
  *finish() {
    yield* this.take(this.reader.finish());
  }

  *take(events) {
    for (const event of events) {
      if (event.type === "separator") {
        this.separator = event;
        if (event.source !== " ") [, this.at] = locate(this.raw, this.at, event.source);
      } else if (event.type === "literal") {
        [, this.at] = locate(this.raw, this.at, event.text);
        this.opened = stillOpen(this.opened + event.text);
        this.put(event.text, (text) => this.output.push(plainItem(text)));
      } else if (event.type === "end") yield* this.endSentence(event.joined);
      else yield* this.readItem(event);
    }
  }

  *readItem(item) {
    const seen = this.options.gates ? this.options.gates() : null;
    const fresh = item.letters ? [...item.text].slice(item.letters).join("") : item.text;
    let [start, end] = locate(this.raw, this.at, fresh);
    this.at = end;
    if (item.letters) ({ start } = this.source.at(-item.letters));
    this.items.push(item);
    const kind = constant("symbols.KIND_NAMES")[item.symbol] ?? null;
    this.source.push(
      Object.freeze({ text: item.text, start, end, kind, sentence: this.number, gates: seen }),
    );
    this.joiner.read(fresh);
    if (this.sentence) this.show(yield* this.sentence.read(this.idOf(item.symbol), seen));
  }

  idOf(symbol) {
    return this.vocabulary.ids.get(symbol) ?? 3;
  }

  *endSentence(joined) {
    if (this.sentence) this.show(yield* this.sentence.read(END));
    else yield* this.search();
    this.put(this.joiner.endPart(joined), (text) => passOn(this.queue, text, (item) => this.output.push(item)));
    this.queue = [];
    this.separator = null;
    this.beginSentence();
  }

  /** Search the translation of the current sentence, which has been read to its end. */
  *search() {
    const whole = wholeSentence(this.items);
    const ids = whole.items.map((item) => this.idOf(item.symbol));
    const onRead = (s) => (s < ids.length ? this.source.at(this.base + whole.origins[s]).gates : null);
    const best = yield* search(this.network, ids, { ...this.options, onRead });
    const places = best.copied.slice();
    const steps = best.steps.map((step) => {
      const place = this.network.copiedSet.has(step.symbol) ? places.shift() : undefined;
      return { ...step, place, read: ids.length + 1 };
    });
    const items = this.itemsOf(steps, whole);
    const written = items.map((item) => item.text).join("");
    const text = textOf(whole.items);
    this.showItems(mended(items, repairTimes(text, repairPairs(text, written, this.opened))));
    this.opened = stillOpen(this.opened + text);
  }

  /** Show the steps that the current sentence's stream has returned. */
  show(steps) {
    if (steps.length) this.showItems(this.itemsOf(steps, { items: this.items, origins: null }));
  }

  /** Return the items of steps; `origins` are the places of the sentence's symbols among those read. */
  itemsOf(steps, { items, origins }) {
    return steps.map((step) => {
      const isCopied = this.network.copiedSet.has(step.symbol);
      const text = isCopied
        ? (items[step.place]?.copy ?? items[step.place]?.text ?? constant("normalise.REPLACEMENT"))
        : this.vocabulary.characters[step.symbol];
      return Object.freeze({
        text,
        read: this.base + Math.min(origins ? this.items.length : (step.read ?? Infinity), this.items.length),
        span: isCopied,
        attention: step.attention ? this.spread(step.attention, origins) : null,
        logProbs: step.logProbs ?? null,
        gates: step.gates ?? null,
        sentence: this.number,
      });
    });
  }

  /** Return the attention over all symbols read, given that over those of the sentence. */
  spread(attention, origins) {
    const out = new Float32Array(this.base + this.items.length);
    for (let s = 0; s < attention.length; s++) {
      const place = origins ? origins[s] : s;
      if (place < this.items.length) out[this.base + place] = attention[s];
    }
    return out;
  }

  showItems(items) {
    const text = items.map((item) => item.text).join("");
    if (!text) return;
    this.queue.push(...items);
    this.put(this.joiner.write(text), (out) => passOn(this.queue, out, (item) => this.output.push(item)));
  }

  /** Write text, after the separator between it and the text before. */
  put(text, write) {
    if (!text) return;
    if (this.separator && this.last && !isSpace(this.last)) {
      this.output.push(plainItem(this.separator.text));
    }
    this.separator = null;
    this.last = text.at(-1);
    write(text);
  }
}

/** Return the items of a sentence as read at lag `full`, without the first letters of spans, and their places. */
function wholeSentence(items) {
  const kept = [];
  const origins = [];
  items.forEach((item, place) => {
    if (item.letters) {
      kept.length -= item.letters;
      origins.length -= item.letters;
    }
    kept.push(item);
    origins.push(place);
  });
  return { items: kept, origins };
}

function textOf(items) {
  return items.map((item) => item.text).join("");
}
