/** Numbers as text that reads back as the same float64. */

/** From here on a number's digits in a row would be more than a float64 holds. */
const LONGEST = 1e17;

/** The fewest digits that tell the number from its neighbours; `1e20` where digits in a row would be made up of zeros. */
export function numberText(value: number): string {
  if (!Number.isFinite(value) || Math.abs(value) < LONGEST) return String(value);
  return value.toExponential().replace("e+", "e");
}

/** JSON text whose numbers are written so too. */
export function withShortNumbers(json: string): string {
  // Strings come first in the alternatives, so that what looks like a number inside one is passed over.
  return json.replace(/"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g, (token) =>
    /^-?\d{18,}$/.test(token) ? numberText(Number(token)) : token,
  );
}
