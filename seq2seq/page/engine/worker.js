/**
 * The worker: takes a model and then texts, and answers with their translations.
 *
 * The messages are told in docs/page.md. A newer text stops the work on an older one: between two steps of the
 * network, at least every 10 milliseconds, the worker looks what has arrived.
 */

import { EncoderDecoder } from "./encoder_decoder.js";
import { PageModel, decompressed, fromText } from "./modelfile.js";
import { Products } from "./products.js";
import { WordBoundaries } from "./repetition.js";
import { constant, install } from "./tables.js";
import { Translations, shown } from "./translation.js";

const TURN = 8; // milliseconds of work between two looks at what has arrived
const SHOW_EVERY = 50; // milliseconds between two messages about the same text
const END_TEXT = "⏎";

/** Answers messages; what it says goes to `say`. */
export class Engine {
  /** @param {function(object): void} say */
  constructor(say) {
    this.say = say;
    this.newest = null;
    this.isWorking = false;
    this.loadTime = null;
  }

  /** Take a message of the page. */
  async take(message) {
    try {
      if (message.type === "load") await this.load(message);
      else if (message.type === "cost") this.sayCost();
      else if (message.type === "translate") {
        this.newest = message;
        if (!this.isWorking && this.translations) await this.work();
      }
    } catch (error) {
      this.say({ type: "error", message: String(error?.message ?? error) });
    }
  }

  async load({ model, tables }) {
    const begin = performance.now();
    install(tables.text);
    const file = new PageModel(await decompressed(fromText(model)));
    const products = Products.create(Uint8Array.from(atob(tables.products), (one) => one.charCodeAt(0)));
    const network = new EncoderDecoder(file, products);
    const given = file.tables;
    const characters = ["", "", END_TEXT, constant("normalise.REPLACEMENT"), ...given.characters];
    const vocabulary = Object.freeze({
      known: new Set(given.characters.filter((character) => !given.unlearnt.includes(character))),
      ids: new Map(given.characters.map((character, i) => [character, i + 4])),
      characters,
      copies: given.copies,
    });
    const { decode, data } = file.config;
    this.translations = new Translations(network, vocabulary, {
      limit: data.max_chars,
      space: given.copies ? given.space : null,
      beam: Math.max(decode.beam, 1),
      lengthPenalty: decode.length_penalty,
      words: decode.repeats ? null : Object.freeze(new WordBoundaries(given)),
    });
    this.characters = characters;
    this.loadTime = performance.now() - begin;
    this.say({
      type: "ready",
      info: {
        name: file.name,
        notice: file.notice,
        lags: given.lags,
        parameters: file.parameters,
        vocabulary: characters.length,
        precision: file.tableBits === 4 ? "int8, words in 4 bits" : "int8",
        fast: products.isFast,
      },
    });
    if (this.newest) await this.work();
  }

  sayCost() {
    this.say({
      type: "cost",
      milliseconds_per_character: this.translations?.cost ?? null,
      load_milliseconds: this.loadTime,
    });
  }

  /** Translate the newest text, until there is none. */
  async work() {
    this.isWorking = true;
    try {
      while (this.newest) {
        const request = this.newest;
        this.newest = null;
        await this.translate(request);
      }
    } finally {
      this.isWorking = false;
    }
  }

  async translate(request) {
    const begin = performance.now();
    let spent = 0;
    let saidAt = begin;
    let turn = begin;
    let latest = null;
    const answer = (done) => {
      const [stream, firm] = latest;
      const { source, output } = shown(stream, firm, request, this.characters);
      this.say({ type: "written", id: request.id, done, source, output, seconds: spent / 1000 });
    };
    const steps = this.translations.run(request, (stream, firm) => {
      latest = [stream, firm];
    });
    for (const step of steps) {
      void step;
      const now = performance.now();
      if (latest && now - saidAt > SHOW_EVERY) {
        spent = now - begin;
        answer(false);
        saidAt = performance.now();
      }
      if (now - turn > TURN) {
        await nextTurn();
        if (this.newest) return;
        turn = performance.now();
      }
    }
    spent = performance.now() - begin;
    answer(true);
  }
}

const channel = new MessageChannel();
const turns = [];
channel.port1.onmessage = () => turns.shift()();

/** Let the messages that have arrived be taken. */
function nextTurn() {
  return new Promise((resolve) => {
    turns.push(resolve);
    channel.port2.postMessage(null);
  });
}

if (typeof WorkerGlobalScope !== "undefined") {
  const engine = new Engine((message) => globalThis.postMessage(message));
  globalThis.onmessage = ({ data }) => engine.take(data);
}
