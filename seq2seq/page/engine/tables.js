/**
 * The tables that Python has exported (`seq2seq/page/text_tables.py`): constants, words, expressions.
 *
 * They are installed once, before anything is read; the names are those of the modules of Python that own
 * them, as in "sentences.RUN".
 */

let installed = null;
const compiled = new Map();
const sets = new Map();

/** Take the tables of the page. */
export function install(tables) {
  installed = tables;
  compiled.clear();
  sets.clear();
}

/** Return all tables. */
export function tables() {
  return installed;
}

/** Return a constant: a number, a string, a list of strings or an object. */
export function constant(name) {
  const value = installed.constants[name];
  if (value === undefined) throw new Error(`there is no table ${name}`);
  return value;
}

/** Return a list of words, or the characters of a string, as a Set. */
export function members(name) {
  let found = sets.get(name);
  if (!found) {
    found = new Set(constant(name));
    sets.set(name, found);
  }
  return found;
}

/** Return a compiled expression; `use` is "match", "fullmatch", "search" or "all". */
function expression(name, use) {
  const key = `${use} ${name}`;
  let found = compiled.get(key);
  if (!found) {
    const given = installed.patterns[name];
    if (!given) throw new Error(`there is no expression ${name}`);
    const [source, flags] = given;
    if (use === "fullmatch") found = new RegExp(`(?:${source})$`, `${flags}y`);
    else if (use === "match") found = new RegExp(source, `${flags}y`);
    else found = new RegExp(source, `${flags}g`);
    compiled.set(key, found);
  }
  return found;
}

/** Match at a place, as Python's `match(text, at)`; null if it does not. */
export function match(name, text, at = 0) {
  const found = expression(name, "match");
  found.lastIndex = at;
  return found.exec(text);
}

/** Match from a place to the end of the text, as Python's `fullmatch(text, at)`. */
export function fullmatch(name, text, at = 0) {
  const found = expression(name, "fullmatch");
  found.lastIndex = at;
  return found.exec(text);
}

/** Find the first match from a place on, as Python's `search(text, at)`. */
export function search(name, text, at = 0) {
  const found = expression(name, "search");
  found.lastIndex = at;
  return found.exec(text);
}

/** Return an expression with the flag g, for `replace`, `split` and `matchAll`. */
export function every(name) {
  const found = expression(name, "search");
  found.lastIndex = 0;
  return found;
}
