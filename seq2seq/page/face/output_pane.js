/**
 * The translation, letter by letter: each letter can be pointed at, or reached with the arrow keys.
 */

/** Shows the lines of the translation and says which letter is chosen. */
export class OutputPane {
  /**
   * @param {Phrases} phrases
   * @param {function(?{line: number, index: number}, boolean): void} chosen  called when another letter, or none, is
   *   chosen, and whether by keyboard
   */
  constructor(phrases, chosen) {
    this.phrases = phrases;
    this.onChosen = chosen;
    this.box = document.getElementById("target");
    this.rows = [];
    this.choice = null;
    this.box.addEventListener("pointerover", (event) => this.point(event));
    this.box.addEventListener("pointerdown", (event) => this.point(event));
    this.box.addEventListener("pointerleave", (event) => {
      if (event.pointerType === "mouse" && document.activeElement !== this.box) this.choose(null, false);
    });
    this.box.addEventListener("focus", () => {
      if (!this.choice && this.box.matches(":focus-visible")) this.choose(this.edge(-1), true);
    });
    this.box.addEventListener("blur", () => this.choose(null, false));
    this.box.addEventListener("keydown", (event) => this.press(event));
  }

  /** The text that is written for certain, line by line. */
  static firmText(lines) {
    return lines.map(({ result }) => (result ? firm(result.output) : "")).join("\n");
  }

  /** Show the results of all lines; letters that stay keep their elements. */
  show(lines) {
    while (this.rows.length > lines.length) this.rows.pop().element.remove();
    lines.forEach((line, i) => {
      if (!this.rows[i]) this.rows.push(this.addRow(i));
      this.fill(this.rows[i], line.result ? line.result.output : []);
    });
    const count = this.rows.reduce((sum, row) => sum + row.items.length, 0);
    this.box.tabIndex = count ? 0 : -1;
    if (count) this.box.setAttribute("role", "listbox");
    else this.box.removeAttribute("role");
    for (const row of this.rows) row.element.setAttribute("role", row.items.length ? "group" : "none");
    if (this.choice && !this.rows[this.choice.line]?.items[this.choice.index]) this.choose(null, false);
    else this.markChoice();
  }

  addRow(i) {
    const element = document.createElement("div");
    element.className = "row";
    element.dir = "auto";
    element.setAttribute("aria-label", this.phrases.words.line(i + 1));
    this.box.append(element);
    return { element, items: [], letters: [], line: i };
  }

  fill(row, output) {
    if (row.items === output) return;
    for (let i = 0; i < output.length; i++) {
      const item = output[i];
      let letter = row.letters[i];
      if (!letter) {
        letter = document.createElement("span");
        letter.setAttribute("role", "option");
        letter.dataset.index = String(i);
        row.element.append(letter);
        row.letters.push(letter);
      }
      const old = row.items[i];
      if (!old || old.text !== item.text) {
        letter.textContent = item.text;
        if (item.text.trim()) letter.removeAttribute("aria-label");
        else letter.setAttribute("aria-label", this.phrases.words.space);
      }
      if (!old || old.firm !== item.firm || old.span !== item.span) letter.className = look(item);
    }
    while (row.letters.length > output.length) row.letters.pop().remove();
    row.items = output;
  }

  point(event) {
    const letter = event.target.closest?.("[data-index]");
    if (!letter) return;
    const line = this.rows.findIndex((row) => row.element === letter.parentElement);
    this.choose({ line, index: Number(letter.dataset.index) }, false);
  }

  /** Choose a letter, or none. */
  choose(choice, byKeyboard) {
    this.choice = choice;
    this.markChoice();
    this.onChosen(choice, byKeyboard);
  }

  markChoice() {
    const letter = this.choice && this.rows[this.choice.line]?.letters[this.choice.index];
    if (letter !== this.marked) {
      this.marked?.removeAttribute("id");
      this.marked?.removeAttribute("aria-selected");
      this.marked = letter || null;
    }
    if (letter) {
      letter.id = "chosen-letter";
      letter.setAttribute("aria-selected", "true");
      this.box.setAttribute("aria-activedescendant", "chosen-letter");
    } else this.box.removeAttribute("aria-activedescendant");
  }

  press(event) {
    const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 1, ArrowUp: -1 };
    const byWord = event.ctrlKey || event.key === "ArrowDown" || event.key === "ArrowUp";
    if (event.key === "Escape") {
      this.choose(null, true);
      document.getElementById("source").focus();
    } else if (event.key === "Home" || event.key === "End") this.choose(this.edge(event.key === "Home" ? 1 : -1), true);
    else if (event.key in steps) this.move(steps[event.key], byWord);
    else return;
    event.preventDefault();
    this.marked?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  /** Return the first letter (1) or the last one (-1). */
  edge(direction) {
    const rows = direction > 0 ? this.rows : [...this.rows].reverse();
    const row = rows.find(({ items }) => items.length);
    return row ? { line: row.line, index: direction > 0 ? 0 : row.items.length - 1 } : null;
  }

  move(step, byWord) {
    let choice = this.choice ?? this.edge(-step);
    if (!choice) return;
    do choice = this.beside(choice, step) ?? choice;
    while (byWord && !this.beginsWord(choice) && this.beside(choice, step));
    this.choose(choice, true);
  }

  beside({ line, index }, step) {
    if (this.rows[line].items[index + step]) return { line, index: index + step };
    for (let i = line + step; this.rows[i]; i += step) {
      const { length } = this.rows[i].items;
      if (length) return { line: i, index: step > 0 ? 0 : length - 1 };
    }
    return null;
  }

  beginsWord({ line, index }) {
    const { items } = this.rows[line];
    return items[index].text.trim() !== "" && (index === 0 || items[index - 1].text.trim() === "");
  }
}

function firm(output) {
  return output.filter((item) => item.firm).map((item) => item.text).join("");
}

function look(item) {
  return ["letter", item.firm ? "" : "draft", item.span ? "copied" : ""].filter(Boolean).join(" ");
}
