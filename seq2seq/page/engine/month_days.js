/**
 * Days of dates that are written as ordinals: the counterpart of `seq2seq/text/month_days.py`.
 */

import { JoiningScanner, isOfWord } from "./item_scanners.js";
import { item } from "./spans.js";
import { constant, fullmatch, match, members, search } from "./tables.js";

/** Makes one item of an ordinal that is the day of a date. */
export class MonthDayScanner extends JoiningScanner {
  constructor(scanner) {
    super(scanner);
    this.before = []; // the last symbols that were released
  }

  finish() {
    const out = super.finish();
    this.before = [];
    return out;
  }

  joined(at, over) {
    const here = this.held[at];
    if (!members("month_days.DIGITS").has(here.symbol) || isOfWord(this.before.at(-1))) return [here, at + 1];
    const items = this.held.slice(at, at + constant("month_days.FARTHEST"));
    const symbols = items.map((one) => one.symbol);
    const text = symbols.join("");
    if (fullmatch("month_days.UNFINISHED", text) && !over) return null;
    const day = match("month_days.ORDINAL", text);
    const length = day ? day[0].length : 0; // it is of ASCII, so these are symbols, too
    if (!day || items.slice(0, length + 1).some((one) => one.letters)) return [here, at + 1];
    if (!search("month_days.DATE_BEFORE", this.before.join(""))) {
      const isDay = monthFollows(symbols.slice(length), over);
      if (isDay === null) return null;
      if (!isDay) return [here, at + 1];
    } else if (isOfWord(symbols[length])) return [here, at + 1];
    const kind = constant(day[1] === "1" ? "symbols.ONE" : "symbols.NUMBER");
    return [item(kind, day[0], 0, day[1]), at + length];
  }

  follow(one) {
    this.before.push(one.copy === null ? one.symbol : constant("month_days.DAY"));
    if (this.before.length > constant("month_days.FARTHEST")) this.before.shift();
  }
}

/** Return whether symbols begin with a month, after " of " or a space; null if that is not certain yet. */
function monthFollows(symbols, over) {
  let begin = "";
  let length = 0;
  while (length < symbols.length && members("month_days.BEGINNINGS").has(begin + symbols[length])) {
    begin += symbols[length++];
  }
  if (length === symbols.length && !over) return null;
  return members("month_days.FOLLOWING").has(begin) && !isOfWord(symbols[length]);
}
