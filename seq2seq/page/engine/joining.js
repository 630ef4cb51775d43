/**
 * Joins the translated parts of a long sentence, online: the counterpart of `seq2seq/text/joining.py`.
 */

import {
  any, charAt, endsWithAny, first, folded, isAlpha, isUpper, isUpperText, last, size, trimEnd, trimStart,
} from "./characters.js";
import { isAbbreviation } from "./sentence_ends.js";
import { constant, every, match, members } from "./tables.js";

/** Follows the reading and the writing of sentences, part by part. */
export class Joiner {
  constructor() {
    this.goesOn = false;
    this.opened = { "¿": 0, "¡": 0 };
    this.beginPart();
  }

  beginPart() {
    this.source = "";
    this.first = "";
    this.isFirstSettled = !this.goesOn;
    this.isInside = false;
    this.last = "";
    this.stop = "";
  }

  /** Take text of the source of this part that has been read since the last call. */
  read(text) {
    this.source += text;
  }

  /** Take text that was written of this part and return the text that is certain now. */
  write(text) {
    let out = "";
    for (let place = 0; place < text.length; ) {
      const usual = this.isFirstSettled && !this.stop ? match("joining.NO_MARKS", text, place) : null;
      const piece = usual ? usual[0] : charAt(text, place);
      out += usual ? this.give(piece) : this.writeOne(piece);
      place += piece.length;
    }
    return out;
  }

  writeOne(character) {
    if (!this.isFirstSettled) {
      if (isAlpha(character) || !any(this.first, isAlpha)) {
        this.first += character;
        return "";
      }
      return this.settleFirst() + this.writeOne(character);
    }
    if (character === " " && this.stop && this.isTooEarly()) {
      const out = this.give(this.stop.replace(".", ",") + character);
      this.stop = "";
      this.isFirstSettled = false;
      this.isInside = true;
      return out;
    }
    return this.holdStop(character);
  }

  isTooEarly() {
    const { stop } = this;
    if (stop[0] === "…" || stop.startsWith("..") || (stop[0] === "." && isAbbreviation(this.last))) return false;
    if (!this.goesOn && size(this.source) < constant("joining.LONG")) return false;
    for (const inside of this.source.matchAll(every("joining.STOP_INSIDE"))) {
      if (!(inside[2] === "." && isAbbreviation(inside[1]))) return false;
    }
    return true;
  }

  /** End this part and return the rest of its text; `joined` says whether the next part continues it. */
  endPart(joined) {
    let out = this.isFirstSettled ? "" : this.settleFirst();
    if (joined && !this.isQuestion()) this.stop = this.stopWithin();
    out += this.give(this.stop);
    this.goesOn = joined;
    if (!joined) this.opened = { "¿": 0, "¡": 0 };
    this.beginPart();
    return out;
  }

  settleFirst() {
    let text = this.first;
    this.first = "";
    this.isFirstSettled = true;
    let place = 0;
    while (place < text.length && !isAlpha(charAt(text, place))) place += charAt(text, place).length;
    if (isToBeSmall(text.slice(place), this.source, this.isInside)) {
      const letter = charAt(text, place);
      text = text.slice(0, place) + letter.toLowerCase() + text.slice(place + letter.length);
    }
    return this.holdStop(text);
  }

  holdStop(text) {
    let out = "";
    for (const character of text) {
      const isStop = members("joining.STOPS").has(character);
      if (isStop || (this.stop && members("joining.CLOSING").has(character))) this.stop += character;
      else {
        out += this.give(this.stop + character);
        this.stop = "";
      }
    }
    return out;
  }

  give(text) {
    for (const [mark, closing] of constant("joining.INVERTED")) {
      const balance = text.split(mark).length - text.split(closing).length;
      this.opened[mark] = Math.max(0, this.opened[mark] + balance);
    }
    this.last = last(this.last + text, constant("joining.LOOK_BACK"));
    return text;
  }

  isQuestion() {
    return constant("joining.INVERTED").some(
      ([mark, closing]) => this.stop.includes(closing) && this.opened[mark] > 0,
    );
  }

  stopWithin() {
    const { stop } = this;
    const source = trimEnd(this.source, new Set([" ", ...constant("joining.CLOSING")]));
    const isAfterAbbreviation = stop[0] === "." && isAbbreviation(this.last);
    if (endsWithAny(source, constant("joining.STOPS")) || isAfterAbbreviation) return stop;
    const closing = trimStart(stop, members("joining.STOPS"));
    const goesOn = stop && endsWithAny(source, constant("joining.CLAUSE_MARKS"));
    return goesOn ? closing + source[source.length - 1] : closing;
  }
}

function isToBeSmall(word, source, inside) {
  if (!isUpper(charAt(word, 0)) || (size(word) > 1 && isUpperText(word))) return false;
  const words = source.match(every("joining.WORD")) ?? [];
  if (!inside && words.length && isUpper(charAt(words[0], 0)) && words[0] !== "I") return false;
  const stem = folded(first(word, 3));
  return !words.some(
    (name) => size(name) > 2 && isUpper(charAt(name, 0)) && folded(first(name, 3)) === stem,
  );
}
