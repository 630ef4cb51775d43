/**
 * Clean text, online: the counterpart of `seq2seq/text/normalise.py`, without its counts.
 */

import {
  charAt, charBefore, isCombining, isDropped, isSpace, trimEnd,
} from "./characters.js";
import { constant, every, fullmatch, match, members, search } from "./tables.js";

/** Normalises a line that arrives in pieces. It holds the last character until it is complete. */
export class Normaliser {
  constructor() {
    this.held = "";
    this.begun = false;
  }

  /** Take the next piece of the line and return the clean text that is certain now. */
  feed(text) {
    const block = constant("normalise.BLOCK");
    const characters = [...text];
    let out = "";
    for (let at = 0; at < characters.length; at += block) {
      out += this.feedBlock(characters.slice(at, at + block).join(""));
    }
    return out;
  }

  feedBlock(piece) {
    let text = joined(this.held + visible(piece)).replace(every("normalise.SPACES"), " ");
    if (!this.begun) {
      text = text.replace(/^ +/, "");
      this.begun = text !== "";
    }
    const last = lastCharacter(text);
    this.held = bounded(text.slice(last));
    return bounded(text.slice(0, last)).normalize("NFC");
  }

  /** End the line and return what was held. */
  finish() {
    const held = trimEnd(this.held, members("normalise.JOINERS"));
    this.held = "";
    this.begun = false;
    return held.normalize("NFC").replace(/ +$/, "");
  }

  /** Whether a space is held until another character follows it. */
  get holdsSpace() {
    return this.held === " ";
  }
}

/** Return a text without invisible characters, with white space as spaces. */
export function visible(text) {
  let out = "";
  for (const character of text) {
    const code = character.codePointAt(0);
    if (code > 0x20 && code < 0x7f) out += character;
    else if (isSpace(character) && !(code >= 0x1c && code <= 0x1f)) out += " ";
    else if (code >= 0xd800 && code <= 0xdfff) out += constant("normalise.REPLACEMENT");
    else if (match("normalise.INVISIBLE_IN_EMOJI", character)) out += character;
    else if (!isDropped(character)) out += character;
  }
  return out;
}

/** Return a text without joiners and tags outside emoji, except at its end. */
function joined(text) {
  if (!search("normalise.INVISIBLE_IN_EMOJI", text)) return text;
  const joiners = members("normalise.JOINERS");
  let out = "";
  let joiner = "";
  for (const character of text) {
    if (joiners.has(character)) {
      if (!joiner && fullmatch("normalise.JOINS", charBefore(out, out.length))) joiner = character;
    } else if (match("normalise.INVISIBLE_IN_EMOJI", character)) {
      if (search("normalise.TAKES_TAG", out)) {
        out += character;
        joiner = "";
      }
    } else {
      out += (match("normalise.JOINED", character) ? joiner : "") + character;
      joiner = "";
    }
  }
  return out + joiner;
}

/** Return a text in which no character has more marks than `MOST_MARKS`. */
function bounded(text) {
  if (!search("normalise.CROWDED", text)) return text;
  let out = "";
  let marks = 0;
  for (const character of text.normalize("NFD")) {
    const code = character.codePointAt(0);
    marks = code >= 0x300 && code < 0x20000 && isCombining(character) ? marks + 1 : 0;
    if (marks <= constant("normalise.MOST_MARKS")) out += character;
  }
  return out;
}

/** Return where the last character of a text begins; what is before it is final. */
function lastCharacter(text) {
  let at = text.length;
  for (;;) {
    at -= charBefore(text, at).length;
    if (at <= 0) return 0;
    const character = charAt(text, at);
    if (character.codePointAt(0) < 0x300) return at;
    if (isStarter(character) && isApart(text.slice(0, at), text.slice(at))) return at;
  }
}

function isStarter(character) {
  if (match("normalise.INVISIBLE_IN_EMOJI", character)) return false;
  return !isCombining(charAt(character.normalize("NFD"), 0));
}

function isApart(before, after) {
  return (before + after).normalize("NFC") === before.normalize("NFC") + after.normalize("NFC");
}
