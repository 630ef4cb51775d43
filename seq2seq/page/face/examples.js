/**
 * Sentences to try; a click types them.
 */

const MILLISECONDS = 55;

/** The first word of the first two depends on their fourth: "La pequeña casa", "El pequeño caballo". */
export const EXAMPLES = [
  "The little white house is old.",
  "The little white horse is old.",
  "I don't want to go to school today.",
  "Send $49.99 to ana@example.com, please.",
  "My brother doesn't like pizza 🍕.",
];

/** Types a text into a field, letter by letter, and then ends the line. */
export class Typist {
  /** @param {HTMLTextAreaElement} field */
  constructor(field) {
    this.field = field;
    this.timer = 0;
  }

  /** Type a text; at once if motion is unwelcome. */
  type(text) {
    this.stop();
    const letters = [...text, "\n"];
    this.put("");
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
      this.put(letters.join(""));
      return;
    }
    let place = 0;
    this.timer = setInterval(() => {
      place += 1;
      this.put(letters.slice(0, place).join(""));
      if (place === letters.length) this.stop();
    }, MILLISECONDS);
  }

  /** Stop typing; the person types now. */
  stop() {
    clearInterval(this.timer);
    this.timer = 0;
  }

  put(text) {
    this.field.value = text;
    this.field.dispatchEvent(new Event("input", { bubbles: true }));
  }
}
