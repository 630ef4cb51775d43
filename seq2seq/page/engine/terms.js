/**
 * Elements that are not to be translated: the counterpart of `seq2seq/text/terms.py` without a glossary.
 */

import { size } from "./characters.js";
import { item } from "./spans.js";
import { constant, match } from "./tables.js";

/** Makes one item of the items of an element with translate="no". */
export class TermScanner {
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
    const out = this.release(this.scanner.finish(), true);
    this.held = [];
    return out;
  }

  release(items, over) {
    this.held.push(...items);
    const out = [];
    let at = 0;
    while (at < this.held.length) {
      const here = this.held[at];
      const opened = here.symbol === constant("symbols.MARKUP") ? match("terms.KEPT", here.text) : null;
      const found = opened ? this.keptElement(opened[1], at, over) : [here, at + 1];
      if (!found) break;
      out.push(found[0]);
      at = found[1];
    }
    this.held.splice(0, at);
    return out;
  }

  /** Return a whole element and the place after it; null to wait for more. */
  keptElement(name, at, over) {
    const closing = new RegExp(`^</${name}[\\s\\x1c-\\x1f\\x85]*>$`, "iu");
    let text = "";
    let isLong = false;
    for (let place = at; place < this.held.length && !isLong; place++) {
      const here = this.held[place];
      text += dropFirst(here.text, here.letters);
      if (here.symbol === constant("symbols.MARKUP") && closing.test(here.text)) {
        return [item(constant("symbols.PLACEHOLDER"), text), place + 1];
      }
      isLong = size(text) > constant("spans.LONGEST_OVER_SPACES");
    }
    return isLong || over ? [this.held[at], at + 1] : null;
  }
}

function dropFirst(text, count) {
  return count ? [...text].slice(count).join("") : text;
}
