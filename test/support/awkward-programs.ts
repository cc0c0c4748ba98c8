/** Programs by hand around corners of the wasm target that were, or easily could be, cut. */
import type { Expression, Program, Step } from "../../compiler/ir/program.ts";
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
import { awkwardRows } from "./awkward-rows.ts";
import { fewRows } from "./few-rows.ts";

const flat = (name: string, size: number, body: Expression, reads: Record<string, readonly number[]>): Program =>
  programOf(kernel({ name, reads, output: [size], indices: ["n"], body }));

/** 1 / 49 * 49 is not 1 in floating point, and neither are these. */
const inexact = Object.fromEntries(
  [49, 98, 103, 107, 161].map((by) => [
    `a flat axis in rows of ${by}`,
    flat("rows", 3 * by, add(load(0, div(i("n"), by), mod(i("n"), by)), pos(div(i("n"), by))), { x: [3, by] }),
  ]),
);

/** The product of x [B, K] and w [K, N], by their positions among the kernel's parameters. */
const matrix = (x: number, w: number, depth = 16, index = "k"): Expression =>
  reduce("sum", index, depth, mul(load(x, i("b"), i(index)), load(w, i(index), i("n"))));

const products = (name: string, body: Expression): Program =>
  programOf(
    kernel({
      name,
      reads: { x: [9, 16], w: [16, 12], y: [9, 20], v: [20, 12] },
      output: [9, 12],
      indices: ["b", "n"],
      body,
    }),
  );

const first = matrix(0, 1);
const second = matrix(2, 3, 20, "j");
const third = matrix(0, 1, 12, "m");
const partial = add(first, second);

/** The last tensor in memory comes first; it lies lower than its own size, and is walked from its end. */
function backwards(): Program {
  const x = buffer("x", [300, 40], "parameter");
  const y = buffer("y", [300, 40]);
  const z = buffer("z", [40, 300]);
  const from = plus(times(i("a"), -1), at(299));
  const reads = { x: [300, 40] };
  const rows = kernel({ name: "rows", reads, output: [300, 40], indices: ["a", "n"], body: load(0, from, i("n")) });
  const spread = kernel({ name: "spread", reads, output: [40, 300], indices: ["n", "a"], body: load(0, from, at(3)) });
  return program([run(rows, [x], y), run(spread, [x], z)], { y, z });
}

/** Two loops whose right factors are the same tensor at the same address, at different times. */
function factorsOfTwoLoops(): Program {
  const [T, B, K, N] = [3, 8, 12, 16];
  const x = buffer("x", [B, K], "input");
  const w = buffer("w", [T, K, N], "input");
  const body = reduce("sum", "k", K, mul(load(0, i("b"), i("k")), load(1, i("t"), i("k"), i("n"))));
  const reads = { x: [B, K], w: [T, K, N] };
  const work = (name: string): ReturnType<typeof kernel> =>
    kernel({ name, reads, variables: ["t"], output: [B, N], indices: ["b", "n"], body });
  const one = steps("one", [T, B, N]);
  const two = steps("two", [T, B, N]);
  return program(
    [
      loop("t", 0, T, [run(work("forwards"), [x, w], [one, slot(0, "t")])]),
      loop("t", T - 1, -1, [run(work("backwards"), [x, w], [two, slot(0, "t")])]),
    ],
    { one, two },
  );
}

/** A cheap tensor, read in one kernel by two sums whose index has one name and two extents. */
function oneNameTwoExtents(): Program {
  const x = buffer("x", [2, 10], "input");
  const cheap = buffer("cheap", [2, 10]);
  const answer = buffer("answer", []);
  const double = kernel({
    name: "double",
    reads: { x: [2, 10] },
    output: [2, 10],
    indices: ["a", "b"],
    body: mul(load(0, i("a"), i("b")), num(2)),
  });
  // Column by column: below 2, k is the row, and that is all there would be to it.
  const all = reduce("sum", "k", 20, mul(load(0, mod(i("k"), 2), div(i("k"), 2)), pos(i("k"))));
  const few = reduce("max", "k", 2, load(1, at(0), i("k")));
  const sums = kernel({
    name: "sums",
    reads: { cheap: [2, 10], x: [2, 10] },
    output: [],
    indices: [],
    body: add(all, few),
  });
  return program([run(double, [x], cheap), run(sums, [cheap, x], answer)], { answer });
}

/** A cheap tensor whose address moves with half of the time, read by a kernel that does not know the time. */
function halfTime(): Program {
  const x = buffer("x", [3, 5], "input");
  const cheap = buffer("cheap", [5]);
  const answer = steps("answer", [6, 5]);
  const half = kernel({
    name: "half",
    reads: { x: [3, 5] },
    variables: ["t"],
    output: [5],
    indices: ["n"],
    body: mul(load(0, div(i("t"), 2), i("n")), num(3)),
  });
  const reader = kernel({
    name: "reader",
    reads: { cheap: [5] },
    output: [5],
    indices: ["n"],
    body: un("tanh", load(0, i("n"))),
  });
  return program([loop("t", 0, 6, [run(half, [x], cheap), run(reader, [cheap], [answer, slot(0, "t")])])], { answer });
}

/** What a loop leaves in a whole tensor, read after it. */
function leftByLoop(): Program {
  const x = buffer("x", [4, 5], "input");
  const last = buffer("last", [5]);
  const answer = buffer("answer", [5]);
  const inside = kernel({
    name: "inside",
    reads: { x: [4, 5] },
    variables: ["t"],
    output: [5],
    indices: ["n"],
    body: mul(load(0, i("t"), i("n")), num(3)),
  });
  const after = kernel({
    name: "after",
    reads: { last: [5] },
    output: [5],
    indices: ["n"],
    body: un("tanh", load(0, i("n"))),
  });
  return program([loop("t", 0, 4, [run(inside, [x], last)]), run(after, [last], answer)], { answer });
}

/** A loop in a loop: what the outer one sets must outlive every turn of the inner one. */
function loopInLoop(): Program {
  const [S, T, N] = [3, 4, 6];
  const x = buffer("x", [S, N], "input");
  const w = buffer("w", [T, N], "input");
  const kept = buffer("kept", [N]);
  const local = buffer("local", [N]);
  const inner = steps("inner", [T + 1, N]);
  const outer = steps("outer", [S, N]);
  const pick = kernel({
    name: "pick",
    reads: { x: [S, N] },
    variables: ["s"],
    output: [N],
    indices: ["n"],
    body: un("sigmoid", load(0, i("s"), i("n"))),
  });
  const start = kernel({ name: "start", reads: {}, output: [N], indices: ["n"], body: num(0.25) });
  const turn = kernel({
    name: "turn",
    reads: { h: [N], kept: [N] },
    output: [N],
    indices: ["n"],
    body: un("tanh", add(load(0, i("n")), load(1, plus(times(i("n"), -1), at(N - 1))))),
  });
  const next = kernel({
    name: "next",
    reads: { local: [N], w: [T, N] },
    variables: ["t"],
    output: [N],
    indices: ["n"],
    body: mul(load(0, mod(plus(i("n"), at(1)), N)), load(1, i("t"), i("n"))),
  });
  const keep = kernel({ name: "keep", reads: { h: [N] }, output: [N], indices: ["n"], body: load(0, i("n")) });
  const body: Step[] = [
    run(pick, [x], kept),
    run(start, [], [inner, slot(0)]),
    loop("t", 0, T, [run(turn, [[inner, slot(0, "t")], kept], local), run(next, [local, w], [inner, slot(1, "t")])]),
    run(keep, [[inner, slot(T)]], [outer, slot(0, "s")]),
  ];
  return program([loop("s", 0, S, body)], { outer });
}

/** A history of which, besides the step before, the first slot is wanted: in the loop, or after it. */
function historyWith(where: "inside" | "after"): Program {
  const [T, N] = [5, 7];
  const x = buffer("x", [N], "input");
  const h = steps("h", [T + 1, N]);
  const answer = buffer("answer", [N]);
  const start = kernel({ name: "start", reads: { x: [N] }, output: [N], indices: ["n"], body: load(0, i("n")) });
  const turn = kernel({
    name: "turn",
    reads: { h: [N], first: [N] },
    output: [N],
    indices: ["n"],
    body: un("tanh", add(mul(load(0, mod(plus(i("n"), at(1)), N)), num(0.5)), load(1, i("n")))),
  });
  const end = kernel({
    name: "end",
    reads: { last: [N], first: [N] },
    output: [N],
    indices: ["n"],
    body: bin("subtract", load(0, i("n")), load(1, i("n"))),
  });
  const other = where === "inside" ? slot(0) : slot(0, "t");
  return program(
    [
      run(start, [x], [h, slot(0)]),
      loop("t", 0, T, [
        run(
          turn,
          [
            [h, slot(0, "t")],
            [h, other],
          ],
          [h, slot(1, "t")],
        ),
      ]),
      run(
        end,
        [
          [h, slot(T)],
          [h, slot(where === "inside" ? T : 0)],
        ],
        answer,
      ),
    ],
    { answer },
  );
}

/** An input that is only read in a loop, among tensors that live in one turn and would like its place. */
function inputOfLoop(): Program {
  const [T, N] = [4, 33];
  const x = buffer("x", [N], "input");
  const one = buffer("one", [N]);
  const two = buffer("two", [N]);
  const answer = steps("answer", [T, N]);
  const reads = { x: [N] };
  const turned = load(0, mod(plus(i("n"), at(1)), N));
  const wave = kernel({ name: "wave", reads, output: [N], indices: ["n"], body: un("tanh", turned) });
  const more = kernel({ name: "more", reads, output: [N], indices: ["n"], body: un("sigmoid", turned) });
  const moved = kernel({
    name: "moved",
    reads,
    variables: ["t"],
    output: [N],
    indices: ["n"],
    body: add(turned, pos(i("t"))),
  });
  return program(
    [loop("t", 0, T, [run(wave, [x], one), run(more, [one], two), run(moved, [two], [answer, slot(0, "t")])])],
    { answer },
  );
}

/** An outer product over time read by an index that has the loop's name. */
function indexNamedLikeLoop(): Program {
  const [T, N] = [4, 4];
  const x = buffer("x", [T, N], "input");
  const cheap = buffer("cheap", [N]);
  const answer = steps("answer", [T, N]);
  const row = kernel({
    name: "row",
    reads: { x: [T, N] },
    variables: ["now"],
    output: [N],
    indices: ["t"],
    body: mul(load(0, i("now"), i("t")), num(2)),
  });
  const reader = kernel({
    name: "reader",
    reads: { cheap: [N] },
    output: [N],
    indices: ["t"],
    body: un("tanh", load(0, i("t"))),
  });
  const inside = run({ ...row }, [x], cheap);
  return program([loop("t", 0, T, [{ ...inside, variables: ["t"] }, run(reader, [cheap], [answer, slot(0, "t")])])], {
    answer,
  });
}

/** Rows that threads cut elsewhere than blocks do: a result must come out of the same kind of tile all the same. */
const rowsBy = (rows: number, columns: number): Program =>
  programOf(
    kernel({
      name: "rows",
      reads: { x: [rows, 64], w: [64, columns] },
      output: [rows, columns],
      indices: ["b", "n"],
      body: matrix(0, 1, 64),
    }),
  );

const numbers = [1e10, -3e9, 2 ** 31, 2 ** 32, 1e20, -1e20, 3.4e38, 1e-40, 1e21, 123456789, 0.1, -0];

/** x + x + ..., every sum of the one before: a tree of a million leaves, a graph of twenty nodes. */
function doubled(times: number): Expression {
  let value = load(0, i("n"));
  for (let count = 0; count < times; count++) value = bin("maximum", value, mul(value, num(0.5)));
  return value;
}

/** Words that mean something to AssemblyScript, or to what is printed, as names of tensors and kernels. */
const words =
  "store load static default delete super with enum yield await async throw typeof instanceof interface package private bool string i8 f64x2 heap assert trace unreachable isNaN Math workspace at sum last rows columns left right output packed".split(
    " ",
  );
function named(word: string): Program {
  const x = buffer(word, [5, 6], "input");
  const work = kernel({
    name: word,
    reads: { [word]: [5, 6] },
    output: [5, 6],
    indices: ["a", "n"],
    body: un("tanh", load(0, i("a"), i("n"))),
  });
  const y = buffer(`${word}Result`, [5, 6]);
  return program([run(work, [x], y)], { y });
}

export const awkwardPrograms: Readonly<Record<string, Program>> = {
  ...inexact,
  "a sum of two products": products("both", add(first, second)),
  "a sum of products, one of them wanted elsewhere": products("elsewhere", add(add(first, second), un("tanh", first))),
  "a sum of products, the other wanted elsewhere": products("other", add(add(second, first), un("tanh", first))),
  "a product twice in a sum of products": products("twice", add(add(first, second), first)),
  "a sum of products, part of it wanted elsewhere": products("part", add(add(partial, third), un("tanh", partial))),
  "three rows of many columns": rowsBy(3, 260),
  "a row more than a block has": rowsBy(65, 40),
  "a row more than a larger block has": rowsBy(67, 40),
  "the sum of products of itself": products("squared", mul(add(first, second), add(first, second))),
  "a tensor low in memory, read from its end": backwards(),
  "factors of two loops at one address": factorsOfTwoLoops(),
  "one index name, two extents": oneNameTwoExtents(),
  "an address by half of the time": halfTime(),
  "what a loop leaves": leftByLoop(),
  "a loop in a loop": loopInLoop(),
  "the first slot wanted in every turn": historyWith("inside"),
  "the first slot wanted after the loop": historyWith("after"),
  "an input read in a loop only": inputOfLoop(),
  ...awkwardRows,
  ...fewRows,
  "an index named like the loop": indexNamedLikeLoop(),
  "numbers of all sizes": flat(
    "sizes",
    numbers.length,
    numbers.reduce<Expression>(
      (rest, value, position) => choose(["equal", pos(i("n")), num(position)], num(Math.fround(value)), rest),
      load(0, i("n")),
    ),
    { x: [numbers.length] },
  ),
  "numbers of all sizes, one by one": flat(
    "sizes",
    5,
    numbers.reduce<Expression>(
      (rest, value) => bin("minimum", rest, bin("maximum", num(Math.fround(Math.abs(value) + 1)), load(0, i("n")))),
      load(0, i("n")),
    ),
    { x: [5] },
  ),
  "much shared work": flat("shared", 9, doubled(12), { x: [9] }),
  "a slice that is clamped at both ends": flat(
    "clamped",
    20,
    add(load(0, clamp(plus(i("n"), at(-5)), 0, 9)), load(0, clamp(plus(times(i("n"), -1), at(12)), 0, 9))),
    { x: [10] },
  ),
  ...Object.fromEntries(words.map((word) => [`a tensor called ${word}`, named(word)])),
};
