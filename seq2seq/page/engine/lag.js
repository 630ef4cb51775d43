/**
 * The lag: the counterpart of what `seq2seq/lag.py` says of decoding. No other module computes it.
 */

export const FULL = "full";

/** read(t) = min(t + τ, S): the number of source symbols read when y_t is written; S for `full`. */
export function read(t, lag, sourceLength) {
  return lag === FULL ? sourceLength : Math.min(t + lag, sourceLength);
}

/** Whether y_t can be written while the source arrives. */
export function isDue(t, lag, received, over) {
  return over || (lag !== FULL && read(t, lag, received + 1) <= received);
}
