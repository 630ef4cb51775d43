/**
 * Quality against the lag, as it was measured, with the chosen lag marked.
 */

import { unit } from "./paint.js";

const NAMESPACE = "http://www.w3.org/2000/svg";
const NARROWEST = 220;

/** Draws the curve if the page has its numbers. */
export class CurveCard {
  /**
   * @param {Phrases} phrases
   * @param {?Object<string, number>} scores  chrF by lag
   */
  constructor(phrases, scores) {
    this.phrases = phrases;
    this.lag = "full";
    this.card = document.getElementById("curve-card");
    this.place = document.getElementById("curve-place");
    this.points = pointsOf(scores);
    this.card.hidden = this.points.length < 2;
    this.card.addEventListener("toggle", () => this.show(this.lag));
  }

  /** Draw the curve and mark a lag. */
  show(lag) {
    this.lag = lag;
    if (this.card.hidden || !this.card.open) return;
    const size = unit();
    const [wide, high] = [Math.min(46 * size, Math.max(NARROWEST, this.place.clientWidth)), 16 * size];
    const edge = { left: 2.6 * size, right: wide - 1.6 * size, top: 1.8 * size, bottom: high - 2.8 * size };
    const numbers = this.points.map(({ score }) => score);
    const low = 5 * Math.floor((Math.min(...numbers) - 1) / 5);
    const top = 5 * Math.ceil((Math.max(...numbers) + 1) / 5);
    const x = (at) => edge.left + at * (edge.right - edge.left);
    const y = (score) => edge.top + ((top - score) / (top - low)) * (edge.bottom - edge.top);
    const picture = svg("svg", { width: wide, height: high, role: "img", "aria-label": this.describe(lag) });
    for (let score = low; score <= top; score += 5) {
      picture.append(svg("line", { class: "grid", x1: edge.left, x2: edge.right, y1: y(score), y2: y(score) }));
      picture.append(svg("text", { class: "tick-y", x: edge.left - 0.5 * size, y: y(score) + 0.3 * size }, String(score)));
    }
    const path = this.points.map(({ at, score }) => `${x(at)},${y(score)}`).join(" ");
    const place = x(this.at(lag));
    picture.append(svg("line", { class: "chosen", x1: place, x2: place, y1: edge.top, y2: edge.bottom }));
    picture.append(svg("polyline", { class: "curve", points: path }));
    let written = -Infinity;
    for (const point of this.points) {
      const isChosen = point.lag === lag;
      const look = { class: isChosen ? "point is-chosen" : "point", r: (isChosen ? 0.4 : 0.25) * size };
      picture.append(svg("circle", { ...look, cx: x(point.at), cy: y(point.score) }));
      const isFree = point.lag === "full" || edge.right - x(point.at) > 2.4 * size || this.points.at(-1).lag !== "full";
      if (isFree && x(point.at) - written > 1.7 * size) {
        written = x(point.at);
        const label = { class: "tick-x", x: written, y: edge.bottom + 1.2 * size };
        picture.append(svg("text", label, this.phrases.lag(point.lag)));
      }
      if (isChosen) picture.append(this.score(point, x(point.at), y(point.score), size));
    }
    const name = { class: "tick-x", x: (edge.left + edge.right) / 2, y: high - 0.3 * size };
    picture.append(svg("text", name, this.phrases.words.lag));
    picture.append(svg("text", { class: "axis-y", x: 0, y: 0.9 * size }, this.phrases.words.quality));
    this.place.replaceChildren(picture);
  }

  /** Return the score beside a point, on the side where there is room. */
  score(point, x, y, size) {
    const isRight = point.at < 0.8;
    const place = { x: x + (isRight ? 0.8 : -0.8) * size, y: y + 1.3 * size, "text-anchor": isRight ? "start" : "end" };
    return svg("text", { class: "score", ...place }, point.score.toFixed(1));
  }

  /** Return where a lag stands from left (0) to right (1); `full` is a little beyond the largest number. */
  at(lag) {
    const largest = this.points.findLast((point) => point.lag !== "full")?.lag || 1;
    return lag === "full" ? 1 : Math.min(1, (0.9 * lag) / largest);
  }

  describe(lag) {
    const { words } = this.phrases;
    const list = this.points.map((point) => `${this.phrases.lag(point.lag)}: ${point.score.toFixed(1)}`);
    return `${words.quality}. ${list.join(", ")}. ${words.lag}: ${this.phrases.lag(lag)}`;
  }
}

function pointsOf(scores) {
  const names = Object.keys(scores ?? {}).filter((name) => name === "full" || /^\d+$/.test(name));
  const numbers = names.filter((name) => name !== "full").map(Number).sort((one, other) => one - other);
  const largest = numbers.at(-1) || 1;
  const points = numbers.map((lag) => ({ lag, score: scores[lag], at: (0.9 * lag) / largest }));
  if (names.includes("full")) points.push({ lag: "full", score: scores.full, at: 1 });
  return points;
}

function svg(tag, attributes, text = "") {
  const element = document.createElementNS(NAMESPACE, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  if (text) element.textContent = text;
  return element;
}
