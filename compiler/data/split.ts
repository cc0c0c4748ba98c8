/** How data is divided into training, validation and test: fractions, or numbers of rows. */
import type { Report } from "../diagnostics/report.ts";
import type { KeySchema } from "../keys/define.ts";

export interface Split {
  readonly train: number;
  readonly validation: number;
  readonly test: number;
}

/** @param further keys beside the parts */
export function splitSchema(
  description: string,
  defaults: Split | undefined,
  further: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
): KeySchema {
  const part = (what: string): Readonly<Record<string, unknown>> => ({ type: "number", minimum: 0, description: what });
  return {
    type: "object",
    description,
    ...(defaults ? { default: defaults } : { optional: true }),
    properties: {
      train: part("Part that the model learns from."),
      validation: part("Part that early stopping and the choice of the best weights watch."),
      test: part("Part that nothing sees before the evaluation at the end."),
      ...further,
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

/** Examples of tensors stand by themselves, so that a part may hold any of them. */
export const orderKeys = {
  order: {
    enum: ["consecutive", "scattered"],
    description:
      "consecutive: parts as they lie in the file, which is the default. scattered: drawn from all over it, by seed.",
  },
  seed: {
    type: "integer",
    minimum: 0,
    maximum: 4294967295,
    description: "Of order: scattered; 0 unless given. The seed of training changes nothing in it.",
  },
  group: {
    type: "string",
    minLength: 1,
    description: "A tensor of the file with a whole number per example: those with the same one stay in one part.",
  },
} as const;

/** The windows of a series share their rows, so that its parts lie one behind the other. */
export const seriesOrderKeys = {
  order: {
    enum: ["consecutive", "scattered"],
    description: "consecutive, since windows share rows: a scattered series is an error.",
  },
} as const;

interface Order {
  readonly order?: string;
  readonly seed?: number;
  readonly group?: string;
}

/** What a split says beside its parts; nothing where the file is just cut. */
export function fillOrder(split: unknown): Readonly<Record<string, unknown>> {
  const { order = "consecutive", seed = 0, group } = split as Order;
  return {
    ...(order === "scattered" ? { order, seed } : group === undefined ? {} : { order }),
    ...(group === undefined ? {} : { group }),
  };
}

export function checkSeriesOrder(split: unknown, report: Report): void {
  if ((split as Order).order !== "scattered") return;
  report("split-scattered-series", undefined, { pointer: "/data/split/order" });
}

/** @param groups the tensors that may be one, where the file is known: whole numbers, one per example */
export function checkOrder(split: unknown, groups: readonly string[] | undefined, report: Report): void {
  const { order, seed, group } = split as Order;
  if (seed !== undefined && order !== "scattered") {
    report("split-seed-unused", undefined, { pointer: "/data/split/seed", part: "key" });
  }
  if (group !== undefined && groups?.includes(group) === false) {
    report("split-group", { group, known: groups }, { pointer: "/data/split/group" });
  }
}
