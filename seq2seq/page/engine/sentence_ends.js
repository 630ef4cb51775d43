/**
 * Whether a word ends a sentence: the counterpart of `seq2seq/text/sentence_ends.py`.
 */

import {
  all, charAt, endsWithAny, isAlpha, isLower, isLowerText, isUpper, size, trimEnd, trimStart,
} from "./characters.js";
import { constant, fullmatch, members } from "./tables.js";

/** Whether a sentence ends at the space after a word; see `EndKind` in Python. */
export const EndKind = { NEVER: 0, SURE: 1, CLOSED: 2, CAPITAL: 3 };

const STOPS = [".", "!", "?", "…"];

/** Whether the sentence ends if `symbol` follows the space. */
export function comesBefore(kind, symbol) {
  if (kind === EndKind.CLOSED) return !(isLower(symbol) || ",;:".includes(symbol));
  return kind === EndKind.CAPITAL && (isUpper(symbol) || '"“«‘¿¡'.includes(symbol));
}

/** Return whether a sentence ends with `word` and a space after it, given the word before it. */
export function endAfter(word, previous) {
  const bare = trimEnd(word, members("quotations.CLOSING"));
  if (!endsWithAny(bare, STOPS)) return EndKind.NEVER;
  if (endsWithAny(bare, ["..", "…"])) return isOpen(word) ? EndKind.NEVER : EndKind.CLOSED;
  if (!trimStart(bare, members("quotations.OPENING")).replace(/^\.+|\.+$/g, "")) {
    return bare === word && word === "." ? EndKind.CAPITAL : EndKind.NEVER;
  }
  if (bare.endsWith(".")) {
    const ending = afterAFullStop(
      trimStart(bare.slice(0, -1), members("quotations.OPENING")), previous,
    );
    if (ending === EndKind.NEVER || (ending === EndKind.CAPITAL && isOpen(word))) return ending;
  }
  return isOpen(word) ? EndKind.SURE : EndKind.CLOSED;
}

function isOpen(word) {
  const marks = new Set([constant("symbols.MARKUP"), constant("symbols.SIGN")]);
  return endsWithAny(trimEnd(word, marks), STOPS);
}

/** Whether a full stop after `text` is likely that of an abbreviation or initial at its end. */
export function isAbbreviation(text) {
  const before = text.split(" ");
  const word = trimStart(before.pop(), members("quotations.OPENING"));
  const ending = afterAFullStop(word, before.length ? before[before.length - 1] : "");
  const isNoWord = word === "etc" || word.includes(".") || isUpper(charAt(word, 0));
  return ending === EndKind.NEVER || (ending === EndKind.CAPITAL && size(word) > 1 && isNoWord);
}

function afterAFullStop(word, previous) {
  if (size(word) === 1 && isAlpha(word)) return afterAnInitial(word, previous);
  if (word === "al" && previous === "et") return EndKind.CAPITAL;
  if (word.includes(".") && fullmatch("abbreviations.DOTTED", word)) {
    return members("abbreviations.DOTTED_MAY_BE_LAST").has(word.toLowerCase())
      ? EndKind.CAPITAL
      : EndKind.NEVER;
  }
  if (members("abbreviations.NEVER_LAST").has(word)) return EndKind.NEVER;
  return members("abbreviations.MAY_BE_LAST").has(word) ? EndKind.CAPITAL : EndKind.SURE;
}

function afterAnInitial(letter, previous) {
  if (!isUpper(letter) || !previous) return EndKind.NEVER;
  if (letter === "I") return EndKind.SURE;
  if (letter === "M") return EndKind.NEVER; // Monsieur
  if (all(previous, isAlpha) && isLowerText(previous)) {
    return members("abbreviations.BEFORE_NAMES").has(previous) ? EndKind.NEVER : EndKind.CAPITAL;
  }
  return previous === "a." || previous === "d." ? EndKind.CAPITAL : EndKind.NEVER;
}
