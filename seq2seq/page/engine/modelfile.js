/**
 * The model of a page: the counterpart of `seq2seq/page/packing.py`.
 */

/** Return the bytes that text in base64 stands for. @param {Uint8Array} text its characters, in ASCII */
export function fromBase64(text) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(new TextDecoder("latin1").decode(text));
  const values = new Uint8Array(128);
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (let i = 0; i < 64; i++) values[alphabet.charCodeAt(i)] = i;
  let end = text.length;
  while (end > 0 && text[end - 1] === 61) end--; // =
  const out = new Uint8Array(Math.floor((end * 3) / 4));
  let at = 0;
  let i = 0;
  for (; i + 3 < end; i += 4) {
    const bits =
      (values[text[i]] << 18) | (values[text[i + 1]] << 12) | (values[text[i + 2]] << 6) | values[text[i + 3]];
    out[at++] = bits >> 16;
    out[at++] = (bits >> 8) & 255;
    out[at++] = bits & 255;
  }
  if (end - i >= 2) out[at++] = (values[text[i]] << 2) | (values[text[i + 1]] >> 4);
  if (end - i === 3) out[at++] = ((values[text[i + 1]] & 15) << 4) | (values[text[i + 2]] >> 2);
  return out;
}

/** Return the content of bytes that gzip has compressed. */
export async function decompressed(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Return the bytes of a model, given as they are, compressed, or compressed and in base64. */
export async function unpacked(buffer) {
  let bytes = new Uint8Array(buffer);
  if (bytes[0] === 72 && bytes[1] === 52) bytes = fromBase64(bytes); // "H4", which is 1f 8b
  return bytes[0] === 0x1f && bytes[1] === 0x8b ? decompressed(bytes) : bytes;
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
