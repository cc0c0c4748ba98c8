import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { folderWith, Keys, specloom, waveSpec } from "../support/command-line.ts";

const wave = waveSpec().replace("hidden_size: 3", "hidden_size: 8");

const tokens = `specloom: 1
name: tokens
data: {kind: tensors, file: nowhere.json}
inputs:
  x: {shape: [5, 2], lengths: true}
  y: {shape: [], dtype: int32}
layers:
  - {name: encoder, kind: lstm, hidden_size: 4, return: last}
  - {name: scores, kind: linear, out_features: 3}
loss: {kind: cross_entropy, input: scores, target: y}
optimizer: {kind: adam, learning_rate: 0.01}
train: {batch_size: 1, epochs: 1}
`;

describe("bench", () => {
  let cwd = "";
  let remove = (): Promise<void> => Promise.resolve();

  beforeAll(async () => {
    // No data: it is made up.
    const folder = await folderWith({ "specs/wave.yaml": wave, "specs/tokens.yaml": tokens });
    cwd = folder.path;
    remove = folder.remove;
  });
  afterAll(() => remove());

  it("measures the backends that are asked for, in words of a screen's width", async () => {
    const argv = ["bench", "specs/wave.yaml", "--backend", "wasm,cpu", "--threads", "1", "--seconds", "0.05"];
    const { code, out, err } = await specloom(argv, { cwd });
    expect(code).toBe(0);
    expect(err).toMatch(/^measuring \d variants for about [\d.]+ s/);
    expect(out).toMatch(/^wave: one training step of 8 examples is [\d.]+ kFLOP of matrix products$/m);
    expect(out).toMatch(/^compiled in [\d.]+ s; WebAssembly (assembled|from the cache) in [\d.]+ s$/m);
    expect(out).toMatch(/^wasm, plain SIMD +[\d.]+ +[\d.]+ +[\d.]+ +[\d,.]+ +[\d.]+$/m);
    expect(out).toMatch(/^gpu\.js cpu +[\d.]+ +[\d.]+ +[\d.]+ +[\d,.]+ +[\d.]+$/m);
    expect(out).toContain("the losses before and after the first update agree");
    expect(out).toMatch(/^noise: /m);
    expect(Math.max(...out.split("\n").map(({ length }) => length))).toBeLessThanOrEqual(80);
  });

  it("gives the same to tools, for a batch of one and classes without data too", async () => {
    const argv = ["bench", "specs/tokens.yaml", "--backend", "wasm", "--backend", "cpu", "--seconds", "0.05", "--json"];
    const { code, objects } = await specloom(argv, { cwd });
    expect(code).toBe(0);
    const summary = objects.at(-1);
    expect(summary).toMatchObject({ name: "tokens", batch_size: 1, losses_agree: true, interrupted: false });
    // Its products are too small for it to be worth packing them.
    expect(summary?.["matrix_flops"]).toBe(0);
    const figures = objects.slice(0, -1);
    expect(figures.map(({ name }) => name)).toContain("gpu.js cpu");
    for (const one of figures) {
      expect(one).toMatchObject({ predict_batch_ms: null, losses: [expect.any(Number), expect.any(Number)] });
      expect(one["steps_per_second"]).toBeGreaterThan(0);
      expect(one["memory_bytes"]).toBeGreaterThan(0);
    }
  });

  it("fails for a backend that is asked for and is not here, and measures the others", async () => {
    const argv = ["bench", "specs/wave.yaml", "--backend", "headlessgl,cpu", "--seconds", "0.02"];
    const { code, out, err } = await specloom(argv, { cwd });
    expect(code).toBe(1);
    expect(err).toContain("error[backend-unavailable]: The backend headlessgl cannot run here");
    expect(out).toMatch(/^gpu\.js cpu /m);
    expect(out).toContain("one backend alone");
  });

  it("refuses threads of backends without", async () => {
    const { code, err } = await specloom(["bench", "specs/wave.yaml", "--backend", "cpu", "--threads", "2"], { cwd });
    expect(code).toBe(1);
    expect(err).toContain("threads is an option of the backend wasm, but cpu was asked for.");
  });

  it("shows at Ctrl-C what was measured so far", async () => {
    const keys = new Keys();
    const pressed = setInterval(() => {
      if (keys.heard) keys.pressControlC();
    }, 100);
    const argv = ["bench", "specs/wave.yaml", "--backend", "wasm", "--threads", "1", "--seconds", "60", "--json"];
    const { code, objects } = await specloom(argv, { cwd, signals: keys });
    clearInterval(pressed);
    expect(code).toBe(130);
    expect(objects.at(-1)).toMatchObject({ interrupted: true });
    expect(keys.heard).toBe(false);
  });
});
