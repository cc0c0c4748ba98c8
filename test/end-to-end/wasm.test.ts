/** Commands on the backend wasm: the run says so, is the same twice, goes on after a stop, and scores as other backends do. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { folderWith, Keys, matching, specloom, waveCsv, waveSpec } from "../support/command-line.ts";

describe("on the backend wasm", () => {
  let cwd = "";
  let remove = (): Promise<void> => Promise.resolve();
  const bytes = (file: string): Promise<Buffer> => readFile(path.join(cwd, file));
  const call = (...argv: readonly string[]) => specloom(argv, { cwd });
  const run = ["run", "specs/wave.yaml", "--backend", "wasm", "--set", "train.shuffle=true"] as const;

  beforeAll(async () => {
    const folder = await folderWith({ "specs/wave.yaml": waveSpec(), "specs/data/wave.csv": waveCsv });
    cwd = folder.path;
    remove = folder.remove;
    expect(await call(...run, "--epochs", "30", "--out", "straight")).toMatchObject({ code: 0 });
  }, 120_000);
  afterAll(() => remove());

  it("a run says what ran", async () => {
    const metrics = JSON.parse((await bytes("straight/metrics.json")).toString()) as unknown;
    expect(metrics).toMatchObject({
      backend: { requested: "wasm", backend: "wasm", executorKind: matching(/^(relaxed-)?simd$/), software: false },
    });
  });

  it("the same run twice gives the same bytes", async () => {
    expect(await call(...run, "--epochs", "30", "--out", "again")).toMatchObject({ code: 0 });
    expect(await bytes("again/weights.safetensors")).toEqual(await bytes("straight/weights.safetensors"));
  });

  it("a run that was stopped goes on as if it had not been", async () => {
    const keys = new Keys();
    const pressed = setInterval(() => {
      if (keys.heard) keys.pressControlC();
    }, 1);
    const stopped = await specloom([...run, "--epochs", "30", "--out", "stopped"], { cwd, signals: keys });
    clearInterval(pressed);
    expect(stopped.code).toBe(130);
    expect(await call(...run, "--epochs", "30", "--resume", "stopped")).toMatchObject({ code: 0 });
    expect(await bytes("stopped/weights.safetensors")).toEqual(await bytes("straight/weights.safetensors"));
  });

  it("scores and forecasts are those of the backend cpu", async () => {
    const scores = async (backend: string): Promise<number> => {
      const { objects } = await call("evaluate", "straight", "--backend", backend, "--json");
      return (objects as unknown as readonly [{ readonly loss: number }])[0].loss;
    };
    expect(await scores("wasm")).toBeCloseTo(await scores("cpu"), 5);
    const forecast = async (backend: string): Promise<number> => {
      const { out } = await call("predict", "straight", "--backend", backend, "specs/data/wave.csv");
      return Number(out.split(/[,\n]/)[3]);
    };
    expect(await forecast("wasm")).toBeCloseTo(await forecast("cpu"), 3);
  });
});
