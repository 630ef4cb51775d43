/**
 * Repairs unpaired quotation marks and brackets: the counterpart of `seq2seq/text/pairing.py`.
 */

import { charBefore, trimEnd } from "./characters.js";
import { constant, every, members, search } from "./tables.js";

/** Return the marks of a text that open a pair without an end in it, the last few of them. */
export function stillOpen(text) {
  if (!search("pairing.MARKS", text)) return "";
  const kinds = [every("pairing.QUOTATION"), ...constant("pairing.BRACKETS").map((both) => either(...both))];
  const open = kinds.flatMap((marks) => match(text, marks).single).filter(([, opens]) => opens);
  const places = open.map(([place]) => place).sort((one, other) => one - other);
  return places
    .slice(-constant("pairing.MOST_OPEN"))
    .map((place) => text[place])
    .join("");
}

/**
 * Return `text`, the translation of `source`, with its quotation marks and brackets in pairs.
 *
 * @param {string} opened the marks before the source in its line that are still open
 */
export function repairPairs(source, given, opened = "") {
  const text = enclose(source, given);
  if (opened && text) {
    const ends = [...stillOpen(opened + source)].reverse().map(partnerOf).join("");
    const repaired = repair(opened + source + ends, opened + text + ends);
    if (repaired.startsWith(opened) && repaired.endsWith(ends)) {
      return repaired.slice(opened.length, repaired.length - ends.length);
    }
  }
  return repair(source, text);
}

function partnerOf(mark) {
  return [...constant("pairing.BRACKETS"), ...constant("pairing.STYLES")].find(([opening]) => opening === mark)?.[1];
}

function either(opening, closing) {
  return new RegExp(`[\\${opening}\\${closing}]`, "gu");
}

function repair(source, text) {
  if (!search("pairing.MARKS", text)) return text;
  for (const [opening, closing] of constant("pairing.BRACKETS")) {
    const marks = either(opening, closing);
    if (count(text, opening) !== count(text, closing) && !match(source, marks).single.length) {
      text = mend(source, text, opening, closing, marks);
      text = balance(source, text, opening, closing, marks);
    }
  }
  return mendQuotation(source, text);
}

function count(text, mark) {
  return text.split(mark).length - 1;
}

function withoutStops(text) {
  return trimEnd(text, members("pairing.STOPS"));
}

function enclose(source, text) {
  if (!source) return text;
  const inner = withoutStops(source.slice([...source][0].length));
  for (const [opening, closing] of constant("pairing.BRACKETS")) {
    const rest = inner.slice(0, -charBefore(inner, inner.length).length || undefined);
    const alone = ![opening, closing].some((mark) => rest.includes(mark) || text.includes(mark));
    if (source.startsWith(opening) && inner.endsWith(closing) && inner.length > 1 && alone && text) {
      const inside = source.endsWith(closing) ? text : withoutStops(text);
      return opening + inside + closing + text.slice(inside.length);
    }
  }
  return text;
}

function mendQuotation(source, text) {
  const quotation = every("pairing.QUOTATION");
  const marks = source.match(quotation) ?? [];
  const style = styleOf(marks);
  if (match(source, quotation).single.length) return text;
  const { single } = match(text, quotation);
  if (single.length) {
    const own = constant("pairing.STYLES").find((one) => one.includes(text[single[0][0]]));
    const [opening, closing] = style ?? (marks.length ? own : ['"', '"']);
    text = mend(source, text, opening, closing, quotation);
    text = balance(source, text, opening, closing, quotation);
  }
  if (!style) return marks.length ? closeAlike(text) : text;
  const found = text.match(quotation) ?? [];
  if (found.length % 2 === 0 && (found.length === marks.length || !styleOf(found))) {
    let turn = 0;
    return text.replace(quotation, () => style[turn++ % 2]);
  }
  return text;
}

/** Return `text` with the closing quotation mark of each pair in the style of the opening one. */
function closeAlike(text) {
  for (const [begin, end] of match(text, every("pairing.QUOTATION")).pairs) {
    text = text.slice(0, end) + (partnerOf(text[begin]) ?? text[end]) + text.slice(end + 1);
  }
  return text;
}

function styleOf(marks) {
  const used = new Set(marks);
  const isOf = (style) => new Set(style).size === used.size && style.every((mark) => used.has(mark));
  return constant("pairing.STYLES").find(isOf) ?? null;
}

/** Return `text` without its single mark, or with the other one added; `marks` matches all of the kind. */
function mend(source, text, opening, closing, marks) {
  const pieces = text.split(marks);
  if (pieces.length !== 2) return text;
  const [before, after] = pieces;
  const wanted = source.split(marks);
  const isLast = before === "" || before.endsWith(" ");
  if (wanted.length === 1) return before + (isLast && after[0] === " " ? after.slice(1) : after);
  if (wanted.length !== 3) return text;
  const opens = (isLast || /[¿¡]$/.test(before)) && after !== "" && after[0] !== " ";
  if (opens && !wanted[2].replace(/^[.!?…]+|[.!?…]+$/g, "")) {
    const body = wanted[2] ? withoutStops(after) : after;
    return before + opening + body + closing + after.slice(body.length);
  }
  if (!opens && !wanted[0] && before) return opening + before + closing + after;
  return text;
}

/** Return `text` with a partner for its single marks, or without them. */
function balance(source, text, opening, closing, marks) {
  const inside = match(source, marks).pairs.map(
    ([begin, end]) => wordsOf(source.slice(begin + 1, end)).length || 1,
  );
  const { pairs, single } = match(text, marks);
  const edits = [];
  let added = 0;
  for (const [place, opens] of single) {
    if (pairs.length + added >= inside.length) {
      const apart = (place === 0 || text[place - 1] === " ") && text[place + 1] === " ";
      edits.push([place, place + 1 + Number(apart), ""]);
      continue;
    }
    const own = Math.min(pairs.filter(([begin]) => begin < place).length + added, inside.length - 1);
    const where = (opens ? afterWords : beforeWords)(text, place, inside[own], marks);
    edits.push([place, place + 1, opens ? opening : closing], [where, where, opens ? closing : opening]);
    added += 1;
  }
  edits.sort((one, other) => other[0] - one[0] || other[1] - one[1] || (one[2] < other[2] ? 1 : -1));
  for (const [begin, end, mark] of edits) text = text.slice(0, begin) + mark + text.slice(end);
  return text;
}

/** Return the places of the pairs of marks, and those of single marks with whether they open a pair. */
function match(text, marks) {
  const pairs = [];
  const single = [];
  const waiting = [];
  for (const found of text.matchAll(marks)) {
    const place = found.index;
    if (opensPair(text, place, waiting.length > 0)) {
      const last = text[waiting.at(-1)];
      const isOfOneStyle = (style) => style.includes(last) && style.includes(text[place]);
      if (constant("pairing.STYLES").some(isOfOneStyle)) single.push([waiting.pop(), true]);
      waiting.push(place);
    } else if (waiting.length) pairs.push([waiting.pop(), place]);
    else single.push([place, false]);
  }
  single.push(...waiting.map((place) => [place, true]));
  const inOrder = (one, other) => one[0] - other[0];
  return { pairs: pairs.sort(inOrder), single: single.sort(inOrder) };
}

function opensPair(text, place, within) {
  if (!'"“'.includes(text[place])) return "([{„«".includes(text[place]);
  const [before, after] = [text[place - 1], text[place + 1]];
  const freeBefore = before === undefined || " ¿¡".includes(before);
  const freeAfter = after === undefined || " ,;:".includes(after) || members("pairing.STOPS").has(after);
  return within ? freeBefore && !freeAfter : freeBefore || !freeAfter;
}

function wordsOf(text) {
  return [...text.matchAll(/\S+/gu)];
}

function afterWords(text, place, words, marks) {
  const rest = text.slice(place + 1);
  const other = rest.search(new RegExp(marks.source, "u"));
  const found = wordsOf(other < 0 ? rest : rest.slice(0, other));
  if (!found.length) return place + 1;
  const last = found[Math.min(words, found.length) - 1];
  const stops = members("pairing.STOPS");
  let length = last[0].length;
  while (length && (stops.has(last[0][length - 1]) || ",;:".includes(last[0][length - 1]))) length -= 1;
  return place + 1 + last.index + length;
}

function beforeWords(text, place, words, marks) {
  const begin = [...text.slice(0, place).matchAll(marks)].reduce((_, found) => found.index + 1, 0);
  const found = wordsOf(text.slice(begin, place));
  return found.length ? begin + found[found.length - Math.min(words, found.length)].index : place;
}
