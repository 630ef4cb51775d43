/**
 * What the drawings share: sharp canvases, and the colours of the page.
 */

const NAMES = ["ink", "soft", "line", "paper", "reading", "writing", "draft", "pending", "low", "high", "cold", "warm"];

/** Return the colours of the page by name. */
export function colours() {
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(NAMES.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
}

/** Return the size of the page's letters in CSS pixels, by which drawings grow. */
export function unit() {
  return parseFloat(getComputedStyle(document.documentElement).fontSize);
}

/**
 * Give a canvas a size and return its empty context, in CSS pixels.
 * @param {HTMLCanvasElement} canvas
 */
export function sheet(canvas, width, height) {
  const ratio = window.devicePixelRatio || 1;
  const [w, h] = [Math.ceil(width * ratio), Math.ceil(height * ratio)];
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
    canvas.style.setProperty("width", `${width}px`);
    canvas.style.setProperty("height", `${height}px`);
  }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  context.textAlign = "center";
  context.textBaseline = "middle";
  return context;
}

/** Return a colour between two, given as #rrggbb. */
export function between(from, to, share) {
  const part = (colour, i) => parseInt(colour.slice(1 + 2 * i, 3 + 2 * i), 16);
  const mixed = [0, 1, 2].map((i) => Math.round(part(from, i) + share * (part(to, i) - part(from, i))));
  return `rgb(${mixed.join(" ")})`;
}

/** Return a sign for a letter in a drawing. */
export function sign(text) {
  if (text === " ") return "␣";
  if (text === "") return "⏎";
  const letters = [...text];
  return letters.length > 2 ? "▪" : text;
}
