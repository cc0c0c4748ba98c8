/** Training, validation and test part: consecutive rows (or examples) in the file's order. */
import { Problem } from "@specloom/runtime/internal/problem";
import type { PartName, Split } from "@specloom/runtime/internal/contract-data";
import { countOf } from "./wording.ts";

/** Rows start .. end - 1. */
export interface RowRange {
  readonly start: number;
  readonly end: number;
}

export type Parts = Readonly<Record<PartName, RowRange>>;

export const PART_NAMES: readonly PartName[] = ["train", "validation", "test"];

export const PART_LABELS: Readonly<Record<PartName, string>> = {
  train: "training",
  validation: "validation",
  test: "test",
};

/**
 * Fractions are cut at the whole row below: of 144 rows, 0.67 + 0 + 0.33 gives 96, 0 and 48. Fractions below 1 and row
 * counts may leave rows over at the end.
 * @param what "row" or "example"
 * @throws Problem `split-rows`
 */
export function splitRows(count: number, split: Split, what: string, file: string): Parts {
  const shares = [split.train, split.validation, split.test];
  const total = shares.reduce((sum, share) => sum + share, 0);
  const wrong = (message: string, help: string): Problem =>
    new Problem({ code: "split-rows", message, help, file, pointer: "/data/split" });
  if (shares.some((share) => !(share >= 0))) {
    throw wrong("a part of the split is negative or not a number.", "give fractions that add up to 1, or counts.");
  }
  if (shares.every((share) => share <= 1) && total <= 1 + 1e-6) {
    // 0.7 + 0.1 is 0.7999999999999999: a hair below a whole row is that row.
    const cut = (fraction: number): number => Math.min(count, Math.floor(count * fraction + 1e-6));
    const parts = consecutive(cut(split.train), cut(split.train + split.validation), cut(total));
    const vanished = PART_NAMES.find((part) => split[part] > 0 && lengthOf(parts[part]) === 0);
    if (vanished === undefined) return parts;
    throw wrong(
      `the ${PART_LABELS[vanished]} part, ${String(split[vanished])} of ${countOf(count, what)}, is less than one ${what}.`,
      `give it a larger share or a number of ${what}s, or leave it out.`,
    );
  }
  const sum = shares.join(" + ");
  if (!shares.every((share) => Number.isInteger(share))) {
    throw wrong(
      `the split ${sum} = ${String(Number(total.toFixed(6)))} is neither fractions that stay within 1 nor whole ${what} counts.`,
      "for example {train: 0.7, validation: 0.1, test: 0.2}.",
    );
  }
  if (total > count) {
    throw wrong(
      `the split asks for ${sum} = ${String(total)} ${what}s, but the file has ${String(count)}.`,
      "lower a count, or give fractions that add up to 1.",
    );
  }
  return consecutive(split.train, split.train + split.validation, total);
}

function consecutive(train: number, validation: number, test: number): Parts {
  return {
    train: { start: 0, end: train },
    validation: { start: train, end: validation },
    test: { start: validation, end: test },
  };
}

export function lengthOf(range: RowRange): number {
  return range.end - range.start;
}
