/**
 * Repetition: the counterpart of `seq2seq/decoding/repetition.py`, for one hypothesis at a time.
 */

const LEAST = 3; // the fewest letters of a phrase that may not be repeated
const LONGEST = 3; // how often a symbol other than a digit may occur in a row
const SPACE = 0;
const END = 2;

/** Which symbols of a vocabulary are lower-case letters and digits, and which ones separate words. */
export class WordBoundaries {
  /** @param {object} given the tables of the model */
  constructor(given) {
    const numbers = new Map();
    for (const letter of given.small) if (!numbers.has(letter)) numbers.set(letter, numbers.size);
    this.small = given.small;
    this.letter = given.small.map((letter) => numbers.get(letter));
    this.digits = new Set(given.digits);
    this.alphabetic = new Set(given.alphabetic);
    this.space = given.space ?? -1;
  }

  /** Whether a translation hit the length limit, or repeats something that its source does not. */
  isDegenerate(source, ids, ended) {
    if (!ended || this.longestRun(ids) > this.runLimit(source)) return true;
    return this.repeatsPhrase(ids, LEAST) && !this.repeatsPhrase(source, 1);
  }

  /** Return how often a symbol may occur in a row in the translation of `source`. */
  runLimit(source) {
    return Math.max(LONGEST, this.longestRun(source));
  }

  longestRun(ids) {
    let longest = 0;
    let run = 0;
    let last = -1;
    for (const symbol of ids) {
      if (symbol === this.space) continue;
      run = symbol === last ? run + 1 : 1;
      last = symbol;
      if (!this.digits.has(symbol) && run > longest) longest = run;
    }
    return longest;
  }

  /** Whether `ids` contain a phrase of at least `least` letters twice in a row. */
  repeatsPhrase(ids, least) {
    const words = ids.map((symbol) => this.small[symbol]).join("").split(/\s+/u).filter((word) => word);
    if (new Set(words).size === words.length) return false;
    let written = WrittenLetters.none(this, least);
    for (const symbol of [...ids, END]) {
      if (written.twice && this.letter[symbol] === SPACE) return true;
      written = written.after(symbol);
    }
    return false;
  }
}

/** The words that a hypothesis has written, and whether they end with a repeated phrase; never changed. */
export class WrittenLetters {
  constructor(words, least, letters, alphabetic, same) {
    this.words = words;
    this.least = least;
    this.letters = letters; // the last one first
    this.alphabetic = alphabetic;
    this.same = same; // of each distance from 1: how many of the last letters are the same so far before
    this.twice = this.isTwice();
  }

  /** Return the record of nothing written. */
  static none(words, least = LEAST) {
    return new WrittenLetters(words, least, [SPACE], [false], [0]);
  }

  /** Return the record with one more symbol; of several separators in a row only the first one counts. */
  after(symbol) {
    const { words, letters, same } = this;
    const letter = words.letter[symbol];
    if (letter === SPACE && letters[0] === SPACE) return this;
    const counts = letters.map((old, i) => (old === letter ? same[i] + 1 : 0));
    counts.push(0);
    return new WrittenLetters(
      words, this.least, [letter, ...letters], [words.alphabetic.has(symbol), ...this.alphabetic], counts,
    );
  }

  isTwice() {
    const { letters, same } = this;
    if (letters[0] === SPACE) return false;
    let alphabetic = 0;
    for (let i = 0; i < letters.length >> 1; i++) {
      alphabetic += this.alphabetic[i];
      const again = letters[i] === SPACE && same[i] >= i + 1;
      if (again && (alphabetic >= this.least || same[i] >= LONGEST * (i + 1))) return true;
    }
    return false;
  }
}

/** What a hypothesis of a beam may not write; never changed. */
export class Repetition {
  /**
   * @param {WordBoundaries} words of the vocabulary
   * @param {boolean} free whether a phrase may be repeated
   * @param {number} limit how often a symbol may occur in a row
   */
  constructor(words, free, limit, written = WrittenLetters.none(words), last = 1, run = 0) {
    Object.assign(this, { words, free, limit, written, last, run });
  }

  /** Return the record before the first symbol of the translation of a source. */
  static of(words, source) {
    return new Repetition(words, words.repeatsPhrase(source, 1), words.runLimit(source));
  }

  /** Return the log-probabilities of a step; no symbol may end the last word of a repeated phrase. */
  mask(logProbs) {
    const { words } = this;
    const twice = this.written.twice && !this.free;
    const full = this.run >= this.limit && !words.digits.has(this.last);
    if (!twice && !full) return logProbs;
    const masked = logProbs.slice();
    if (twice) for (let v = 0; v < masked.length; v++) if (words.letter[v] === SPACE) masked[v] = -Infinity;
    if (full) masked[this.last] = -Infinity;
    return masked;
  }

  /** Return the record with one more symbol. */
  after(symbol) {
    const { words } = this;
    const isSpace = symbol === words.space;
    const run = isSpace ? this.run : symbol === this.last ? this.run + 1 : 1;
    const last = isSpace ? this.last : symbol;
    return new Repetition(words, this.free, this.limit, this.written.after(symbol), last, run);
  }
}
