/** What is planned for programs at random, executed without assembling it: hundreds of programs a second. */
import { describe, expect, it } from "vitest";
import { workIn, type Work } from "../../compiler/targets/plan/items.ts";
import { barriersBefore } from "../../compiler/targets/plan/barriers.ts";
import type { Machine } from "../../compiler/targets/plan/machine.ts";
import { wasmMachine } from "../../compiler/targets/wasm/machine.ts";
import { verifyProgram } from "../../compiler/ir/verify-program.ts";
import { countOf, partOf } from "../support/extent.ts";
import { awkwardPrograms } from "../support/awkward-programs.ts";
import { cellPrograms } from "../support/cell-programs.ts";
import { runFast } from "../support/fast-program.ts";
import { runPlan } from "../support/plan-machine.ts";
import { planOf, randomPlan, smallSizes } from "../support/plan-cases.ts";
import { apart, stagesOf } from "../support/plan-stages.ts";
import { randomBindings, randomProgram } from "../support/random-program.ts";
import { runProgram } from "../support/run-program.ts";
import { seeded } from "../support/seeded.ts";

type Results = Readonly<Record<string, Float64Array>>;

/** Where float64 results are not the same but for the order of additions. */
function differences(found: Results, expected: Results): string[] {
  return Object.entries(expected).flatMap(([name, values]) => {
    const own = found[name] ?? [];
    const bad = values.findIndex((value, cell) => {
      const is = own[cell] as number;
      return !(Object.is(is, value) || Math.abs(is - value) <= 1e-9 * (1 + Math.abs(value)));
    });
    return bad < 0 ? [] : [`${name}[${bad}] is ${own[bad]}, not ${values[bad]}`];
  });
}

/** A machine that nobody prints for: twice as wide, and for which less pays. */
const eightLanes: Machine = {
  lanes: 8,
  panelColumns: 16,
  tileRows: 6,
  slack: 64,
  costs: { horizontalSum: 8, gathered: 10 },
  thresholds: {
    ...wasmMachine.thresholds,
    fewestColumns: 8,
    fewestMultiplications: 64,
    fewestReads: 4,
    leastToShare: 8,
  },
};

describe("programs at random", () => {
  it("keep to the contract, and mean the same to both oracles", () => {
    for (let seed = 0; seed < 20; seed++) {
      const draw = seeded(seed);
      const program = randomProgram(draw, { sizes: smallSizes, work: 1500 });
      verifyProgram(program);
      const bindings = randomBindings(program, draw);
      expect(runFast(program, bindings)).toEqual(runProgram(program, bindings));
    }
  });

  it("have everything in them", () => {
    const kinds = new Set<string>();
    for (let seed = 0; seed < 200; seed++) {
      for (const item of randomPlan(seed).plan.items) {
        kinds.add(item.kind);
        if (item.kind === "loop") for (const { kind } of workIn(item.body)) kinds.add(`${kind} in a loop`);
      }
    }
    expect([...kinds].sort()).toEqual([
      "loop",
      "nest",
      "nest in a loop",
      "pack",
      "pack in a loop",
      "product",
      "product in a loop",
    ]);
  });

  it("mean the same after every stage of the planner", () => {
    for (let seed = 5000; seed < 5000 + countOf(150, 30); seed++) {
      const draw = seeded(seed);
      const program = randomProgram(draw, { sizes: smallSizes, work: 1500 });
      const bindings = randomBindings(program, draw);
      const expected = runFast(program, bindings);
      for (const [stage, items] of Object.entries(stagesOf(program))) {
        expect(differences(runPlan(apart(items, program), bindings, draw), expected), `${stage} ${seed}`).toEqual([]);
      }
    }
  });

  it("mean the same as they are planned, for any order of cells and any threads", () => {
    for (let seed = 0; seed < countOf(200, 40); seed++) {
      const { draw, program, plan } = randomPlan(seed);
      const bindings = randomBindings(program, draw);
      const expected = runFast(program, bindings);
      const some = new Set(
        workIn([...plan.items, ...plan.commits]).filter(
          (work) => (work.kind !== "nest" || work.axes.length > 0) && draw.chance(0.7),
        ),
      );
      const isShared = (work: Work): boolean => some.has(work);
      const barriers = barriersBefore([...plan.items, ...plan.commits], plan.memory, isShared);
      for (const threads of [1, 2, 3]) {
        const options = threads === 1 ? {} : { threads, barriers, isShared };
        expect(differences(runPlan(plan, bindings, draw, options), expected), `${seed} on ${threads}`).toEqual([]);
      }
    }
  });

  it("mean the same as they are planned for another machine", () => {
    const changed: number[] = [];
    for (let seed = 20_000; seed < 20_000 + countOf(100, 20); seed++) {
      const draw = seeded(seed);
      const program = randomProgram(draw, { sizes: [...smallSizes, 17, 33], work: 4000 });
      const bindings = randomBindings(program, draw);
      const plan = planOf(program, eightLanes);
      const expected = runFast(program, bindings);
      expect(differences(runPlan(plan, bindings, draw, { threads: 2 }), expected), `seed ${seed}`).toEqual([]);
      if (plan.memory.bytes !== planOf(program).memory.bytes) changed.push(seed);
    }
    expect(changed.length).toBeGreaterThan(0);
  });

  it("with larger products mean the same", () => {
    const sizes = [1, 2, 3, 4, 5, 8, 9, 16, 17, 20, 33, 49];
    for (let seed = 10_000; seed < 10_000 + countOf(40, 8); seed++) {
      const { draw, program, plan } = randomPlan(seed, sizes, 8000);
      const bindings = randomBindings(program, draw);
      expect(differences(runPlan(plan, bindings, draw), runFast(program, bindings)), `seed ${seed}`).toEqual([]);
    }
  });
});

const byHand = Object.entries({ ...cellPrograms, ...awkwardPrograms }).filter(
  ([title]) => !/called|erf|exact range/.test(title),
);

describe("programs by hand", () => {
  it.each(partOf(byHand, 24))("%s", (_, program) => {
    const draw = seeded(1);
    const bindings = randomBindings(program, draw);
    const expected = runProgram(program, bindings);
    for (const [stage, items] of Object.entries(stagesOf(program))) {
      expect(differences(runPlan(apart(items, program), bindings, draw), expected), stage).toEqual([]);
    }
    expect(differences(runPlan(planOf(program), bindings, draw), expected)).toEqual([]);
  });
});
