import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { noSequenceFacts } from "../../../compiler/stages/4-build/sequence-facts.ts";
import type { Model } from "../../../compiler/contracts/model.ts";
import type { Program } from "../../../compiler/ir/program.ts";
import { specHash } from "../../../compiler/emit/spec-hash.ts";
import { gpuModule } from "../../../compiler/compile.ts";
import { cellPrograms } from "../../support/cell-programs.ts";
import {
  add,
  buffer,
  emptyModel,
  i,
  kernel,
  load,
  mul,
  num,
  program,
  programOf,
  reduce,
  run,
  textOf,
} from "../../support/hand-built-program.ts";
import { loadModule } from "../../support/load-module.ts";

const fixture = fileURLToPath(new URL("../../fixtures/modules/by-hand.ts", import.meta.url));
const total = programOf(
  kernel({ name: "total", reads: { x: [3] }, output: [], indices: [], body: reduce("sum", "k", 3, load(0, i("k"))) }),
);
const scaled = (factor: number) =>
  programOf(
    kernel({ name: "scaled", reads: { x: [3] }, output: [3], indices: ["n"], body: mul(load(0, i("n")), num(factor)) }),
  );

function moduleOf(model: Model, work: Program): string {
  const programs = { predict: work, evaluate: work, gradients: work, train_step: work };
  return gpuModule({ model, programs, stream: { reason: "none" }, sequences: noSequenceFacts });
}

describe("emit", () => {
  it("writes the module of the fixture, byte for byte", async () => {
    await expect(textOf(total)).toMatchFileSnapshot(fixture);
  });

  it("writes the same bytes for the same model", () => {
    for (const work of Object.values(cellPrograms)) expect(textOf(work)).toBe(textOf(work));
  });

  it("shares kernels of equal text between programs and keeps the names of others apart", async () => {
    const text = textOf(scaled(2), { gradients: scaled(2), train_step: scaled(3) });
    expect(text.match(/^function scaled\w*\(/gmu)).toEqual(["function scaled(", "function scaledInUpdate("]);
    const target = await loadModule(text).definition.gpu?.load();
    expect(Object.keys(target?.kernels ?? {})).toEqual(["scaled", "scaledInUpdate"]);
  });

  it("has one function for kernels that differ in sizes alone", () => {
    const first = (size: number) =>
      programOf(kernel({ name: "first", reads: { x: [size] }, output: [3], indices: ["n"], body: load(0, i("n")) }));
    const text = textOf(first(3), { train_step: first(4) });
    expect(text.match(/^function first\w*\(/gmu)).toEqual(["function first("]);
  });

  it("lets nothing of a spec become code", async () => {
    const evil = "*/ throw new Error('out'); /*\n`${x}`\"\u2028";
    const model: Model = {
      ...emptyModel,
      name: evil,
      description: evil,
      spec: { name: evil, [evil]: evil, __proto__: null },
    };
    const x = { ...buffer("throw", [3], "input"), external: evil };
    const y = buffer("kernels", [3]);
    const work = kernel({
      name: "defineModel",
      reads: { x: [3] },
      output: [3],
      indices: ["n"],
      body: add(load(0, i("n")), num(1)),
    });
    const odd = program([run({ ...work, origin: { phase: "forward", layer: evil, note: evil } }, [x], y)], {
      [evil]: y,
    });
    const handle = loadModule(moduleOf(model, odd));
    expect(handle.definition.name).toBe(evil);
    const target = await handle.definition.gpu?.load();
    expect(target?.programs.predict?.feeds).toEqual([{ name: evil, role: "input", shape: [3] }]);
    expect(Object.keys(handle.spec)).toContain(evil);
  });

  it("prints the optimizer's coefficients", () => {
    const config = { learning_rate: 0.01, betas: [0.9, 0.999], eps: 1e-8, weight_decay: 0 };
    const model: Model = { ...emptyModel, optimizer: { kind: "adam", config } };
    const { optimizer } = loadModule(moduleOf(model, total)).definition;
    expect(optimizer.slots).toEqual(["exp_avg", "exp_avg_sq"]);
    expect(optimizer.learningRate).toBe(0.01);
    expect(optimizer.scalars(3, 0.5)).toEqual({
      "optimizer.step_size": 0.5 / (1 - 0.9 ** 3),
      "optimizer.correction_root": Math.sqrt(1 - 0.999 ** 3),
    });
  });

  it("says nothing of when, where or by whom", () => {
    expect(textOf(total)).not.toMatch(/\d{4}-\d{2}-\d{2}|\/home|\/root|\/tmp|[A-Z]:\\/u);
  });
});

describe("specHash", () => {
  it("does not depend on the order of keys, and does on everything else", () => {
    expect(specHash({ a: 1, b: [1, 2] })).toBe(specHash({ b: [1, 2], a: 1 }));
    expect(specHash({ a: 1, b: [1, 2] })).not.toBe(specHash({ a: 1, b: [2, 1] }));
    expect(specHash({ a: [["b", 1]] })).not.toBe(specHash({ a: { b: 1 } }));
  });

  it("leaves out how long to train, and what is planned from that", () => {
    const hash = (steps: number, length: number, planned?: string): string => {
      const schedule = { kind: "cosine", t_max: length, eta_min: 0 };
      const config = { t_max: length, eta_min: 0 };
      return specHash(
        { train: { steps, seed: 1 }, schedule },
        { kind: "cosine", config, ...(planned === undefined ? {} : { planned }) },
      );
    };
    expect(hash(1300, 1300, "t_max")).toBe(hash(1000, 1000, "t_max"));
    expect(hash(1300, 1000)).toBe(hash(1000, 1000));
    expect(hash(1000, 1300)).not.toBe(hash(1000, 1000));
  });
});
