/*
 * Speaks the protocol of the page's worker without a network, for tests of what is visible: each sentence comes out in
 * capitals, at the lag that is asked for, and everything about it can be worked out by hand.
 */
"use strict";

const KINDS = /\S+@\S+\.\w+|https?:\/\/\S+|[$€]\d+(?:\.\d+)?|\p{Extended_Pictographic}(?:\u200d\p{Extended_Pictographic}|\ufe0f)*/gu;
const PIECE = 400;
let newest = 0;

function symbols(text) {
  const source = [];
  const spans = [...text.matchAll(KINDS)].map((match) => ({ start: match.index, end: match.index + match[0].length }));
  let sentence = 0;
  for (let place = 0; place < text.length; ) {
    const span = spans.find(({ start }) => start === place);
    const end = span ? span.end : place + String.fromCodePoint(text.codePointAt(place)).length;
    const isLast = end === text.length;
    source.push({ text: text.slice(place, end), start: place, end, kind: span ? "span" : null, sentence });
    if (/[.!?]/.test(text[place]) && (isLast || text[end] === " ")) sentence += 1;
    place = end;
  }
  return source;
}

function translated(text, lag, over, details, gates, quick) {
  const source = symbols(text);
  // A symbol is known to be complete once something follows it; what follows the last one is what would be if it were the last.
  const known = over ? source.length : source.length - 1;
  const output = [];
  const last = source.length ? source[source.length - 1].sentence : 0;
  for (let sentence = 0; sentence <= last; sentence++) {
    const first = source.findIndex((symbol) => symbol.sentence === sentence);
    const mine = source.filter((symbol) => symbol.sentence === sentence);
    const isOver = over || known > first + mine.length;
    mine.forEach((symbol, i) => {
      const read = lag === "full" ? mine.length : Math.min(i + 1 + lag, mine.length);
      const attention = new Float32Array(source.length);
      attention[first + i] = 0.8;
      if (i) attention[first + i - 1] = 0.2;
      const isRaw = symbol.kind || (quick && sentence === last);
      const letter = isRaw ? symbol.text : symbol.text.toUpperCase();
      output.push({
        text: letter, read: first + read, span: symbol.kind !== null, sentence,
        attention: details ? attention : null,
        candidates: details ? [[letter, 0.9], ["x", 0.06], [" ", 0.02], ["z", 0.01], ["q", 0.01]] : [],
        firm: isOver || (lag !== "full" && first + i + 1 + lag <= known),
        ...(gates ? { gates: gatesOf(i) } : {}),
      });
    });
  }
  if (gates) source.forEach((symbol, i) => (symbol.gates = gatesOf(i)));
  return { source, output };
}

function gatesOf(step) {
  const units = (phase) => Float32Array.from({ length: 64 }, (_, u) => 0.5 + 0.5 * Math.sin(step * (u + 1) * 0.1 + phase));
  return { input: units(0), forget: units(1), output: units(2), cell: units(3).map((value) => 2 * value - 1) };
}

onmessage = ({ data }) => {
  if (data.type === "load") {
    const { model } = data;
    if (!model.startsWith("{")) postMessage({ type: "error", message: "the model is damaged" });
    else postMessage({ type: "ready", info: { name: "fake", parameters: 1234567, vocabulary: 90, precision: "int8",
      lags: JSON.parse(model).lags } });
  } else if (data.type === "cost") {
    postMessage({ type: "cost", milliseconds_per_character: 1.5, load_milliseconds: 10 });
  } else if (data.type === "translate") answer(data);
};

/** Answer in pieces, and drop an older question for a newer one, as the worker does. */
function answer({ id, text, lag, over, details, gates, quick }) {
  newest = id;
  const began = performance.now();
  const { source, output } = translated(text, lag, over, details, gates, quick);
  const step = (count) => {
    if (id !== newest) return;
    const done = count >= output.length;
    postMessage({ type: "written", id, done, source, output: output.slice(0, count), seconds: (performance.now() - began) / 1000 });
    if (!done) setTimeout(() => step(count + PIECE), 5);
  };
  setTimeout(() => step(PIECE), 1);
}
