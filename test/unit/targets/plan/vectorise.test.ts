import { describe, expect, it } from "vitest";
import type { Expression } from "../../../../compiler/ir/program.ts";
import type { Nest } from "../../../../compiler/targets/plan/nest.ts";
import { nestsOf } from "../../../../compiler/targets/plan/nest.ts";
import { ValueTable } from "../../../../compiler/targets/plan/values.ts";
import { chooseVector, innermostFor } from "../../../../compiler/targets/plan/vectorise.ts";
import { wasmMachine } from "../../../../compiler/targets/wasm/machine.ts";
import { add, i, kernel, load, mul, programOf, reduce, un } from "../../../support/hand-built-program.ts";

function nestOf(
  output: readonly number[],
  indices: readonly string[],
  body: Expression,
  reads: Record<string, readonly number[]>,
): Nest {
  const [step] = programOf(kernel({ name: "work", reads, output, indices, body })).schedule;
  if (step?.kind !== "run") throw new Error("no run");
  const [nest] = nestsOf(step, new ValueTable(), new Map()).nests;
  return nest as Nest;
}

/** The axis whose cells are computed four at a time; nothing where sums are. */
function alongOf(nest: Nest): string | undefined {
  const { choice } = chooseVector(nest, wasmMachine);
  return choice.along === "output" ? choice.axis.name : undefined;
}

describe("the axis of which four cells are computed at a time", () => {
  it("is the one along which all lies side by side", () => {
    const nest = nestOf([16, 16], ["a", "b"], un("tanh", load(0, i("a"), i("b"))), { x: [16, 16] });
    expect(alongOf(nest)).toBe("b");
  });

  it("is that of the loads where sums over columns read row after row", () => {
    const body = reduce("sum", "k", 50, load(0, i("k"), i("a")));
    expect(alongOf(nestOf([64], ["a"], body, { x: [50, 64] }))).toBe("a");
  });

  it("is none where a sum reads its terms side by side", () => {
    const body = reduce("sum", "k", 64, load(0, i("a"), i("k")));
    expect(alongOf(nestOf([3], ["a"], body, { x: [3, 64] }))).toBeUndefined();
    expect(alongOf(nestOf([], [], reduce("max", "k", 64, load(0, i("k"))), { x: [64] }))).toBeUndefined();
  });

  it("is the one along which most lies side by side where not all does", () => {
    const body = add(load(0, i("b"), i("a")), add(load(1, i("b"), i("a")), load(2, i("b"), i("a"))));
    const nest = nestOf([16, 16], ["a", "b"], body, { x: [16, 16], y: [16, 16], z: [16, 16] });
    expect(alongOf(nest)).toBe("a");
  });

  it("is not one of two cells where another has many", () => {
    const nest = nestOf([64, 2], ["a", "b"], un("tanh", load(0, i("b"), i("a"))), { x: [2, 64] });
    expect(alongOf(nest)).toBe("a");
  });
});

describe("the estimate of what a nest takes", () => {
  const cost = (body: Expression, cells: number): number =>
    chooseVector(nestOf([cells], ["a"], body, { x: [cells] }), wasmMachine).cost;
  const x = load(0, i("a"));

  it("grows with the cells", () => {
    expect(cost(un("tanh", x), 400)).toBeCloseTo(10 * cost(un("tanh", x), 40), 6);
  });

  it("counts shared work once", () => {
    const shared = un("tanh", x);
    expect(cost(add(shared, mul(shared, shared)), 64) - cost(un("tanh", x), 64)).toBeLessThan(64);
  });

  it("is small for a few cells, and takes no time for much shared work", () => {
    let value: Expression = x;
    for (let count = 0; count < 24; count++) value = add(value, mul(value, value));
    const before = performance.now();
    expect(cost(value, 4)).toBeLessThan(200);
    expect(performance.now() - before).toBeLessThan(500);
  });
});

describe("the axis of which four terms are summed at a time", () => {
  it("is the one along which terms lie side by side", () => {
    const body = reduce("sum", "j", 20, reduce("sum", "k", 30, load(0, i("k"), i("j"))));
    const { value } = nestOf([], [], body, { x: [30, 20] }).stores[0] as Nest["stores"][number];
    expect(value.kind === "reduce" ? innermostFor(value, wasmMachine).name : undefined).toBe("j");
  });
});
