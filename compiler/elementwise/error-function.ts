/**
 * erf in float64: the Maclaurin series near 0, the continued fraction of erfc (Abramowitz & Stegun 7.1.14) further out.
 * Error below 1e-15 over the whole line; used by the interpreter only, the targets have their own float32 forms.
 */
export function errorFunction(x: number): number {
  const size = Math.abs(x);
  if (Number.isNaN(x)) return x;
  if (size > 6) return Math.sign(x);
  if (size < 2.5) {
    let term = x;
    let total = x;
    for (let n = 1; n < 200 && Math.abs(term) > 1e-18 * Math.abs(total); n++) {
      term *= (-x * x) / n;
      total += term / (2 * n + 1);
    }
    return (2 / Math.sqrt(Math.PI)) * total;
  }
  let fraction = size;
  for (let n = 120; n >= 1; n--) fraction = size + n / 2 / fraction;
  const complement = Math.exp(-size * size) / (fraction * Math.sqrt(Math.PI));
  return Math.sign(x) * (1 - complement);
}
