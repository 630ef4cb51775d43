/**
 * The search for the translation of a whole sentence: the counterpart of `seq2seq/decoding/search.py`, with
 * `greedy.py`, `beam.py` and `trace.py` for one sentence.
 *
 * A hypothesis is {steps, ended, copied, uncopied, score}; a step is {symbol, attention, logProbs, gates}. All
 * searches are generators: they yield after each step of the network, so that others may have a turn.
 */

import { Copies, copiedPlaces, spanPlaces, withAll } from "./copying.js";
import { FULL } from "./lag.js";
import { Repetition } from "./repetition.js";

const START = 1;
const END = 2;
const SECOND_BEAM = 5;

/** Return the most symbols that a source of S symbols may be translated to, the end mark included. */
export function lengthLimit(sourceLength) {
  return 2 * sourceLength + 20;
}

/**
 * Search the best translation of a sentence at lag `full`.
 *
 * @param {EncoderDecoder} network
 * @param {number[]} source ids, without marks
 * @param {object} options {beam, lengthPenalty, words, space, onRead, gates}
 */
export function* search(network, source, options) {
  const memory = yield* network.encode(source, FULL, options.onRead);
  let best = yield* options.beam > 1
    ? beamSearch(network, source, memory, options)
    : greedy(network, source, memory, options);
  if (isFaulty(best, source, options)) {
    const second = yield* beamSearch(network, source, memory, {
      ...options, beam: SECOND_BEAM, copyAll: true,
    });
    const isBetter =
      second.ended && (second.steps.length || !best.steps.length) && second.uncopied <= best.uncopied;
    if (isBetter) best = second;
  }
  return withAll(best, source, network.copiedSet, options.space);
}

function isFaulty(best, source, { words, beam }) {
  if (best.uncopied) return true;
  if (!words || beam > 1) return false;
  return words.isDegenerate(source, best.steps.map(({ symbol }) => symbol), best.ended);
}

/** Write the most probable symbol at each step. */
function* greedy(network, source, memory, options) {
  const copies = new Copies(source, network.copied);
  const S = source.length + 1;
  const steps = [];
  const written = [];
  let states = network.start();
  let previous = START;
  let ended = false;
  while (!ended && written.length < lengthLimit(S)) {
    const seen = options.gates ? options.gates() : null;
    const step = network.step(previous, memory, S, states, FULL, copies.wanted, seen);
    const logProbs = copies.mask(step.logProbs, written);
    states = step.states;
    previous = argmax(logProbs);
    if (Number.isNaN(logProbs[previous])) throw new Error("the network gave no numbers");
    ended = previous === END;
    if (!ended) {
      written.push(previous);
      steps.push({ symbol: previous, attention: step.attention, logProbs, gates: seen });
    }
    yield;
  }
  return hypothesis(steps, ended, source, network);
}

function hypothesis(steps, ended, source, network, score = 0) {
  const copied = copiedPlaces(steps, source, network.copiedSet);
  const uncopied = spanPlaces(source, network.copiedSet).length - copied.length;
  return { steps, ended, copied, uncopied, score };
}

/** Keep the K best open hypotheses; rank finished ones by their length-normalised score. */
function* beamSearch(network, source, memory, options) {
  const { beam, lengthPenalty, words } = options;
  const copies = new Copies(source, network.copied, options.copyAll);
  const S = source.length + 1;
  const endings = [];
  let open = [
    {
      total: 0, exact: 0, states: network.start(), last: null, previous: START, written: [],
      repetition: words ? Repetition.of(words, source) : null,
    },
  ];
  const end = (one, logProb, ended, count) => {
    endings.push({ last: one.last, ended, score: (one.exact + logProb) / count ** lengthPenalty });
  };
  for (let t = 1; ; t++) {
    const candidates = [];
    for (const one of open) {
      const seen = options.gates ? options.gates() : null;
      const step = network.step(one.previous, memory, S, one.states, FULL, copies.wanted, seen);
      let logProbs = copies.mask(step.logProbs, one.written);
      if (one.repetition) logProbs = one.repetition.mask(logProbs);
      addBest(candidates, one, step, logProbs, 2 * beam, seen);
      yield;
    }
    candidates.sort((a, b) => b.total - a.total);
    const best = candidates.slice(0, 2 * beam);
    best.slice(0, beam).forEach(({ symbol, origin, logProb, total }) => {
      if (symbol === END && total > -Infinity) end(origin, logProb, true, t);
    });
    open = best.filter(({ symbol, total }) => symbol !== END && total > -Infinity).slice(0, beam).map(continued);
    const top = Math.max(-Infinity, ...endings.map(({ score }) => score));
    const isOver = endings.length >= beam && top >= (open[0]?.total ?? -Infinity) / t ** lengthPenalty;
    if (isOver || !open.length || t >= lengthLimit(S)) {
      if (!endings.length) for (const one of open) end(one, 0, false, t);
      const [first] = endings.sort((a, b) => b.score - a.score);
      return hypothesis(stepsOf(first?.last ?? null), first?.ended ?? false, source, network, first?.score);
    }
  }
}

/** Add the best continuations of a hypothesis to the candidates. */
function addBest(candidates, origin, step, logProbs, count, seen) {
  const order = Array.from(logProbs.keys());
  order.sort((a, b) => logProbs[b] - logProbs[a]);
  for (const symbol of order.slice(0, count)) {
    const logProb = logProbs[symbol];
    candidates.push({ symbol, logProb, origin, step, logProbs, seen, total: Math.fround(origin.total + logProb) });
  }
}

function continued({ symbol, logProb, origin, step, logProbs, seen, total }) {
  return {
    total,
    exact: origin.exact + logProb,
    states: step.states,
    last: { before: origin.last, step: { symbol, attention: step.attention, logProbs, gates: seen } },
    previous: symbol,
    written: [...origin.written, symbol],
    repetition: origin.repetition?.after(symbol) ?? null,
  };
}

function stepsOf(last) {
  const steps = [];
  for (let at = last; at; at = at.before) steps.unshift(at.step);
  return steps;
}

/** Return the index of the largest number, the first of equal ones. */
export function argmax(numbers) {
  let best = 0;
  for (let i = 1; i < numbers.length; i++) if (numbers[i] > numbers[best]) best = i;
  return best;
}
