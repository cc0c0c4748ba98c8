/** Whole numbers that a file writes with more digits than float64 holds. */
import type { NumberColumn } from "./number-column.ts";
import { countOf } from "./wording.ts";

/** From here on float64 does not have every whole number. */
const FIRST_UNSURE = 2 ** 53;

/**
 * One sentence per column that holds such numbers.
 * @param text what the file says in a cell; channels count from 0 as in `columns`
 */
export function wholeNumberNotes(
  columns: readonly NumberColumn[],
  names: readonly string[],
  text: (row: number, channel: number) => string,
): string[] {
  return columns.flatMap((values, channel) => {
    let count = 0;
    let first = "";
    for (let row = 0; row < values.length; row += 1) {
      const value = values[row] ?? Number.NaN;
      if (!(Math.abs(value) >= FIRST_UNSURE)) continue;
      const written = text(row, channel).trim();
      if (!losesDigits(written, value)) continue;
      if (count === 0) first = `row ${String(row + 1)}: ${written} is read as ${String(BigInt(value))}`;
      count += 1;
    }
    if (count === 0) return [];
    return [
      `column "${names[channel] ?? ""}" has ${countOf(count, "number")} above 2^53 with digits that float64 does not hold (${first}).`,
    ];
  });
}

/** Of a number with an exponent nobody expects all digits. */
function losesDigits(written: string, value: number): boolean {
  const [, sign = "", whole = "", further = ""] = /^([+-]?)(\d[\d.,' \u00a0\u202f]*?)([.,]\d*)?$/.exec(written) ?? [];
  // What stands between the digits groups them, whatever a country writes; a point or comma at the end begins decimals.
  const readings = [whole, whole + further].map((text) => text.replace(/\D/g, ""));
  const digits = readings.find((text) => text !== "" && Number(text) === Math.abs(value));
  if (digits === undefined) return false;
  return (sign === "-" ? -BigInt(digits) : BigInt(digits)) !== BigInt(value);
}
