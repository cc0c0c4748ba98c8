import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Program } from "../../../../compiler/ir/program.ts";
import { runFast } from "../../../support/fast-program.ts";
import { planOf } from "../../../support/plan-cases.ts";
import { runPlan } from "../../../support/plan-machine.ts";
import { randomBindings } from "../../../support/random-program.ts";
import { seeded } from "../../../support/seeded.ts";
import { descent, randomUpdate } from "../../../support/update-programs.ts";
import { always, canary, wasmModule, type WasmCrew } from "../../../support/wasm-crew.ts";
import { assembling } from "../../../support/wasm-program.ts";

describe("updates as they are planned", () => {
  it("renew every parameter from what the others were", () => {
    let inPlace = 0;
    let copied = 0;
    for (let seed = 0; seed < 400; seed++) {
      const draw = seeded(seed);
      const program = randomUpdate(draw);
      const bindings = randomBindings(program, draw);
      const plan = planOf(program);
      const expected = runFast(program, bindings);
      for (const threads of [1, 3]) {
        const found = runPlan(plan, bindings, draw, { threads });
        for (const [name, values] of Object.entries(expected)) {
          values.forEach((value, cell) => {
            expect(found[name]?.[cell], `seed ${seed} ${name}`).toBeCloseTo(value, 9);
          });
        }
      }
      inPlace += plan.commits.filter(({ name }) => name !== "keep").length;
      copied += plan.commits.filter(({ name }) => name === "keep").length;
    }
    // Both ways are taken.
    expect(inPlace).toBeGreaterThan(100);
    expect(copied).toBeGreaterThan(100);
  });

  it("write in place where each cell is made from itself", () => {
    const { commits, memory, program } = planOf(descent());
    expect(commits.map(({ name }) => name)).not.toContain("keep");
    const placeOf = (name: string): number | undefined =>
      memory.placed.get(program.buffers.find((one) => one.name === name) as Program["buffers"][number])?.offset;
    expect(placeOf("nextW")).toBe(placeOf("w"));
    expect(placeOf("nextM")).toBe(placeOf("m"));
  });
});

const size = 12;
const whole = { w: Array.from({ length: size }, (_, n) => n / 8), m: new Array<number>(size).fill(0.25) };
const x = new Array<number>(size).fill(0.5);

describe.each([1, 2])("updates as they run, with %i threads", (threads) => {
  let crew: WasmCrew;
  const updates = Array.from({ length: 6 }, (_, seed) => randomUpdate(seeded(seed), `u${seed}/`));
  beforeAll(async () => {
    const all = { descent: descent(), ...Object.fromEntries(updates.map((one, seed) => [`u${seed}`, one])) };
    const module = await wasmModule(all, always);
    crew = await module.open("simd", threads);
  }, assembling);
  afterAll(() => crew.end());

  /** @param spoil numbers whose logarithms are added to the loss and its count, and scale both gradients; e is harmless */
  const step = (spoil: readonly number[], force: 0 | 1 = 0): { taken: number; results: Record<string, number[]> } => {
    crew.fill(canary);
    crew.give("descent", { ...whole, x, spoil });
    const taken = crew.call("descent", force);
    const results = Object.entries(crew.results("descent")).map(
      ([name, values]) => [name, [...values]] as [string, number[]],
    );
    return { taken, results: Object.fromEntries(results) };
  };
  const e = Math.E;

  it("are taken where all numbers are finite", () => {
    const { taken, results } = step([e, e, e, e]);
    expect(taken).toBe(1);
    expect(results["w"]?.[4]).toBeCloseTo(0, 5);
    expect(results["m"]?.[4]).toBeCloseTo(0.625, 5);
  });

  it.each([
    ["the loss is infinite", [0, e, e, e]],
    ["the loss is no number", [-1, e, e, e]],
    ["the momentum is infinite", [e, e, 0, e]],
    ["the momentum is no number", [e, e, -1, e]],
    ["the weights are no number", [e, e, e, -1]],
    ["nothing is finite", [0, 0, 0, 0]],
  ])("are refused, and leave everything as it was, where %s", (_, spoil) => {
    const { taken, results } = step(spoil);
    expect(taken).toBe(0);
    expect(results["w"]).toEqual(whole.w);
    expect(results["m"]).toEqual(whole.m);
  });

  it("are refused for one bad cell, the last", () => {
    crew.give("descent", { ...whole, x: x.map((value, n) => (n === size - 1 ? 1e38 : value)), spoil: [e, e, e, 1e9] });
    expect(crew.call("descent", 0)).toBe(0);
    expect([...(crew.results("descent")["w"] ?? [])]).toEqual(whole.w);
  });

  it("are taken where only the count of the loss is not finite", () => {
    const { taken, results } = step([e, -1, e, e]);
    expect(taken).toBe(1);
    expect(results["w"]).not.toEqual(whole.w);
  });

  it("are taken by force", () => {
    const { taken, results } = step([e, e, e, -1], 1);
    expect(taken).toBe(1);
    expect(results["w"]?.every(Number.isNaN)).toBe(true);
    expect(results["m"]?.[4]).toBeCloseTo(0.625, 5);
  });

  it("are taken again after one was refused", () => {
    expect([step([0, e, e, e]).taken, step([e, e, e, e]).taken, step([e, e, 0, e]).taken]).toEqual([0, 1, 0]);
  });

  it.each(updates.map((one, seed) => [seed, one] as const))("renew all parameters alike: %i", (seed, program) => {
    const bindings = randomBindings(program, seeded(seed));
    const expected = runFast(program, bindings);
    for (const force of [0, 1] as const) {
      crew.fill(canary);
      crew.give(`u${seed}`, bindings);
      expect(crew.call(`u${seed}`, force)).toBe(1);
      const found = crew.results(`u${seed}`);
      for (const [name, values] of Object.entries(expected)) {
        values.forEach((value, cell) => {
          expect(found[name]?.[cell], name).toBeCloseTo(value, 4);
        });
      }
    }
  });
});
