/**
 * Clean text read as characters and spans, online: the counterpart of `seq2seq/text/spans.py`.
 *
 * An item is {symbol, text, letters, copy}: a character, or the kind of a span with all its text, of which so
 * many items before it are the first letters; `copy` is what is written for it, null for its text.
 */

import {
  all, charAt, charBefore, isAlnum, isAlpha, isKind, isLetter, size,
} from "./characters.js";
import {
  AFTER_A_CURRENCY_CODE, gapAfter, goesOnAfter, isComplete, lastWord, mayBegin,
} from "./span_holding.js";
import { constant, fullmatch, members, tables } from "./tables.js";

/** Return an item. */
export function item(symbol, text, letters = 0, copy = null) {
  return Object.freeze({ symbol, text, letters, copy });
}

const spanPatterns = { of: null, compiled: [] };

/** Return where a span of the table that begins at a place ends; 0 if it does not match. */
function matchSpan(number, text, at) {
  if (spanPatterns.of !== tables()) {
    spanPatterns.of = tables();
    spanPatterns.compiled = [];
  }
  spanPatterns.compiled[number] ??= new RegExp(tables().spans[number].pattern, "vy");
  const pattern = spanPatterns.compiled[number];
  pattern.lastIndex = at;
  const found = pattern.exec(text);
  return found ? at + found[0].length : 0;
}

/** Reads a line of clean text that arrives in pieces. */
export class SpanScanner {
  /**
   * @param {Set<string>} known the characters that the model can read
   * @param {boolean} spans whether there are other spans than those of unknown characters
   */
  constructor(known, spans) {
    this.known = known;
    this.spans = spans;
    this.out = [];
    this.begin();
  }

  begin() {
    this.word = ""; // what has been emitted of the current word
    this.left = " "; // the character before that
    this.held = "";
    this.gap = null;
    this.behind = 0;
    this.kind = ""; // of a span that is longer than may be held, while it goes on
  }

  isKnown(char) {
    return char === " " || (!isKind(char) && this.known.has(char));
  }

  /** Take the next piece of the line and return the items that are certain now. */
  feed(text) {
    this.read(text);
    const out = this.out;
    this.out = [];
    return out;
  }

  /** End the line and return the items of what was held. */
  finish() {
    if (this.kind && this.held) {
      this.out.push(item(this.kind, this.held));
      this.held = "";
    }
    while (this.held) this.read(this.release());
    const out = this.out;
    this.out = [];
    this.begin();
    return out;
  }

  read(text) {
    const later = [];
    let at = 0;
    while (at < text.length || later.length) {
      if (at >= text.length) {
        [text, at] = later.pop();
        continue;
      }
      const char = charAt(text, at);
      at += char.length;
      if (!this.held) this.emit(char);
      else {
        const again = this.hold(char);
        if (again) {
          later.push([text, at]);
          text = again;
          at = 0;
        }
      }
    }
  }

  /** Emit a character while none is held, or begin to hold. */
  emit(char) {
    const word = this.word;
    const begins = this.spans && mayBegin(char, word, this.left);
    if (!this.isKnown(char) || (this.kind && char !== " ") || begins) {
      this.held = char;
      return;
    }
    if (char === " " && this.spans && !this.kind && members("span_expressions.CURRENCY_CODES").has(word)) {
      this.held = char;
      this.gap = AFTER_A_CURRENCY_CODE;
      this.behind = 1;
      return;
    }
    this.kind = "";
    const joins =
      (word || isAlpha(char)) && (members("span_holding.JOINERS").has(char) || isLetter(char));
    if (joins && size(word) < constant("spans.LONGEST")) this.word = word + char;
    else {
      this.word = "";
      this.left = char;
    }
    this.out.push(item(char, char));
  }

  /** Take a character while others are held; return the text that is to be read again. */
  hold(char) {
    const held = this.held;
    const longest = constant("spans.LONGEST");
    if (this.kind) {
      if (char !== " " && size(held) < longest) {
        this.held = held + char;
        return "";
      }
      this.out.push(item(this.kind, held));
      this.held = "";
      this.word = "";
      this.left = charBefore(held, held.length);
      return char;
    }
    if (char === " ") return this.holdSpace();
    if (this.gap !== null) {
      const tooLong = size(held) >= constant("spans.LONGEST_OVER_SPACES");
      if (tooLong || !goesOnAfter(this.gap, held, this.behind, char)) {
        return this.releaseBeforeTheGap() + char;
      }
    } else if (this.isComplete(char)) return this.release() + char;
    this.held = held + char;
    if (size(this.held) >= longest && this.gap === null) return this.release(0, true);
    if (">]".includes(char) && this.spans && fullmatch("span_holding.CLOSED", this.held)) {
      return this.release();
    }
    return "";
  }

  holdSpace() {
    const held = this.held;
    const may = this.spans && size(held) < constant("spans.LONGEST_OVER_SPACES");
    const gap = may ? gapAfter(this.word, held) : null;
    if (gap === null) return `${this.release()} `;
    if (gap.start > 0) {
      const rest = this.release(gap.start - 1);
      if (rest.length !== held.length - gap.start + 1) return `${rest} `;
      this.out.push(item(" ", " "));
      this.word = "";
      this.left = " ";
      this.held = rest.slice(1);
    }
    this.held += " ";
    this.gap = gap;
    this.behind = this.held.length;
    return "";
  }

  isComplete(char) {
    const held = this.held;
    const known = this.isKnown(char);
    if (!this.spans) return known && !(isLetter(char) && isLetter(charBefore(held, held.length)));
    if (isComplete(held, char)) return true;
    if (isAlpha(char) && known) {
      const signs = all(held, (c) => !this.isKnown(c) && !isLetter(c));
      return !members("span_holding.ALWAYS").has(charAt(held, 0)) && signs;
    }
    return false;
  }

  releaseBeforeTheGap() {
    const end = this.behind - 1;
    if (end === 0) return this.release();
    const rest = this.held.slice(end);
    this.held = this.held.slice(0, end);
    return this.release() + rest;
  }

  /** Emit what is held as items, up to the first space from `stop` on outside spans; return the rest. */
  release(stop = 0, cut = false) {
    const text = this.left + this.word + this.held;
    const start = this.left.length;
    const emitted = start + this.word.length;
    if (this.held[0] === " ") stop = Math.max(stop, 1);
    const [end, last] = this.emitItems(text, start, emitted, emitted + stop);
    this.held = "";
    this.gap = null;
    this.behind = 0;
    this.word = lastWord(text, Math.max(last, start), end);
    this.left = charBefore(text, end - this.word.length);
    const unknown = [constant("symbols.NAME"), constant("symbols.SIGN")];
    if (cut && last === end && !unknown.includes(this.out[this.out.length - 1].symbol)) {
      this.kind = this.out[this.out.length - 1].symbol;
    }
    return text.slice(end);
  }

  /** Emit the items of `text`; return where they end, and where the last span ends. */
  emitItems(text, start, emitted, stop) {
    const sign = constant("symbols.SIGN");
    let hasUnknown = false;
    for (const char of text) hasUnknown = hasUnknown || !this.isKnown(char);
    let at = start;
    let done = emitted;
    let last = 0;
    while (at < text.length && !(text[at] === " " && at >= stop)) {
      let [kind, end] = this.spans ? this.matchTable(text, start, at, emitted, last) : ["", 0];
      if (hasUnknown && end <= emitted) [kind, end] = this.matchUnknown(text, start, at, last);
      if (end <= Math.max(at, emitted)) {
        at += charAt(text, at).length;
        continue;
      }
      this.emitCharacters(text.slice(done, at));
      const before = this.out[this.out.length - 1];
      if (kind === sign && at === last && before && before.symbol === sign) {
        this.out[this.out.length - 1] = item(sign, before.text + text.slice(at, end));
      } else {
        this.out.push(item(kind, text.slice(at, end), at < emitted ? size(text.slice(at, emitted)) : 0));
      }
      at = done = last = end;
    }
    this.emitCharacters(text.slice(done, at));
    return [at, last];
  }

  emitCharacters(text) {
    for (const char of text) this.out.push(item(char, char));
  }

  /** Return the kind and end of the longest span of the table that begins at `at`, or an end of 0. */
  matchTable(text, start, at, emitted, last) {
    const { spans, spansByFirst, anyPicture } = tables();
    const char = charAt(text, at);
    const before = charBefore(text, at);
    const begins = at === last || !(before === "_" || isAlnum(before));
    const first = isAlpha(char) ? "a" : char;
    let kind = "";
    let end = 0;
    if (!begins && first === "a") return [kind, end];
    let patterns = Object.hasOwn(spansByFirst, first) ? spansByFirst[first] : null;
    if (!patterns) {
      if (char.codePointAt(0) <= 0xa8) return [kind, end];
      patterns = spansByFirst[anyPicture];
    }
    for (const number of patterns) {
      if (spans[number].joins ? begins : at >= emitted) {
        const found = matchSpan(number, text, at);
        if (found > end) {
          kind = spans[number].kind;
          end = found;
        }
      }
    }
    return [kind, end];
  }

  /** Return the kind and end of a word or of signs that the vocabulary does not have, or an end of 0. */
  matchUnknown(text, start, at, last) {
    let stop = at;
    if (isLetter(charAt(text, at))) {
      if (at > start && at !== last && isLetter(charBefore(text, at))) return ["", 0];
      let hasUnknown = false;
      while (stop < text.length && isLetter(charAt(text, stop))) {
        const char = charAt(text, stop);
        hasUnknown = hasUnknown || !this.isKnown(char);
        stop += char.length;
      }
      return [constant("symbols.NAME"), hasUnknown ? stop : 0];
    }
    const byFirst = tables().spansByFirst;
    while (stop < text.length) {
      const char = charAt(text, stop);
      if (this.isKnown(char) || isLetter(char)) break;
      stop += char.length;
      if (this.spans && stop < text.length && Object.hasOwn(byFirst, charAt(text, stop))) break;
    }
    return [constant("symbols.SIGN"), stop > at ? stop : 0];
  }
}
