import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { GpuTarget, ModelDefinition } from "../../../../runtime/contract.ts";
import type { Executor } from "../../../../runtime/contract-backend.ts";
import { createExecutor, listBackends } from "../../../../runtime/devices/create.ts";
import { Problem } from "../../../../runtime/problem.ts";
import { model as committed } from "../../../fixtures/modules/by-hand.ts";
import { cellPrograms } from "../../../support/cell-programs.ts";
import { skippedModes, testedModes } from "../../../support/gpu-modes.ts";
import { definitionOf } from "../../../support/hand-built-program.ts";
import { testNumbers } from "../../../support/numbers.ts";
import { runProgram } from "../../../support/run-program.ts";

function argumentsOf(executor: Executor): Record<string, Float32Array> {
  return Object.fromEntries(
    (executor.facts("predict")?.feeds ?? []).map(({ name, shape }, salt) => [
      name,
      Float32Array.from(
        testNumbers(
          shape.reduce((product, length) => product * length, 1),
          salt + 1,
        ),
      ),
    ]),
  );
}

function missing(): never {
  throw new Error("the module has no gpu target");
}

/** Relative to 1 or to the value, whichever is larger. A sum of 1500 terms in float32 is off by most of it. */
const tolerance = 2e-5;

function furthest(found: Float32Array, expected: Float64Array): number {
  return expected.reduce((largest, value, position) => {
    const distance = Math.abs((found[position] ?? Number.NaN) - value) / Math.max(1, Math.abs(value));
    return distance <= largest ? largest : distance;
  }, 0);
}

for (const { mode, reason } of skippedModes) it.skip(`${mode} is not tested: ${reason}`, () => undefined);

describe.each(testedModes)("%s", (backend) => {
  it.each(Object.entries(cellPrograms))("computes %s", async (_name, program) => {
    const definition = definitionOf(program);
    const executor = await createExecutor(definition, { backend });
    try {
      const values = argumentsOf(executor);
      const expected = runProgram(program, values);
      const { results: found } = await executor.run("predict", values, definition.batchSize);
      expect(Object.keys(found)).toEqual(Object.keys(expected));
      for (const [name, numbers] of Object.entries(expected)) {
        expect(found[name]).toHaveLength(numbers.length);
        expect(furthest(found[name] ?? new Float32Array(0), numbers), name).toBeLessThan(tolerance);
      }
    } finally {
      await executor.dispose();
    }
  });
});

describe.each(testedModes)("an executor on %s", (backend) => {
  const definition = definitionOf(cellPrograms["rank 2"] as (typeof cellPrograms)[string]);
  let executor: Executor;
  beforeAll(async () => {
    executor = await createExecutor(definition, { backend });
  });
  afterAll(async () => {
    await executor.dispose();
  });

  it("reports what ran", async () => {
    expect(executor.report()).toMatchObject({ requested: backend, backend, executorKind: null, reason: "asked for" });
    await executor.run("predict", argumentsOf(executor), definition.batchSize);
    const kind = { cpu: "generic", webasm: "fused-sync", webgpu: "fused-encoder" }[backend];
    expect(executor.report()).toMatchObject({ executorKind: kind, fallbackReason: null });
  });

  it("gives results that later runs leave alone, and reads its arguments at the call", async () => {
    const first = argumentsOf(executor);
    const pending = executor.run("predict", first, definition.batchSize);
    first["x"]?.fill(1000);
    const { answer } = (await pending).results;
    const kept = answer?.slice();
    await executor.run("predict", { x: new Float32Array(15) }, definition.batchSize);
    expect(answer).toEqual(kept);
    expect(Math.max(...(answer ?? []))).toBeLessThan(100);
  });

  it("refuses arguments of another size", async () => {
    const run = (given: Record<string, Float32Array>, batch = definition.batchSize): Promise<unknown> =>
      executor.run("predict", given, batch);
    await expect(run({ x: new Float32Array(14) })).rejects.toMatchObject({
      code: "program-mismatch",
      message: 'The program predict expects 15 numbers for "x" and has 14.',
    });
    await expect(run({})).rejects.toMatchObject({ code: "program-mismatch" });
    await expect(run({ x: new Float32Array(15) }, 1)).rejects.toMatchObject({
      code: "program-mismatch",
      message: "The program predict runs 2 examples at a time here, not 1.",
    });
  });
});

it("runs kernels that the test runner's own compiler has been through", async () => {
  const executor = await createExecutor(committed.definition, { backend: "cpu" });
  const { batchSize } = committed.definition;
  const { results } = await executor.run("predict", { x: Float32Array.from([1, 2, 3]) }, batchSize);
  await executor.dispose();
  expect(Array.from(results["answer"] ?? [])).toEqual([6]);
});

describe("what gpu.js cannot run", () => {
  const definition: ModelDefinition = committed.definition;
  const withKernel = (source: unknown): ModelDefinition => {
    const kernels = { total: source } as GpuTarget["kernels"];
    const { gpu = missing() } = definition;
    return { ...definition, gpu: { ...gpu, load: async () => ({ ...(await gpu.load()), kernels }) } };
  };
  const predicted = async (given: ModelDefinition, backend: "cpu" | "webasm"): Promise<unknown> => {
    const executor = await createExecutor(given, { backend });
    try {
      return await executor.run("predict", { x: Float32Array.from([1, 2, 3]) }, given.batchSize);
    } catch (error) {
      return error;
    } finally {
      await executor.dispose();
    }
  };

  it.each(["cpu", "webasm"] as const)("is a Problem that says which backend and program: %s", async (backend) => {
    // What a minifier makes of a kernel: the loop's variable has the name of a parameter, and gpu.js ignores blocks.
    const shadowed = "function total(x) { let e = 0; for (let x = 0; x < 3; x++) { e += x; } return e + x[0]; }";
    const broken = backend === "cpu" ? "function total(x) { return x[0] +* 2; }" : shadowed;
    const error = await predicted(withKernel(broken), backend);
    expect(error).toBeInstanceOf(Problem);
    expect(error).toMatchObject({
      code: "backend-failed",
      message: expect.stringMatching(
        new RegExp(`^The backend ${backend} failed in the program predict: .+\\.$`, "u"),
      ) as string,
    });
  });

  it("is a kernel that is a function: its module is of an older compiler", async () => {
    const error = await predicted(
      withKernel((x: readonly number[]) => x[0]),
      "cpu",
    );
    expect(error).toMatchObject({
      code: "program-mismatch",
      help: expect.stringContaining("compile the spec again") as string,
    });
  });
});

describe("choosing a backend", () => {
  const definition = definitionOf(cellPrograms["rank 1"] as (typeof cellPrograms)[string]);

  it("refuses a name that is none", async () => {
    await expect(createExecutor(definition, { backend: "cuda" as never })).rejects.toMatchObject({
      code: "unknown-backend",
      help: "known backends: webgpu, webgl2, headlessgl, webasm, cpu.",
    });
  });

  it("says why a backend cannot run here, and never takes another instead", async () => {
    const error = await createExecutor(definition, { backend: "webgl2" }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Problem);
    expect(error).toMatchObject({
      code: "backend-unavailable",
      message: "The backend webgl2 cannot run here: WebGL 2 exists in browsers only.",
    });
  });

  it("auto takes a real GPU or WebAssembly, and says why", async () => {
    const executor = await createExecutor(definition, { backend: "auto" });
    const { requested, software, reason } = executor.report();
    await executor.dispose();
    expect(requested).toBe("auto");
    expect(software).toBe(false);
    expect(reason).toMatch(/GPU/);
  });

  it("lists every backend with the outcome of its test", async () => {
    const findings = await listBackends();
    expect(findings.map(({ backend }) => backend)).toEqual(["webgpu", "webgl2", "headlessgl", "wasm", "webasm", "cpu"]);
    expect(findings.find(({ backend }) => backend === "wasm")?.details).toMatch(
      /^SIMD: yes; relaxed SIMD: (yes|no); threads: yes, up to \d+$/,
    );
    for (const finding of findings) {
      if (testedModes.some((mode) => mode === finding.backend))
        expect(finding).toMatchObject({ available: true, canary: true, reason: null });
      expect(finding.available).toBe(finding.reason === null);
    }
  });
});
