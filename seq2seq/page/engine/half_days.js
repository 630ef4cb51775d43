/**
 * Times with their half of the day as one span: the counterpart of `seq2seq/text/half_days.py`.
 */

import { isAlnum, isLetter } from "./characters.js";
import { EndKind, comesBefore } from "./sentence_ends.js";
import { item } from "./spans.js";
import { constant, fullmatch, match, members } from "./tables.js";

/** Makes one item of a time and the half of the day behind it. */
export class HalfDayScanner {
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

  release(items, over) {
    const held = this.held;
    held.push(...items);
    const out = [];
    let at = 0;
    while (at < held.length) {
      let length = 0;
      if (isTime(held[at])) {
        length = halfLength(held.slice(at + 1, at + 1 + constant("half_days.FARTHEST")), over);
        if (length === null) break;
      }
      out.push(length ? joined(held.slice(at, at + 1 + length)) : held[at]);
      at += 1 + length;
    }
    held.splice(0, at);
    return out;
  }
}

function isTime(one) {
  return members("half_days.HOURS").has(one.symbol) && !one.letters && fullmatch("half_days.TIME", one.text);
}

function joined(items) {
  const isFromOne = match("half_days.FROM_ONE", items[0].text);
  const kind = constant(isFromOne ? "symbols.ONE_OCLOCK" : "symbols.TIME");
  return item(kind, items.map((one) => one.text).join(""));
}

/** Return of how many items behind a time its half of the day consists; null if that is not certain yet. */
function halfLength(items, over) {
  const symbols = items.map((one) => one.symbol);
  let half = "";
  let length = 0;
  while (length < symbols.length && members("half_days.BEGINNINGS").has(half + symbols[length])) {
    half += symbols[length++];
  }
  if (length === symbols.length && !over) return null;
  if (!members("half_days.HALVES").has(half) || items.slice(0, length + 1).some((one) => one.letters)) return 0;
  const [first = "", second = "", third = ""] = symbols.slice(length);
  if (first && (isAlnum(first) || first === "_" || isLetter(first))) return 0;
  if (!half.endsWith(".")) {
    if (half !== " am" || first !== " ") return length;
    if (!over && (!second || (second === "I" && !third))) return null;
    return second === "I" && !(third && isAlnum(third)) ? 0 : length;
  }
  if (first === " " && !second && !over) return null;
  const ends = !second || comesBefore(EndKind.CAPITAL, second);
  const isLast = !first || members("quotations.CLOSING").has(first) || (first === " " && ends);
  return length - (isLast ? 1 : 0);
}
