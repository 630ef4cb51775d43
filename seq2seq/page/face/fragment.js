/**
 * The text and the lag in the part of the address that is not sent to anybody: `#lag=8&text=…&ui=es`.
 */

const LONGEST = 4000;

/**
 * Return what an address asks for; what is missing or wrong is left out.
 * @param {string} hash  with its #
 * @returns {{text?: string, lag?: number|"full", ui?: "en"|"es"}}
 */
export function readFragment(hash) {
  const asked = new URLSearchParams(hash.replace(/^#/, ""));
  const wish = {};
  if (asked.has("text")) wish.text = asked.get("text").slice(0, LONGEST);
  if (asked.get("lag") === "full") wish.lag = "full";
  else if (/^\d{1,3}$/.test(asked.get("lag") ?? "")) wish.lag = Number(asked.get("lag"));
  if (asked.get("ui") === "en" || asked.get("ui") === "es") wish.ui = asked.get("ui");
  return wish;
}

/** Return the part of the address for a text, a lag and a language; null if the text is too long for it. */
export function writeFragment(text, lag, ui) {
  return text.length > LONGEST ? null : `#${new URLSearchParams({ lag: String(lag), text, ui })}`;
}
