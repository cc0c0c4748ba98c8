/** Plans that were broken by hand: each rule of the verifiers refuses one, and says where. */
import { describe, expect, it } from "vitest";
import type { Access, Program } from "../../../../compiler/ir/program.ts";
import { extractItems } from "../../../../compiler/targets/plan/extract.ts";
import { workIn, writesOf, type Item, type Work } from "../../../../compiler/targets/plan/items.ts";
import type { Placed } from "../../../../compiler/targets/plan/memory.ts";
import type { Nest } from "../../../../compiler/targets/plan/nest.ts";
import type { Plan } from "../../../../compiler/targets/plan/plan.ts";
import type { PlannedProduct } from "../../../../compiler/targets/plan/items.ts";
import { ValueTable } from "../../../../compiler/targets/plan/values.ts";
import { ItemsVerifier } from "../../../../compiler/targets/plan/verify-items.ts";
import { verifyPlan } from "../../../../compiler/targets/plan/verify-plan.ts";
import { wasmMachine } from "../../../../compiler/targets/wasm/machine.ts";
import {
  at,
  buffer,
  i,
  kernel,
  load,
  loop,
  mul,
  plus,
  program,
  reduce,
  run,
  slot,
  steps,
  un,
} from "../../../support/hand-built-program.ts";
import { planOf } from "../../../support/plan-cases.ts";

const [size, length] = [16, 5];
const weight = buffer("weight", [size, size], "parameter");
const x = buffer("x", [size, size], "input");
const y = buffer("y", [size, size]);
const h = steps("h", [length + 1, size]);
const answer = buffer("answer", [size]);

const multiplied = kernel({
  name: "multiplied",
  reads: { x: [size, size], weight: [size, size] },
  output: [size, size],
  indices: ["n", "m"],
  body: un("tanh", reduce("sum", "k", size, mul(load(0, i("n"), i("k")), load(1, i("k"), i("m"))))),
});
const summed = kernel({
  name: "summed",
  reads: { y: [size, size] },
  output: [size],
  indices: ["n"],
  body: un("exp", reduce("sum", "m", size, load(0, i("n"), i("m")))),
});
const turned = kernel({
  name: "turned",
  reads: { h: [size] },
  output: [size],
  indices: ["n"],
  body: un("tanh", load(0, i("n"))),
});

const whole: Program = program(
  [
    run(multiplied, [x, weight], y),
    run(summed, [y], [h, slot(0)]),
    loop("t", 0, length, [run(turned, [[h, slot(0, "t")]], [h, slot(1, "t")])]),
    run(turned, [[h, slot(length)]], answer),
  ],
  { answer },
);

const items = (): readonly Item[] => extractItems(whole, new ValueTable(), wasmMachine);

const verify = (list: readonly Item[]): void => new ItemsVerifier(whole, wasmMachine).verify(list, "some pass");

/** The items with every piece of work as `change` gives it back; without it where it gives nothing. */
function changed(list: readonly Item[], change: (work: Work) => Work | undefined): readonly Item[] {
  return list.flatMap((item): Item[] => {
    if (item.kind === "loop") return [{ ...item, body: changed(item.body, change) }];
    return [change(item) ?? []].flat();
  });
}

const nest =
  (name: string, change: (nest: Nest) => Nest | undefined) =>
  (work: Work): Work | undefined =>
    work.kind === "nest" && work.name === name ? change(work) : work;

const product =
  (change: (product: PlannedProduct) => PlannedProduct) =>
  (work: Work): Work =>
    work.kind === "product" ? change(work) : work;

const store = (one: Nest): Nest["stores"][number] => one.stores[0] as Nest["stores"][number];

describe("items that are refused", () => {
  it("as they are, none", () => {
    expect(() => verify(items())).not.toThrow();
    expect(workIn(items()).map(({ kind }) => kind)).toEqual(["product", "nest", "nest", "nest", "nest"]);
  });

  it.each<readonly [string, (work: Work) => Work | undefined, string]>([
    [
      "an axis runs backwards",
      nest("summed", (one) => ({ ...one, axes: [{ name: "n", low: 3, high: 3 }] })),
      "axis n runs",
    ],
    [
      "a name is bound twice",
      nest("summed", (one) => ({ ...one, axes: [...one.axes, { name: "m", low: 0, high: 2 }] })),
      "binds m twice",
    ],
    [
      "a name is bound nowhere",
      nest("summed", (one) => ({ ...one, stores: [{ ...store(one), address: plus(i("n"), i("q")) }] })),
      "uses q, which nothing binds",
    ],
    [
      "a store reaches too far",
      nest("summed", (one) => ({ ...one, stores: [{ ...store(one), address: plus(i("n"), at(1)) }] })),
      "h has 16 cells, not those of n + 1",
    ],
    [
      "a load reaches too far",
      nest("summed", (one) => ({ ...one, axes: [{ name: "n", low: 0, high: size + 1 }] })),
      `has ${size} cells`,
    ],
    ["nothing is stored", nest("summed", (one) => ({ ...one, stores: [] })), "stores nothing"],
    [
      "a loop is left",
      nest("summed", (one) => ({ ...one, variables: ["t"] })),
      "nest summed: uses t outside of its loop",
    ],
    [
      "a slot is none",
      nest("summed", (one) => ({ ...one, stores: [{ ...store(one), to: { buffer: h, slot: slot(length + 1) } }] })),
      "wants slots 6 to 6 of h [6, 16]",
    ],
    [
      "a tensor without slots is asked for one",
      nest("summed", (one) => ({ ...one, stores: [{ ...store(one), to: { buffer: y, slot: slot(0) } }] })),
      "wants a slot of y",
    ],
    ["what is read is not written", nest("summed", () => undefined), "nest turned: reads h before it is written"],
    [
      "half of it is not written",
      nest("summed", (one) => ({ ...one, axes: [{ name: "n", low: 0, high: size / 2 }] })),
      "reads h before it is written",
    ],
    [
      "a factor reaches too far",
      product((one) => ({ ...one, depth: one.depth.map((axis) => ({ ...axis, extent: axis.extent + 1 })) })),
      "x has 256 cells, not 0 to 256",
    ],
    [
      "an axis has no places",
      product((one) => ({ ...one, rows: one.rows.map((axis) => ({ ...axis, extent: 0 })) })),
      "an axis has 0 places",
    ],
    [
      "columns lie apart",
      product((one) => ({ ...one, columns: one.columns.map((axis) => ({ ...axis, output: 2, extent: 4 })) })),
      "do not lie side by side",
    ],
    [
      "panels have another size",
      product((one) => ({ ...one, packed: buffer("panels", [3]) })),
      "panels are not its panels",
    ],
  ])("%s", (_, change, message) => {
    const broken = (): void => verify(changed(items(), change));
    expect(broken).toThrow("after some pass, program by_hand: ");
    expect(broken).toThrow(message);
  });

  it("a result that nobody writes", () => {
    const list = items().slice(0, -1);
    expect(() => verify(list)).toThrow("after some pass, program by_hand: result answer: is never written");
  });

  it("a loop that begins too late", () => {
    const late = items().map((item) => (item.kind === "loop" ? { ...item, step: { ...item.step, start: 1 } } : item));
    expect(() => verify(late)).toThrow("nest turned: reads h before it is written");
  });

  it("work that was right in one loop, in another place", () => {
    const verifier = new ItemsVerifier(whole, wasmMachine);
    verifier.verify(items(), "one pass");
    const list = items();
    const inner = list.flatMap((item) => (item.kind === "loop" ? item.body : []));
    verifier.verify(list, "one pass");
    expect(() => verifier.verify([...list, ...inner], "another")).toThrow("after another");
  });
});

describe("plans that are refused", () => {
  const plan = (): Plan => planOf(whole);

  function placed(own: Plan, name: string, change: (one: Placed) => Partial<Placed>): Plan {
    const entries = [...own.memory.placed].map(([key, one]): [typeof key, Placed] => [
      key,
      key.name === name ? { ...one, ...change(one) } : one,
    ]);
    return { ...own, memory: { ...own.memory, placed: new Map(entries) } };
  }

  const placeOf = (own: Plan, name: string): Placed =>
    [...own.memory.placed.values()].find((one) => one.buffer.name === name) as Placed;

  it("as they are, none", () => {
    expect(() => verifyPlan(plan())).not.toThrow();
  });

  it("a tensor without a place", () => {
    const own = plan();
    const others = [...own.memory.placed].filter(([{ name }]) => name !== "y");
    const broken = { ...own, memory: { ...own.memory, placed: new Map(others) } };
    expect(() => verifyPlan(broken)).toThrow(/plan of by_hand: \w+ \w+: y has no place in memory/);
  });

  it.each<readonly [string, string, (one: Placed) => Partial<Placed>, string]>([
    ["too few bytes", "y", ({ bytes }) => ({ bytes: bytes - 4 }), "y: 1020 bytes are too few for 256 numbers"],
    ["a place between cache lines", "y", ({ offset }) => ({ offset: offset + 4 }), "y: begins at"],
    ["a place behind the end", "y", () => ({ offset: 1 << 20 }), "y: reaches past the end of the memory"],
    [
      "fewer slots than are looked back on",
      "h",
      () => ({ slots: 1, bytes: 64 }),
      "nest turned: writes h where it reads h",
    ],
  ])("%s", (_, name, change, message) => {
    const own = plan();
    expect(() => verifyPlan(placed(own, name, change))).toThrow(message);
  });

  it("an input where a parameter lies", () => {
    const own = plan();
    const { offset } = placeOf(own, "weight");
    expect(() => verifyPlan(placed(own, "x", () => ({ offset })))).toThrow("and both are given");
  });

  it("a tensor where another one is read", () => {
    const own = plan();
    const { offset } = placeOf(own, "x");
    const broken = placed(own, "y", () => ({ offset }));
    expect(() => verifyPlan(broken)).toThrow("plan of by_hand: product multiplied: writes y where it reads x");
  });

  it("a tensor where another one is still wanted", () => {
    const own = plan();
    const { offset } = placeOf(own, "weight");
    const broken = placed(own, "h", () => ({ offset }));
    expect(() => verifyPlan(broken)).toThrow("plan of by_hand: weight: nest turned has overwritten");
  });

  it("a tensor that is read after its time", () => {
    const own = plan();
    const again = own.items.find(({ kind }) => kind === "product") as Item;
    const broken = { ...own, items: [...own.items, again] };
    expect(() => verifyPlan(placed(broken, "h", () => ({ offset: placeOf(own, "x").offset })))).toThrow(
      "plan of by_hand: product multiplied: reads x, which nest turned has overwritten",
    );
  });

  it("threads that do not wait for what others write", () => {
    const own = plan();
    const all = workIn(own.items);
    const shared = new Set(all.filter((work) => work.kind !== "nest" || work.axes.length > 0));
    const waits = { ...own, shared, barriers: new Set(all) };
    expect(() => verifyPlan(waits)).not.toThrow();
    for (const work of all.slice(1)) {
      const barriers = new Set(all.filter((one) => one !== work));
      expect(() => verifyPlan({ ...waits, barriers }), work.name).toThrow(/ meets .* without a barrier/);
    }
  });

  it("one cell, divided", () => {
    const own = plan();
    const one: Access = { buffer: answer };
    const cell: Nest = {
      ...(workIn(own.items).find((work) => writesOf(work).some((to) => to.buffer === answer)) as Nest),
      axes: [],
      variables: [],
      stores: [{ to: one, address: at(0), value: { kind: "number", value: 1 } }],
    };
    const items = [...own.items, cell];
    expect(() => verifyPlan({ ...own, items, shared: new Set([cell]) })).toThrow("is one cell, and divided");
  });
});
