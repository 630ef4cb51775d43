/**
 * What was read and written when: the counterpart of `seq2seq/lag.py` for results of the worker.
 *
 * @typedef {{text: string, start: number, end: number, kind: ?string, sentence: number,
 *   gates?: Object<string, Float32Array>}} SourceSymbol  offsets are those of the typed text, in UTF-16 units
 * @typedef {{text: string, read: ?number, span: boolean, attention: ?Float32Array, firm: boolean,
 *   candidates: Array<[string, number]>, sentence: ?number,
 *   gates?: Object<string, Float32Array>}} WrittenSymbol  `read` and `sentence` are null for text that no network wrote
 * @typedef {{text: string, lag: number|"full", over: boolean, done: boolean, source: SourceSymbol[],
 *   output: WrittenSymbol[]}} Result  of one line
 * @typedef {{first: number, end: number, from: number, to: number}} Sentence  source symbols [first, end), output
 *   symbols [from, to)
 */

/**
 * Return the sentences of a result, by the numbers that their symbols have. Text that no network wrote belongs to none.
 * @param {Result} result
 * @returns {Sentence[]}
 */
export function sentencesOf({ source, output }) {
  const sentences = new Map();
  const of = (number, first, from) => {
    if (!sentences.has(number)) sentences.set(number, { first, end: first, from, to: from });
    return sentences.get(number);
  };
  source.forEach(({ sentence }, s) => {
    of(sentence, s, 0).end = s + 1;
  });
  output.forEach(({ sentence, read }, t) => {
    if (read === null) return;
    const one = of(sentence, source.length, t);
    if (one.from === one.to) one.from = t;
    one.to = t + 1;
  });
  return [...sentences.values()];
}

/**
 * Return what a source symbol adds to the text. The first letters of a span may have been read before it was known to be
 * one; they are symbols of their own.
 * @param {SourceSymbol[]} source
 * @param {number} s  the place of the symbol
 */
export function added(source, s) {
  const { text, start } = source[s];
  return text.slice(Math.max(0, (source[s - 1]?.end ?? 0) - start));
}

/**
 * Return whether a source symbol has been read: while the line goes on, the last character may still become another one.
 * @param {Result} result
 * @param {SourceSymbol} symbol
 */
export function isRead({ text, over }, symbol) {
  return over || symbol.end < text.length;
}

/**
 * Return for each source symbol whether it was read and the letter that is due for it is not written yet: at lag τ
 * those are the last τ symbols of the sentence that is being typed.
 * @param {Result} result
 * @returns {boolean[]}
 */
export function pending(result) {
  const marks = new Array(result.source.length).fill(false);
  const sentences = sentencesOf(result);
  sentences.forEach((sentence, i) => {
    const mine = result.output.slice(sentence.from, sentence.to).filter((item) => item.read !== null);
    const firm = mine.filter((item) => item.firm).length;
    const isOpen = i === sentences.length - 1 && !result.over;
    if (isOpen || firm < mine.length) marks.fill(true, Math.min(sentence.first + firm, sentence.end), sentence.end);
  });
  return marks.map((mark, s) => mark && isRead(result, result.source[s]));
}

/**
 * Return the columns of the picture of a result: what is read and what is written at each step of time.
 * Sentences follow each other, as a sentence is written to its end before the next one is.
 * @param {Result} result
 * @returns {Array<{read: ?number, written: ?number, ends: boolean, begins: boolean}>} indices of source and output; `ends`
 *   where the end mark is read
 */
export function columnsOf(result) {
  const columns = [];
  for (const { first, end, from, to } of sentencesOf(result)) {
    const base = columns.length;
    const at = (step) => {
      while (columns.length <= base + step) {
        columns.push({ read: null, written: null, ends: false, begins: columns.length === base });
      }
      return columns[base + step];
    };
    const length = end - first;
    for (let s = 0; s < length; s++) at(s).read = first + s;
    const isOpen = end === result.source.length && !result.over;
    if (!isOpen || result.output.slice(from, to).some((item) => !item.firm)) at(length).ends = true;
    let t = 0;
    for (let i = from; i < to; i++) {
      if (result.output[i].read === null) continue;
      at(result.lag === "full" ? length + t : t + result.lag).written = i;
      t += 1;
    }
  }
  return columns;
}

/** Return the number of source symbols read, written symbols that are firm, and those in between. */
export function progress(result) {
  const behind = pending(result).filter(Boolean).length;
  const written = result.output.filter((item) => item.firm).length;
  return { read: result.source.filter((symbol) => isRead(result, symbol)).length, written, behind };
}

/**
 * Return how much of a finished result can be seen when the first `typed` characters of its text have been typed.
 * What is written depends only on what had been read, so this is what was on the screen at that moment.
 * @param {Result} result  of a line that is over
 * @param {number} typed  in UTF-16 units; more than the length of the text once the line is over
 * @returns {string}
 */
export function writtenBy(result, typed) {
  const { source, output, text } = result;
  if (typed > text.length) return output.map((item) => item.text).join("");
  // A symbol is known to be complete once the next character is there.
  let known = 0;
  while (known < source.length && source[known].end < typed) known += 1;
  const sentences = sentencesOf(result);
  let shown = "";
  for (let i = 0; i < output.length; i++) {
    const { read, text: letter } = output[i];
    const own = sentences.find(({ from, to }) => from <= i && i < to);
    // That a sentence is over is known once the next one has begun.
    const needed = own && own.end === read ? read + 1 : read;
    if (read !== null && needed > known) break;
    shown += letter;
  }
  return shown;
}
