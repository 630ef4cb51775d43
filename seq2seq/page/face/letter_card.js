/**
 * What one letter was made from: what had been read, what it looks at, which other letters came close.
 */

import { added, sentencesOf } from "./steps.js";
import { weightAt } from "./source_pane.js";

/** Shows the facts about the chosen letter, or about the newest one. */
export class LetterCard {
  /** @param {Phrases} phrases */
  constructor(phrases) {
    this.phrases = phrases;
    this.name = document.getElementById("letter-name");
    this.place = document.getElementById("letter-facts");
    this.spoken = document.getElementById("letter-spoken");
  }

  /**
   * Show a letter.
   * @param {?object} result  of its line
   * @param {?number} index  among the output symbols; null for the newest letter
   * @param {boolean} isSpoken  whether a screen reader is to say it
   */
  show(result, index, isSpoken) {
    const { words } = this.phrases;
    this.name.textContent = index === null ? words.newest : words.letter;
    const output = result ? result.output : [];
    const place = index ?? output.findLastIndex((item) => item.firm && item.read !== null);
    const item = output[place];
    this.spoken.textContent = "";
    if (!item) {
      this.place.replaceChildren(make("p", "hint", words.noLetter));
      return;
    }
    const parts = [this.glyph(item), this.reading(result, item, place), this.candidates(item)];
    if (result.details === false) parts.push(make("p", "hint", words.noDetails));
    this.place.replaceChildren(...parts.filter(Boolean));
    if (isSpoken) this.spoken.textContent = this.sentence(result, item);
  }

  glyph(item) {
    return make("p", `glyph${item.span ? " glyph-span" : ""}`, item.text.trim() ? item.text : "␣", "es");
  }

  reading(result, item, place) {
    const { words } = this.phrases;
    if (item.read === null) return null;
    const sentence = sentencesOf(result).find(({ from, to }) => from <= place && place < to);
    const { first, end } = sentence ?? { first: 0, end: result.source.length };
    const box = make("div", "reading-facts");
    box.append(make("h3", "", `${words.read}: ${words.steps(Math.max(0, Math.min(item.read, end) - first))}`));
    const line = make("p", "read-line", "", "en");
    line.dir = "auto";
    for (let s = first; s < end; s++) {
      const share = weightAt(item, s);
      const isRead = s < item.read;
      const letter = make("span", isRead ? (share >= 0.04 ? "mark-looked" : "") : "unread", added(result.source, s));
      if (share >= 0.04) letter.style.setProperty("--weight", Math.min(1, 0.25 + share).toFixed(2));
      line.append(letter);
    }
    box.append(line);
    if (item.attention) box.append(make("p", "hint", words.looks));
    return box;
  }

  candidates(item) {
    if (!item.candidates?.length) return null;
    const box = make("div", "candidates");
    box.append(make("h3", "", this.phrases.words.next));
    const list = make("ol", "bars");
    for (const [letter, share] of item.candidates) {
      const row = make("li", letter === item.text ? "is-chosen" : "");
      const bar = make("span", "bar");
      bar.style.setProperty("--share", String(share));
      row.append(make("span", "bar-letter", letter === " " ? "␣" : letter, "es"), bar);
      row.append(make("span", "bar-share", this.phrases.percent(share)));
      list.append(row);
    }
    box.append(list);
    return box;
  }

  /** Return what a screen reader says of a letter. */
  sentence(result, item) {
    const { words } = this.phrases;
    const facts = [];
    if (item.read !== null) facts.push(`${words.read}: ${words.steps(Math.min(item.read, result.source.length))}`);
    const others = (item.candidates ?? []).filter(([letter]) => letter !== item.text).slice(0, 3);
    if (others.length) {
      const named = others.map(([letter, share]) => `${this.phrases.visible(letter)} ${this.phrases.percent(share)}`);
      facts.push(`${words.next}: ${named.join(", ")}`);
    }
    return `${facts.join(". ")}.`;
  }
}

/** Return an element with a class and a text. */
export function make(tag, look, text = "", language = "") {
  const element = document.createElement(tag);
  if (look) element.className = look;
  if (text) element.textContent = text;
  if (language) element.lang = language;
  return element;
}
