import type { ModelInput } from "../contracts/layer.ts";
import type { SeriesSection } from "@specloom/runtime/internal/contract";
import { legend } from "../support/legend.ts";
import { pointerTo } from "../support/pointer.ts";
import type { DataContext, DataDefinition } from "./define.ts";
import { reportUnusedSizes } from "./sizes.ts";
import { checkSeriesOrder, checkSplit, fillSplit, seriesOrderKeys, splitSchema } from "./split.ts";

interface SeriesConfig {
  readonly columns: readonly string[];
  readonly targets: readonly string[];
  readonly window: number;
  readonly horizon: "next" | number;
  readonly split: unknown;
  readonly missing: "error" | "interpolate" | "forward_fill";
}

const FREQUENCY_UNITS = ["second", "minute", "hour", "day", "week", "month", "year"] as const;
const FREQUENCIES = [...FREQUENCY_UNITS, "quarter", "business_day", "irregular"] as const;

const configOf = (context: DataContext): SeriesConfig => context.config as unknown as SeriesConfig;

/**
 * Windows of T rows of a table in time order. Gives `series` [B, T, C] and as target `next` [B, T, C'] (the row after each
 * row of the window) or `future` [B, H, C'] (the H rows after the window).
 */
export const series: DataDefinition = {
  kind: "series",
  summary: "Windows of a table whose rows are in time order.",
  keys: {
    file: {
      type: "string",
      minLength: 1,
      description:
        "The table, relative to this spec: .csv, .tsv or .txt with a header line, .jsonl or .ndjson with one object a line.",
    },
    columns: {
      type: "array",
      items: { type: "string" },
      minItems: 1,
      uniqueItems: true,
      description: "Columns that the model reads, in this order.",
    },
    targets: {
      type: "array",
      items: { type: "string" },
      minItems: 1,
      uniqueItems: true,
      optional: true,
      description: "Columns that the model predicts; default: all columns.",
    },
    window: { type: "integer", minimum: 1, description: "Number of rows T that the model sees." },
    horizon: {
      oneOf: [{ const: "next" }, { type: "integer", minimum: 1 }],
      default: "next",
      description: "next: at every step the row after it. A number H: the H rows after the window.",
    },
    stride: { type: "integer", minimum: 1, default: 1, description: "Rows between the starts of two windows." },
    transform: {
      type: "array",
      items: {
        oneOf: [
          { const: "log" },
          {
            type: "object",
            title: "a transform",
            properties: {
              difference: { type: "integer", minimum: 1, description: "Subtract the value this many rows before." },
            },
            required: ["difference"],
            additionalProperties: false,
          },
        ],
      },
      default: [],
      description: "Applied in this order to every column, and undone before anything is shown.",
    },
    normalize: {
      type: "string",
      enum: ["none", "standard", "minmax"],
      default: "none",
      description: "Scale per column, fitted on the training part alone.",
    },
    split: splitSchema(
      "Parts in time order, as fractions or as numbers of rows.",
      { train: 0.7, validation: 0.1, test: 0.2 },
      seriesOrderKeys,
    ),
    missing: {
      type: "string",
      enum: ["error", "interpolate", "forward_fill"],
      default: "error",
      description:
        "What happens to missing values: error refuses them; forward_fill repeats the last value; interpolate draws a straight " +
        "line to the next one, and repeats the last value where the window ends before it. What is filled in is computed " +
        "from no row behind the window, is not fitted on, not learned from and not scored.",
    },
    time: {
      type: "string",
      minLength: 1,
      optional: true,
      description:
        "The column that says when each row was. Times must then rise from row to row, each once, and no window may run over a " +
        "gap; without this key the first column of dates that is no data is looked at, and what is wrong is noted.",
    },
    frequency: {
      oneOf: [
        ...FREQUENCIES.map((name) => ({ const: name })),
        {
          type: "object",
          title: "a frequency",
          properties: {
            every: { type: "integer", minimum: 1, description: "How many units lie between two rows." },
            unit: { type: "string", enum: FREQUENCY_UNITS, description: "What they are counted in." },
          },
          required: ["every", "unit"],
          additionalProperties: false,
        },
      ],
      optional: true,
      description:
        "Time between two rows, without which it is found from the rows. business_day: Monday to Friday, of which two in a row may lack. " +
        "irregular: any, and gaps do not matter.",
    },
  },
  fileKeys: ["file"],
  check: (context) => {
    const { columns, targets, split } = configOf(context);
    targets.forEach((column, index) => {
      if (columns.includes(column)) return;
      context.report("unknown-target-column", { column, columns }, { pointer: pointerTo("/data/targets", index) });
    });
    checkSplit(fillSplit(split), true, context.report);
    checkSeriesOrder(context.spec.data["split"] ?? {}, context.report);
  },
  inputs: (context) => {
    const targetPointer = context.spec.data["targets"] === undefined ? "/data/columns" : "/data/targets";
    const implied = impliedInputs(configOf(context), targetPointer);
    checkRestated(context, implied);
    return implied;
  },
  hasValidation: (config) => fillSplit(config.split).validation > 0,
  validationHelp: "give data.split a validation part",
  fill: (config) => ({ targets: config.targets ?? config.columns, split: fillSplit(config.split) }),
  fact: (config) => ({ kind: "series", ...(config as unknown as Omit<SeriesSection, "kind">) }),
  impliesInputs: true,
  isSeries: true,
  preparation: (config) => {
    const { transform, normalize } = config as unknown as SeriesSection;
    const words = transform.map((item) => (typeof item === "string" ? item : `difference ${String(item.difference)}`));
    const steps = [...words, ...(normalize === "none" ? [] : [`normalize ${normalize}`])];
    if (steps.length === 0) return undefined;
    return `Numbers of the series enter and leave prepared (${steps.join(", ")}), not raw.`;
  },
  examples: [
    { config: { file: "data/sales.csv", columns: ["price", "sold"], window: 24 } },
    {
      config: {
        file: "data/load.csv",
        columns: ["load"],
        window: 96,
        time: "start",
        frequency: { every: 15, unit: "minute" },
      },
    },
    { config: { file: "data/sales.csv", columns: ["price", "sold"], targets: ["sold"], window: 24, horizon: 6 } },
  ],
};

function impliedInputs(
  { columns, targets, window, horizon, missing }: SeriesConfig,
  targetPointer: string,
): readonly ModelInput[] {
  const gaps = missing === "error" ? {} : { mayBeMissing: true as const };
  const input = (
    facts: Pick<ModelInput, "name" | "role" | "shape" | "axes" | "pointer" | "mayBeMissing">,
  ): ModelInput => ({
    ...facts,
    dtype: "float32",
    lengths: false,
  });
  return [
    input({
      name: "series",
      role: "input",
      shape: [window, columns.length],
      axes: ["T", "C"],
      pointer: "/data/columns",
    }),
    horizon === "next"
      ? input({
          name: "next",
          role: "target",
          shape: [window, targets.length],
          axes: ["T", "C"],
          pointer: targetPointer,
          ...gaps,
        })
      : input({
          name: "future",
          role: "target",
          shape: [horizon, targets.length],
          axes: ["H", "C"],
          pointer: "/data/horizon",
          ...gaps,
        }),
  ];
}

/** `inputs` may say again what the data implies, as a check for the reader; it must then be the same. */
function checkRestated({ spec, report }: DataContext, implied: readonly ModelInput[]): void {
  const sizes = new Map(Object.entries(spec.sizes ?? {}));
  const used = new Set<string>();
  for (const [name, restated] of Object.entries(spec.inputs ?? {})) {
    const pointer = pointerTo("/inputs", name);
    const input = implied.find((candidate) => candidate.name === name);
    if (!input) {
      const known = implied.map((candidate) => candidate.name);
      report("unknown-data-input", { name, kind: "series", known }, { pointer, part: "key" });
      continue;
    }
    restated.shape.forEach((entry) => typeof entry === "string" && used.add(entry));
    const shape = restated.shape.map((entry, axis) =>
      typeof entry === "number" ? entry : (sizes.get(entry) ?? input.shape[axis] ?? 0),
    );
    const same =
      shape.length === input.shape.length &&
      shape.every((size, axis) => size === input.shape[axis]) &&
      (restated.dtype ?? "float32") === "float32" &&
      restated.lengths !== true &&
      restated.vocabulary === undefined;
    if (same) continue;
    const declared = [
      legend({ shape, axes: restated.shape.map(String) }),
      restated.dtype ?? "float32",
      ...(restated.lengths === true ? ["with lengths"] : []),
      ...(restated.vocabulary === undefined ? [] : ["with a vocabulary"]),
    ].join(" ");
    const notes = [{ message: `${name} follows from the data.`, pointer: input.pointer }];
    report("restated-input", { name, declared, implied: `${legend(input)} float32` }, { pointer, notes });
  }
  reportUnusedSizes(spec, used, report);
}
