import { describe, expect, it } from "vitest";
import { barriersBefore } from "../../../../compiler/targets/plan/barriers.ts";
import type { Work } from "../../../../compiler/targets/plan/items.ts";
import { workIn } from "../../../../compiler/targets/plan/items.ts";
import type { Program } from "../../../../compiler/ir/program.ts";
import {
  add,
  at,
  buffer,
  i,
  kernel,
  load,
  loop,
  mod,
  mul,
  num,
  plus,
  program,
  run,
  slot,
  steps,
  un,
} from "../../../support/hand-built-program.ts";
import { planOf, racesOf, randomPlan } from "../../../support/plan-cases.ts";
import { seeded } from "../../../support/seeded.ts";

const hasCells = (work: Work): boolean => work.kind !== "nest" || work.axes.length > 0;

describe("barriers", () => {
  it("part all that touches the same memory, whatever is shared out", () => {
    let found = 0;
    for (let seed = 0; seed < 250; seed++) {
      const { plan } = randomPlan(seed);
      const all = [...plan.items, ...plan.commits];
      const draw = seeded(seed);
      const some = new Set(workIn(all).filter((work) => hasCells(work) && draw.chance(0.7)));
      const isShared = (work: Work): boolean => some.has(work);
      const barriers = barriersBefore(all, plan.memory, isShared);
      expect(racesOf(plan, barriers, isShared), `seed ${seed}`).toEqual([]);
      found += racesOf(plan, new Set(), isShared).length;
    }
    // Else there was nothing to part.
    expect(found).toBeGreaterThan(1000);
  });

  it("are not there where one thread does it all", () => {
    for (let seed = 0; seed < 20; seed++) {
      const { plan } = randomPlan(seed);
      expect(barriersBefore([...plan.items, ...plan.commits], plan.memory, () => false).size).toBe(0);
    }
  });

  it("are not there between tensors that have nothing to do with each other", () => {
    const turned = (name: string): Parameters<typeof run>[0] =>
      kernel({
        name,
        reads: { x: [8] },
        output: [8],
        indices: ["n"],
        body: un("tanh", load(0, mod(plus(i("n"), at(3)), 8))),
      });
    const x = buffer("x", [8], "input");
    const [y, z, last] = [buffer("y", [8]), buffer("z", [8]), buffer("last", [8])];
    const plan = planOf(
      program([run(turned("one"), [x], y), run(turned("two"), [x], z), run(turned("three"), [y], last)], {
        y,
        z,
        last,
      }),
    );
    const barriers = barriersBefore(plan.items, plan.memory, () => true);
    expect([...barriers].map(({ name }) => name)).toEqual(["three"]);
  });

  it("part slots that walk towards each other", () => {
    const plan = planOf(meeting());
    const barriers = barriersBefore(plan.items, plan.memory, () => true);
    expect(racesOf(plan, barriers, () => true)).toEqual([]);
    expect(racesOf(plan, new Set(), () => true)).not.toEqual([]);
  });
});

/** Turn t writes slot t and reads slot 6 - t: in the middle they are one. */
function meeting(): Program {
  const h = steps("h", [7, 4]);
  const answer = steps("answer", [7, 4]);
  const x = buffer("x", [7, 4], "input");
  const start = kernel({ name: "start", reads: {}, output: [4], indices: ["n"], body: num(0.5) });
  const write = kernel({
    name: "write",
    reads: { x: [7, 4] },
    variables: ["t"],
    output: [4],
    indices: ["n"],
    body: un("tanh", load(0, i("t"), i("n"))),
  });
  const read = kernel({
    name: "read",
    reads: { h: [4] },
    output: [4],
    indices: ["n"],
    body: add(mul(load(0, mod(plus(i("n"), at(1)), 4)), num(2)), num(1)),
  });
  return program(
    [
      ...[4, 5, 6].map((position) => run(start, [], [h, slot(position)])),
      loop("t", 0, 7, [run(write, [x], [h, slot(0, "t")]), run(read, [[h, slot(6, "t", -1)]], [answer, slot(0, "t")])]),
    ],
    { answer },
  );
}
