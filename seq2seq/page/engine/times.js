/**
 * Puts a lost a.m. or p.m. back: the counterpart of `seq2seq/text/times.py`.
 */

import { any, isDigit } from "./characters.js";
import { every, fullmatch, match, search, tables } from "./tables.js";

const DIGITS = "(?:[01]?[0-9]|2[0-4])(?:\\u{3a}[0-5][0-9])?";

/** Return `text`, the translation of `source`, with the half of the day behind each time that has one. */
export function repairTimes(source, given) {
  let text = given;
  if (!any(source, isDigit)) return text;
  for (const found of [...source.matchAll(every("times.IN_SOURCE"))]) {
    const [, time, half] = found;
    const pattern = tables().patterns["times.TIME"][0].replace(DIGITS, time);
    const place = new RegExp(pattern, "vg");
    const there = [...text.matchAll(place)];
    if (there.length === 1 && [...source.matchAll(place)].length === 1) {
      const end = there[0].index + there[0][0].length;
      text = text.slice(0, end) + withHalf(text.slice(end), time, half.trim());
    }
  }
  const last = source.at(-1);
  const lost = (last === "?" || last === "!") && !text.includes(last) && search("times.ENDS_WITH_HALF", text);
  if (lost) return text + last;
  return text.endsWith("..") && search("times.ENDS_WITH_HALF", text.slice(0, -1)) ? text.slice(0, -1) : text;
}

function withHalf(given, time, half) {
  const there = match("times.HALF", given);
  if (there && isSame(there.groups, time, half[0].toLowerCase())) {
    const end = there[0].length;
    const lost = half.endsWith(".") && there.groups.half === half.slice(0, -1) && given[end] !== ".";
    return lost ? `${given.slice(0, end)}.${given.slice(end)}` : given;
  }
  const before = there ? there.groups.before || " " : " ";
  let rest = there ? given.slice(there[0].length) : given;
  if (rest.startsWith(" .") || rest.startsWith(" ,")) rest = rest.slice(1);
  if (half.endsWith(".") && rest === ".") rest = ""; // the dot of the abbreviation is that of the sentence, too
  return `${before}${half}${rest}`;
}

function isSame(there, time, letter) {
  if (there.letter) return there.letter.toLowerCase() === letter;
  const early = letter === "a" && ["12", "1", "2", "3"].includes(time.split(":")[0]);
  return (
    fullmatch(`times.IN_WORDS.${letter}`, there.half) !== null ||
    (early && fullmatch("times.MIDNIGHT", there.half) !== null)
  );
}
