import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Expression, IndexExpression } from "../../../../compiler/ir/program.ts";
import { workIn, type PlannedProduct } from "../../../../compiler/targets/plan/items.ts";
import { merged, workOf } from "../../../../compiler/targets/plan/product.ts";
import {
  add,
  at,
  clamp,
  i,
  kernel,
  load,
  mul,
  num,
  plus,
  programOf,
  reduce,
  times,
  un,
} from "../../../support/hand-built-program.ts";
import { runFast } from "../../../support/fast-program.ts";
import { runPlan } from "../../../support/plan-machine.ts";
import { apart, stagesOf } from "../../../support/plan-stages.ts";
import { randomBindings } from "../../../support/random-program.ts";
import { seeded } from "../../../support/seeded.ts";

const extents: Readonly<Record<string, number>> = { b: 3, r: 8, s: 4, n: 9, m: 4, k: 8, j: 5 };

/** How an index runs over an axis of a tensor: as it is, from an offset on, backwards, or every other one. */
type Walk = "plain" | "sliced" | "reversed" | "strided";

interface Factor {
  /** Indices, outermost axis first. */
  readonly axes: readonly string[];
  readonly walks?: Readonly<Record<string, Walk>>;
}

function walked(name: string, walk: Walk): readonly [number, IndexExpression] {
  const extent = extents[name] ?? 1;
  switch (walk) {
    case "plain":
      return [extent, i(name)];
    case "sliced":
      return [extent + 3, plus(i(name), at(2))];
    case "reversed":
      return [extent + 1, plus(times(i(name), -1), at(extent - 1))];
    case "strided":
      return [2 * extent, plus(times(i(name), 2), at(1))];
    default:
      return walk satisfies never;
  }
}

/** sum over `depth` of left * right, into a tensor with the axes `output`. */
function contraction(left: Factor, right: Factor, output: readonly string[], depth: readonly string[]) {
  const reads: Record<string, readonly number[]> = {};
  const factor = (name: string, parameter: number, { axes, walks = {} }: Factor): Expression => {
    const places = axes.map((axis) => walked(axis, walks[axis] ?? "plain"));
    reads[name] = places.map(([size]) => size);
    return load(parameter, ...places.map(([, index]) => index));
  };
  const body = mul(factor("x", 0, left), factor("w", 1, right));
  return programOf(
    kernel({
      name: "contraction",
      reads,
      output: output.map((axis) => extents[axis] ?? 1),
      indices: output,
      body: depth.reduceRight<Expression>((inner, axis) => reduce("sum", axis, extents[axis] ?? 1, inner), body),
    }),
  );
}

type Contraction = ReturnType<typeof contraction>;

function productsOf(program: Contraction): readonly PlannedProduct[] {
  return workIn(stagesOf(program).extracted).filter((work) => work.kind === "product");
}

/** Whether the plan with products in it means what the program means. */
function check(program: Contraction): void {
  const draw = seeded(5);
  const bindings = randomBindings(program, draw);
  const expected = runFast(program, bindings)["answer"] as Float64Array;
  for (const [stage, items] of Object.entries(stagesOf(program))) {
    const found = runPlan(apart(items, program), bindings, draw)["answer"] ?? [];
    // One assertion for all cells: thousands of them took most of the time.
    const off = Array.from(expected.keys()).filter(
      (cell) => !(Math.abs((found[cell] as number) - (expected[cell] as number)) < 1e-9),
    );
    expect(off, stage).toEqual([]);
  }
}

const walk = fc.constantFrom<Walk>("plain", "plain", "plain", "sliced", "reversed", "strided");
const walks = fc.record(Object.fromEntries(Object.keys(extents).map((axis) => [axis, walk])));
const order = (axes: readonly string[]): fc.Arbitrary<string[]> =>
  fc.shuffledSubarray([...axes], { minLength: axes.length });

describe("matrix products", () => {
  it.each([
    ["as they are", ["r", "k"], ["k", "n"], ["r", "n"]],
    ["with the left factor transposed", ["k", "r"], ["k", "n"], ["r", "n"]],
    ["with the right factor transposed", ["r", "k"], ["n", "k"], ["r", "n"]],
    ["with both transposed", ["k", "r"], ["n", "k"], ["r", "n"]],
    ["whose output is transposed", ["r", "k"], ["k", "n"], ["n", "r"]],
    ["of a batch", ["b", "r", "k"], ["b", "k", "n"], ["b", "r", "n"]],
    ["of a batch that comes last", ["r", "k", "b"], ["k", "n", "b"], ["b", "r", "n"]],
    ["of a batch in the middle of the output", ["b", "r", "k"], ["b", "k", "n"], ["r", "b", "n"]],
    ["with rows of two axes", ["r", "s", "k"], ["k", "n"], ["r", "s", "n"]],
    ["with rows of two axes, crossed", ["s", "k", "r"], ["k", "n"], ["r", "s", "n"]],
    ["with columns of two axes", ["r", "k"], ["k", "m", "n"], ["r", "m", "n"]],
    ["with columns of two axes, crossed", ["r", "k"], ["n", "k", "m"], ["r", "m", "n"]],
    ["with a depth of two axes", ["r", "k", "j"], ["k", "j", "n"], ["r", "n"]],
    ["with a depth of two axes, crossed", ["j", "r", "k"], ["k", "n", "j"], ["r", "n"]],
    ["of one tensor for a whole batch", ["r", "k"], ["b", "k", "n"], ["b", "r", "n"]],
  ])("%s are found", (_, left, right, output) => {
    const depth = ["k", "j"].filter((axis) => left.includes(axis));
    const program = contraction({ axes: left }, { axes: right }, output, depth);
    const [product, ...others] = productsOf(program);
    expect(others).toEqual([]);
    const cells = [...output, ...depth].reduce((total, axis) => total * (extents[axis] ?? 1), 1);
    expect(product && workOf(product)).toBe(cells);
    check(program);
  });

  it("mean what the sums mean, for axes in any order, and slices, and steps of any size", () => {
    let found = 0;
    fc.assert(
      fc.property(
        order(["b", "r", "k", "j"]),
        order(["b", "n", "k", "j"]),
        order(["b", "r", "n"]),
        order(["k", "j"]),
        walks,
        walks,
        fc.constantFrom("both", "left", "right", "none"),
        (left, right, output, depth, one, other, batch) => {
          const without = (axes: string[], keep: boolean): string[] => axes.filter((axis) => keep || axis !== "b");
          const program = contraction(
            { axes: without(left, batch === "both" || batch === "left"), walks: one },
            { axes: without(right, batch === "both" || batch === "right"), walks: other },
            batch === "none" ? without(output, false) : output,
            depth,
          );
          found += productsOf(program).length;
          check(program);
        },
      ),
      { numRuns: 60 },
    );
    expect(found).toBeGreaterThan(30);
  });

  it("mean what the sums mean with many axes", () => {
    fc.assert(
      fc.property(
        order(["r", "s", "k"]),
        order(["n", "m", "k"]),
        order(["r", "s", "n", "m"]),
        walks,
        walks,
        (left, right, output, one, other) => {
          check(contraction({ axes: left, walks: one }, { axes: right, walks: other }, output, ["k"]));
        },
      ),
      { numRuns: 40 },
    );
  });

  const plain = { axes: ["r", "k"] };
  const rest = (body: (product: Expression) => Expression): Contraction => {
    const sum = reduce("sum", "k", 8, mul(load(0, i("r"), i("k")), load(1, i("k"), i("n"))));
    return programOf(
      kernel({
        name: "epilogue",
        reads: { x: [8, 8], w: [8, 9], bias: [9] },
        output: [8, 9],
        indices: ["r", "n"],
        body: body(sum),
      }),
    );
  };
  it.each<readonly [string, Contraction]>([
    ["with a bias and an activation", rest((sum) => un("tanh", add(sum, load(2, i("n")))))],
    ["used twice", rest((sum) => mul(sum, un("sigmoid", sum)))],
    ["added to itself", rest((sum) => add(sum, sum))],
    ["in a maximum with its own negation", rest((sum) => add(sum, un("abs", un("negate", sum))))],
  ])("%s are found, and what follows them is left", (_, program) => {
    expect(productsOf(program)).toHaveLength(1);
    check(program);
  });

  it.each<readonly [string, Contraction]>([
    ["of fewer than four columns", contraction(plain, { axes: ["k"] }, ["r"], ["k"])],
    ["in which nothing is summed", contraction({ axes: ["r"] }, { axes: ["n"] }, ["r", "n"], [])],
    [
      "whose columns both factors have",
      contraction({ axes: ["r", "k", "n"] }, { axes: ["k", "n"] }, ["r", "n"], ["k"]),
    ],
    [
      "read at addresses that are no sums",
      programOf(
        kernel({
          name: "clamped",
          reads: { x: [8, 8], w: [8, 9] },
          output: [8, 9],
          indices: ["r", "n"],
          body: reduce("sum", "k", 8, mul(load(0, i("r"), clamp(plus(i("k"), at(-2)), 0, 7)), load(1, i("k"), i("n")))),
        }),
      ),
    ],
    [
      "that are maxima",
      programOf(
        kernel({
          name: "maximum",
          reads: { x: [8, 8], w: [8, 9] },
          output: [8, 9],
          indices: ["r", "n"],
          body: reduce("max", "k", 8, mul(load(0, i("r"), i("k")), load(1, i("k"), i("n")))),
        }),
      ),
    ],
    [
      "of more than two tensors",
      programOf(
        kernel({
          name: "three",
          reads: { x: [8, 8], w: [8, 9] },
          output: [8, 9],
          indices: ["r", "n"],
          body: reduce("sum", "k", 8, mul(mul(load(0, i("r"), i("k")), load(1, i("k"), i("n"))), num(2))),
        }),
      ),
    ],
  ])("%s are none", (_, program) => {
    expect(productsOf(program)).toEqual([]);
    check(program);
  });
});

describe("neighbouring axes", () => {
  const axis = (extent: number, left: number, right: number, output: number) => ({ extent, left, right, output });

  it("become one where all named strides agree", () => {
    const axes = [axis(3, 20, 0, 40), axis(4, 5, 1, 10)];
    expect(merged(axes, ["left", "output"])).toEqual([axis(12, 5, 1, 10)]);
    expect(merged(axes, ["left", "right"])).toEqual(axes);
    expect(merged([], ["left"])).toEqual([]);
  });

  it("become one backwards too", () => {
    expect(merged([axis(3, -20, 0, 4), axis(4, -5, 0, 1)], ["left", "output"])).toEqual([axis(12, -5, 0, 1)]);
  });
});
