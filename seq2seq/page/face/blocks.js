/**
 * What the file holds besides the page: the worker, the model and its tables.
 */

const SLICE = 1 << 20;

/** Return the text of a block, or null. */
export function blockText(id) {
  return document.getElementById(id)?.textContent ?? null;
}

/** Return the content of a block of JSON, or null. */
export function blockJson(id) {
  const text = blockText(id);
  return text ? JSON.parse(text) : null;
}

/** Return the bytes of a block in base64, and let the block go. The page stays alive meanwhile. */
export async function blockBytes(id) {
  const text = (blockText(id) ?? "").replace(/\s+/g, "");
  document.getElementById(id)?.remove();
  const parts = [];
  for (let place = 0; place < text.length; place += SLICE) {
    parts.push(Uint8Array.from(atob(text.slice(place, place + SLICE)), (byte) => byte.charCodeAt(0)));
    await new Promise((go) => setTimeout(go, 0));
  }
  return new Blob(parts).arrayBuffer();
}

/** Start the worker whose source is in a block. */
export function startWorker(id) {
  const address = URL.createObjectURL(new Blob([blockText(id) ?? ""], { type: "text/javascript" }));
  const worker = new Worker(address);
  URL.revokeObjectURL(address);
  return worker;
}
