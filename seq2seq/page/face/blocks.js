/**
 * What the file holds besides the page: the worker, the model and its tables.
 */

/** Return the text of a block, or null. */
export function blockText(id) {
  return document.getElementById(id)?.textContent ?? null;
}

/** Return the content of a block of JSON, or null. */
export function blockJson(id) {
  const text = blockText(id);
  return text ? JSON.parse(text) : null;
}

/** Return the text of a block, and let the block go. */
export function takeBlock(id) {
  const text = blockText(id) ?? "";
  document.getElementById(id)?.remove();
  return text;
}

/** Start the worker whose source is in a block. */
export function startWorker(id) {
  const address = URL.createObjectURL(new Blob([blockText(id) ?? ""], { type: "text/javascript" }));
  const worker = new Worker(address);
  URL.revokeObjectURL(address);
  return worker;
}
