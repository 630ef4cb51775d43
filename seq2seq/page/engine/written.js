/**
 * What has been written, item by item, as the joiner lets it through.
 *
 * An item is {text, read, span, attention, logProbs, gates, sentence}; literal text and the spaces between
 * sentences were read by nobody, and their `read` is null.
 */

/** Return an item of text that the network did not write. */
export function plainItem(text) {
  return Object.freeze({
    text, read: null, span: false, attention: null, logProbs: null, gates: null, sentence: null,
  });
}

/**
 * Take from the queue of items what the joiner has returned, and add it to the output.
 *
 * The joiner changes single characters: a capital becomes small, a stop becomes a comma or is dropped.
 *
 * @param {object[]} queue items that the joiner was given, the first ones first; changed
 * @param {string} text what it has returned
 * @param {function(object): void} add
 */
export function passOn(queue, text, add) {
  let rest = text;
  while (rest) {
    const [next] = queue;
    if (!next) {
      add(plainItem(rest));
      return;
    }
    const piece = rest.slice(0, next.text.length);
    if (piece.length === next.text.length && isSame(piece, next.text)) {
      add(piece === next.text ? next : Object.freeze({ ...next, text: piece }));
      queue.shift();
      rest = rest.slice(piece.length);
    } else if (next.text.startsWith(rest)) {
      add(Object.freeze({ ...next, text: rest }));
      queue[0] = Object.freeze({ ...next, text: next.text.slice(rest.length) });
      return;
    } else queue.shift(); // it was dropped
  }
}

function isSame(piece, text) {
  if (piece === text || piece.toLowerCase() === text.toLowerCase()) return true;
  return /^[.!?…]$/.test(text) && /^[,;:—–]$/.test(piece);
}

/**
 * Return the items of a text that was repaired after it had been written.
 *
 * @param {object[]} items that were written
 * @param {string} repaired their text, repaired
 */
export function mended(items, repaired) {
  const written = items.map((item) => item.text).join("");
  if (written === repaired) return items;
  let before = 0;
  const shorter = Math.min(written.length, repaired.length);
  while (before < shorter && written[before] === repaired[before]) before++;
  let behind = 0;
  while (behind < shorter - before && written.at(-1 - behind) === repaired.at(-1 - behind)) behind++;
  const out = [];
  let at = 0;
  let isMended = false;
  for (const item of items) {
    const end = at + item.text.length;
    const head = item.text.slice(0, Math.max(0, before - at));
    const tail = item.text.slice(Math.max(0, Math.min(item.text.length, written.length - behind - at)));
    if (end <= before) out.push(item);
    else {
      if (head) out.push(Object.freeze({ ...item, text: head }));
      if (!isMended) out.push(plainItem(repaired.slice(before, repaired.length - behind)));
      isMended = true;
      if (tail) out.push(Object.freeze({ ...item, text: tail }));
    }
    at = end;
  }
  if (!isMended) out.push(plainItem(repaired.slice(before, repaired.length - behind)));
  return out.filter((item) => item.text);
}
