/**
 * Matrix products in int8: the counterpart of `seq2seq/plain/quantised.py`, bit for bit.
 *
 * All arithmetic is that of float32: the inputs are rounded to whole numbers from -63 to 63, the sums are exact.
 */

const fround = Math.fround;
const LEVELS = 63;
const ZERO = LEVELS + 1;
const SMALLEST = fround(1e-20);

/** A matrix of int8 values with a scale for each output, which a vector can be multiplied by. */
export class QuantisedMatrix {
  /**
   * @param {Products} products multiplies
   * @param {{values: Int8Array, scale: Float32Array, shape: number[]}} weight in PyTorch's layout, (O, I)
   * @param {number | null} bound the largest absolute value of an input, if it is known
   * @param {number} from the first input that is used
   * @param {number} to the input after the last one
   */
  constructor(products, weight, bound = null, from = 0, to = weight.shape[1]) {
    const [outputs, width] = weight.shape;
    this.products = products;
    this.matrix = products.matrix(weight.values, outputs, width, from, to);
    this.scale = weight.scale;
    this.outputs = outputs;
    this.inputs = to - from;
    this.bound = bound;
    if (bound !== null) this.bindScale();
  }

  bindScale() {
    const share = fround(this.bound / LEVELS);
    this.factor = fround(LEVELS / this.bound);
    this.bounded = this.scale.map((scale) => fround(scale * share));
  }

  /** Divide the matrix by a number. */
  divide(divisor) {
    const by = fround(divisor);
    this.scale = this.scale.map((scale) => fround(scale / by));
    if (this.bound !== null) this.bindScale();
    return this;
  }

  /** Add x W to `out`, or set it. @param {Float32Array} x (I) @param {Float32Array} out (O) */
  multiply(x, out, add = false) {
    const { products, inputs, outputs } = this;
    const whole = products.x;
    let factor = this.factor;
    let rowScale = 0;
    if (this.bound === null) {
      let largest = SMALLEST;
      for (let i = 0; i < inputs; i++) {
        const size = x[i] < 0 ? -x[i] : x[i];
        if (size > largest) largest = size;
      }
      factor = fround(LEVELS / largest);
      rowScale = fround(largest / LEVELS);
    }
    for (let i = 0; i < inputs; i++) {
      whole[i] = Math.floor(fround(fround(x[i] * factor) + fround(ZERO + 0.5))) - ZERO;
    }
    products.multiply(this.matrix);
    const sums = products.out;
    if (this.bound !== null) {
      const scale = this.bounded;
      if (add) for (let o = 0; o < outputs; o++) out[o] = fround(out[o] + fround(sums[o] * scale[o]));
      else for (let o = 0; o < outputs; o++) out[o] = fround(sums[o] * scale[o]);
      return out;
    }
    const { scale } = this;
    for (let o = 0; o < outputs; o++) {
      const value = fround(fround(sums[o] * scale[o]) * rowScale);
      out[o] = add ? fround(out[o] + value) : value;
    }
    return out;
  }
}
