/**
 * The marks behind the typed text: what is read and not yet written, what is copied, what a letter looks at.
 * The text field itself cannot be coloured, so the same text lies behind it, transparent, on coloured ground.
 */

import { pending } from "./steps.js";

const LEAST_LOOKED_AT = 0.04;

/** Draws the ground of the text field. */
export class SourcePane {
  constructor() {
    this.backdrop = document.getElementById("backdrop");
    this.field = document.getElementById("source");
    this.drawn = "";
  }

  /**
   * Show the marks for all lines.
   * @param {Line[]} lines
   * @param {?{line: number, index: number}} chosen  the output letter whose attention is shown
   */
  show(lines, chosen) {
    const runs = [];
    lines.forEach((line, i) => {
      runs.push(...runsOf(line, chosen && chosen.line === i ? chosen.index : null));
      if (i < lines.length - 1) runs.push({ text: "\n", look: "" });
    });
    runs.push({ text: "\u200b", look: "" });
    const drawn = JSON.stringify(runs);
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    this.backdrop.replaceChildren(...runs.map(({ text, look, weight }) => {
      if (!look) return document.createTextNode(text);
      const mark = document.createElement("span");
      mark.className = look;
      mark.textContent = text;
      if (weight) mark.style.setProperty("--weight", weight);
      return mark;
    }));
  }
}

/** Return the pieces of a line that look alike. */
function runsOf(line, index) {
  const { text, result } = line;
  if (!result) return [{ text, look: "" }];
  const marks = pending(result);
  const item = index === null ? null : result.output[index];
  const isCopied = new Uint8Array(text.length);
  for (const { kind, start, end } of result.source) if (kind) isCopied.fill(1, start, end);
  const runs = [];
  let place = 0;
  const put = (end, look, weight) => {
    if (end <= place) return;
    const last = runs.at(-1);
    const piece = text.slice(place, end);
    if (last && last.look === look && last.weight === weight) last.text += piece;
    else runs.push({ text: piece, look, weight });
    place = end;
  };
  result.source.forEach((symbol, s) => {
    put(symbol.start, "", undefined);
    const looks = isCopied[symbol.start] ? ["mark-span"] : [];
    let weight;
    if (item) {
      const share = weightAt(item, s);
      if (share >= LEAST_LOOKED_AT) {
        looks.push("mark-looked");
        weight = Math.min(1, 0.25 + share).toFixed(2);
      }
      if (item.read !== null && s === item.read - 1) looks.push("mark-edge");
    } else if (marks[s]) looks.push("mark-pending");
    put(symbol.end, looks.join(" "), weight);
  });
  put(text.length, "", undefined);
  return runs;
}

/** Return the attention of an output letter to a source symbol, 0 where there is none. */
export function weightAt(item, s) {
  return item.attention && s < item.attention.length ? item.attention[s] : 0;
}
