/** Cells against the built-in layers they write out, and every function of the equations against central differences. */
import { describe, expect, it } from "vitest";
import { cellFunctions } from "../../compiler/cells/functions.ts";
import { interpret } from "../../compiler/ops/interpret.ts";
import type { Compilation } from "../../compiler/contracts/programs.ts";
import { sizeOf } from "../../compiler/ir/graph.ts";
import { centralDifferences } from "../support/differences.ts";
import { build } from "../../compiler/stages/4-build.ts";
import { buildStream } from "../../compiler/stages/4-build/stream.ts";
import type { StreamGraphs } from "../../compiler/stages/4-build/stream.ts";
import { interpretStream } from "../support/stream-runner.ts";
import { compileText } from "../support/fixture-file.ts";
import { largestDifference, testBindings } from "../support/numbers.ts";
import { seeded } from "../support/seeded.ts";
import type { Trainee } from "../support/trainee.ts";
import { interpretedTrainee, liveTrainee, onlyInputs } from "../support/trainee.ts";

const cells: Readonly<Record<string, string>> = {
  lstm: `
    keys: {hidden_size: null}
    state: {h: hidden_size, c: hidden_size}
    parameters: {weight_ih_l0: [4 * hidden_size, input], weight_hh_l0: [4 * hidden_size, hidden_size], bias_ih_l0: [4 * hidden_size], bias_hh_l0: [4 * hidden_size]}
    equations: |
      i, f, g, o = split(weight_ih_l0 @ x + bias_ih_l0 + weight_hh_l0 @ h + bias_hh_l0)
      c' = sigmoid(f) * c + sigmoid(i) * tanh(g)
      h' = sigmoid(o) * tanh(c')`,
  gru: `
    keys: {hidden_size: null}
    state: {h: hidden_size}
    parameters: {weight_ih_l0: [3 * hidden_size, input], weight_hh_l0: [3 * hidden_size, hidden_size], bias_ih_l0: [3 * hidden_size], bias_hh_l0: [3 * hidden_size]}
    equations: |
      r, z, n = split(weight_ih_l0 @ x + bias_ih_l0)
      s, u, m = split(weight_hh_l0 @ h + bias_hh_l0)
      update = sigmoid(z + u)
      h' = (1 - update) * tanh(n + sigmoid(r + s) * m) + update * h`,
  rnn: `
    keys: {hidden_size: null}
    state: {h: hidden_size}
    parameters: {weight_ih_l0: [hidden_size, input], weight_hh_l0: [hidden_size, hidden_size], bias_ih_l0: [hidden_size], bias_hh_l0: [hidden_size]}
    equations: h' = tanh(weight_ih_l0 @ x + bias_ih_l0 + weight_hh_l0 @ h + bias_hh_l0)`,
};

function model(kind: string, cell: string, steps: number): Compilation {
  const section = cell === "" ? "" : `cells:\n  ${kind}:${cell}\n`;
  return compileText(
    "model.yaml",
    `specloom: 1
data: {kind: tensors, file: data.json}
inputs: {x: {shape: [${steps}, 3], lengths: true}, y: {shape: [${steps}, 1]}}
${section}layers:
  - {name: encoder, kind: ${kind}, from: x, hidden_size: 4, bidirectional: true}
  - {name: out, kind: linear, out_features: 1}
loss: {kind: mse, input: out, target: y}
optimizer: {kind: adam}
train: {batch_size: 3}
outputs: [out, encoder, encoder.final_state]
`,
  );
}

describe.each(Object.entries(cells))("%s as equations", (kind, cell) => {
  it.each(kind === "lstm" ? [1, 7, 1027] : [1, 7])(
    "gives the numbers of the built-in layer over %i steps",
    async (steps) => {
      const [builtIn, written] = [model(kind, "", steps), model(`my_${kind}`, cell, steps)];
      const draw = seeded(steps);
      const numbers = (count: number): Float64Array => Float64Array.from({ length: count }, () => 2 * draw.unit() - 1);
      const parameters = Object.fromEntries(
        builtIn.model.parameters.map(({ name, shape }) => [name, numbers(sizeOf(shape))]),
      );
      const lengths = Float64Array.of(steps, Math.ceil(steps / 2), 1);
      const inputs = { x: numbers(3 * steps * 3), "x.lengths": lengths, y: numbers(3 * steps) };
      const results = async (trainee: Trainee): Promise<Readonly<Record<string, ArrayLike<number>>>> => ({
        ...(await trainee.predict(onlyInputs(builtIn, inputs))),
        ...(await trainee.gradients(inputs)),
      });
      const expected = await results(interpretedTrainee(builtIn, parameters));
      const found = await results(interpretedTrainee(written, parameters));
      expect(Object.keys(found).sort()).toEqual(Object.keys(expected).sort());
      for (const [name, values] of Object.entries(expected)) {
        const most = ["out", "encoder", "encoder.final_state", "loss"].includes(name) ? 0 : 1e-13;
        expect(largestDifference(found[name] ?? [], values), name).toBeLessThanOrEqual(most);
      }
      if (steps === 1) return;
      const live = await liveTrainee(written, parameters, { backend: "wasm" });
      const single = await results(live);
      await live.dispose();
      for (const [name, values] of Object.entries(expected)) {
        expect(largestDifference(single[name] ?? [], values), name).toBeLessThan(2e-5);
      }
    },
    120_000,
  );
});

it("cells can be stepped: a stream gives what whole sequences give", () => {
  const { model: whole } = compileText(
    "model.yaml",
    `specloom: 1
data: {kind: tensors, file: data.json}
inputs: {x: {shape: [6, 3]}, y: {shape: [6, 3]}}
cells:
  long_short:${cells["lstm"] ?? ""}
  half: {equations: y = x * sigmoid(x) / 2}
layers:
  - {name: encoder, kind: long_short, from: x, hidden_size: 3, num_layers: 2}
  - {name: half, kind: half}
loss: {kind: mse, input: half, target: y}
optimizer: {kind: adam}
`,
  );
  const one = { ...whole, batchSize: 1 };
  const { predict } = build(one);
  const bindings = testBindings([predict], 3);
  const expected = interpret(predict, bindings)["half"]?.data ?? [];
  const stream = buildStream(one, new Set(["x"])) as StreamGraphs;
  const found = interpretStream(one, stream, bindings)["half"] ?? [];
  expect(expected.length).toBe(18);
  expect(largestDifference(found, expected)).toBeLessThan(1e-12);
});

/** An expression of `size` components for every function, where it is smooth enough for differences. */
const uses: Readonly<Record<string, string>> = {
  log: "log(1.5 + v * v)",
  sqrt: "sqrt(1.5 + v * v)",
  relu: "relu(v + 3) + relu(v - 3)",
  leaky_relu: "leaky_relu(v + 3) + leaky_relu(v - 3)",
  abs: "abs(v + 3)",
  max: "max(v, w, -5)",
  min: "min(v, 0.3 * w + 4)",
  sum: "sum(v) * w",
  mean: "w * mean(v * v)",
  concat: "concat(v, mean(v), w)[1:1 + size]",
  transpose: "transpose(M) @ v",
};

describe("derivatives of the functions of equations", () => {
  it.each(cellFunctions.map(({ name }) => [name, uses[name] ?? `${name}(v) + ${name}(0.3 * w)`]))(
    "%s: %s",
    (name, use) => {
      const { graphs } = compileText(
        "model.yaml",
        `specloom: 1
data: {kind: tensors, file: data.json}
inputs: {x: {shape: [3, 2]}, y: {shape: [3, 4]}}
cells:
  own:
    keys: {size: 4}
    state: {h: size}
    parameters: {W: [size, input], M: [size, size], p: [size]}
    equations:
      - v = W @ x + M @ h
      - w = p * h - v / 2
      - h' = tanh(${use} + w)
layers: [{name: own, kind: own, from: x}]
loss: {kind: mse, input: own, target: y}
optimizer: {kind: sgd}
train: {batch_size: 2}
`,
      );
      const bindings = testBindings([graphs.gradients, graphs.evaluate], name.length);
      const gradients = interpret(graphs.gradients, bindings);
      for (const parameter of ["own.W", "own.M", "own.p"]) {
        const numeric = centralDifferences(graphs.evaluate, bindings, parameter);
        expect(largestDifference(gradients[`gradient.${parameter}`]?.data ?? [], numeric), parameter).toBeLessThan(
          1e-7,
        );
      }
    },
  );
});
