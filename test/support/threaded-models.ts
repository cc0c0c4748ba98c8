/** Models large enough for threads, of sizes that fit no tile; short in time, for threads that lack a core wait long. */
import type { Compilation } from "../../compiler/contracts/programs.ts";
import { compileText } from "./fixture-file.ts";

const specs = {
  /** Work is shared out by rows: time steps times examples, or examples alone. */
  "many rows": `
inputs:
  x: {shape: [5, 7], lengths: true}
  y: {shape: [], dtype: int32, vocabulary: 5}
layers:
  - {name: encoder, kind: lstm, hidden_size: 75, bidirectional: true}
  - {name: thinned, kind: dropout, p: 0.25}
  - {name: pool, kind: attention_pool, score: additive, attention_size: 19}
  - {name: out, kind: linear, out_features: 5}
loss: {kind: cross_entropy, input: out, target: y}
optimizer: {kind: adamw, learning_rate: 0.01}
train: {batch_size: 21, clip_grad_norm: 0.5}
outputs: [out, pool.weights]
`,
  /** Three examples: what a step computes is shared out by columns. */
  "few rows": `
inputs:
  x: {shape: [6, 5]}
  y: {shape: [6, 3]}
layers:
  - {name: encoder, kind: lstm, hidden_size: 150}
  - {name: out, kind: linear, out_features: 3}
loss: {kind: mse, input: out, target: y}
optimizer: {kind: sgd, learning_rate: 0.1}
train: {batch_size: 3}
outputs: [out]
`,
  /** Rows of a table, found by numbers and placed by them, some numbers often. */
  "many words": `
inputs:
  words: {shape: [9], dtype: int32, vocabulary: 53}
  next: {shape: [9], dtype: int32, vocabulary: 53}
layers:
  - {name: table, kind: embedding, embedding_dim: 83, padding_idx: 3}
  - {name: places, kind: positional_encoding}
  - {name: mixed, kind: linear, out_features: 83, activation: tanh}
  - {name: scores, kind: linear, tie: table}
loss: {kind: cross_entropy, input: scores, target: next}
optimizer: {kind: adam, learning_rate: 0.01}
train: {batch_size: 21}
outputs: [scores]
`,
} as const;

export type ThreadedModel = keyof typeof specs;
export const threadedModels = Object.keys(specs) as readonly ThreadedModel[];

export function compileThreaded(name: ThreadedModel): Compilation {
  return compileText("threaded.yaml", `specloom: 1\ndata: {kind: tensors, file: x.json}${specs[name]}`);
}
