/**
 * When the scanner of spans holds text: the counterpart of `seq2seq/text/span_holding.py`.
 */

import {
  all, charAt, charBefore, isAlnum, isAlpha, isLetter, size, trimStart,
} from "./characters.js";
import { constant, every, fullmatch, match, members, search, tables } from "./tables.js";

/** Whether a character, with what follows it, may be a span or the rest of one. */
export function mayBegin(char, word, left) {
  if (!isAlpha(char)) {
    if (members("span_holding.AT_THE_START").has(char)) {
      return !word && members("span_holding.BEFORE_A_WORD").has(left);
    }
    return members("span_holding.ALWAYS").has(char) || char.codePointAt(0) > 0x2190;
  }
  if (!word) return false;
  const last = charBefore(word, word.length);
  if (last === ".") return charBefore(word, word.length - 1) !== ".";
  if (char >= "A" && char <= "Z" && last >= "a" && last <= "z") {
    const first = word[0];
    return (
      (first >= "a" && first <= "z") ||
      members("span_expressions.ACRONYMS").has(word) ||
      search("span_holding.HUMP", word) !== null
    );
  }
  return false;
}

/** Whether `held`, one word, is complete if `char` follows. */
export function isComplete(held, char) {
  if (size(held) === 1) {
    if (`span_holding.GOES_ON.${held}` in tables().patterns) {
      return match(`span_holding.GOES_ON.${held}`, char) === null;
    }
  } else if (size(held) === 2) {
    if (held === "..") return char !== "/";
    if (held === "--") return !(char >= "a" && char <= "z");
    if (held[0] === "-" && held[1] >= "b" && held[1] <= "z") return isAlnum(char) || "'’-".includes(char);
  }
  if (held[0] === "[" && held[1] >= "a" && held[1] <= "z" && !held.includes("=")) {
    const name = held.slice(1);
    return (
      !members("span_holding.BEGINNINGS_IN_BRACKETS").has(name + char) &&
      !(members("span_expressions.NAMES_IN_BRACKETS").has(name) && "]=".includes(char))
    );
  }
  return false;
}

/** The space of "EUR 5"; it is held alone, as the letters have been emitted. */
export const AFTER_A_CURRENCY_CODE = Object.freeze({ start: 0, isOpen: false, takesGroups: true });

function gap(start, isOpen, takesGroups) {
  return Object.freeze({ start, isOpen, takesGroups });
}

/** Return how a span may continue after a space that follows `held`, or null if it cannot. */
export function gapAfter(word, held) {
  if (/[`{<]/.test(held)) {
    const closed = held.replace(every("span_holding.COMPLETE"), (found) => "\0".repeat(found.length));
    const opened = search("span_holding.OPEN", closed);
    if (opened) return gap(held.slice(0, opened.index).lastIndexOf(" ") + 1, true, false);
  }
  if (word && fullmatch("span_holding.IBAN_SO_FAR", word + held)) return gap(0, false, true);
  const last = charBefore(held, held.length);
  const digits = constant("span_holding.DIGITS");
  const between = constant("span_holding.BETWEEN_NUMBERS");
  if (between.includes(last) && fullmatch("span_holding.CALCULATION_SO_FAR", held)) {
    return gap(0, false, true);
  }
  if (constant("span_holding.CURRENCIES").includes(last)) {
    const before = held.slice(0, -last.length).replace(/ +$/, "");
    const followsANumber = held.length > last.length && digits.includes(charBefore(before, before.length));
    return followsANumber ? null : gap(held.lastIndexOf(" ") + 1, false, true);
  }
  if (!digits.includes(last) && last !== ")") return null;
  const longest = constant("span_holding.LONGEST_AMOUNT");
  let from = held.length;
  for (let i = 0; i < longest && from > 0; i++) from -= charBefore(held, from).length;
  const amount = search("span_holding.AMOUNT", held, from);
  const first = charAt(held, 0);
  if (!amount || (amount.index === 0 && word && !constant("span_holding.CURRENCIES").includes(first))) {
    return null;
  }
  if (fullmatch("span_holding.CALCULATION_SO_FAR", held.slice(0, Math.max(0, amount.index - 1)))) {
    return gap(0, false, false);
  }
  const takesGroups = fullmatch("span_holding.TAKES_GROUPS", held, amount.index) !== null;
  const start = held[0] === " " && amount.index === 1 ? 0 : amount.index;
  return takesGroups || last !== ")" ? gap(start, false, takesGroups) : null;
}

/** Whether a character may continue a span that has a space in it; `behind` is where its last word begins. */
export function goesOnAfter(gap, held, behind, char) {
  if (gap.isOpen) return true;
  const word = held.slice(behind);
  if (!word) {
    if (char >= "0" && char <= "9") return gap.takesGroups;
    const before = charBefore(held, behind - 1) || charBefore(held, held.length);
    if (!constant("span_holding.DIGITS").includes(before)) return false;
    return (
      members("span_holding.BEHIND_A_NUMBER").has(char) ||
      members("span_holding.BEGINNINGS_OF_CODES").has(char) ||
      constant("span_holding.BETWEEN_NUMBERS").includes(char) ||
      (char === "(" && held.includes("+"))
    );
  }
  if (all(word, isAlpha)) {
    return (
      members("span_holding.BEGINNINGS_OF_CODES").has(word + char) ||
      (members("span_holding.AFTER_AN_AMOUNT").has(word) && !isAlnum(char))
    );
  }
  return true;
}

/** Return the letters and marks within words that `text` ends with, before `end` and from `start` on. */
export function lastWord(text, start, end) {
  const joiners = members("span_holding.JOINERS");
  let at = end;
  while (at > start) {
    const before = charBefore(text, at);
    if (!isLetter(before) && !joiners.has(before)) break;
    at -= before.length;
  }
  return trimStart(text.slice(at, end), joiners);
}
