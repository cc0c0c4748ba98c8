import { describe, expect, it } from "vitest";
import type { Buffer, Expression, IndexExpression, Origin, Program, Step } from "../../../../compiler/ir/program.ts";
import { workIn, type Item } from "../../../../compiler/targets/plan/items.ts";
import {
  add,
  at,
  buffer,
  i,
  kernel,
  load,
  loop,
  mul,
  num,
  origin,
  plus,
  program,
  reduce,
  run,
  slot,
  steps,
  times,
  un,
} from "../../../support/hand-built-program.ts";
import { runFast } from "../../../support/fast-program.ts";
import { runPlan } from "../../../support/plan-machine.ts";
import { apart, stagesOf } from "../../../support/plan-stages.ts";
import { randomBindings } from "../../../support/random-program.ts";
import { seeded } from "../../../support/seeded.ts";

const size = 10;
const own = i("n");
const turned = plus(times(own, -1), at(size - 1));

/** A kernel that cannot be inlined: its function is not cheap. */
function map(name: string, indices: readonly IndexExpression[], index = "n"): ReturnType<typeof kernel> {
  const reads = Object.fromEntries(indices.map((_, position) => [`p${position}`, [size]]));
  const sum = indices.map((one, position) => load(position, one)).reduce<Expression>(add, num(0.5));
  return kernel({ name, reads, output: [size], indices: [index], body: un("tanh", sum) });
}

const x = buffer("x", [size], "input");
const named = (name: string): Buffer => buffer(name, [size]);

/** Names of the nests, those of one loop in brackets; after checking that the program means the same. */
function fusedOf(own: Program): string {
  const { fused } = stagesOf(own);
  const draw = seeded(2);
  const bindings = randomBindings(own, draw);
  const found = runPlan(apart(fused, own), bindings, draw);
  for (const [name, values] of Object.entries(runFast(own, bindings))) {
    values.forEach((value, cell) => {
      expect(found[name]?.[cell], `${name}[${cell}]`).toBeCloseTo(value, 9);
    });
  }
  const text = (items: readonly Item[]): string =>
    items
      .map((item) => {
        if (item.kind === "loop") return `(${text(item.body)})`;
        return item.kind === "nest" ? item.stores.map(({ to }) => to.buffer.name).join("+") : item.kind;
      })
      .join(" ");
  return text(fused);
}

describe("nests over the same cells", () => {
  const [a, b, c] = [named("a"), named("b"), named("c")];

  it("become one where the second reads what the first computes there", () => {
    const two = program([run(map("one", [own]), [x], a), run(map("two", [own, own]), [a, x], b)], { a, b });
    expect(fusedOf(two)).toBe("a+b");
  });

  it("become one whatever their indices are called", () => {
    const other = map("two", [i("m"), i("m")], "m");
    expect(fusedOf(program([run(map("one", [own]), [x], a), run(other, [a, x], b)], { a, b }))).toBe("a+b");
  });

  it("no longer store what nobody reads", () => {
    const two = program([run(map("one", [own]), [x], a), run(map("two", [own]), [a], b)], { b });
    expect(fusedOf(two)).toBe("b");
  });

  it("stay two where the second reads other cells", () => {
    const two = program([run(map("one", [own]), [x], a), run(map("two", [turned]), [a], b)], { b });
    expect(fusedOf(two)).toBe("a b");
    const both = program([run(map("one", [own]), [x], a), run(map("two", [own, turned]), [a, a], b)], { b });
    expect(fusedOf(both)).toBe("a b");
  });

  it("stay two where they have nothing in common", () => {
    const y = buffer("y", [size], "input");
    const two = program([run(map("one", [own]), [x], a), run(map("two", [own]), [y], b)], { a, b });
    expect(fusedOf(two)).toBe("a b");
  });

  it("meet across what has nothing to do with them", () => {
    const three = program(
      [run(map("one", [own]), [x], a), run(map("far", [turned]), [x], c), run(map("two", [own, own]), [a, x], b)],
      { a, b, c },
    );
    expect(fusedOf(three).split(" ").length).toBeLessThan(3);
  });

  it("do not move across what they read", () => {
    const three = program(
      [run(map("one", [own]), [x], a), run(map("turn", [turned]), [a], c), run(map("two", [own, own]), [a, c], b)],
      { b, c },
    );
    // c needs all of a before its first cell, and b needs c.
    expect(fusedOf(three)).toBe("a c+b");
  });

  it("do not become one across a phase of updates", () => {
    const update: Origin = { ...origin, phase: "update" };
    const late = { ...map("two", [own]), origin: update };
    expect(fusedOf(program([run(map("one", [own]), [x], a), run(late, [a], b)], { a, b }))).toBe("a b");
  });

  it("do not go into loops, nor out of them", () => {
    const h = steps("h", [4, size]);
    const inside: Step = loop("t", 0, 4, [run(map("turn", [own]), [a], [h, slot(0, "t")])]);
    expect(fusedOf(program([run(map("one", [own]), [x], a), inside, run(map("two", [own]), [a], b)], { h, b }))).toBe(
      "a (h) b",
    );
  });

  it("in a loop become one, each slot by itself", () => {
    const h = steps("h", [5, size]);
    const g = steps("g", [4, size]);
    const body = [
      run(map("next", [own, own]), [[h, slot(0, "t")], x], [h, slot(1, "t")]),
      run(
        map("both", [own, own]),
        [
          [h, slot(1, "t")],
          [h, slot(0, "t")],
        ],
        [g, slot(0, "t")],
      ),
    ];
    expect(fusedOf(program([run(map("start", [own]), [x], [h, slot(0)]), loop("t", 0, 4, body)], { h, g }))).toBe(
      "h (h+g)",
    );
  });

  it("stay two where the second reads other cells of the slot before", () => {
    const h = steps("h", [5, size]);
    const g = steps("g", [4, size]);
    const body = [
      run(map("next", [own]), [[h, slot(0, "t")]], [h, slot(1, "t")]),
      run(map("back", [turned]), [[h, slot(1, "t")]], [g, slot(0, "t")]),
    ];
    expect(fusedOf(program([run(map("start", [own]), [x], [h, slot(0)]), loop("t", 0, 4, body)], { h, g }))).toBe(
      "h (h g)",
    );
  });

  it("that sum are left alone", () => {
    const total = kernel({
      name: "total",
      reads: { a: [size] },
      output: [size],
      indices: ["n"],
      body: reduce("sum", "k", size, mul(load(0, i("k")), load(0, own))),
    });
    expect(fusedOf(program([run(map("one", [own]), [x], a), run(total, [a], b)], { a, b }))).toBe("a b");
  });

  it("become at most so many that registers hold them", () => {
    const tensors = Array.from({ length: 30 }, (_, position) => named(`y${position}`));
    const all = program(
      tensors.map((to, position) => run(map(`k${position}`, [own]), [x], to)),
      Object.fromEntries(tensors.map((one) => [one.name, one])),
    );
    fusedOf(all);
    for (const work of workIn(stagesOf(all).fused)) {
      expect(work.kind === "nest" ? work.stores.length : 0).toBeLessThanOrEqual(12);
    }
  });
});
