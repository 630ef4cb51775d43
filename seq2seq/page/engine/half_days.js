/**
 * Times with their half of the day as one span: the counterpart of `seq2seq/text/half_days.py`.
 */

import { isAlnum } from "./characters.js";
import { JoiningScanner, isOfWord } from "./item_scanners.js";
import { EndKind, comesBefore } from "./sentence_ends.js";
import { item } from "./spans.js";
import { constant, fullmatch, match, members } from "./tables.js";

/** Makes one item of a time and the half of the day behind it. */
export class HalfDayScanner extends JoiningScanner {
  joined(at, over) {
    const time = this.held[at];
    if (!isTime(time)) return [time, at + 1];
    const length = halfLength(this.held.slice(at + 1, at + 1 + constant("half_days.FARTHEST")), over);
    if (length === null) return null;
    const end = at + 1 + length;
    return [length ? withHalf(this.held.slice(at, end)) : time, end];
  }
}

function isTime(one) {
  return members("half_days.HOURS").has(one.symbol) && !one.letters && fullmatch("half_days.TIME", one.text);
}

function withHalf(items) {
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
  if (isOfWord(first)) return 0;
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
