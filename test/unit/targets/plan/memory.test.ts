import { countOf } from "../../../support/extent.ts";
import { describe, expect, it } from "vitest";
import type { Buffer, Program } from "../../../../compiler/ir/program.ts";
import { sizeOf } from "../../../../compiler/ir/graph.ts";
import type { Nest } from "../../../../compiler/targets/plan/nest.ts";
import { planMemory, type Placed } from "../../../../compiler/targets/plan/memory.ts";
import type { Plan } from "../../../../compiler/targets/plan/plan.ts";
import { ValueTable } from "../../../../compiler/targets/plan/values.ts";
import { wasmMachine } from "../../../../compiler/targets/wasm/machine.ts";
import {
  at,
  buffer,
  i,
  kernel,
  load,
  loop,
  mod,
  plus,
  program,
  run,
  slot,
  steps,
  un,
} from "../../../support/hand-built-program.ts";
import { awkwardPrograms } from "../../../support/awkward-programs.ts";
import { eventsOf } from "../../../support/plan-machine.ts";
import { planOf, randomPlan, touchesOf } from "../../../support/plan-cases.ts";

describe("tensors in memory", () => {
  it("never lie where another one is still wanted", () => {
    for (let seed = 1000; seed < 1000 + countOf(400, 100); seed++) {
      const { plan } = randomPlan(seed);
      expect(clobbered(plan), `seed ${seed}`).toEqual([]);
    }
  });

  it.each(Object.entries(awkwardPrograms).filter(([title]) => !title.includes("called")))(
    "never lie where another one is still wanted: %s",
    (_, one) => {
      expect(clobbered(planOf(one))).toEqual([]);
    },
  );

  it("that stay have the places they had", () => {
    for (let seed = 0; seed < 40; seed++) {
      const { plan, program: own } = randomPlan(seed);
      let next = 64;
      for (const one of own.buffers.filter(({ role }) => role === "parameter")) {
        expect(plan.memory.placed.get(one)?.offset).toBe(next);
        next = Math.ceil((next + sizeOf(one.shape) * 4 + 32) / 64) * 64;
      }
      for (const { buffer: one, offset } of plan.memory.placed.values()) {
        if (one.role !== "parameter") expect(offset).toBeGreaterThanOrEqual(next);
      }
    }
  });

  it("begin at cache lines, apart by what a vector may read too far, and end before the end", () => {
    for (let seed = 0; seed < 60; seed++) {
      const { memory } = randomPlan(seed).plan;
      const all = [...memory.placed.values()];
      for (const { offset, bytes } of all) {
        expect(offset % 64).toBe(0);
        expect(offset + bytes + 28).toBeLessThanOrEqual(memory.bytes);
      }
    }
  });
});

/** Each step reads the one before, turned, so that it can be neither fused nor inlined. */
function chain(length: number, size: number): Program {
  const turned = kernel({
    name: "turned",
    reads: { x: [size] },
    output: [size],
    indices: ["n"],
    body: un("tanh", load(0, mod(plus(i("n"), at(1)), size))),
  });
  const tensors = [buffer("x", [size], "input"), ...Array.from({ length }, (_, step) => buffer(`step${step}`, [size]))];
  return program(
    tensors.slice(1).map((to, step) => run(turned, [tensors[step] as Buffer], to)),
    { last: tensors[length] as Buffer },
  );
}

describe("bytes of memory", () => {
  it.each([2, 3, 10, 50])("a chain of %i takes two places, whatever its length", (length) => {
    const size = 1000;
    expect(planOf(chain(length, size)).memory.bytes).toBeLessThanOrEqual(64 + 2 * (size * 4 + 32 + 64));
  });

  it("of tensors of several sizes are those of the moment at which most are alive", () => {
    const table = new ValueTable();
    const sizes = [1000, 10, 500, 400, 90];
    const nests = sizes.map((size, step): Nest => {
      const from = buffer(`t${step - 1}`, [sizes[step - 1] ?? 1]);
      const index = { kind: "name", name: "n" } as const;
      return {
        kind: "nest",
        name: `nest${step}`,
        axes: [{ name: "n", low: 0, high: size }],
        stores: [{ to: { buffer: from }, address: index, value: table.number(step) }],
        variables: [],
        origin: from.origin,
      };
    });
    const { bytes } = planMemory(nests, program([], {}), new Map(), 0, wasmMachine.slack);
    // None of them is read: one place, as large as the largest.
    expect(bytes).toBeLessThanOrEqual(1000 * 4 + 128);
  });

  it.each([
    ["forwards", 1],
    ["backwards", -1],
  ] as const)("of a history that is looked back on by one step are two slots, %s", (_, stride) => {
    expect(placedHistory(stride, "last").slots).toBe(2);
  });

  it.each(["whole", "first", "middle", "early"] as const)(
    "of a history that is read or set %s are all slots",
    (read) => {
      expect(placedHistory(1, read).slots).toBe(21);
      expect(placedHistory(-1, read).slots).toBe(21);
    },
  );
});

function placedHistory(stride: 1 | -1, read: "last" | "first" | "middle" | "whole" | "early"): Placed {
  const [length, size] = [20, 16];
  const h = steps("h", [length + 1, size]);
  const x = buffer("x", [size], "input");
  const answer = buffer("answer", [size]);
  const turned = kernel({
    name: "turned",
    reads: { x: [size] },
    output: [size],
    indices: ["n"],
    body: un("tanh", load(0, mod(plus(i("n"), at(1)), size))),
  });
  const whole = kernel({
    name: "whole",
    reads: { h: [length + 1, size] },
    output: [size],
    indices: ["n"],
    body: un("tanh", load(0, i("n"), i("n"))),
  });
  const [from, to] = stride === 1 ? [0, length] : [length, 0];
  const [before, after] = stride === 1 ? [0, 1] : [1, 0];
  const ends = { last: to, first: from, middle: 7, early: to };
  const { memory } = planOf(
    program(
      [
        run(turned, [x], [h, slot(from)]),
        ...(read === "early" ? [run(turned, [x], [h, slot(to)])] : []),
        loop("t", stride === 1 ? 0 : length - 1, stride === 1 ? length : -1, [
          run(turned, [[h, slot(before, "t")]], [h, slot(after, "t")]),
        ]),
        read === "whole" ? run(whole, [h], answer) : run(turned, [[h, slot(ends[read])]], answer),
      ],
      { answer },
    ),
  );
  return memory.placed.get(h) as Placed;
}

/**
 * Goes through everything a call does, turn by turn, and notes what each byte holds: a read that finds something else than
 * what was written for it last is one of a tensor that was overwritten too soon.
 */
function clobbered(plan: Plan): readonly string[] {
  const owner = new Map<number, string>();
  const wrong = new Set<string>();
  const own = (from: number, to: number, name: string): void => {
    for (let byte = from; byte < to; byte += 4) owner.set(byte, name);
  };
  // Parameters and what replaces them share a place on purpose.
  const named = ({ name }: Buffer, slotIndex: number | undefined): string => `${name} ${slotIndex ?? ""}`;
  const slotBytes = ({ bytes, slots }: Placed): number => bytes / slots;
  const each = (
    { buffer: one, slot: index, from, to }: { buffer: Buffer; slot: number | undefined; from: number; to: number },
    visit: (from: number, to: number, name: string) => void,
  ): void => {
    const placed = plan.memory.placed.get(one) as Placed;
    if (one.storage !== "steps" || index !== undefined) return visit(from, to, named(one, index));
    for (let step = 0; step < placed.slots; step++) {
      const start = from + step * slotBytes(placed);
      visit(start, start + slotBytes(placed), named(one, step));
    }
  };
  for (const { buffer: one, offset, bytes } of plan.memory.placed.values()) {
    if (one.role !== "intermediate") {
      each({ buffer: one, slot: undefined, from: offset, to: offset + bytes }, own);
    }
  }
  const check = (from: number, to: number, name: string): void => {
    for (let byte = from; byte < to; byte += 4) {
      if (owner.get(byte) !== name) wrong.add(`${name} was ${owner.get(byte) ?? "nothing"}`);
    }
  };
  for (const event of eventsOf(plan)) {
    const touches = touchesOf(event, plan);
    for (const touch of touches) if (!touch.writes) each(touch, check);
    for (const touch of touches) if (touch.writes) each(touch, own);
    // What it reads must not lie in what it writes, unless it is the same tensor.
    for (const touch of touches) {
      const isWritten = touches.some(
        (other) => other.writes && other.buffer === touch.buffer && other.from === touch.from,
      );
      if (touch.writes || !isWritten) each(touch, check);
    }
  }
  for (const { buffer: one } of plan.program.results) {
    const { offset, bytes } = plan.memory.placed.get(one) as Placed;
    each({ buffer: one, slot: undefined, from: offset, to: offset + bytes }, check);
  }
  return [...wrong];
}
