import { describe, expect, it } from "vitest";
import type { Buffer, Expression, IndexExpression, Program } from "../../../../compiler/ir/program.ts";
import { workIn } from "../../../../compiler/targets/plan/items.ts";
import {
  add,
  at,
  bin,
  buffer,
  div,
  i,
  kernel,
  load,
  loop,
  mod,
  mul,
  num,
  plus,
  program,
  reduce,
  run,
  slot,
  steps,
  times,
  un,
} from "../../../support/hand-built-program.ts";
import { awkwardPrograms } from "../../../support/awkward-programs.ts";
import { runFast } from "../../../support/fast-program.ts";
import { runPlan } from "../../../support/plan-machine.ts";
import { apart, stagesOf } from "../../../support/plan-stages.ts";
import { randomBindings } from "../../../support/random-program.ts";
import { seeded } from "../../../support/seeded.ts";

const x = buffer("x", [4, 6], "input");
const cheap = buffer("cheap", [4, 6]);
const answer = buffer("answer", [4, 6]);
const b = i("b");
const n = i("n");

const double = (body: Expression = mul(load(0, b, n), num(2))): ReturnType<typeof kernel> =>
  kernel({ name: "double", reads: { x: [4, 6] }, output: [4, 6], indices: ["b", "n"], body });
const reader = (...index: readonly IndexExpression[]): ReturnType<typeof kernel> =>
  kernel({
    name: "reader",
    reads: { cheap: [4, 6] },
    output: [4, 6],
    indices: ["b", "n"],
    body: un("tanh", load(0, ...index)),
  });

/** Tensors that are still written, after checking that the program means the same. */
function storedOf(own: Program): readonly string[] {
  const { inlined } = stagesOf(own);
  const draw = seeded(2);
  const bindings = randomBindings(own, draw);
  const found = runPlan(apart(inlined, own), bindings, draw);
  for (const [name, values] of Object.entries(runFast(own, bindings))) {
    values.forEach((value, cell) => {
      expect(found[name]?.[cell], `${name}[${cell}]`).toBeCloseTo(value, 9);
    });
  }
  return workIn(inlined).flatMap((work) => (work.kind === "nest" ? work.stores.map(({ to }) => to.buffer.name) : []));
}

const both = (first: ReturnType<typeof kernel>, second: ReturnType<typeof kernel>, results: readonly Buffer[]) =>
  program(
    [run(first, [x], cheap), run(second, [cheap], answer)],
    Object.fromEntries(results.map((one) => [one.name, one])),
  );

describe("cheap tensors", () => {
  it.each<readonly [string, readonly IndexExpression[]]>([
    ["at its own cells", [b, n]],
    ["backwards", [plus(times(b, -1), at(3)), plus(times(n, -1), at(5))]],
  ])("are computed where they are read once, %s", (_, index) => {
    expect(storedOf(both(double(), reader(...index), [answer]))).toEqual(["answer"]);
  });

  it("are computed where they are read flat", () => {
    const flat = kernel({
      name: "flat",
      reads: { cheap: [4, 6] },
      output: [24],
      indices: ["m"],
      body: un("tanh", load(0, div(i("m"), 6), mod(i("m"), 6))),
    });
    const out = buffer("out", [24]);
    storedOf(program([run(double(), [x], cheap), run(flat, [cheap], out)], { out }));
  });

  it("are stored where they are a result", () => {
    expect(storedOf(both(double(), reader(b, n), [answer, cheap]))).toEqual(["cheap", "answer"]);
  });

  it("are stored where they are read more than once", () => {
    const twice = kernel({
      name: "twice",
      reads: { cheap: [4, 6] },
      output: [4, 6],
      indices: ["b", "n"],
      body: add(load(0, b, n), load(0, b, mod(plus(n, at(1)), 6))),
    });
    expect(storedOf(both(double(), twice, [answer]))).toEqual(["cheap", "answer"]);
    const sums = kernel({
      name: "sums",
      reads: { cheap: [4, 6] },
      output: [4, 6],
      indices: ["b", "n"],
      body: reduce("sum", "k", 6, load(0, b, i("k"))),
    });
    expect(storedOf(both(double(), sums, [answer]))).toEqual(["cheap", "answer"]);
  });

  it("are stored where they are not cheap", () => {
    expect(storedOf(both(double(un("exp", load(0, b, n))), reader(b, n), [answer]))).toEqual(["cheap", "answer"]);
    const long = Array.from({ length: 8 }).reduce<Expression>(
      (value, _, position) => bin("maximum", add(value, num(position)), load(0, b, n)),
      load(0, b, n),
    );
    expect(storedOf(both(double(long), reader(b, n), [answer]))).toEqual(["cheap", "answer"]);
  });

  it("read in every turn of a loop are computed once, before it", () => {
    const h = steps("h", [3, 4, 6]);
    const own = program([run(double(), [x], cheap), loop("t", 0, 3, [run(reader(b, n), [cheap], [h, slot(0, "t")])])], {
      h,
    });
    expect(storedOf(own)).toEqual(["cheap", "h"]);
  });

  it("of one turn, read step by step, are computed there", () => {
    const wide = buffer("wide", [3, 4, 6], "input");
    const all = buffer("all", [3, 4, 6]);
    const h = steps("h", [3, 4, 6]);
    const before = kernel({
      name: "before",
      reads: { wide: [3, 4, 6] },
      output: [3, 4, 6],
      indices: ["t", "b", "n"],
      body: mul(load(0, i("t"), b, n), num(3)),
    });
    const inside = kernel({
      name: "inside",
      reads: { all: [3, 4, 6] },
      variables: ["t"],
      output: [4, 6],
      indices: ["b", "n"],
      body: un("tanh", load(0, i("t"), b, n)),
    });
    const own = program([run(before, [wide], all), loop("t", 0, 3, [run(inside, [all], [h, slot(0, "t")])])], { h });
    expect(storedOf(own)).toEqual(["h"]);
  });

  it.each(["what a loop leaves", "one index name, two extents", "an address by half of the time"])(
    "keep their meaning: %s",
    (title) => {
      storedOf(awkwardPrograms[title] as Program);
    },
  );

  it("that a loop leaves behind are not looked for in its last turn", () => {
    expect(storedOf(awkwardPrograms["what a loop leaves"] as Program)).toEqual(["last", "answer"]);
  });
});
