/** Schedules, accumulated updates and moving averages from the command line: --set, the module, the run and its resume. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { gpuModule } from "../../compiler/compile.ts";
import { compileText } from "../support/fixture-file.ts";
import { folderWith, specloom, waveCsv, waveSpec } from "../support/command-line.ts";
import { typeErrors } from "../support/type-check.ts";

const changes = [
  "schedule.kind=cosine",
  "schedule.per=epoch",
  "schedule.warmup_steps=2",
  "train.accumulate=3",
  "train.average.kind=ema",
  "train.average.decay=0.8",
].flatMap((change) => ["--set", change]);

describe("a schedule that is set on the command line", () => {
  let cwd = "";
  let remove = (): Promise<void> => Promise.resolve();
  const read = (file: string): Promise<string> => readFile(path.join(cwd, file), "utf8");

  beforeAll(async () => {
    const folder = await folderWith({ "specs/wave.yaml": waveSpec(), "specs/data/wave.csv": waveCsv });
    cwd = folder.path;
    remove = folder.remove;
    const run = (...more: readonly string[]) =>
      specloom(["run", "specs/wave.yaml", "--backend", "cpu", ...changes, ...more], { cwd });
    expect(await run("--out", "whole")).toMatchObject({ code: 0 });
    expect(await run("--out", "parts", "--epochs", "1")).toMatchObject({ code: 0 });
    expect(await run("--resume", "parts")).toMatchObject({ code: 0 });
  }, 60_000);
  afterAll(() => remove());

  it("fills in what it was not told", async () => {
    const spec = await read("whole/spec.yaml");
    expect(spec).toMatch(
      /schedule:\n {2}kind: cosine\n {2}warmup_steps: 2\n {2}per: epoch\n {2}eta_min: 0\n {2}t_max: 3\n/,
    );
    expect(spec).toMatch(/average:\n {4}kind: ema\n {4}decay: 0.8\n {4}start_step: 1\n/);
  });

  it("is what the log has: two updates an epoch, of three batches and of the rest", async () => {
    const records = (await read("whole/log.jsonl"))
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { readonly step: number; readonly learning_rate: number });
    expect(records.map(({ step }) => step)).toEqual([2, 4, 6]);
    records.forEach(({ learning_rate: rate }, epoch) => {
      expect(rate).toBeCloseTo(0.005 * (1 + Math.cos((Math.PI * epoch) / 3)), 12);
    });
    expect(await read("whole/report.html")).toContain("The learning rate of each epoch");
  });

  it("ends with the same weights when it is resumed", async () => {
    expect(await read("parts/weights.safetensors")).toBe(await read("whole/weights.safetensors"));
  });
});

describe("the module", () => {
  it("of every schedule and optimizer passes the strict type check", () => {
    const specs = {
      one: { optimizer: "{kind: nadam}", schedule: "{kind: one_cycle, total_steps: 9, three_phase: true}" },
      two: { optimizer: "{kind: adagrad, lr_decay: 0.1, initial_accumulator_value: 0.5}", schedule: "{kind: plateau}" },
      three: { optimizer: "{kind: rmsprop, centered: true}", schedule: "{kind: multi_step, milestones: [2, 5]}" },
      four: { train: "{accumulate: 2, average: {kind: ema}}", schedule: "{kind: inverse_sqrt, model_size: 3}" },
    };
    const modules = Object.entries(specs).map(([name, change]) => {
      const spec = waveSpec({ loss: "{kind: mse, input: forecast, target: next}", ...change });
      return [`${name}.ts`, gpuModule(compileText(`${name}.yaml`, spec))] as const;
    });
    expect(typeErrors(Object.fromEntries(modules))).toEqual([]);
  });
});
