/**
 * The engine without a face: what measures and tests it asks it here.
 */

/** Questions to the worker of this page. */
class Desk {
  constructor() {
    const source = document.getElementById("engine").textContent;
    this.worker = new Worker(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
    this.last = 0;
    this.waiting = new Map();
    this.worker.onmessage = ({ data }) => this.take(data);
    this.worker.onerror = (event) => this.take({ type: "error", message: event.message });
  }

  take(message) {
    const key = message.type === "written" ? message.id : message.type;
    if (message.type === "error") for (const { refuse } of this.waiting.values()) refuse(new Error(message.message));
    if (message.type === "written" && !message.done) return;
    this.waiting.get(key)?.answer(message);
    this.waiting.delete(key);
  }

  ask(message, key) {
    return new Promise((answer, refuse) => {
      this.waiting.set(key, { answer, refuse });
      this.worker.postMessage(message);
    });
  }

  load() {
    window.begin = performance.now();
    const text = (id) => document.getElementById(id).textContent;
    return this.ask({ type: "load", model: text("model"), tables: JSON.parse(text("tables")) }, "ready");
  }

  translate(text, settings) {
    this.last += 1;
    return this.ask({ type: "translate", id: this.last, text, over: true, details: false, ...settings }, this.last);
  }

  async translateAll(lines, settings) {
    const out = [];
    for (const line of lines) {
      const { output } = await this.translate(line, settings);
      out.push(output.map((item) => item.text).join(""));
    }
    return out;
  }

  cost() {
    return this.ask({ type: "cost" }, "cost");
  }
}

window.desk = new Desk();
