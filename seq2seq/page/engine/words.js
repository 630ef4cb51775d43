/**
 * The words of the training data in a trie: the counterpart of `seq2seq/text/words.py`, one symbol at a time.
 *
 * A place is {node, last}: the node of the last symbol, and the number of the last complete word.
 */

const OUTSIDE = 0;
const OFF_TRIE = 1;
const FIRST = 2;
const LETTERS = 65536;

/** The place before the first symbol. */
export const START_PLACE = Object.freeze({ node: OUTSIDE, last: 0 });

/** The prefixes and words of one language, with the vectors of the nodes and of pairs. */
export class WordVectors {
  /**
   * @param {PageModel} model whose arrays they are
   * @param {string} side source_words or target_words
   * @param {number[]} letters for each symbol the id of its small letter; 0 between words, -1 off the trie
   */
  constructor(model, side, letters) {
    this.letters = letters;
    this.keys = model.weights[`${side}.keys`].values;
    this.whole = model.weights[`${side}.whole`].values;
    this.pairs = model.weights[`${side}.pair_keys`].values;
    this.size = model.weights[`${side}.nodes.weight`].shape[1];
    this.nodes = FIRST + this.keys.length + this.whole.length;
    this.addNode = model.rows(`${side}.nodes.weight`);
    this.addPair = model.weights[`${side}.pairs.weight`] ? model.rows(`${side}.pairs.weight`) : null;
  }

  /** Return the embedding (E) of one more symbol, and the place after it. */
  step(symbol, place) {
    const firstWhole = FIRST + this.keys.length;
    const letter = this.letters[symbol];
    const within = place.node !== OUTSIDE && place.node < firstWhole;
    const word = find(this.whole, place.node);
    let node = OFF_TRIE;
    if (letter === 0) node = word >= 0 ? firstWhole + word : OUTSIDE;
    else if (letter > 0) {
      const at = find(this.keys, (within ? place.node : OUTSIDE) * LETTERS + letter);
      if (at >= 0) node = FIRST + at;
    }
    const pair = find(this.pairs, place.last * this.nodes + node) + 1;
    // The last word stays until another one ends, or something leads off the trie.
    const changes = (letter === 0 && within) || letter < 0;
    const last = changes ? (letter === 0 && word >= 0 ? word + 1 : 0) : place.last;
    const vector = new Float32Array(this.size);
    this.addNode(node, vector);
    if (this.addPair) this.addPair(pair, vector);
    return { vector, place: Object.freeze({ node, last }) };
  }
}

/** Return the index of a number in a sorted array, or -1. */
function find(sorted, wanted) {
  let low = 0;
  let high = sorted.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < wanted) low = middle + 1;
    else if (sorted[middle] > wanted) high = middle - 1;
    else return middle;
  }
  return -1;
}
