/**
 * Sentences that are bare lists: the counterpart of `seq2seq/text/lists.py`.
 */

import { constant, fullmatch } from "./tables.js";

/** Whether a sentence that begins with this text may turn out to be a bare list; true may be wrong. */
export function mayBecomeList(text) {
  const items = text.split(constant("lists.MARK"));
  const last = items.pop();
  if (!fullmatch("lists.BEGUN", last)) return false;
  return items.every((one, i) => fullmatch(i ? "lists.ITEM" : "lists.FIRST", one));
}

/** Return the items of a bare list, the last one with a stop or comma behind it; none of anything else. */
export function itemsOf(text) {
  const items = text.split(constant("lists.MARK"));
  if (items.length < constant("lists.FEWEST")) return [];
  const last = items.length - 1;
  const nameOf = (i) => (i === 0 ? "lists.FIRST" : i === last ? "lists.LAST" : "lists.ITEM");
  return items.every((one, i) => fullmatch(nameOf(i), one)) ? items : [];
}

/** Return what is written before an item: Spanish has no comma before "y" and "o". */
export function markBefore(item) {
  return /^(?:and|or) /.test(item) ? " " : constant("lists.MARK");
}
