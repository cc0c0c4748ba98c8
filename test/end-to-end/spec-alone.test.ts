/** What a spec says without its data, and what the command line says to words of other tools. */
import { describe, expect, it } from "vitest";
import { folderWith, specloom, waveSpec } from "../support/command-line.ts";

const tensors = (shape: string): string => `
specloom: 1
data: {kind: tensors, file: gone.json}
inputs: {x: {shape: ${shape}}, y: {shape: [1]}}
layers: [{name: flat, kind: flatten, from: x}, {name: answer, kind: linear, out_features: 1}]
loss: {kind: mse, input: answer, target: y}
optimizer: {kind: sgd}
train: {epochs: 1, batch_size: 4}
`;

describe("a spec whose data file is not there", () => {
  it("is valid and compiles where it says all sizes, and cannot be run", { timeout: 120_000 }, async () => {
    const { path: cwd, remove } = await folderWith({ "m.yaml": tensors("[3, 2]"), "wave.yaml": waveSpec() });
    try {
      for (const [spec, file] of [
        ["m.yaml", "gone.json"],
        ["wave.yaml", "data/wave.csv"],
      ] as const) {
        const valid = await specloom(["validate", spec], { cwd });
        expect(valid.out).toBe(`${spec}: ok\n`);
        expect(valid.err).toContain(`${spec}: note: ${file} does not exist, so no data is checked`);
        expect(valid.code).toBe(0);
        expect((await specloom(["compile", spec], { cwd })).code).toBe(0);
        const run = await specloom(["run", spec], { cwd });
        expect(run.err).toContain(`${file}: error[data-file-missing]: there is no such file.`);
        expect(run.code).toBe(1);
      }
    } finally {
      await remove();
    }
  });

  it("is refused where it takes a size from the data", async () => {
    const { path: cwd, remove } = await folderWith({ "m.yaml": tensors("[steps, 2]") });
    try {
      const { code, err } = await specloom(["validate", "m.yaml"], { cwd });
      expect(code).toBe(1);
      expect(err).toContain("steps");
    } finally {
      await remove();
    }
  });
});

describe("words of other tools", () => {
  it.each([
    ["train", "run"],
    ["fit", "run"],
    ["test", "evaluate"],
  ])("%s is %s here", async (word, command) => {
    const { code, err } = await specloom([word, "m.yaml"]);
    expect(err).toContain(`The command for that is: specloom ${command}`);
    expect(code).toBe(2);
  });
});

it("--set to null is as null in the spec: the message is about the value", async () => {
  const { path: cwd, remove } = await folderWith({ "m.yaml": tensors("[3, 2]") });
  try {
    const { code, err } = await specloom(["validate", "m.yaml", "--set", "optimizer.learning_rate=null"], { cwd });
    expect(err).toMatch(/^--set:1:25: error\[wrong-type\]: "learning_rate" must be a number greater than 0/);
    expect(code).toBe(1);
  } finally {
    await remove();
  }
});
