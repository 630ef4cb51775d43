/**
 * Characters as Python sees them: classes, case, and lengths in code points.
 *
 * A string of JavaScript is a row of UTF-16 units, so an emoji and the symbol of a kind of span take two.
 * Whatever is counted or compared here is counted in code points.
 */

import { tables } from "./tables.js";

const BITS = {
  alpha: 1, alnum: 2, upper: 4, lower: 8, space: 16, digit: 32, letter: 64, combining: 128, dropped: 256,
};
const FIRST_KIND = 0xf0000;
let classes = null;
let from = null;

/** Return the bits of a code point; they are filled in when first needed. */
function bits(code) {
  if (from !== tables()) {
    from = tables();
    classes = new Uint16Array(0x110000);
    for (const [name, ranges] of Object.entries(from.classes)) {
      for (let i = 0; i < ranges.length; i += 2) {
        for (let c = ranges[i]; c < ranges[i + 1]; c++) classes[c] |= BITS[name];
      }
    }
  }
  return classes[code];
}

function has(character, bit) {
  return character !== "" && (bits(character.codePointAt(0)) & bit) !== 0;
}

/** Whether a character is a letter: `str.isalpha`. */
export const isAlpha = (character) => has(character, BITS.alpha);
/** Whether a character is a letter or number: `str.isalnum`. */
export const isAlnum = (character) => has(character, BITS.alnum);
/** Whether a character is a capital: `str.isupper`. */
export const isUpper = (character) => has(character, BITS.upper);
/** Whether a character is a small letter: `str.islower`. */
export const isLower = (character) => has(character, BITS.lower);
/** Whether a character is white space: `str.isspace`. */
export const isSpace = (character) => has(character, BITS.space);
/** Whether a character is a digit: `str.isdigit`. */
export const isDigit = (character) => has(character, BITS.digit);
/** Whether a character is part of a word: `text.span_holding.is_letter`. */
export const isLetter = (character) => has(character, BITS.letter);
/** Whether a character is a combining mark of a class above 0. */
export const isCombining = (character) => has(character, BITS.combining);
/** Whether a character is a control or format character. */
export const isDropped = (character) => has(character, BITS.dropped);
/** Whether a symbol is that of a kind of span, or a code point beyond it. */
export const isKind = (symbol) => symbol !== "" && symbol.codePointAt(0) >= FIRST_KIND;

/** Whether all characters of a text, at least one, are of a class. */
export function all(text, is) {
  for (const character of text) if (!is(character)) return false;
  return text !== "";
}

/** Whether any character of a text is of a class. */
export function any(text, is) {
  for (const character of text) if (is(character)) return true;
  return false;
}

/** Whether a text has a small letter and no capital: `str.islower`. */
export function isLowerText(text) {
  return any(text, isLower) && !any(text, (c) => isUpper(c) || isTitle(c));
}

/** Whether a text has a capital and no small letter: `str.isupper`. */
export function isUpperText(text) {
  return any(text, isUpper) && !any(text, (c) => isLower(c) || isTitle(c));
}

function isTitle(character) {
  return /^\p{Lt}$/u.test(character);
}

/** Return a text for comparisons that ignore case: `str.casefold`. */
export function folded(text) {
  let out = "";
  for (const character of text) out += tables().folded[character] ?? character.toLowerCase();
  return out;
}

/** Return the number of code points of a text. */
export function size(text) {
  let count = text.length;
  for (let i = 0; i < text.length; i++) if ((text.charCodeAt(i) & 0xfc00) === 0xdc00) count--;
  return count;
}

/** Return the character that begins at a place of a text; "" at its end. */
export function charAt(text, at) {
  const code = text.codePointAt(at);
  return code === undefined ? "" : String.fromCodePoint(code);
}

/** Return the character that ends before a place of a text; "" at its beginning. */
export function charBefore(text, at) {
  if (at <= 0) return "";
  const low = text.charCodeAt(at - 1);
  return (low & 0xfc00) === 0xdc00 && at > 1 ? text.slice(at - 2, at) : text[at - 1];
}

/** Return the first characters of a text, so many code points. */
export function first(text, count) {
  let at = 0;
  for (let i = 0; i < count && at < text.length; i++) at += charAt(text, at).length;
  return text.slice(0, at);
}

/** Return the last characters of a text, so many code points. */
export function last(text, count) {
  let at = text.length;
  for (let i = 0; i < count && at > 0; i++) at -= charBefore(text, at).length;
  return text.slice(at);
}

/** Return a text without the characters of a set at its end. */
export function trimEnd(text, set) {
  let at = text.length;
  while (at > 0 && set.has(charBefore(text, at))) at -= charBefore(text, at).length;
  return text.slice(0, at);
}

/** Return a text without the characters of a set at its beginning. */
export function trimStart(text, set) {
  let at = 0;
  while (at < text.length && set.has(charAt(text, at))) at += charAt(text, at).length;
  return text.slice(at);
}

/** Whether a text ends with one of several endings. */
export function endsWithAny(text, endings) {
  return endings.some((ending) => text.endsWith(ending));
}
