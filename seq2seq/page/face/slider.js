/**
 * The lag as a slider: its positions are the numbers that the model serves, and then `full`.
 */

const LARGEST_SHOWN = 100;

/**
 * Return the lags that can be chosen, in the order of the slider.
 * @param {{min: number|"full", max: number|"full", full: boolean}} lags  what the model serves: all from min to max, or one
 * @returns {Array<number|"full">}
 */
export function positions({ min, max, full }) {
  const numbers = [];
  if (min !== "full") for (let lag = min; lag <= Math.min(max, min + LARGEST_SHOWN); lag++) numbers.push(lag);
  return full ? [...numbers, "full"] : numbers;
}

/** Return the position that is closest to a lag. */
export function closest(choices, lag) {
  const place = choices.indexOf(lag);
  if (place >= 0) return place;
  if (lag === "full") return choices.length - 1;
  const distance = (choice) => (choice === "full" ? Infinity : Math.abs(choice - lag));
  return choices.reduce((best, choice, i) => (distance(choice) < distance(choices[best]) ? i : best), 0);
}

/** The slider and what stands around it. */
export class LagSlider {
  /**
   * @param {Phrases} phrases
   * @param {function(): void} moved  called when another lag was chosen
   */
  constructor(phrases, moved) {
    this.phrases = phrases;
    this.input = document.getElementById("lag");
    this.value = document.getElementById("lag-value");
    this.meaning = document.getElementById("lag-meaning");
    this.ticks = document.getElementById("ticks");
    this.choices = ["full"];
    this.input.addEventListener("input", () => {
      this.show();
      moved();
    });
  }

  /** The chosen lag. */
  get lag() {
    return this.choices[Number(this.input.value)] ?? this.choices.at(-1);
  }

  /** Choose a lag, or the closest one that there is. */
  choose(lag) {
    this.input.value = String(closest(this.choices, lag));
    this.show();
  }

  /** Offer the lags of a model, and choose one. */
  offer(lags, lag) {
    this.choices = positions(lags);
    this.input.max = String(Math.max(0, this.choices.length - 1));
    this.input.disabled = this.choices.length < 2;
    this.choose(lag);
    const last = this.choices.length - 1;
    this.ticks.replaceChildren(...this.choices.map((choice, i) => ({ choice, i, last })).filter(isTick).map(({ choice, i }) => {
      const tick = document.createElement("span");
      tick.textContent = this.phrases.lag(choice);
      tick.style.setProperty("--at", String(last ? i / last : 0));
      return tick;
    }));
  }

  /** Say what the chosen lag means. */
  show() {
    const { lag } = this;
    const place = this.choices.length > 1 ? Number(this.input.value) / (this.choices.length - 1) : 0;
    this.input.style.setProperty("--at", String(place));
    this.value.textContent = this.phrases.lag(lag);
    this.input.setAttribute("aria-valuetext", this.phrases.lagSpoken(lag));
    this.meaning.textContent = this.phrases.lagMeaning(lag);
  }
}

/** Whether a position has its lag written below it: every eighth, and the ends, without crowding the last one. */
function isTick({ choice, i, last }) {
  return i === 0 || i === last || (choice % 8 === 0 && last - i > last / 20);
}
