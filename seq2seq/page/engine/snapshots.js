/**
 * Copies of a stream, so that the next letter costs one letter: what is never changed is shared.
 *
 * By convention, typed arrays, sets, maps and frozen objects are never changed once they are there.
 */

/** Return a copy of a value that may be changed without changing the value. */
export function copyOf(value) {
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Growing) return value.copy();
  if (Array.isArray(value)) return Object.isFrozen(value) ? value : value.map(copyOf);
  if (ArrayBuffer.isView(value) || value instanceof Set || value instanceof Map) return value;
  if (Object.isFrozen(value) || value.isShared) return value;
  const copy = Object.create(Object.getPrototypeOf(value));
  for (const key of Object.keys(value)) copy[key] = copyOf(value[key]);
  return copy;
}

/** A list that only grows; copies share it until one of them grows differently. */
export class Growing {
  constructor(list = [], length = 0) {
    this.list = list;
    this.length = length;
  }

  /** Add an element, which must not change any more. */
  push(element) {
    if (this.list.length > this.length) this.list = this.list.slice(0, this.length);
    this.list.push(element);
    this.length += 1;
  }

  /** Return the elements as an array of its own. */
  all() {
    return this.list.slice(0, this.length);
  }

  /** Return an element; a negative place counts from the end. */
  at(place) {
    return this.list[place < 0 ? this.length + place : place];
  }

  copy() {
    return new Growing(this.list, this.length);
  }
}
