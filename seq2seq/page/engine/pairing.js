/**
 * Repairs unpaired quotation marks and brackets: the counterpart of `seq2seq/text/pairing.py`.
 */

import { charBefore, trimEnd } from "./characters.js";
import { constant, every, members, search } from "./tables.js";

/** Return `text`, the translation of `source`, with its quotation marks and brackets in pairs. */
export function repairPairs(source, given) {
  let text = enclose(source, given);
  if (!search("pairing.MARKS", text)) return text;
  for (const [opening, closing] of constant("pairing.BRACKETS")) {
    if (count(source, opening) === count(source, closing) && count(text, opening) !== count(text, closing)) {
      text = mend(source, text, opening, closing, new RegExp(`[\\${opening}\\${closing}]`, "u"));
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
  const styles = constant("pairing.STYLES");
  const used = new Set(source.match(every("pairing.QUOTATION")) ?? []);
  const isOf = (style) => new Set(style).size === used.size && style.every((mark) => used.has(mark));
  const style = styles.find(isOf) ?? null;
  if (used.size && (!style || !isPaired(source, ...style))) return text;
  if (styles.every((each) => isPaired(text, ...each))) return text;
  const [opening, closing] = style ?? ['"', '"'];
  const pieces = text.split(every("pairing.QUOTATION"));
  if (style && pieces.length === 3) return pieces[0] + opening + pieces[1] + closing + pieces[2];
  return mend(source, text, opening, closing, every("pairing.QUOTATION"));
}

function isPaired(text, opening, closing) {
  return opening === closing ? count(text, opening) % 2 === 0 : count(text, opening) === count(text, closing);
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
