/**
 * Copying: the counterpart of `seq2seq/decoding/copying.py`, for one sentence.
 */

import { logSoftmax } from "./encoder_decoder.js";

const NO_TEXT = [0, 1];
const END = 2;

/** Return the positions of the spans of a source, from 0. */
export function spanPlaces(source, copied) {
  const places = [];
  source.forEach((symbol, place) => {
    if (copied.has(symbol)) places.push(place);
  });
  return places;
}

/**
 * Return the log-probabilities of a step without the symbols of spans that are not left to be copied.
 *
 * @param {Float32Array} logProbs those of the network, (V)
 * @param {number[]} left the symbols of the spans that may be copied, in any order
 * @param {number[]} copied the symbols that stand for spans
 * @param {boolean} mayEnd whether the end mark may be written
 */
export function maskSpans(logProbs, left, copied, mayEnd = true) {
  const masked = logProbs.slice();
  const there = new Set(left);
  for (const symbol of copied) if (!there.has(symbol)) masked[symbol] = -Infinity;
  if (!mayEnd) masked[END] = -Infinity;
  return logSoftmax(masked, NO_TEXT);
}

/** The spans of a sentence that a hypothesis may still copy. */
export class Copies {
  /**
   * @param {number[]} source ids, without marks
   * @param {number[]} copied the symbols that stand for spans
   * @param {boolean} copyAll whether a hypothesis may not end before it has copied all spans that were read
   */
  constructor(source, copied, copyAll = false) {
    this.copied = copied;
    this.copyAll = copyAll;
    const spans = new Set(copied);
    this.symbols = source.filter((symbol) => spans.has(symbol));
    this.wanted = this.symbols.length > 0;
  }

  /** Return the symbols of the spans that are left, given the symbols written. */
  left(written) {
    const left = this.symbols.slice();
    for (const symbol of written) {
      const at = left.indexOf(symbol);
      if (at >= 0) left.splice(at, 1);
    }
    return left;
  }

  /** Return the log-probabilities of a step, all spans having been read. */
  mask(logProbs, written) {
    if (!this.wanted) return logProbs;
    const left = this.left(written);
    return maskSpans(logProbs, left, this.copied, !(this.copyAll && left.length));
  }
}

/** Return the position of the span of a kind with the most attention, among the first `read` symbols. */
export function pointedAt(left, symbol, source, looked, read) {
  const places = left.filter((place) => place < read && source[place] === symbol);
  let [best] = places;
  for (const place of places) if (looked[place] > looked[best]) best = place;
  while (places.includes(best - 1)) best--;
  return best;
}

/** Return for each symbol of a span in `steps` the position in the source of the span that it copies. */
export function copiedPlaces(steps, source, copied) {
  const left = spanPlaces(source, copied);
  const places = [];
  for (const { symbol, attention } of steps) {
    if (left.length && copied.has(symbol)) {
      const place = pointedAt(left, symbol, source, attention, source.length + 1);
      places.push(place);
      left.splice(left.indexOf(place), 1);
    }
  }
  return places;
}

/** Return the steps that add spans at the end of a sentence, with a space before each. */
export function afterAll(source, places, space, first) {
  const steps = places.flatMap((place) => [{ symbol: space }, { symbol: source[place] }]);
  return first && places.length ? steps.slice(1) : steps;
}

/** Return a hypothesis with the spans that it left out added at its end. */
export function withAll(best, source, copied, space) {
  const places = spanPlaces(source, copied).filter((place) => !best.copied.includes(place));
  if (space === null || !places.length) return best;
  const rest = afterAll(source, places, space, best.steps.length === 0);
  return { ...best, steps: [...best.steps, ...rest], copied: [...best.copied, ...places] };
}
