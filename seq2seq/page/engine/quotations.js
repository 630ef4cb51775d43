/**
 * Quotation marks, brackets and apostrophes: the counterpart of `seq2seq/text/quotations.py`.
 */

import { charAt, charBefore, isAlpha, isDigit } from "./characters.js";
import { constant, match, members, search } from "./tables.js";

/** Return the quotation marks and brackets that are open after a word, given those before it. */
export function openMarks(opened, word) {
  if (!search("quotations.PAIRED", word)) return opened;
  const partners = constant("quotations.PARTNERS");
  const opening = members("quotations.OPENING");
  const most = constant("quotations.MOST_OPEN");
  let place = 0;
  for (const mark of word) {
    const first = place === 0 || opening.has(charBefore(word, place));
    const rest = word.slice(place);
    const following = charAt(rest, mark.length);
    if ("([{“«".includes(mark)) {
      const isFace = "([{".includes(mark) && place > 0 && ":;=-".includes(charBefore(word, place));
      if (!isFace && opened.length < most) opened += mark;
    } else if ("‘'\"".includes(mark) && first && beginsQuotation(rest)) {
      if (!opened.includes(mark) && opened.length < most) opened += mark;
    } else if (mark in partners && !("’'".includes(mark) && isAlpha(following))) {
      const found = opened.lastIndexOf(partners[mark]);
      if (found >= 0) opened = opened.slice(0, found);
    }
    place += mark.length;
  }
  return opened;
}

function beginsQuotation(word) {
  const rest = word.slice(1);
  if (word[0] === '"') return rest !== "";
  return isAlpha(charAt(rest, 0)) && !isApostrophe(rest);
}

/** Whether what follows a ' is a word without its beginning, as in 'tis or 'em. */
export function isApostrophe(rest) {
  const letters = match("quotations.LETTERS", rest);
  return (
    isDigit(charAt(rest, 0)) ||
    (letters !== null && members("quotations.SHORTENED").has(letters[0].toLowerCase()))
  );
}
