/**
 * Scanners that make one item of several: the counterpart of `seq2seq/text/item_scanners.py`.
 */

import { isAlnum, isLetter } from "./characters.js";

/** Makes one item of several of another scanner; those that may still become one are held. */
export class JoiningScanner {
  /** @param {SpanScanner} scanner reads the text */
  constructor(scanner) {
    this.scanner = scanner;
    this.held = [];
  }

  /** Take the next piece of the line and return the items that are certain now. */
  feed(text) {
    return this.release(this.scanner.feed(text), false);
  }

  /** End the line and return the rest of its items. */
  finish() {
    return this.release(this.scanner.finish(), true);
  }

  /** Return the items that are certain after some more; a subclass has `joined`, which may return null to wait. */
  release(items, over) {
    this.held.push(...items);
    const out = [];
    let at = 0;
    while (at < this.held.length) {
      const found = this.joined(at, over);
      if (!found) break;
      const [item, end] = found;
      this.follow(item);
      out.push(item);
      at = end;
    }
    this.held.splice(0, at);
    return out;
  }

  /** Note what is released. */
  follow() {}
}

/** Whether a character is part of a word; undefined is not. */
export function isOfWord(character) {
  return Boolean(character) && (isAlnum(character) || character === "_" || isLetter(character));
}
