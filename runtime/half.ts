/** Sixteen-bit floating point numbers; float32 holds each of them exactly. */

/** IEEE 754 binary16: 1 bit of sign, 5 of exponent (bias 15), 10 of fraction. */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** bfloat16: the upper half of a float32. */
export function brainToNumber(bits: number): number {
  words[0] = bits << 16;
  return floats[0] ?? Number.NaN;
}

const words = new Uint32Array(1);
const floats = new Float32Array(words.buffer);
