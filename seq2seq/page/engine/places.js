/**
 * Where the symbols that were read stand in the raw text, which normalisation may have changed.
 */

import { charAt, isCombining, isDropped, isSpace } from "./characters.js";

const LONGEST_CHARACTER = 34; // code points that may become one: a letter and its marks

/**
 * Return where a clean text begins and ends in the raw text, at a place or after what was dropped there.
 *
 * @param {string} raw all that has arrived of the line
 * @param {number} at where to look, in UTF-16 units
 * @param {string} text what was read
 * @returns {[number, number]} in UTF-16 units
 */
export function locate(raw, at, text) {
  let start = -1;
  let end = at;
  for (const character of text) {
    end = skip(raw, end, character);
    if (start < 0) start = end;
    end = take(raw, end, character);
  }
  return [start < 0 ? at : start, end];
}

/** Step over what normalisation drops before a character. */
function skip(raw, at, character) {
  for (let place = at; place < raw.length; ) {
    const here = charAt(raw, place);
    if (here === character || (isSpace(character) && isSpace(here))) return place;
    const isLone = here.length === 1 && here.charCodeAt(0) >= 0xd800 && here.charCodeAt(0) <= 0xdfff;
    const isMark = isCombining(here) && !isCombining(character); // one too many
    if (isLone || !(isDropped(here) || isSpace(here) || isMark)) return place;
    place += here.length;
  }
  return at;
}

/** Step over a character, which may stand there in several parts. */
function take(raw, at, character) {
  const here = charAt(raw, at);
  let end = at + here.length;
  if (here === character || isSpace(character)) return end;
  for (let count = 1; count < LONGEST_CHARACTER && end < raw.length; count++) {
    end += charAt(raw, end).length;
    if (raw.slice(at, end).normalize("NFC") === character) return end;
  }
  return at + here.length;
}
