/**
 * Products of int8 matrices and vectors of whole numbers: in WebAssembly with SIMD, or in plain JavaScript.
 *
 * The sums are exact in both, so the results are the same.
 */

/** Where matrices lie, and what multiplies them. */
export class Products {
  /** @param {WebAssembly.Instance | null} instance of products.wasm; null for plain JavaScript */
  constructor(instance) {
    this.wasm = instance ? instance.exports : null;
    this.end = 0; // of what is used of the memory
    this.widest = 0;
    this.tallest = 0;
  }

  /** Return products that use WebAssembly, if the browser has its SIMD, or else plain JavaScript. */
  static create(bytes) {
    try {
      return new Products(new WebAssembly.Instance(new WebAssembly.Module(bytes)));
    } catch {
      return new Products(null);
    }
  }

  /** Whether WebAssembly is used. */
  get isFast() {
    return this.wasm !== null;
  }

  /**
   * Return a matrix that `multiply` takes.
   *
   * @param {Int8Array} values row after row, (outputs, width)
   * @param {number} outputs the number of rows
   * @param {number} width the number of columns
   * @param {number} from the first column that is used
   * @param {number} to the column after the last one
   */
  matrix(values, outputs, width, from = 0, to = width) {
    const inputs = to - from;
    const columns = (inputs + 15) & ~15;
    const rows = (outputs + 3) & ~3;
    const matrix = { outputs, inputs, columns, rows, place: this.end, values: null };
    let room;
    if (this.wasm) {
      room = new Int8Array(this.reserve(rows * columns), matrix.place, rows * columns);
    } else {
      room = matrix.values = new Int8Array(rows * columns);
    }
    for (let row = 0; row < outputs; row++) {
      room.set(values.subarray(row * width + from, row * width + to), row * columns);
    }
    this.widest = Math.max(this.widest, columns);
    this.tallest = Math.max(this.tallest, rows);
    return matrix;
  }

  reserve(bytes) {
    this.end += bytes;
    const { memory } = this.wasm;
    const missing = this.end - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / 65536));
    return memory.buffer;
  }

  /** Make room for the vectors, once all matrices are there. */
  settle() {
    if (this.wasm) {
      const x = (this.end + 15) & ~15;
      const out = x + 2 * this.widest;
      this.end = out;
      const buffer = this.reserve(4 * this.tallest);
      this.placeOfX = x;
      this.placeOfOut = out;
      this.x = new Int16Array(buffer, x, this.widest);
      this.out = new Int32Array(buffer, out, this.tallest);
    } else {
      this.x = new Int16Array(this.widest);
      this.out = new Int32Array(this.tallest);
    }
  }

  /** Multiply a matrix by the first columns of `x`, where the caller has put them; the sums are in `out`. */
  multiply(matrix) {
    const { inputs, columns, rows, outputs } = matrix;
    this.x.fill(0, inputs, columns);
    if (this.wasm) this.wasm.multiply(this.placeOfX, matrix.place, this.placeOfOut, rows, columns);
    else multiplyPlainly(matrix.values, this.x, this.out, outputs, columns, inputs);
  }
}

function multiplyPlainly(values, x, out, outputs, columns, inputs) {
  for (let row = 0; row < outputs; row++) {
    const begin = row * columns;
    let sum = 0;
    for (let c = 0; c < inputs; c++) sum = (sum + Math.imul(values[begin + c], x[c])) | 0;
    out[row] = sum;
  }
}
