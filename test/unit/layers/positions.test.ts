import { beforeAll, describe, expect, it } from "vitest";
import { GraphBuilder } from "../../../compiler/ir/builder.ts";
import type { Graph, Node } from "../../../compiler/ir/graph.ts";
import { countedPositions, rotate, sinusoids } from "../../../compiler/layers/positions.ts";
import type { Operations } from "../../../compiler/ops/index.ts";
import { operations } from "../../../compiler/ops/index.ts";
import { interpret } from "../../../compiler/ops/interpret.ts";
import { lowerGraph } from "../../../compiler/stages/7-lower.ts";
import { gpuLimits } from "../../../compiler/targets/gpu/limits.ts";
import { testNumbers } from "../../support/numbers.ts";
import { assembling, separateRunner, type WasmRunner } from "../../support/wasm-program.ts";

const graphOf = (build: (o: Operations) => Node): Graph => ({
  name: "positions",
  outputs: [{ name: "result", node: build(operations(new GraphBuilder())) }],
});

const [steps, size] = [1203, 7] as const;
/** What the formula says, with the platform's own sine. */
const expected = Array.from({ length: steps * size }, (_, cell) => {
  const [position, column] = [Math.floor(cell / size), cell % size];
  const angle = position / 10_000 ** ((column - (column % 2)) / size);
  return column % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
});
const table = graphOf((o) => sinusoids(o, countedPositions(o, steps), size, 10_000));

const largest = (found: ArrayLike<number>, wanted: readonly number[]): number =>
  wanted.reduce((most, value, cell) => Math.max(most, Math.abs((found[cell] ?? NaN) - value)), 0);

describe("sinusoids of 1203 positions, an odd width", () => {
  let run: WasmRunner["run"];
  beforeAll(async () => {
    run = await separateRunner({ table: lowerGraph(table, gpuLimits) });
  }, assembling);

  it("are the platform's to 1e-12 in float64", () => {
    expect(largest(interpret(table, {})["result"]?.data ?? [], expected)).toBeLessThan(1e-12);
  });

  it("are as good in float32 as angles of a thousand are", () => {
    expect(largest(run("table", {})["result"] ?? [], expected)).toBeLessThan(2e-4);
    expect(largest((run("table", {})["result"] ?? []).slice(0, 16 * size), expected.slice(0, 16 * size))).toBeLessThan(
      3e-6,
    );
  });
});

describe("rotation", () => {
  const shape = [2, 3, 2, 4] as const;
  const x = testNumbers(48, 3);
  const turned = (pairs: "interleaved" | "halves", at?: readonly (readonly number[])[]): Float64Array => {
    const graph = graphOf((o) => {
      const positions = at && o.argument("input", "at", [at.length, at[0]?.length ?? 0]);
      return rotate(o, o.argument("input", "x", shape), { pairs, positions });
    });
    return interpret(graph, { x, at: at?.flat() ?? [] })["result"]?.data ?? new Float64Array();
  };

  it("leaves position 0 and all lengths alone", () => {
    for (const pairs of ["interleaved", "halves"] as const) {
      const found = turned(pairs);
      expect(largest(found, [...x.slice(0, 8)])).toBeLessThan(1e-15);
      for (let head = 0; head < 12; head++) {
        const norm = (values: Float64Array): number => Math.hypot(...values.slice(4 * head, 4 * head + 4));
        expect(norm(found)).toBeCloseTo(norm(x), 12);
      }
    }
  });

  it("turns the first pair by one radian a step", () => {
    const [a, b] = [x[8] as number, x[9] as number];
    const found = turned("interleaved");
    expect(found[8]).toBeCloseTo(a * Math.cos(1) - b * Math.sin(1), 12);
    expect(found[9]).toBeCloseTo(a * Math.sin(1) + b * Math.cos(1), 12);
    const c = x[10] as number;
    expect(turned("halves")[10]).toBeCloseTo(a * Math.sin(1) + c * Math.cos(1), 12);
  });

  it("takes positions of every example: those of the first as counted, those of the second later", () => {
    const counted = turned("interleaved");
    const found = turned("interleaved", [
      [0, 1, 2],
      [5, 6, 7],
    ]);
    expect([...found.slice(0, 24)]).toEqual([...counted.slice(0, 24)]);
    const [a, b] = [x[24] as number, x[25] as number];
    expect(found[24]).toBeCloseTo(a * Math.cos(5) - b * Math.sin(5), 12);
  });

  it("makes products depend on distance alone", () => {
    const product = (first: number, second: number): number => {
      const found = turned("interleaved", [
        [first, second, 0],
        [0, 0, 0],
      ]);
      return [0, 1, 2, 3].reduce((sum, cell) => sum + (found[cell] as number) * (found[8 + cell] as number), 0);
    };
    expect(product(3, 7)).toBeCloseTo(product(103, 107), 10);
    expect(Math.abs(product(3, 7) - product(3, 8))).toBeGreaterThan(1e-3);
  });
});
