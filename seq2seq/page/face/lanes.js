/**
 * The same typing at several lags, side by side. What is written depends only on what had been read, so each lane is
 * translated once and then shown as far as it was at each moment.
 */

import { fill } from "./gates.js";
import { make } from "./letter_card.js";
import { Recording } from "./recording.js";
import { searchFor } from "./session.js";
import { closest } from "./slider.js";
import { writtenBy } from "./steps.js";

const RANK_LANES = 1;
const MOST = 300;
const SPEEDS = [5, 10, 15, 25, 40];
const USUAL_SPEED = 15;
const FIRST_LAGS = [0, 8, "full"];

/** Plays a text in lanes of different lags. */
export class Lanes {
  /**
   * @param {Phrases} phrases
   * @param {Desk} desk
   * @param {function(): string} text  returns the text to play
   */
  constructor(phrases, desk, text) {
    this.phrases = phrases;
    this.desk = desk;
    this.textToPlay = text;
    this.lanes = [];
    this.choices = [];
    this.playing = null;
    this.recording = null;
    this.recorded = null;
    this.text = "";
    this.timer = 0;
    for (const name of ["play", "record", "speed", "position", "typed", "lanes-state"]) {
      this[name.replace("lanes-", "")] = document.getElementById(name);
    }
    this.play.addEventListener("click", () => (this.isPlaying ? this.pause() : this.start()));
    this.record.addEventListener("click", () => this.toggleRecording());
    this.position.addEventListener("input", () => {
      this.pause();
      this.show(Number(this.position.value));
    });
    document.getElementById("whole-screen").addEventListener("click", () => {
      if (document.fullscreenElement) document.exitFullscreen();
      else document.getElementById("side-by-side").requestFullscreen?.();
    });
  }

  get isPlaying() {
    return this.timer !== 0;
  }

  /** Make a lane for each of the first lags that the model serves. */
  offer(choices) {
    this.choices = choices;
    const places = [...new Set(FIRST_LAGS.map((lag) => closest(choices, lag)))];
    this.lanes = places.map((place) => {
      const element = make("div", "lane");
      const list = document.createElement("select");
      const output = make("p", "lane-text", "", "es");
      output.dir = "auto";
      element.append(list, output);
      list.addEventListener("change", () => this.restart());
      return { element, list, output, place, result: null, job: null };
    });
    document.getElementById("lanes").replaceChildren(...this.lanes.map(({ element }) => element));
    this.say();
    for (const lane of this.lanes) lane.list.value = String(lane.place);
  }

  /** Write all words in the chosen language. */
  say() {
    const { words } = this.phrases;
    const speeds = SPEEDS.map((speed) => [String(speed), words.perSecond(speed)]);
    const isFirst = !this.speed.options.length;
    fill(this.speed, this.recorded ? [["recorded", words.asTyped], ...speeds] : speeds);
    if (isFirst) this.speed.value = String(USUAL_SPEED);
    this.lanes.forEach((lane, i) => {
      fill(lane.list, this.choices.map((lag, place) => [String(place), `${words.lag} ${this.phrases.lag(lag)}`]));
      lane.list.setAttribute("aria-label", words.lane(i + 1));
    });
    this.play.textContent = this.isPlaying ? words.pause : words.play;
    this.record.textContent = this.recording ? words.stop : words.record;
  }

  /** Translate the text at all lags and play it from its beginning, or from where it was paused. */
  start() {
    const isRecorded = this.speed.value === "recorded" && this.recorded;
    const text = (isRecorded ? this.recorded.text : this.textToPlay()).slice(0, MOST);
    const isNew = text !== this.text || Number(this.position.value) >= Number(this.position.max);
    this.load(text);
    this.letters = [...text];
    this.pauses = isRecorded ? this.recorded.pauses : null;
    this.position.max = String(this.letters.length + 1);
    if (isNew) this.position.value = "0";
    this.state.textContent = this.isReady ? "" : this.phrases.words.preparing;
    this.timer = setTimeout(() => this.tick(), 0);
    this.say();
  }

  /** Have a text translated at the lags of all lanes. */
  load(text) {
    this.text = text;
    for (const lane of this.lanes) {
      const lag = this.choices[Number(lane.list.value)];
      if (lane.result?.text === text && lane.result.lag === lag) continue;
      lane.result = null;
      this.desk.drop(lane.job);
      lane.job = this.desk.ask({ text, lag, over: true, search: searchFor(lag), details: false }, RANK_LANES, (answer) => {
        if (!answer.done) return;
        lane.result = { ...answer, text, lag, over: true };
        if (this.isReady) this.state.textContent = "";
        if (!this.isPlaying) this.show(Number(this.position.value));
      });
    }
  }

  /** Whether all lanes are translated. */
  get isReady() {
    return this.lanes.every((lane) => lane.result);
  }

  restart() {
    if (this.text) this.load(this.text);
    this.show(Number(this.position.value));
  }

  pause() {
    clearTimeout(this.timer);
    this.timer = 0;
    this.say();
  }

  tick() {
    let wait = 50;
    if (this.isReady) {
      const place = Number(this.position.value) + 1;
      this.position.value = String(place);
      this.show(place);
      if (place > this.letters.length) {
        this.pause();
        return;
      }
      wait = this.pauses ? this.pauses[this.units(place)] ?? 0 : 1000 / Number(this.speed.value);
    }
    this.timer = setTimeout(() => this.tick(), wait);
  }

  /** Return how many UTF-16 units the first letters have. */
  units(letters) {
    return this.letters.slice(0, letters).join("").length;
  }

  /** Show the moment at which so many letters have been typed; one more is the end of the line. */
  show(place) {
    if (!this.letters) return;
    const isOver = place > this.letters.length;
    const typed = this.letters.slice(0, place).join("");
    this.typed.replaceChildren(typed, make("span", isOver ? "" : "caret"));
    for (const lane of this.lanes) {
      const text = lane.result ? writtenBy(lane.result, isOver ? this.text.length + 1 : typed.length) : "";
      if (lane.output.textContent !== text) lane.output.textContent = text;
      lane.element.classList.toggle("is-over", isOver && lane.result !== null);
    }
    this.position.setAttribute("aria-valuetext", typed.slice(-20));
  }

  toggleRecording() {
    const { words } = this.phrases;
    if (this.recording) {
      this.recorded = this.recording;
      this.recording = null;
      this.state.textContent = words.recorded([...this.recorded.text].length);
      this.say();
      this.speed.value = "recorded";
      this.position.value = "0";
    } else {
      this.pause();
      this.recording = new Recording();
      this.state.textContent = words.recording;
      const field = document.getElementById("source");
      field.value = "";
      field.dispatchEvent(new Event("input", { bubbles: true }));
      field.focus();
      this.say();
    }
    this.record.setAttribute("aria-pressed", String(this.recording !== null));
  }

  /** Take a change of the text field while recording. */
  take(text, now) {
    this.recording?.take(text.replace(/\n+$/, "").replaceAll("\n", " "), now);
  }
}
