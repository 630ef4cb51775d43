/**
 * The marks at the edges of a line: the counterpart of `seq2seq/text/edges.py`.
 */

import { any, charAt, isAlpha, size } from "./characters.js";
import { isApostrophe } from "./quotations.js";
import { constant, every, fullmatch, match, members } from "./tables.js";

/** Takes a line, or a cell of one, up to where the text to translate begins. */
export class Beginning {
  constructor() {
    this.isOver = false;
    this.closing = [];
    this.held = "";
    this.at = 0;
    this.label = -1;
    this.letters = false;
    this.long = false;
  }

  /** Take the next characters; return marks that are complete, and text to translate. */
  feed(text) {
    let first = 0;
    if (!this.letters) {
      first = firstLetter(text);
      const tooLong = size(this.held) + size(text.slice(0, first)) > constant("edges.MOST");
      if (this.long || tooLong) {
        const out = this.held + text.slice(0, first);
        this.held = "";
        this.long = true;
        this.isOver = first < text.length;
        return [out, text.slice(first)];
      }
      this.held += text.slice(0, first);
      this.letters = first < text.length;
    }
    let place = first;
    while (place < text.length) {
      const character = charAt(text, place);
      place += character.length;
      this.held += character;
      if (this.passMarks(false)) {
        this.isOver = true;
        return [this.held.slice(0, this.at), this.held.slice(this.at) + text.slice(place)];
      }
    }
    return ["", ""];
  }

  /** End the line; return the same as `feed`. */
  finish() {
    this.isOver = true;
    if (!this.letters) return [this.held, ""];
    this.passMarks(true);
    const rest = this.held.slice(this.at);
    if (any(rest, isAlpha)) return [this.held.slice(0, this.at), rest];
    if (this.label >= 0) return [this.held.slice(0, this.label), this.held.slice(this.label)];
    return [this.held, ""];
  }

  passMarks(over) {
    for (;;) {
      this.at += match("edges.BLANKS", this.held, this.at)[0].length;
      if (size(this.held) > constant("edges.MOST")) return true;
      if (!any(this.held.slice(this.at), isAlpha)) return over;
      if (!over && this.mayBeAMark()) return false;
      if (!this.passMark()) return true;
    }
  }

  mayBeAMark() {
    const rest = this.held.slice(this.at);
    if (rest.slice(charAt(rest, 0).length) === " ") return false; // "I" and "A" are words
    return size(rest) <= constant("edges.LONGEST_LABEL") + 1 && fullmatch("edges.SO_FAR", rest) !== null;
  }

  passMark() {
    const mark = match("edges.MARK", this.held, this.at);
    if (!mark) return this.passLabel();
    const { quote, comment } = mark.groups;
    const end = this.at + mark[0].length;
    if (quote && match("edges.TERM", this.held, this.at)) return false;
    if ((quote === "'" || quote === "‘") && !isQuotation(this.held.slice(end))) return false;
    this.at = end;
    if (comment || quote) this.closing.unshift(constant("edges.CLOSING")[mark[0]] ?? "*/");
    return true;
  }

  passLabel() {
    const label = match("edges.LABEL", this.held, this.at);
    if (this.label >= 0 || !label || size(label[1]) > constant("edges.LONGEST_LABEL")) return false;
    const words = label[1].match(every("edges.CAPITALS")) ?? [];
    const none = members("edges.NO_SPEAKERS");
    if (words.some((word, i) => (i === 0 || size(word) > 1) && none.has(word))) return false;
    this.label = this.at;
    this.at += label[0].length;
    return true;
  }
}

function firstLetter(text) {
  let place = 0;
  for (const character of text) {
    if (isAlpha(character)) return place;
    place += character.length;
  }
  return text.length;
}

function isQuotation(rest) {
  const first = charAt(rest, 0);
  return (isAlpha(first) || first === "¿" || first === "¡") && !isApostrophe(rest);
}

/** Takes the text of a line after its beginning, and holds what may be marks at its end. */
export class Ending {
  /** @param {string[]} closing the marks that close what was opened, the innermost first */
  constructor(closing) {
    this.closing = closing;
    this.blanks = "";
    this.held = "";
    this.closed = 0;
    this.partial = "";
    this.place = 0;
  }

  /** Take the next characters; return those that are certainly no mark at the end of the line. */
  feed(text) {
    let out = "";
    for (const character of text) out += this.feedOne(character);
    return out;
  }

  /** End the line; return held text that is no mark, and the marks. */
  finish() {
    return this.partial ? [this.held, ""] : ["", this.blanks + this.held];
  }

  feedOne(character) {
    if (this.hold(character)) return "";
    const out = this.held;
    if (out) {
      if (!((out === "'" || out === "’") && isAlpha(character))) this.closing.splice(0, this.closed);
      this.held = "";
      this.blanks = "";
      this.closed = 0;
      this.partial = "";
      if (this.hold(character)) return out;
    }
    if (members("edges.WHITE").has(character)) this.blanks += character;
    else this.blanks = "";
    return out + character;
  }

  hold(character) {
    if (this.partial) {
      this.partial += character;
      const mark = this.closing[this.place];
      if (!mark.startsWith(this.partial)) return false;
      if (this.partial === mark) {
        this.closed = this.place + 1;
        this.partial = "";
      }
    } else if (members("edges.WHITE").has(character)) {
      if (!this.held) return false;
    } else if (character !== "\\") {
      const rest = this.closing.slice(this.closed);
      const found = rest.findIndex((mark) => mark[0] === character);
      if (found < 0) return false;
      this.place = this.closed + found;
      if (this.closing[this.place] === character) this.closed = this.place + 1;
      else this.partial = character;
    }
    this.held += character;
    return true;
  }
}
