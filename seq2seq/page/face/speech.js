/**
 * What a screen reader says: whole words that are written for certain, each once.
 */

const KEPT = 30;
const PAUSE = 900;

/** Adds words to a polite live region. */
export class Speech {
  constructor() {
    this.region = document.getElementById("spoken");
    this.said = "";
    this.text = "";
    this.timer = 0;
  }

  /**
   * Take the text that is written for certain; a word is said once something follows it.
   * @param {string} text
   * @param {boolean} over  whether its last word is complete
   */
  take(text, over) {
    this.text = over ? text : text.slice(0, lastBoundary(text));
    // Text arrives letter by letter; what comes within a moment is said in one piece.
    if (!this.timer) this.timer = setTimeout(() => this.say(), PAUSE);
  }

  say() {
    this.timer = 0;
    const { text } = this;
    let from = common(this.said, text);
    if (from < this.said.length) {
      // The text was changed: what follows the last word that stayed is said again.
      from = lastBoundary(text.slice(0, from));
    }
    const words = text.slice(from).trim();
    this.said = text;
    if (!words) return;
    const piece = document.createElement("p");
    piece.textContent = words;
    this.region.append(piece);
    while (this.region.children.length > KEPT) this.region.firstChild.remove();
  }
}

function lastBoundary(text) {
  return Math.max(text.lastIndexOf(" "), text.lastIndexOf("\n")) + 1;
}

function common(a, b) {
  let n = 0;
  while (n < a.length && n < b.length && a[n] === b[n]) n += 1;
  return n;
}
