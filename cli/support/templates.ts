/** The specs that `init` writes, and small made-up data to try them on. */
import { jsonText, visibleText } from "@specloom/runtime/internal/shared/visible-text";
import type { TableStudy } from "./study-table.ts";

const SCHEMA =
  "# Commands: specloom validate, inspect, run, predict. Every key left out has a default; `specloom inspect` shows the result.";

/** Text as YAML; quoted wherever it could be read as something else. */
function scalar(text: string): string {
  const isPlain = /^[A-Za-z][\w./-]*$/.test(text) && !/^(true|false|null|yes|no|on|off|nan|inf)$/i.test(text);
  return isPlain ? text : jsonText(text);
}

export interface ForecastRequest {
  readonly name: string;
  /** Relative to the spec. */
  readonly file: string;
  readonly study: TableStudy;
}

export function forecastSpec({ name, file, study }: ForecastRequest): string {
  const { rows, columns, others, gaps, grows, window } = study;
  const beside = others.length === 0 ? "" : `; not data: ${others.map(comment).join(", ")}`;
  const missing =
    gaps === 0
      ? "  # missing: forward_fill # or interpolate; without it an empty cell is an error"
      : `  missing: forward_fill # ${String(gaps)} ${gaps === 1 ? "cell is" : "cells are"} empty; or interpolate`;
  return `${SCHEMA}
specloom: 1
name: ${name} # the same as this file's
description: ${jsonText(`Predicts the next row of ${columns.length === 1 ? (columns[0] ?? "") : `${String(columns.length)} columns`}.`)}

data:
  kind: series # rows in time order
  file: ${scalar(file)} # ${String(rows)} rows${beside}
  columns: [${columns.map(scalar).join(", ")}] # what the model reads and predicts; targets: [...] predicts fewer
  window: ${String(window)} # rows that the model sees at once
  horizon: next # at every step the row after it; a number H predicts the H rows after the window
${
  grows
    ? "  transform: [log] # undone before anything is shown; {difference: 12} would model the change over 12 rows"
    : "  # transform: [{ difference: 1 }] # model the change from row to row; log is for positive numbers that grow"
}
  normalize: standard # fitted on the training part alone, and stored with the weights
  split: { train: 0.7, validation: 0.1, test: 0.2 } # in time order
${missing}

layers: # each reads the one above it, unless from says otherwise
  - { name: encoder, kind: lstm, hidden_size: 16 }
  - { name: context, kind: attention_pool, scope: prefix } # what mattered so far
  - { name: joined, kind: concat, from: [encoder, context] }
  - { name: forecast, kind: linear, out_features: ${String(columns.length)} } # one number per target

loss: { kind: mse, input: forecast, target: next }
optimizer: { kind: adam, learning_rate: 0.005 }
train: { epochs: 100, batch_size: 16, seed: 7, early_stopping: { patience: 20 } }
metrics: [mae, rmse, mase] # always beside a forecast that repeats the last value
outputs: [forecast, context.weights] # the report draws the weights over time
`;
}

/** Text of a file inside a comment. */
function comment(text: string): string {
  return visibleText(text.replace(/\s+/gu, " "));
}

/** A slow and a fast wave: 240 rows. */
export function seriesExample(): { readonly text: string; readonly study: TableStudy } {
  const rows = Array.from({ length: 240 }, (_, row) => {
    const value = 50 + 20 * Math.sin(row / 4) + 6 * Math.sin(row / 1.7);
    return `${String(row + 1)},${value.toFixed(2)}`;
  });
  return {
    text: `day,value\n${rows.join("\n")}\n`,
    study: { rows: 240, columns: ["value"], others: [], gaps: 0, grows: false, window: 24, remarks: [] },
  };
}

export function classificationSpec({ name, file }: { readonly name: string; readonly file: string }): string {
  return `${SCHEMA}
specloom: 1
name: ${name} # the same as this file's
description: Tells rising, falling and waving sequences apart.

data:
  kind: tensors # named arrays whose first axis counts the examples
  file: ${scalar(file)}
  split: { train: 0.7, validation: 0.15, test: 0.15 }

inputs: # one example each; the first axis in the file comes on top
  x: { shape: [12, 1] } # 12 steps of one number
  label: { shape: [], dtype: int32, vocabulary: 3 } # 0 rising, 1 falling, 2 waving

layers:
  - { name: encoder, kind: lstm, from: x, hidden_size: 16 }
  - { name: context, kind: attention_pool, scope: sequence } # which steps mattered
  - { name: classes, kind: linear, out_features: 3 } # one score per class

loss: { kind: cross_entropy, input: classes, target: label }
optimizer: { kind: adam, learning_rate: 0.01 }
train: { epochs: 40, batch_size: 16, seed: 7, early_stopping: { patience: 10 } }
metrics: [accuracy] # always beside the most frequent class
outputs: [classes, context.weights]
`;
}

/** 240 sequences of three kinds. Numbers of a simple sequence stand in for chance, so that the file is always the same. */
export function classificationExample(): string {
  let state = 1;
  const chance = (): number => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
  const x: number[][][] = [];
  const label: number[] = [];
  for (let example = 0; example < 240; example += 1) {
    const kind = Math.floor(chance() * 3);
    const slope = 0.05 + 0.1 * chance();
    const start = chance() - 0.5;
    const shape = (step: number): number =>
      kind === 2 ? Math.sin(step * (0.8 + slope * 4)) : (kind === 0 ? 1 : -1) * slope * step;
    label.push(kind);
    x.push(
      Array.from({ length: 12 }, (_, step) => [Number((start + shape(step) + 0.4 * (chance() - 0.5)).toFixed(3))]),
    );
  }
  return `${JSON.stringify({ x, label })}\n`;
}
