/**
 * Elements that are not to be translated: the counterpart of `seq2seq/text/terms.py` without a glossary.
 */

import { size } from "./characters.js";
import { JoiningScanner } from "./item_scanners.js";
import { item } from "./spans.js";
import { constant, match } from "./tables.js";

/** Makes one item of the items of an element with translate="no". */
export class TermScanner extends JoiningScanner {
  joined(at, over) {
    const here = this.held[at];
    const opened = here.symbol === constant("symbols.MARKUP") ? match("terms.KEPT", here.text) : null;
    return opened ? this.keptElement(opened[1], at, over) : [here, at + 1];
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
