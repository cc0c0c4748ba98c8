/** Names of inputs that mean something in JavaScript, in kernels or to an optimizer; and sequences of unequal lengths. */
import { describe, expect, it } from "vitest";
import { gpuModule } from "../../compiler/compile.ts";
import { partOf } from "../support/extent.ts";
import { awkwardNames, awkwardOptimizers, compileWith, scalarNames } from "../support/awkward-names.ts";
import { testNumbers } from "../support/numbers.ts";
import { compileText } from "../support/fixture-file.ts";
import { loadModule } from "../support/load-module.ts";
import { moduleFor } from "../support/trainee.ts";

async function lossAfterOneStep(moduleText: string, name: string): Promise<number> {
  const live = await loadModule(moduleText).create({ backend: "cpu", seed: 3 });
  const batch = { [name]: Float32Array.from(testNumbers(16, 1)), target: Float32Array.from(testNumbers(6, 2)) };
  await live.trainStep(batch as never);
  const { loss } = await live.evaluate(batch as never);
  await live.dispose();
  return loss;
}

const lossWith = (name: string, optimizer: string, layer?: string): Promise<number> =>
  lossAfterOneStep(gpuModule(compileWith(name, optimizer, layer)), name);

describe("a name changes nothing", () => {
  const adam = "{kind: adam, learning_rate: 0.1}";
  const plain = lossWith("plain", adam);

  it.each(partOf([...awkwardNames, ...scalarNames], 8))("of an input: %s", async (name) => {
    expect(await lossWith(name, adam)).toBe(await plain);
  });

  it.each(partOf(awkwardOptimizers, 2))("with %s", async (optimizer) => {
    const expected = await lossWith("plain", optimizer);
    for (const name of scalarNames) expect(await lossWith(name, optimizer)).toBe(expected);
  });
});

describe("sequences of unequal lengths", () => {
  it.each([
    ["add", "cpu"],
    ["concat", "cpu"],
    ["add", "wasm"],
    ["concat", "wasm"],
  ] as const)("joined by %s count as long as the shorter, on %s", async (kind, backend) => {
    const compilation = compileText(
      "unequal.yaml",
      `
specloom: 1
data: {kind: tensors, file: x.json}
inputs: {x: {shape: [3, 2], lengths: true}, z: {shape: [3, 2], lengths: true}, y: {shape: [1]}}
layers:
  - {name: joined, kind: ${kind}, from: [x, z]}
  - {name: pool, kind: attention_pool}
  - {name: out, kind: linear, out_features: 1}
loss: {kind: mse, input: out, target: y}
optimizer: {kind: sgd}
train: {batch_size: 2}
outputs: [out, pool.weights]
`,
    );
    const live = await (await moduleFor(compilation, backend)).create({ backend, seed: 3 });
    const { "pool.weights": weights } = await live.predict({
      x: Float32Array.from(testNumbers(12, 1)),
      z: Float32Array.from(testNumbers(12, 2)),
      "x.lengths": [1, 3],
      "z.lengths": [3, 2],
    } as never);
    await live.dispose();
    const counted = Array.from(weights as Float32Array).map((weight) => weight > 0);
    expect(counted).toEqual([true, false, false, true, true, false]);
  });
});
