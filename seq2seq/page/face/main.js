/**
 * The page: it connects the text field, the worker and all that is shown.
 */

import { blockJson, startWorker, takeBlock } from "./blocks.js";
import { CurveCard } from "./curve.js";
import { Desk } from "./desk.js";
import { EXAMPLES, Typist } from "./examples.js";
import { readFragment, writeFragment } from "./fragment.js";
import { GatesCard } from "./gates.js";
import { Lanes } from "./lanes.js";
import { LetterCard, make } from "./letter_card.js";
import { OutputPane } from "./output_pane.js";
import { Phrases } from "./phrases.js";
import { Session } from "./session.js";
import { LagSlider } from "./slider.js";
import { SourcePane } from "./source_pane.js";
import { Speech } from "./speech.js";
import { progress } from "./steps.js";
import { Strip } from "./strip.js";

const USUAL_LAG = 8;
const COST_EVERY = 5000;

/** Everything that the page consists of. */
class Page {
  constructor() {
    const wish = { ...blockJson("start"), ...readFragment(location.hash) };
    this.field = document.getElementById("source");
    this.phrases = new Phrases("en");
    this.notice = document.getElementById("notice");
    this.info = null;
    this.chosen = null;
    this.isSpoken = false;
    this.waits = false;
    this.costAsked = 0;
    this.lesson = null;
    this.desk = new Desk(startWorker("engine"));
    this.session = new Session(this.desk, () => this.refresh());
    this.slider = new LagSlider(this.phrases, () => this.typed());
    this.source = new SourcePane();
    this.output = new OutputPane(this.phrases, (choice, byKeyboard) => this.choose(choice, byKeyboard));
    this.card = new LetterCard(this.phrases);
    this.strip = new Strip(this.phrases, (index) => {
      this.output.choose(index === null ? null : { line: this.lineShown, index }, false);
    });
    this.gates = new GatesCard(this.phrases, () => this.typed());
    this.curve = new CurveCard(this.phrases, blockJson("curve"));
    this.lanes = new Lanes(this.phrases, this.desk, () => this.field.value.trim().replace(/\s*\n\s*/g, " ") || EXAMPLES[0]);
    this.speech = new Speech();
    this.typist = new Typist(this.field);
    if (wish.text) this.field.value = wish.text;
    this.listen();
    this.speak(wish.ui ?? (navigator.language.startsWith("es") ? "es" : "en"));
    this.notice.textContent = this.phrases.words.loading;
    this.load(wish.lag ?? USUAL_LAG);
  }

  listen() {
    this.field.addEventListener("input", (event) => {
      this.lanes.take(this.field.value, performance.now());
      if (event.isTrusted) {
        this.typist.stop();
        this.lesson = null;
        this.tellLesson();
      }
      this.typed();
    });
    this.field.addEventListener("paste", (event) => {
      const { value, selectionStart, selectionEnd, maxLength } = this.field;
      const added = event.clipboardData?.getData("text").length ?? 0;
      const isCut = value.length - (selectionEnd - selectionStart) + added > maxLength;
      if (this.info) this.notice.textContent = isCut ? this.phrases.words.cut(maxLength) : "";
    });
    document.addEventListener("selectionchange", () => {
      if (document.activeElement === this.field && this.lineOfCaret() !== this.session.active) this.typed();
    });
    EXAMPLES.forEach((text, i) => {
      const button = make("button", "example", text, "en");
      button.type = "button";
      button.addEventListener("click", () => {
        this.lesson = i;
        this.tellLesson();
        this.typist.type(text);
      });
      document.querySelector(".examples").append(button);
    });
    const click = (id, act) => document.getElementById(id).addEventListener("click", act);
    click("clear", () => {
      this.typist.put("");
      this.field.focus();
    });
    click("copy", () => this.copy(OutputPane.firmText(this.session.lines), this.phrases.words.copied));
    click("link", () => this.link());
    click("speak-en", () => this.speak("en"));
    click("speak-es", () => this.speak("es"));
    addEventListener("hashchange", () => {
      const wish = { ...blockJson("start"), ...readFragment(location.hash) };
      if (wish.lag !== undefined) this.slider.choose(wish.lag);
      if (wish.text !== undefined) this.typist.put(wish.text);
      if (wish.ui) this.speak(wish.ui);
    });
    addEventListener("resize", () => this.redraw());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.redraw());
  }

  load(lag) {
    this.desk.worker.addEventListener("error", (event) => this.fail(event.message || "worker"));
    this.desk.worker.addEventListener("message", ({ data }) => {
      if (data.type === "ready") this.begin(data.info, lag);
      else if (data.type === "error") {
        this.fail(data.message);
        this.desk.skip();
      } else this.desk.take(data);
    });
    this.desk.onCost = (cost) => this.tellFacts(cost);
    this.desk.worker.postMessage({ type: "load", model: takeBlock("model"), tables: blockJson("tables") });
  }

  fail(message) {
    const { words } = this.phrases;
    this.notice.textContent = this.info ? words.stopped(message) : words.failed(message);
    document.body.classList.add("is-broken");
  }

  begin(info, lag) {
    this.info = info;
    this.slider.offer(info.lags, lag);
    this.lanes.offer(this.slider.choices);
    this.notice.textContent = "";
    this.phrases.notice = info.notice ?? "";
    this.phrases.sayHelp();
    this.tellFacts(null);
    this.typed();
    document.body.classList.add("is-ready");
  }

  tellFacts(cost) {
    this.cost = cost ?? this.cost;
    if (!this.info) return;
    const ms = this.cost?.milliseconds_per_character;
    const shown = ms ? this.phrases.words.cost(ms.toLocaleString(this.phrases.language, { maximumFractionDigits: 1 })) : "";
    document.getElementById("facts").textContent = `${this.phrases.words.facts(this.info)} ${shown}`;
  }

  lineOfCaret() {
    return this.field.value.slice(0, this.field.selectionStart).split("\n").length - 1;
  }

  /** The text, the lag or what is to be shown has changed. */
  typed() {
    if (!this.info) return;
    this.session.gates = this.gates.isOpen;
    this.session.set(this.field.value, this.slider.lag, this.field.selectionStart);
  }

  /** Choose another language of the page. */
  speak(language) {
    this.phrases.choose(language);
    this.gates.say();
    this.lanes.say();
    if (this.info) this.slider.offer(this.info.lags, this.slider.lag);
    this.tellFacts(null);
    this.tellLesson();
    this.redraw();
  }

  /** The size, the colours or the language have changed. */
  redraw() {
    this.strip.isStale = true;
    this.refresh();
  }

  /** Say what the example that is being typed shows. */
  tellLesson() {
    document.getElementById("lesson").textContent = this.phrases.words.lessons[this.lesson] ?? "";
  }

  choose(choice, byKeyboard) {
    if (choice?.line === this.chosen?.line && choice?.index === this.chosen?.index) return;
    this.chosen = choice;
    this.isSpoken = byKeyboard;
    this.refresh();
  }

  /** Show everything anew with the next frame. */
  refresh() {
    if (this.waits) return;
    this.waits = true;
    requestAnimationFrame(() => {
      this.waits = false;
      this.show();
    });
  }

  /** The line that the drawings show: that of the chosen letter, else the one that is looked at. */
  get lineShown() {
    return this.chosen && this.session.lines[this.chosen.line] ? this.chosen.line : this.session.looked;
  }

  show() {
    const { lines } = this.session;
    this.output.show(lines);
    if (this.chosen && !lines[this.chosen.line]?.result?.output[this.chosen.index]) this.chosen = null;
    this.source.show(lines, this.chosen);
    const line = lines[this.lineShown];
    const result = line?.result ?? null;
    const index = this.chosen?.index ?? null;
    this.card.show(result, index, this.isSpoken);
    this.strip.show(result, index);
    if (this.gates.isOpen) this.gates.show(result);
    this.curve.show(this.slider.lag);
    document.getElementById("state").textContent = result ? this.phrases.words.progress(progress(result)) : "";
    this.speech.take(OutputPane.firmText(lines), lines.every(({ over, text }) => over || !text));
    if (this.info && this.session.isSettled && result && performance.now() - this.costAsked > COST_EVERY) {
      this.costAsked = performance.now();
      this.desk.askCost();
    }
  }

  async copy(text, said) {
    try {
      await navigator.clipboard.writeText(text);
      this.notice.textContent = said;
    } catch {
      this.notice.textContent = this.phrases.words.notCopied;
    }
  }

  /** Put the text and the lag into the address, because the person asked for it. */
  async link() {
    const { words } = this.phrases;
    const fragment = writeFragment(this.field.value, this.slider.lag, this.phrases.language);
    if (fragment === null) {
      this.notice.textContent = words.tooLong;
      return;
    }
    history.replaceState(null, "", fragment);
    await this.copy(location.href, words.linked);
    if (this.notice.textContent === words.notCopied) this.notice.textContent = words.addressed;
  }
}

new Page();
