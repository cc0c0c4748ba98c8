/** Names of inputs that mean something in JavaScript, in kernels or to an optimizer; and sequences of unequal lengths. */
import { describe, expect, it } from "vitest";
import { testNumbers } from "../support/numbers.ts";
import { compileText } from "../support/fixture-file.ts";
import { loadModule } from "../support/load-module.ts";

const names = [
  "t",
  "b",
  "c",
  "g",
  "T",
  "class",
  "this",
  "arguments",
  "await",
  "public",
  "x0",
  "sum",
  "kernels",
  "stack",
];
const scalars = ["step_size", "correction_root", "learning_rate", "kept", "undamped"];

const spec = (name: string, optimizer: string): string => `
specloom: 1
data: {kind: tensors, file: x.json}
inputs: {${name}: {shape: [time, 2]}, target: {shape: [3]}}
sizes: {time: 4}
layers:
  - {name: recurrent, kind: lstm, hidden_size: 3, return: last}
loss: {kind: mse, input: recurrent, target: target}
optimizer: ${optimizer}
train: {batch_size: 2}
`;

async function lossAfterOneStep(text: string, name: string): Promise<number> {
  const { moduleText } = compileText("awkward.yaml", text);
  const live = await loadModule(moduleText).create({ backend: "cpu", seed: 3 });
  const batch = { [name]: Float32Array.from(testNumbers(16, 1)), target: Float32Array.from(testNumbers(6, 2)) };
  await live.trainStep(batch as never);
  const { loss } = await live.evaluate(batch as never);
  await live.dispose();
  return loss;
}

describe("an input's name changes nothing", () => {
  const adam = "{kind: adam, learning_rate: 0.1}";
  const plain = lossAfterOneStep(spec("plain", adam), "plain");

  it.each([...names, ...scalars])("%s", async (name) => {
    expect(await lossAfterOneStep(spec(name, adam), name)).toBe(await plain);
  });

  it.each(["{kind: sgd}", "{kind: sgd, momentum: 0.9, dampening: 0.5}", "{kind: adamw}"])(
    "with %s",
    async (optimizer) => {
      const expected = await lossAfterOneStep(spec("plain", optimizer), "plain");
      for (const name of scalars) expect(await lossAfterOneStep(spec(name, optimizer), name)).toBe(expected);
    },
  );
});

describe("sequences of unequal lengths", () => {
  it.each(["add", "concat"])("joined by %s count as long as the shorter", async (kind) => {
    const { moduleText } = compileText(
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
    const live = await loadModule(moduleText).create({ backend: "cpu", seed: 3 });
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
