/** How data is divided into training, validation and test: fractions, or numbers of rows. */
import type { Report } from "../diagnostics/report.ts";
import type { KeySchema } from "../schema/keys.ts";

export interface Split {
  readonly train: number;
  readonly validation: number;
  readonly test: number;
}

export function splitSchema(description: string, defaults: Split | undefined): KeySchema {
  const part = (what: string): Readonly<Record<string, unknown>> => ({ type: "number", minimum: 0, description: what });
  return {
    type: "object",
    description,
    ...(defaults ? { default: defaults } : { optional: true }),
    properties: {
      train: part("Part that the model learns from."),
      validation: part("Part that early stopping and the choice of the best weights watch."),
      test: part("Part that nothing sees before the evaluation at the end."),
    },
    required: ["train"],
    additionalProperties: false,
  };
}

/** A part that is not mentioned is empty. */
export function fillSplit(split: unknown): Split {
  const parts = split as Partial<Split>;
  return { train: parts.train ?? 0, validation: parts.validation ?? 0, test: parts.test ?? 0 };
}

/** @param rows whether numbers of rows are allowed beside fractions */
export function checkSplit(split: Split, rows: boolean, report: Report): void {
  const pointer = "/data/split";
  const parts = [split.train, split.validation, split.test];
  if (split.train === 0) report("split-without-training", undefined, { pointer: `${pointer}/train` });
  if (parts.some((part) => part > 1)) {
    if (!rows) report("split-counts-unsupported", undefined, { pointer });
    else if (!parts.every(Number.isInteger)) report("split-mixed", undefined, { pointer });
    return;
  }
  const sum = parts.reduce((total, part) => total + part, 0);
  if (sum > 1 + 1e-9) report("split-too-large", { sum: String(Number(sum.toFixed(6))) }, { pointer });
}
