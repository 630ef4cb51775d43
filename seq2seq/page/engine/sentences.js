/**
 * Cuts symbols into sentences, online: the counterpart of `seq2seq/text/sentences.py`.
 */

import {
  all, any, charAt, charBefore, endsWithAny, first, isAlpha, isLower, isUpper, last, size, trimEnd, trimStart,
} from "./characters.js";
import { openMarks } from "./quotations.js";
import { EndKind, comesBefore, endAfter } from "./sentence_ends.js";
import { constant, match, members } from "./tables.js";

/** How a sentence ends; see `Cut` in Python. */
export const Cut = {
  OVER: { joined: false, spaced: true, split: false },
  GLUED: { joined: false, spaced: false, split: false },
  JOINED: { joined: true, spaced: true, split: false },
  SPLIT: { joined: true, spaced: false, split: true },
};
for (const cut of Object.values(Cut)) Object.freeze(cut);

/** Cuts symbols that arrive in pieces; `mark`, `goOn` and `end` return strings and cuts in their order. */
export class SentenceCutter {
  /** @param {number} limit the most symbols that a sentence may have */
  constructor(limit) {
    this.limit = limit;
    this.out = [];
    this.begin();
  }

  begin() {
    this.length = 0;
    this.word = "";
    this.previous = "";
    this.letters = false;
    this.opened = "";
    this.held = "";
    this.waits = EndKind.NEVER;
  }

  take() {
    const out = this.out;
    this.out = [];
    return out;
  }

  /** Take the next symbols; return those that are certain now and the cuts. */
  mark(symbols) {
    let at = 0;
    while (at < symbols.length) {
      const symbol = charAt(symbols, at);
      if (this.held && this.holdOrRelease(symbol)) at += symbol.length;
      else if (symbol === " ") {
        this.readSpace();
        at += 1;
      } else if (this.isGlued(symbol)) {
        if ("¿¡".includes(symbol)) {
          this.cut(Cut.GLUED);
          this.append(symbol);
        } else this.held = symbol;
        at += symbol.length;
      } else {
        const words = this.isBeyond(6) ? null : match("sentences.PLAIN_WORDS", symbols, at);
        if (words && 10 * (this.length + size(words[0])) < 6 * this.limit) {
          this.appendWords(words[0]);
          at += words[0].length;
        } else {
          const run = match("sentences.RUN", symbols, at);
          this.append(run[0]);
          at += run[0].length;
        }
      }
    }
    return this.take();
  }

  /** End the text and return what was held, except a space. */
  end() {
    if (this.held && this.held[0] !== " ") this.holdOrRelease(" ");
    else if (this.held !== " ") this.release();
    this.begin();
    return this.take();
  }

  /** Note that the line continues; return a held space if it no longer needs to wait. */
  goOn() {
    if (this.held === " " && this.waits === EndKind.NEVER && !this.isBeyond(6)) this.release();
    return this.take();
  }

  readSpace() {
    const ending = this.judge();
    if (ending === EndKind.SURE) this.cut(Cut.OVER);
    else {
      this.held = " ";
      this.waits = ending;
    }
  }

  judge() {
    const ending = endAfter(this.word, this.previous);
    return ending === EndKind.NEVER || this.mayEndHere() ? ending : EndKind.NEVER;
  }

  mayEndHere() {
    if (!this.letters && !hasLetters(this.word)) return false;
    return this.isBeyond(6) || !openMarks(this.opened, this.word);
  }

  isDue() {
    if (!this.word || !this.isBeyond(6)) return false;
    if (this.isBeyond(9) || this.length + 2 > this.limit) return true;
    if (this.isBeyond(8) && endsWithAny(this.word, constant("sentences.WEAK"))) return true;
    if (!endsWithAny(this.word, constant("sentences.STRONG"))) return false;
    return !any(openMarks(this.opened, this.word), (mark) => "([{".includes(mark));
  }

  isBeyond(tenths) {
    return 10 * this.length >= tenths * this.limit;
  }

  holdOrRelease(symbol) {
    if (this.held[0] !== " ") {
      const isAsked = trimEnd(this.word, members("symbols.MARKUP")).endsWith("?");
      if ((isLower(symbol) && isAsked) || this.isFirstWord(symbol)) {
        const word = this.held;
        this.cut(Cut.GLUED);
        this.held = word;
      } else if (!isAsked && members("sentences.BEGINNINGS_OF_FIRST_WORDS").has(this.held + symbol)) {
        this.held += symbol;
        return true;
      }
    } else if (this.held === " " && comesBefore(this.waits, symbol)) this.cut(Cut.OVER);
    else if (this.held === " " && this.isDue()) this.cut(Cut.JOINED);
    else if (symbol === " " && members("sentence_words.CONJUNCTIONS").has(this.held.slice(1))) {
      const word = this.held.slice(1);
      this.cut(Cut.JOINED);
      this.held = word;
    } else if (
      members("sentences.BEGINNINGS").has(this.held.slice(1) + symbol) &&
      (this.held !== " " || this.mayHoldAWord())
    ) {
      this.held += symbol;
      return true;
    }
    this.release();
    return false;
  }

  isFirstWord(symbol) {
    const isWord = members("sentence_words.FIRST_WORDS").has(this.held);
    if (size(this.held) === 1) {
      return isWord && constant("sentences.AFTER_A_LETTER").includes(symbol) && size(this.word) > 3;
    }
    return isWord && constant("sentences.AFTER_A_WORD").includes(symbol);
  }

  mayHoldAWord() {
    return this.isBeyond(8) && this.length + 2 + constant("sentences.LONGEST") <= this.limit;
  }

  release() {
    let held = this.held;
    this.held = "";
    if (held[0] === " ") {
      this.letters = this.letters || hasLetters(this.word);
      this.opened = openMarks(this.opened, this.word);
      this.grow(" ");
      this.previous = this.word;
      this.word = "";
      held = held.slice(1);
    }
    if (held) this.append(held);
  }

  append(letters) {
    let rest = letters;
    while (this.length + size(rest) > this.limit) {
      const piece = first(rest, this.limit - this.length);
      if (piece) this.grow(piece);
      rest = rest.slice(piece.length);
      this.cut(Cut.SPLIT);
    }
    this.grow(rest);
    this.word += rest;
    const ends = constant("sentences.ENDS_OF_A_WORD");
    if (size(this.word) > 2 * ends) this.word = first(this.word, ends) + last(this.word, ends);
  }

  appendWords(words) {
    const all = this.word + words;
    const place = all.lastIndexOf(" ");
    const before = all.slice(0, place);
    this.letters = this.letters || hasLetters(before);
    this.opened = openMarks(this.opened, before.split(" ")[0]);
    this.previous = before.slice(before.lastIndexOf(" ") + 1);
    this.word = all.slice(place + 1);
    this.grow(words);
  }

  grow(symbols) {
    this.out.push(symbols);
    this.length += size(symbols);
  }

  cut(place) {
    this.out.push(place);
    this.begin();
  }

  isGlued(symbol) {
    const word = this.word;
    if (!endsWithAny(word, constant("sentences.GLUE"))) return false;
    const bare = trimEnd(word, members("symbols.MARKUP"));
    const stop = charBefore(bare, bare.length);
    if (!stop || !".!?".includes(stop) || bare.slice(0, -1).endsWith(".")) return false;
    if (!"¿¡".includes(symbol)) {
      if (!(isUpper(symbol) && isLower(charBefore(bare, bare.length - 1)))) return false;
      if (stop !== "?" && !members("sentences.BEGINNINGS_OF_FIRST_WORDS").has(symbol)) return false;
      if (stop === "." && !(this.previous && isSmallWord(bare.slice(0, -1)))) return false;
    }
    return endAfter(bare, this.previous) === EndKind.SURE && this.mayEndHere();
  }
}

function isSmallWord(text) {
  const word = trimStart(text, members("quotations.OPENING"));
  return isLower(charAt(word, 0)) && all(word.replace(/['’-]/g, ""), isAlpha);
}

function hasLetters(word) {
  const lettered = members("sentences.LETTERED");
  return any(word, (symbol) => isAlpha(symbol) || lettered.has(symbol));
}
