/**
 * The gates of an LSTM layer as a heat map: eight units, one column for each symbol.
 */

import { between, colours, sheet, sign, unit } from "./paint.js";

const GATES = ["input", "forget", "output", "cell"];
const SHOWN = 8;

/**
 * Return the units whose cells vary most over the steps, in their order.
 * @param {Array<Object<string, Float32Array>>} steps
 */
export function mostVaried(steps) {
  const units = steps[0] ? steps[0].cell.length : 0;
  const spread = Array.from({ length: units }, (_, u) => {
    const values = steps.map(({ cell }) => cell[u]);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return { u, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) };
  });
  spread.sort((one, other) => other.variance - one.variance);
  return spread.slice(0, SHOWN).map(({ u }) => u).sort((one, other) => one - other);
}

/** Draws the heat map while its part of the page is open. */
export class GatesCard {
  /**
   * @param {Phrases} phrases
   * @param {function(): void} changed  called when the part is opened or closed
   */
  constructor(phrases, changed) {
    this.phrases = phrases;
    this.card = document.getElementById("gates-card");
    this.canvas = document.getElementById("gates");
    this.scroller = document.getElementById("gates-scroller");
    this.side = document.getElementById("gates-side");
    this.units = document.getElementById("gates-units");
    this.result = null;
    this.card.addEventListener("toggle", changed);
    for (const control of [this.side, this.units]) control.addEventListener("change", () => this.show(this.result));
  }

  /** Whether somebody wants to see gates. */
  get isOpen() {
    return this.card.open;
  }

  /** Write the choices in the chosen language. */
  say() {
    const { words } = this.phrases;
    fill(this.side, [["output", words.writer], ["source", words.reader]]);
    const groups = Array.from({ length: 8 }, (_, i) => [String(i * SHOWN), words.unitsFrom(i * SHOWN + 1, (i + 1) * SHOWN)]);
    fill(this.units, [["most", words.mostVaried], ...groups]);
  }

  /** Draw the gates of a result that has them. */
  show(result) {
    this.result = result;
    if (!this.isOpen) return;
    this.scales();
    const symbols = (result?.[this.side.value] ?? []).filter((symbol) => symbol.gates);
    if (!symbols.length) {
      const context = sheet(this.canvas, Math.min(this.scroller.clientWidth, 24 * unit()), 2 * unit());
      context.fillStyle = colours().soft;
      context.textAlign = "left";
      context.font = `${0.85 * unit()}px system-ui, sans-serif`;
      context.fillText(this.phrases.words.noGates, 0, unit());
      this.canvas.setAttribute("aria-label", this.phrases.words.noGates);
      return;
    }
    const steps = symbols.map((symbol) => symbol.gates);
    const last = steps[0].cell.length;
    const from = Number(this.units.value);
    const units = this.units.value === "most" ? mostVaried(steps) : [...Array(SHOWN).keys()].map((u) => u + from);
    this.draw(symbols, steps, units.filter((u) => u < last));
  }

  draw(symbols, steps, units) {
    const size = unit();
    const ink = colours();
    const [wide, high, gap] = [Math.round(1.25 * size), Math.round(0.8 * size), Math.round(0.9 * size)];
    const margin = Math.round(6.4 * size);
    const block = units.length * high + gap;
    const top = 1.6 * size;
    const context = sheet(this.canvas, margin + steps.length * wide + size, top + GATES.length * block);
    context.font = `${size}px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace`;
    symbols.forEach((symbol, t) => {
      context.fillStyle = this.side.value === "source" ? ink.reading : symbol.firm ? ink.writing : ink.draft;
      context.fillText(sign(symbol.text), margin + (t + 0.5) * wide, 0.75 * size);
    });
    GATES.forEach((gate, g) => {
      const y = top + g * block;
      context.fillStyle = ink.ink;
      context.textAlign = "left";
      context.font = `600 ${0.8 * size}px system-ui, sans-serif`;
      context.fillText(this.phrases.words[gate], 0, y + 0.5 * high);
      units.forEach((u, row) => {
        context.fillStyle = ink.soft;
        context.textAlign = "right";
        context.font = `${0.7 * size}px system-ui, sans-serif`;
        context.fillText(String(u + 1), margin - 0.4 * size, y + (row + 0.5) * high);
        steps.forEach((step, t) => {
          context.fillStyle = shade(ink, gate, step[gate][u]);
          context.fillRect(margin + t * wide, y + row * high, wide - 1, high - 1);
        });
      });
      context.textAlign = "center";
    });
    const said = GATES.map((gate) => `${this.phrases.words[gate]}: ${this.phrases.words.units} ${units.map((u) => u + 1)}`);
    this.canvas.setAttribute("aria-label", said.join(". "));
  }

  /** Draw the two legends. */
  scales() {
    const ink = colours();
    for (const [id, gate, low] of [["gates-scale", "input", 0], ["cell-scale", "cell", -1]]) {
      const [wide, high] = [Math.round(6 * unit()), Math.round(0.8 * unit())];
      const context = sheet(document.getElementById(id), wide, high);
      for (let x = 0; x < wide; x++) {
        context.fillStyle = shade(ink, gate, low + (x / (wide - 1)) * (1 - low));
        context.fillRect(x, 0, 1, high);
      }
    }
  }
}

/** Return the colour of a value: gates go from 0 to 1, cells from −1 to 1 (through tanh). */
function shade(ink, gate, value) {
  if (gate !== "cell") return between(ink.low, ink.high, Math.min(1, Math.max(0, value)));
  const shown = Math.tanh(value);
  return shown < 0 ? between(ink.low, ink.cold, -shown) : between(ink.low, ink.warm, shown);
}

/** Put choices into a list; the chosen one stays. */
export function fill(list, choices) {
  const chosen = list.value;
  list.replaceChildren(...choices.map(([value, text]) => new Option(text, value)));
  if (choices.some(([value]) => value === chosen)) list.value = chosen;
}
