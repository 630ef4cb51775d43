/**
 * Records when each letter of a text was typed. Corrections leave no trace: what was deleted is not in the recording.
 */

const LONGEST_PAUSE = 2000;

/** Takes the text at each change of the field. */
export class Recording {
  constructor() {
    this.text = "";
    this.times = [];
  }

  /**
   * Take the text after a change.
   * @param {string} text
   * @param {number} now  milliseconds
   */
  take(text, now) {
    const before = this.text;
    let head = 0;
    while (head < before.length && head < text.length && before[head] === text[head]) head += 1;
    let tail = 0;
    const most = Math.min(before.length, text.length) - head;
    while (tail < most && before[before.length - 1 - tail] === text[text.length - 1 - tail]) tail += 1;
    const added = new Array(text.length - head - tail).fill(now);
    this.times = [...this.times.slice(0, head), ...added, ...this.times.slice(before.length - tail)];
    this.text = text;
  }

  /** Return the pauses before each UTF-16 unit of the text, in milliseconds; none is negative or very long. */
  get pauses() {
    let latest = this.times[0] ?? 0;
    return this.times.map((time) => {
      const pause = Math.min(LONGEST_PAUSE, Math.max(0, time - latest));
      latest = Math.max(latest, time);
      return pause;
    });
  }
}
