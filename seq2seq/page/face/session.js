/**
 * The text and its translation, line by line: each line is asked for once, and again when it changes.
 */

const MOST_DETAILS = 1000;
const REMEMBERED = 60;
const RANK_TYPED = 0;
const RANK_REFINED = 2; // after the lanes

/** @typedef {{text: string, over: boolean, key: string, result: ?object}} Line  `result` may be of an earlier text */

/**
 * Keeps the lines and has the changed ones translated, the one with the caret first.
 *
 * `active` is the line of the caret; `looked` is the one to be looked at: this one, or the last one before it that is
 * not empty.
 */
export class Session {
  /**
   * @param {Desk} desk
   * @param {function(): void} changed  called when a line has a new result
   */
  constructor(desk, changed) {
    this.desk = desk;
    this.changed = changed;
    this.lines = [];
    this.lag = 8;
    this.active = 0;
    this.looked = 0;
    this.gates = false;
    this.known = new Map();
    this.job = null;
    this.asked = "";
  }

  /**
   * Take the text as it is now.
   * @param {string} text  all lines
   * @param {number|"full"} lag
   * @param {number} caret  where the caret is, in UTF-16 units
   */
  set(text, lag, caret) {
    const before = this.lines;
    const texts = text.split("\n");
    this.lag = lag;
    this.active = text.slice(0, caret).split("\n").length - 1;
    this.looked = this.active;
    while (this.looked > 0 && !texts[this.looked]) this.looked -= 1;
    this.lines = texts.map((line, i) => {
      const over = i < texts.length - 1;
      const key = [lag, over, this.gates && i === this.looked, line].join("|");
      // The result of an earlier state of the line is shown until the new one is there.
      return { text: line, over, key, result: this.known.get(key) ?? (line ? before[i]?.result : null) ?? null };
    });
    this.changed();
    this.next();
  }

  /** Whether every line has its final result. */
  get isSettled() {
    return this.lines.every((line) => !line.text || this.known.has(line.key));
  }

  next() {
    const isOpen = (line) => line?.text && !this.known.has(line.key);
    const current = this.lines[this.active];
    const open = isOpen(current) ? current : this.lines.find(isOpen);
    // At lag full, the sentence that is being typed is translated again with a beam once nothing else is to be done.
    const line = open ?? this.lines.find(({ key }) => this.known.get(key)?.quick);
    const quick = Boolean(open) && this.lag === "full" && !open.over;
    const asked = `${quick} ${line?.key}`;
    if (line && this.job && this.asked === asked) return;
    this.desk.drop(this.job, Boolean(line));
    this.job = null;
    if (!line) return;
    this.asked = asked;
    const { text, over, key } = line;
    const details = text.length <= MOST_DETAILS;
    const gates = details && this.gates && line === this.lines[this.looked];
    const lag = this.lag;
    const question = { text, lag, over, search: searchFor(lag), quick, details, gates };
    this.job = this.desk.ask(question, open ? RANK_TYPED : RANK_REFINED, (answer) => {
      this.take(key, { ...answer, text, lag, over, quick, details });
    });
  }

  take(key, result) {
    if (result.done) {
      this.job = null;
      this.known.set(key, result);
      while (this.known.size > REMEMBERED && !this.lines.some((line) => line.key === oldest(this.known))) {
        this.known.delete(oldest(this.known));
      }
    }
    for (const line of this.lines) if (line.key === key) line.result = withDraft(result, line.result);
    this.changed();
    if (result.done) this.next();
  }
}

/** Return how `seq2seq translate` searches at a lag. */
export function searchFor(lag) {
  return lag === "full" ? "beam" : "greedy";
}

/** Return an unfinished result with the end of the one before, so that the grey text does not flicker. */
function withDraft(result, before) {
  if (result.done || !before || before.lag !== result.lag) return result;
  const rest = before.output.slice(result.output.length).map((item) => ({ ...item, firm: false }));
  return { ...result, output: [...result.output, ...rest] };
}

function oldest(map) {
  return map.keys().next().value;
}
