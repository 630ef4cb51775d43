/**
 * Reads lines of raw text, online: the counterpart of `seq2seq/text/reader.py`.
 *
 * An event is {type: "item" | "literal" | "separator" | "end", …}: the next symbol of a sentence, text that is
 * not translated, the space before what follows (with a comma in a list; `source` is that of the source), and the
 * end of a sentence.
 */

import { any, isAlpha } from "./characters.js";
import { Beginning, Ending } from "./edges.js";
import { HalfDayScanner } from "./half_days.js";
import { itemsOf, markBefore, mayBecomeList } from "./lists.js";
import { MonthDayScanner } from "./month_days.js";
import { Normaliser } from "./normalise.js";
import { Cut, SentenceCutter } from "./sentences.js";
import { SpanScanner, item } from "./spans.js";
import { constant, every } from "./tables.js";
import { TermScanner } from "./terms.js";

const SEPARATOR = separator(" ", " ");

function separator(source, text) {
  return Object.freeze({ type: "separator", source, text });
}

function literal(text) {
  return { type: "literal", text };
}

/** Reads a line that arrives in pieces; the events do not depend on where the pieces end. */
export class LineReader {
  /**
   * @param {Set<string>} known the characters that the model can read
   * @param {boolean} spans whether there are other spans than those of unknown characters
   * @param {number} limit the most symbols that a sentence may have
   * @param {boolean} lists whether each item of a bare list becomes a sentence
   */
  constructor(known, spans, limit, lists = false) {
    this.lists = lists;
    this.normaliser = new Normaliser();
    const scanner = new SpanScanner(known, spans);
    this.scanner = spans ? new TermScanner(new MonthDayScanner(new HalfDayScanner(scanner))) : scanner;
    this.cutter = new SentenceCutter(limit);
    this.items = []; // those that the cutter holds
    this.returned = false;
    this.beginCell();
  }

  beginCell() {
    this.beginning = new Beginning();
    this.ending = new Ending([]);
    this.spaceScanned = false;
    this.due = null; // the separator before the next sentence or literal text
    this.goesOn = false;
    this.beginSentence();
  }

  beginSentence() {
    this.length = 0;
    this.listed = this.lists ? [] : null; // the items of the sentence, while it may be a list
    this.pending = [];
    this.hasLetter = false;
  }

  /** Take the next characters of the line and return the events that are certain now. */
  feed(raw) {
    let text = raw.replace(every("reader.SURROGATE"), constant("normalise.REPLACEMENT"));
    text = text.replace(every("reader.LINE_BREAK"), " ").replace(every("reader.CONTROL"), "");
    text = this.withoutReturns(text);
    const out = [];
    const [first, ...cells] = text.split("\t");
    this.feedCell(first, out);
    for (const cell of cells) {
      this.endCell(out);
      out.push(literal("\t"));
      this.feedCell(cell, out);
    }
    return out;
  }

  withoutReturns(given) {
    const text = (this.returned ? "\r" : "") + given;
    const body = text.replace(/\r+$/, "");
    this.returned = body !== text;
    return body.replace(/\r/g, "");
  }

  /** End the line and return its remaining events. The next characters begin a new line. */
  finish() {
    const out = [];
    if (this.returned) {
      this.feedCell("\r", out);
      this.returned = false;
    }
    this.endCell(out);
    return out;
  }

  feedCell(given, out) {
    let text = given;
    if (text && !this.beginning.isOver) {
      let marks;
      [marks, text] = this.beginning.feed(text);
      this.beginText(marks, out);
    }
    if (text) this.read(this.ending.feed(text), out);
  }

  beginText(marks, out) {
    if (marks) out.push(literal(marks));
    if (this.beginning.isOver) this.ending = new Ending(this.beginning.closing);
  }

  endCell(out) {
    if (!this.beginning.isOver) {
      const [marks, text] = this.beginning.finish();
      this.beginText(marks, out);
      this.read(this.ending.feed(text), out);
    }
    const [text, marks] = this.ending.finish();
    this.read(text, out);
    this.scan(this.normaliser.finish(), out);
    this.cut(this.scanner.finish(), out);
    this.take(this.cutter.end(), out);
    this.items = []; // a space at the end
    this.endSentence(false, out);
    if (marks) out.push(literal(marks));
    this.beginCell();
  }

  read(text, out) {
    this.scan(this.normaliser.feed(text), out);
    if (this.normaliser.holdsSpace && !this.spaceScanned) {
      this.cut(this.scanner.feed(" "), out);
      this.spaceScanned = true;
    }
  }

  scan(given, out) {
    let clean = given;
    if (clean && this.spaceScanned) {
      clean = clean.slice(1);
      this.spaceScanned = false;
      this.take(this.cutter.goOn(), out);
    }
    this.cut(this.scanner.feed(clean), out);
  }

  cut(items, out) {
    this.items.push(...items);
    this.take(this.cutter.mark(items.map((one) => one.symbol).join("")), out);
  }

  take(pieces, out) {
    for (const piece of pieces) {
      if (typeof piece === "string") this.readItems(this.items.splice(0, [...piece].length), out);
      else {
        if (piece.spaced) this.items.shift();
        const mark = constant("lists.MARK");
        const due = this.leavesMark(piece) ? separator(mark, mark) : SEPARATOR;
        this.endSentence(piece.joined, out);
        this.due = piece === Cut.SPLIT ? null : due;
      }
    }
  }

  readItems(given, out) {
    let items = given.map((one, place) => {
      const lost = one.letters - this.length - place;
      // The sentence was cut inside the first letters of a span.
      return lost > 0 ? item(one.symbol, [...one.text].slice(lost).join(""), one.letters - lost) : one;
    });
    this.length += items.length;
    if (this.listed) {
      this.listed.push(...items);
      if (mayBecomeList(this.listed.map((one) => one.symbol).join(""))) return;
      items = this.listed;
      this.listed = null;
    }
    this.readOn(items, out);
  }

  readOn(given, out) {
    let items = given;
    if (!this.hasLetter) {
      this.pending.push(...items);
      if (!this.goesOn && !any(items.map((one) => one.symbol).join(""), isAlpha)) return;
      this.hasLetter = true;
      this.separate(out);
      items = this.pending;
      this.pending = [];
    }
    for (const one of items) out.push({ type: "item", ...one });
  }

  /** Take the comma off the last item of a list that is cut behind it; return whether there is one. */
  leavesMark(cut) {
    if (cut !== Cut.JOINED || this.listed?.at(-1)?.symbol !== constant("lists.MARK")[0]) return false;
    const isList = itemsOf(this.listed.map((one) => one.symbol).join("")).length > 0;
    if (isList) this.listed.pop();
    return isList;
  }

  /** Read what was held: a list item by item, all but the last with their ends, or anything else. */
  readList(items, out) {
    const mark = constant("lists.MARK");
    let begin = 0;
    let before = null;
    for (const one of itemsOf(items.map(({ symbol }) => symbol).join(""))) {
      if (before) {
        const end = begin + [...before].length;
        this.readOn(items.slice(begin, end), out);
        out.push({ type: "end", joined: true }, separator(mark, markBefore(one)));
        begin = end + mark.length;
      }
      before = one;
    }
    this.readOn(items.slice(begin), out);
  }

  separate(out) {
    if (this.due) out.push(this.due);
    this.due = null;
  }

  endSentence(joined, out) {
    if (this.listed?.length) this.readList(this.listed, out);
    if (this.hasLetter) out.push({ type: "end", joined });
    else if (this.pending.length) {
      this.separate(out);
      out.push(literal(this.pending.map((one) => one.copy ?? one.text).join("")));
    }
    this.goesOn = joined && this.hasLetter;
    this.beginSentence();
  }
}
