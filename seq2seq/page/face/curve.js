/**
 * Quality against the lag, as it was measured, with the chosen lag marked.
 */

const NAMESPACE = "http://www.w3.org/2000/svg";
const [WIDE, HIGH, LEFT, RIGHT, TOP, BOTTOM] = [640, 260, 48, 24, 24, 44];

/** Draws the curve if the page has its numbers. */
export class CurveCard {
  /**
   * @param {Phrases} phrases
   * @param {?Object<string, number>} scores  chrF by lag
   */
  constructor(phrases, scores) {
    this.phrases = phrases;
    this.card = document.getElementById("curve-card");
    this.place = document.getElementById("curve-place");
    this.points = pointsOf(scores);
    this.card.hidden = this.points.length < 2;
  }

  /** Draw the curve and mark a lag. */
  show(lag) {
    if (this.card.hidden) return;
    const numbers = this.points.map(({ score }) => score);
    const low = 5 * Math.floor((Math.min(...numbers) - 1) / 5);
    const high = 5 * Math.ceil((Math.max(...numbers) + 1) / 5);
    const x = (at) => LEFT + at * (WIDE - LEFT - RIGHT);
    const y = (score) => TOP + ((high - score) / (high - low)) * (HIGH - TOP - BOTTOM);
    const picture = svg("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, role: "img", "aria-label": this.describe(lag) });
    for (let score = low; score <= high; score += 5) {
      picture.append(svg("line", { class: "grid", x1: LEFT, x2: WIDE - RIGHT, y1: y(score), y2: y(score) }));
      picture.append(svg("text", { class: "tick-y", x: LEFT - 8, y: y(score) + 4 }, String(score)));
    }
    const path = this.points.map(({ at, score }) => `${x(at)},${y(score)}`).join(" ");
    picture.append(svg("line", { class: "chosen", x1: x(this.at(lag)), x2: x(this.at(lag)), y1: TOP, y2: HIGH - BOTTOM }));
    picture.append(svg("polyline", { class: "curve", points: path }));
    for (const point of this.points) {
      const isChosen = point.lag === lag;
      picture.append(svg("circle", { class: isChosen ? "point is-chosen" : "point", cx: x(point.at), cy: y(point.score),
        r: isChosen ? 7 : 4 }));
      picture.append(svg("text", { class: "tick-x", x: x(point.at), y: HIGH - BOTTOM + 18 }, this.phrases.lag(point.lag)));
      if (isChosen) {
        picture.append(svg("text", { class: "score", x: x(point.at), y: y(point.score) - 12 }, point.score.toFixed(1)));
      }
    }
    picture.append(svg("text", { class: "tick-x", x: (LEFT + WIDE - RIGHT) / 2, y: HIGH - 6 }, this.phrases.words.lag));
    picture.append(svg("text", { class: "axis-y", x: 0, y: 14 }, this.phrases.words.quality));
    this.place.replaceChildren(picture);
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
