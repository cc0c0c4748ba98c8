/** Programs written by hand that reach every corner of the gpu target: ranks, long loops, slots, edges of functions. */
import type { Expression, Program } from "../../compiler/ir/program.ts";
import {
  add,
  at,
  bin,
  buffer,
  choose,
  clamp,
  div,
  i,
  kernel,
  load,
  loop,
  mod,
  mul,
  num,
  plus,
  pos,
  program,
  programOf,
  reduce,
  run,
  slot,
  steps,
  times,
  un,
} from "./hand-built-program.ts";

type Shape = readonly number[];

const wide = (name: string, body: Expression, reads: Record<string, Shape> = { x: [12], y: [12] }): Program =>
  programOf(kernel({ name, reads, output: [12], indices: ["n"], body }));

const x = load(0, i("n"));
const y = load(1, i("n"));
/** Values from -100 to 100. */
const far = mul(x, num(100));

const copyOf = (shape: Shape, indices: readonly string[]): Program =>
  programOf(
    kernel({
      name: "copy",
      reads: { x: shape },
      output: shape,
      indices,
      body: add(
        mul(load(0, ...indices.map(i)), num(2)),
        indices.map((name) => pos(i(name))).reduce<Expression>((sum, term) => add(mul(sum, num(10)), term), num(0)),
      ),
    }),
  );

export const cellPrograms: Readonly<Record<string, Program>> = {
  "rank 0": copyOf([], []),
  "rank 1": copyOf([5], ["a"]),
  "rank 2": copyOf([3, 5], ["a", "b"]),
  "rank 3": copyOf([2, 3, 5], ["a", "b", "c"]),
  "rank 4": copyOf([2, 3, 5, 7], ["a", "b", "c", "d"]),
  "rank 5": copyOf([2, 3, 2, 5, 7], ["a", "b", "c", "d", "e"]),
  "rank 4 with axes turned": programOf(
    kernel({
      name: "turned",
      reads: { x: [3, 2, 7, 5] },
      output: [2, 3, 5, 7],
      indices: ["a", "b", "c", "d"],
      body: load(0, i("b"), i("a"), i("d"), i("c")),
    }),
  ),
  "a leading axis of rank 4 alone": programOf(
    kernel({
      name: "leading",
      reads: { x: [3] },
      output: [2, 3, 2, 2],
      indices: ["a", "b", "c", "d"],
      body: load(0, i("b")),
    }),
  ),
  "a sum of 1500 terms": programOf(
    kernel({
      name: "long",
      reads: { x: [3, 1500] },
      output: [3],
      indices: ["n"],
      body: reduce("sum", "k", 1500, load(0, i("n"), i("k"))),
    }),
  ),
  "a maximum of 1500 negative terms": programOf(
    kernel({
      name: "high",
      reads: { x: [3, 1500] },
      output: [3],
      indices: ["n"],
      body: reduce("max", "k", 1500, add(load(0, i("n"), i("k")), num(-50))),
    }),
  ),
  "sums within sums": programOf(
    kernel({
      name: "nested",
      reads: { x: [4, 6], w: [6, 5] },
      output: [4],
      indices: ["n"],
      body: reduce("max", "j", 5, reduce("sum", "k", 6, mul(load(0, i("n"), i("k")), load(1, i("k"), i("j"))))),
    }),
  ),
  softmax: programOf(softmaxKernel()),
  "a shift with a select": wide(
    "shift",
    choose(["greater_equal", pos(i("n")), num(3)], load(0, clamp(plus(i("n"), at(-3)), 0, 11)), num(-7)),
  ),
  "equality with a position": wide(
    "oneHot",
    choose(["equal", pos(i("n")), num(4)], x, choose(["not_equal", pos(i("n")), num(5)], y, num(9))),
  ),
  "a comparison of a load with a position": wide(
    "mask",
    choose(["less", pos(i("n")), add(mul(x, num(6)), num(6))], num(1), num(0)),
  ),
  "positions in arithmetic": wide(
    "ramp",
    bin("divide", mul(pos(plus(times(i("n"), 3), at(1))), x), pos(plus(i("n"), at(2)))),
  ),
  "division and remainder": programOf(
    kernel({
      name: "reshaped",
      reads: { x: [7, 9] },
      output: [63],
      indices: ["n"],
      body: add(load(0, div(i("n"), 9), mod(i("n"), 9)), pos(mod(i("n"), 7))),
    }),
  ),
  "division beyond the exact range": programOf(
    kernel({
      name: "huge",
      reads: { x: [3] },
      output: [1_200_000],
      indices: ["n"],
      body: add(pos(mod(i("n"), 3)), mul(num(0), load(0, mod(i("n"), 3)))),
    }),
  ),
  "tanh far out": wide("farTanh", un("tanh", far)),
  "sigmoid far out": wide("farSigmoid", un("sigmoid", far)),
  erf: wide("erf", un("erf", mul(x, num(5)))),
  "exp of very negative numbers": wide("tiny", un("exp", add(num(-1000), far))),
  "logarithm and root": wide("log", add(un("log", un("abs", x)), un("sqrt", un("abs", y)))),
  "sign, size and floor": wide("steps", add(add(un("sign", x), un("abs", y)), un("floor", mul(x, num(3))))),
  "floor in a product": wide("floors", mul(un("floor", mul(x, num(7))), num(0.5))),
  "even power of negative numbers": wide("even", bin("power", x, num(4))),
  "odd power of negative numbers": wide("odd", bin("power", x, num(5))),
  "negative power": wide("inverse", bin("power", add(x, num(3)), num(-2))),
  "fractional power": wide("fraction", bin("power", un("abs", x), num(1.7))),
  "power of zero": wide("zero", bin("power", mul(x, num(0)), num(3))),
  "power with a whole exponent from data": wide("whole", bin("power", x, un("floor", mul(un("abs", y), num(4))))),
  "larger and smaller": wide("limits", bin("maximum", bin("minimum", x, y), num(-0.25))),
  "one half of zero and one": wide("literals", choose(["less", x, num(0)], num(1), num(0))),
  recurrent: recurrentProgram(),
};

/** exp(x - max) / sum exp(x - max), with both reductions shared by nothing but the formula. */
function softmaxKernel(): ReturnType<typeof kernel> {
  const top = reduce("max", "k", 6, load(0, i("b"), i("k")));
  const weight = un("exp", bin("subtract", load(0, i("b"), i("j")), top));
  const total = reduce("sum", "m", 6, un("exp", bin("subtract", load(0, i("b"), i("m")), top)));
  return kernel({
    name: "softmax",
    reads: { x: [3, 6] },
    output: [3, 6],
    indices: ["b", "j"],
    body: bin("divide", weight, total),
  });
}

/** A small recurrent network, forwards and backwards in time, whose states are read slot by slot and whole. */
function recurrentProgram(): Program {
  const [T, B, H] = [17, 3, 5];
  const series = buffer("series", [B, T, H], "input");
  const weight = buffer("weight", [H, H], "input");
  const hidden = steps("hidden", [T + 1, B, H]);
  const mirrored = steps("mirrored", [T, B, H]);
  const costs = steps("costs", [T]);
  const tensors = steps("tensors", [T, 2, B, H]);
  const zero = kernel({ name: "zero", reads: {}, output: [B, H], indices: ["b", "h"], body: num(0) });
  const cell = kernel({
    name: "cell",
    reads: { series: [B, T, H], before: [B, H], weight: [H, H] },
    variables: ["t"],
    output: [B, H],
    indices: ["b", "h"],
    body: un(
      "tanh",
      add(
        load(0, i("b"), i("t"), i("h")),
        reduce("sum", "k", H, mul(load(1, i("b"), i("k")), load(2, i("h"), i("k")))),
      ),
    ),
  });
  const cost = kernel({
    name: "cost",
    reads: { state: [B, H] },
    variables: ["t"],
    output: [],
    indices: [],
    body: mul(pos(plus(i("t"), at(1))), reduce("sum", "b", B, reduce("sum", "h", H, load(0, i("b"), i("h"))))),
  });
  const both = kernel({
    name: "both",
    reads: { now: [B, H], other: [B, H] },
    output: [2, B, H],
    indices: ["d", "b", "h"],
    body: choose(["equal", pos(i("d")), num(0)], load(0, i("b"), i("h")), load(1, i("b"), i("h"))),
  });
  const whole = kernel({
    name: "whole",
    reads: { hidden: [T + 1, B, H], tensors: [T, 2, B, H] },
    output: [B, H],
    indices: ["b", "h"],
    body: reduce(
      "sum",
      "t",
      T,
      mul(load(0, plus(i("t"), at(1)), i("b"), i("h")), load(1, i("t"), at(1), i("b"), i("h"))),
    ),
  });
  const answer = buffer("answer", [B, H]);
  return program(
    [
      run(zero, [], [hidden, slot(0)]),
      loop("t", 0, T, [run(cell, [series, [hidden, slot(0, "t")], weight], [hidden, slot(1, "t")])]),
      loop("t", T - 1, -1, [
        run(cost, [[hidden, slot(1, "t")]], [costs, slot(0, "t")]),
        run(
          both,
          [
            [hidden, slot(T, "t", -1)],
            [hidden, slot(1, "t")],
          ],
          [tensors, slot(0, "t")],
        ),
        run(cell, [series, [hidden, slot(T, "t", -1)], weight], [mirrored, slot(T - 1, "t", -1)]),
      ]),
      run(whole, [hidden, tensors], answer),
    ],
    { answer, hidden, mirrored, costs, tensors, series },
  );
}
