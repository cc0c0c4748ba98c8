/** Log-probabilities of one row of logits, in float64. */
export function logSoftmaxRow(logits: ArrayLike<number>): Float64Array {
  const row = Float64Array.from(logits);
  let largest = Number.NEGATIVE_INFINITY;
  for (const value of row) largest = Math.max(largest, value);
  let sum = 0;
  for (const value of row) sum += Math.exp(value - largest);
  const total = largest + Math.log(sum);
  return row.map((value) => value - total);
}
