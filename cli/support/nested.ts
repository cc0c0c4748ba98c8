/** Flat numbers as nested lists, for JSON. */

export type Nested = number | null | readonly Nested[];

/** @param values row-major, of `shape`, with all their digits; what is not finite becomes null, since JSON has no word for it */
export function nested(values: Float32Array | Float64Array | undefined, shape: readonly number[]): Nested {
  const [first, ...rest] = shape;
  const flat = values ?? new Float32Array(0);
  if (first === undefined) {
    const [value = Number.NaN] = flat;
    return Number.isFinite(value) ? value : null;
  }
  const size = rest.reduce((product, length) => product * length, 1);
  return Array.from({ length: first }, (_, index) => nested(flat.subarray(index * size, (index + 1) * size), rest));
}
