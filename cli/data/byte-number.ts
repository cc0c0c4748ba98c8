/** Decimal numbers in bytes, the same float64 that `Number` reads, mostly without making a string. */

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const POWERS = Array.from({ length: 23 }, (_, exponent) => 10 ** exponent);
/** Whole numbers of so many digits, and powers of ten up to 22, are exact; one division of the two rounds right (Clinger). */
const EXACT_DIGITS = 15;

export function isNumber(text: string): boolean {
  return NUMBER.test(text);
}

/**
 * @param from first byte of the number, without spaces around it
 * @returns NaN where the bytes are no number, or one beyond the range of float64
 */
export function numberInBytes(bytes: Uint8Array, from: number, to: number): number {
  let index = from;
  const sign = bytes[index];
  if (sign === 0x2d || sign === 0x2b) index += 1;
  let whole = 0;
  let digits = 0;
  let decimals = 0;
  let point = false;
  for (; index < to; index += 1) {
    const digit = (bytes[index] ?? 0) - 0x30;
    if (digit >= 0 && digit <= 9) {
      whole = whole * 10 + digit;
      // Zeros in front are digits all the same: a number of that kind is read the long way.
      digits += 1;
      if (point) decimals += 1;
    } else if (digit === -2 && !point) point = true;
    else return slowNumber(bytes, from, to);
  }
  if (digits === 0 || digits > EXACT_DIGITS) return slowNumber(bytes, from, to);
  const value = decimals === 0 ? whole : whole / (POWERS[decimals] ?? 1);
  return sign === 0x2d ? -value : value;
}

function slowNumber(bytes: Uint8Array, from: number, to: number): number {
  // What is longer is looked at in a message, not read.
  if (to - from > 1000) return Number.NaN;
  let text = "";
  for (let index = from; index < to; index += 1) text += String.fromCharCode(bytes[index] ?? 0);
  const value = NUMBER.test(text) ? Number(text) : Number.NaN;
  return Number.isFinite(value) ? value : Number.NaN;
}
