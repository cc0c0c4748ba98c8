/** Layers behind one another: what is inlined into a loop over time comes from layers that know nothing of it. */
import { describe, expect, it } from "vitest";
import type { ProgramName } from "../../runtime/contract.ts";
import { interpret } from "../../compiler/ops/interpret.ts";
import { partOf } from "../support/extent.ts";
import { compileText } from "../support/fixture-file.ts";
import { largestDifference, testBindings } from "../support/numbers.ts";
import { runProgram } from "../support/run-program.ts";

const recurrent = ["lstm", "gru", "rnn, bidirectional: true"];
const reducers = ["last_step", "attention_pool", "pool1d, reduce: mean", "pool1d, reduce: max"];
const vectors = ["batch_norm", "layer_norm", "rms_norm", "linear, out_features: 3"];

/** With and without lengths. */
const cases = vectors.flatMap((third) => ["", ", lengths: true"].map((more) => [third, more] as const));

const specOf = (layers: readonly string[], more: string): string => `
specloom: 1
name: together
data: {kind: tensors, file: data.json}
inputs:
  x: {shape: [5, 3]${more}}
  y: {shape: [2]}
layers:
  - {name: encoder, kind: ${layers[0] ?? ""}, hidden_size: 4}
  - {name: reduced, kind: ${layers[1] ?? ""}}
  - {name: vector, kind: ${layers[2] ?? ""}}
  - {name: head, kind: linear, out_features: 2}
loss: {kind: mse, input: head, target: y}
optimizer: {kind: sgd, learning_rate: 0.1, momentum: 0.9}
train: {batch_size: 3, clip_grad_norm: 1}
`;

describe.each(recurrent)("%s", (first) => {
  describe.each(reducers)("then %s", (second) => {
    it.each(partOf(cases, 5))("then %s%s: every result is the graph's", (third, more) => {
      const { graphs, programs } = compileText("together.yaml", specOf([first, second, third], more));
      for (const name of Object.keys(programs) as ProgramName[]) {
        // Of one example the prediction reads other inputs than that of a batch.
        const bindings = testBindings([graphs[name]], 7);
        const found = runProgram(programs[name], bindings);
        for (const [result, { data }] of Object.entries(interpret(graphs[name], bindings))) {
          expect(largestDifference(found[result] ?? [], data), `${name} ${result}`).toBeLessThan(1e-12);
        }
      }
    });
  });
});
