/**
 * The model of a page: the counterpart of `seq2seq/page/packing.py`.
 */

const FIRST_CHARACTER = 0x3400; // stands for 0

/** Return the bytes that a text stands for, 15 bits in each character; its first one counts what is left out. */
export function fromText(text) {
  const size = ((text.length - 1) * 15) / 8;
  const out = new Uint8Array(size);
  let at = 0;
  let bits = 0;
  let count = 0;
  for (let i = 1; i < text.length; i++) {
    bits = ((bits & 127) << 15) | (text.charCodeAt(i) - FIRST_CHARACTER);
    count += 15;
    out[at++] = bits >> (count -= 8);
    if (count > 7) out[at++] = bits >> (count -= 8);
  }
  return out.subarray(0, size - (text.charCodeAt(0) - FIRST_CHARACTER));
}

/** Return the content of bytes that gzip has compressed. */
export async function decompressed(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** The weights and settings of a model. */
export class PageModel {
  /** @param {Uint8Array} bytes as `packing.pack` has written them */
  constructor(bytes) {
    const size = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + size)));
    Object.assign(this, {
      name: header.name,
      notice: header.notice,
      config: header.config,
      parameters: header.parameters,
      tableBits: header.table_bits,
      bounds: header.bounds,
      tables: header.tables,
    });
    this.weights = {};
    let at = 8 + size;
    for (const { name, kind, shape, bytes: length } of header.arrays) {
      this.weights[name] = unpackedArray(kind, bytes.subarray(at, at + length), shape);
      at += length;
    }
    for (const [name, weight] of Object.entries(this.weights)) {
      if (weight.kind === "int8" || weight.kind === "int4") weight.scale = this.weights[`${name}.scale`].values;
    }
  }

  /** Return a weight of real numbers as a Float32Array, or null if there is none. */
  real(name) {
    const weight = this.weights[name];
    if (!weight) return null;
    if (!weight.scale) return weight.values;
    const width = weight.shape[1];
    const values = weight.kind === "int4" ? wide(weight.values, width * weight.shape[0]) : weight.values;
    return Float32Array.from(values, (value, i) => value * weight.scale[Math.floor(i / width)]);
  }

  /** Return a function that adds a row of a matrix to a vector. */
  rows(name) {
    const { kind, values, scale, shape } = this.weights[name];
    const width = shape[1];
    const fround = Math.fround;
    if (kind === "int4") {
      return (row, out) => {
        const at = row * width;
        for (let i = 0; i < width; i++) {
          const pair = values[(at + i) >> 1];
          const value = ((at + i) & 1 ? pair >> 4 : pair & 15) - 8;
          out[i] = fround(out[i] + fround(value * scale[row]));
        }
      };
    }
    if (kind === "int8") {
      return (row, out) => {
        const at = row * width;
        for (let i = 0; i < width; i++) out[i] = fround(out[i] + fround(values[at + i] * scale[row]));
      };
    }
    return (row, out) => {
      for (let i = 0; i < width; i++) out[i] = fround(out[i] + values[row * width + i]);
    };
  }
}

function unpackedArray(kind, bytes, shape) {
  if (kind === "int8") {
    return { kind, shape, values: new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length) };
  }
  if (kind === "int4") return { kind, shape, values: bytes };
  if (kind === "ascending") return { kind, shape, values: ascending(bytes, shape[0]) };
  const copy = bytes.slice().buffer;
  const values = kind === "float16" ? halves(new Uint16Array(copy)) : new Float32Array(copy);
  return { kind, shape, values };
}

/** Return ascending whole numbers; they may exceed 32 bits, and a float64 holds them exactly. */
function ascending(bytes, count) {
  const out = new Float64Array(count);
  let at = 0;
  let sum = 0;
  for (let i = 0; i < count; i++) {
    let unit = 1;
    for (; bytes[at] > 127; at++) {
      sum += (bytes[at] & 127) * unit;
      unit *= 128;
    }
    sum += bytes[at++] * unit;
    out[i] = sum;
  }
  return out;
}

function halves(codes) {
  const out = new Float32Array(codes.length);
  for (let i = 0; i < codes.length; i++) {
    const exponent = (codes[i] >> 10) & 31;
    const fraction = codes[i] & 1023;
    const size = exponent ? (1 + fraction / 1024) * 2 ** (exponent - 15) : (fraction / 1024) * 2 ** -14;
    out[i] = codes[i] & 0x8000 ? -size : size;
  }
  return out;
}

function wide(pairs, count) {
  const out = new Int8Array(count);
  for (let i = 0; i < count; i++) out[i] = (i & 1 ? pairs[i >> 1] >> 4 : pairs[i >> 1] & 15) - 8;
  return out;
}
