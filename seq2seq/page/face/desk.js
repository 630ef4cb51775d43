/**
 * The desk in front of the worker: one question at a time, the most urgent first. The worker drops what it is doing
 * when a newer question arrives, so a question that was interrupted is asked again later.
 */

/** @typedef {{id: number, rank: number, question: object, heard: function(object): void}} Job */

/** Hands questions to the worker and answers to those who asked. */
export class Desk {
  /** @param {{postMessage: function}} worker */
  constructor(worker) {
    this.worker = worker;
    this.waiting = [];
    this.running = null;
    this.newest = 0;
    this.onCost = () => {};
  }

  /**
   * Ask for a translation.
   * @param {{text: string, lag: number|"full", over: boolean, details: boolean, gates?: boolean}} question
   * @param {number} rank  the smaller, the more urgent
   * @param {function(object): void} heard  called with each answer; the last one is `done`
   * @returns {Job}
   */
  ask(question, rank, heard) {
    const job = { id: 0, rank, question, heard };
    this.waiting.push(job);
    if (this.running && rank < this.running.rank) {
      this.waiting.unshift(this.running);
      this.running = null;
    }
    this.next();
    return job;
  }

  /**
   * Forget a question: nothing more will be heard of it.
   * @param {?Job} job
   * @param {boolean} isFollowed  whether another question follows at once, which stops the worker
   */
  drop(job, isFollowed = false) {
    if (!job) return;
    this.waiting = this.waiting.filter((other) => other !== job);
    if (this.running !== job) return;
    this.running = null;
    if (isFollowed) return;
    this.next();
    if (!this.running) this.send({ text: "", lag: job.question.lag, over: false, details: false });
  }

  /** Take an answer of the worker. */
  take(message) {
    if (message.type === "cost") this.onCost(message);
    const job = this.running;
    if (message.type !== "written" || !job || message.id !== job.id) return;
    if (message.done) this.running = null;
    job.heard(message);
    this.next();
  }

  /** Give up the question that is being worked on: the worker has failed at it. */
  skip() {
    this.running = null;
    this.next();
  }

  /** Ask what a character costs; `onCost` is called with the answer. */
  askCost() {
    this.worker.postMessage({ type: "cost" });
  }

  next() {
    if (this.running || !this.waiting.length) return;
    const best = this.waiting.reduce((one, other) => (other.rank < one.rank ? other : one));
    this.waiting = this.waiting.filter((job) => job !== best);
    this.running = best;
    best.id = this.send(best.question);
  }

  send(question) {
    this.newest += 1;
    this.worker.postMessage({ type: "translate", id: this.newest, ...question });
    return this.newest;
  }
}
