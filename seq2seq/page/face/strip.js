/**
 * Time × (read, written): one column for each step, as `seq2seq explain` draws the unrolled network.
 */

import { colours, sheet, sign, unit } from "./paint.js";
import { weightAt } from "./source_pane.js";
import { added, columnsOf, isRead } from "./steps.js";

const MOST_COLUMNS = 400;
const LEAST_WEIGHT = 0.06;

/** Draws the steps of one line. */
export class Strip {
  /**
   * @param {Phrases} phrases
   * @param {function(?number): void} pointed  called with the index of the output symbol under the pointer
   */
  constructor(phrases, pointed) {
    this.phrases = phrases;
    this.canvas = document.getElementById("strip");
    this.scroller = document.getElementById("strip-scroller");
    this.columns = [];
    this.drawn = null;
    this.chosen = null;
    this.isStale = true;
    this.canvas.addEventListener("pointermove", (event) => pointed(this.at(event.offsetX)));
    this.canvas.addEventListener("pointerleave", () => pointed(null));
  }

  /** Return the output symbol that is written in the column at x. */
  at(x) {
    return this.columns[Math.floor((x - this.margin) / this.step)]?.written ?? null;
  }

  /**
   * Draw a result.
   * @param {?object} result
   * @param {?number} chosen  the index of an output symbol
   */
  show(result, chosen) {
    if (this.drawn === result && this.chosen === chosen && !this.isStale) return;
    const isAtEnd = this.scroller.scrollLeft + this.scroller.clientWidth >= this.scroller.scrollWidth - 2 * unit();
    const hasChanged = this.drawn !== result;
    Object.assign(this, { drawn: result, chosen, isStale: false });
    this.columns = result ? columnsOf(result).slice(-MOST_COLUMNS) : [];
    this.step = Math.round(1.25 * unit());
    this.margin = Math.round(0.3 * unit());
    const shown = Math.max(this.columns.length + 1, Math.floor((this.scroller.clientWidth - this.margin) / this.step) - 1);
    this.draw(result, chosen, shown);
    this.canvas.setAttribute("aria-label", this.describe(result));
    if (chosen !== null) this.reveal(chosen);
    else if (hasChanged && isAtEnd) this.scroller.scrollLeft = this.scroller.scrollWidth;
  }

  /** Scroll to a written symbol if it is out of sight. */
  reveal(chosen) {
    const x = this.margin + this.columns.findIndex(({ written }) => written === chosen) * this.step;
    const { scrollLeft, clientWidth } = this.scroller;
    if (x < scrollLeft || x + this.step > scrollLeft + clientWidth) this.scroller.scrollLeft = x - clientWidth / 2;
  }

  draw(result, chosen, shown) {
    const size = unit();
    const ink = colours();
    const context = sheet(this.canvas, this.margin + shown * this.step + size / 2, 10.4 * size);
    const rows = { written: 1.2 * size, state: 4.6 * size, read: 8 * size, time: 9.7 * size };
    const x = (column) => this.margin + (column + 0.5) * this.step;
    for (let column = 0; column < shown; column++) this.node(context, ink, rows, x(column), column, shown, size);
    if (!result) return;
    const places = new Map();
    this.columns.forEach(({ read }, column) => read !== null && places.set(read, column));
    this.columns.forEach(({ written }, column) => {
      if (written !== null && written !== chosen) this.look(context, ink, rows, result, places, x, column, false);
    });
    const own = this.columns.findIndex(({ written }) => written !== null && written === chosen);
    if (own >= 0) this.look(context, ink, rows, result, places, x, own, true);
    this.columns.forEach((column, i) => this.letters(context, ink, rows, result, column, x(i), size, chosen));
  }

  node(context, ink, rows, x, column, shown, size) {
    const isUsed = column < this.columns.length;
    context.strokeStyle = ink.line;
    context.fillStyle = ink.soft;
    context.lineWidth = 1;
    context.beginPath();
    context.arc(x, rows.state, isUsed ? 0.2 * size : 0.1 * size, 0, 2 * Math.PI);
    if (isUsed) context.fill();
    else context.stroke();
    if (isUsed && column + 1 < this.columns.length && !this.columns[column + 1].begins) {
      context.strokeStyle = ink.soft;
      context.beginPath();
      context.moveTo(x + 0.3 * size, rows.state);
      context.lineTo(x + this.step - 0.3 * size, rows.state);
      context.stroke();
    }
    if ((column + 1) % 5 === 0 || column === 0) {
      context.font = `${0.7 * size}px system-ui, sans-serif`;
      context.fillText(String(column + 1), x, rows.time);
    }
  }

  /** Draw lines from a written letter to what it looks at: to the one letter, or to all for the chosen letter. */
  look(context, ink, rows, result, places, x, column, isChosen) {
    const item = result.output[this.columns[column].written];
    let best = -1;
    const strong = [];
    for (let s = 0; s < (item.attention?.length ?? 0); s++) {
      const share = weightAt(item, s);
      if (best < 0 || share > weightAt(item, best)) best = s;
      if (share >= LEAST_WEIGHT) strong.push(s);
    }
    for (const s of isChosen ? strong : [best]) {
      if (!places.has(s)) continue;
      context.globalAlpha = isChosen ? Math.min(1, 0.3 + weightAt(item, s)) : item.firm ? 0.35 : 0.18;
      context.strokeStyle = isChosen ? ink.writing : ink.soft;
      context.lineWidth = isChosen ? 1 + 3 * weightAt(item, s) : 1;
      context.beginPath();
      context.moveTo(x(column), rows.written + 0.75 * unit());
      context.lineTo(x(places.get(s)), rows.read - 0.75 * unit());
      context.stroke();
    }
    context.globalAlpha = 1;
  }

  letters(context, ink, rows, result, { read, written, ends }, x, size, chosen) {
    context.font = `${1.05 * size}px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace`;
    if (read !== null || ends) {
      const isFirm = read === null ? result.over : isRead(result, result.source[read]);
      context.fillStyle = isFirm ? ink.reading : ink.draft;
      context.fillText(read === null ? "⏎" : sign(result.source[read].text), x, rows.read);
    }
    if (written === null) return;
    const item = result.output[written];
    if (written === chosen) {
      context.strokeStyle = ink.writing;
      context.lineWidth = 2;
      context.strokeRect(x - this.step / 2 + 1, rows.written - 0.72 * size, this.step - 2, 1.44 * size);
    }
    context.fillStyle = item.firm ? ink.writing : ink.draft;
    if (!item.firm) context.font = `italic ${context.font}`;
    context.fillText(sign(item.text), x, rows.written);
  }

  /** Return the picture in words. */
  describe(result) {
    const { words } = this.phrases;
    if (!result) return words.strip;
    const read = result.source.map((_, s) => added(result.source, s)).join("");
    const written = result.output.filter((item) => item.firm).map((item) => item.text).join("");
    return `${words.strip}. ${words.readRow}: ${read}. ${words.writtenRow}: ${written}.`;
  }
}
