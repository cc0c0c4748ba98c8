import { describe, expect, it } from "vitest";
import type { Buffer, Expression, Kernel, Program } from "../../../compiler/ir/program.ts";
import { flopsPerCell, programCost } from "../../../cli/support/cost.ts";

const load: Expression = { kind: "load", parameter: 0, indices: [] };
const add = (left: Expression, right: Expression): Expression => ({ kind: "binary", operation: "add", left, right });
const squash: Expression = { kind: "unary", operation: "tanh", operand: load };
const origin = { phase: "forward", layer: "encoder", note: "" } as const;

describe("flopsPerCell", () => {
  it("counts a multiply-add per element of a dot product as two", () => {
    const product: Expression = { kind: "binary", operation: "multiply", left: load, right: load };
    expect(flopsPerCell({ body: { kind: "reduce", operation: "sum", index: "k", extent: 10, body: product } })).toBe(
      20,
    );
  });

  it("counts a shared node once, and of a choice the dearer branch", () => {
    expect(flopsPerCell({ body: add(squash, squash) })).toBe(2);
    const condition = { operation: "less", left: load, right: load } as const;
    const choice: Expression = { kind: "select", condition, whenTrue: load, whenFalse: add(squash, load) };
    expect(flopsPerCell({ body: choice })).toBe(3);
  });
});

describe("programCost", () => {
  it("multiplies by the iterations of loops", () => {
    const buffer = (name: string, shape: readonly number[]): Buffer => ({
      name,
      shape,
      dtype: "float32",
      role: "intermediate",
      storage: "whole",
      origin,
    });
    const kernel: Kernel = {
      name: "squash",
      parameters: [{ name: "values", shape: [4], dtype: "float32" }],
      variables: [],
      output: [4],
      indices: ["i"],
      body: squash,
      origin,
    };
    const [values, result] = [buffer("values", [4]), buffer("result", [4])];
    const run = {
      kind: "run",
      kernel,
      inputs: [{ buffer: values }],
      variables: [],
      output: { buffer: result },
    } as const;
    const program: Program = {
      name: "predict",
      buffers: [values, result],
      kernels: [kernel],
      schedule: [run, { kind: "loop", variable: "t", start: 5, end: -1, stride: -1, body: [run], origin }],
      results: [],
    };
    expect(programCost(program)).toEqual({ kernels: 1, calls: 7, flops: 28, bytes: 7 * 32, buffers: 2, memory: 32 });
  });
});
