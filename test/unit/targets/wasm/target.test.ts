import { describe, expect, it } from "vitest";
import type { Expression } from "../../../../compiler/ir/program.ts";
import { controlBytes, printWasmModule } from "../../../../compiler/targets/wasm/target.ts";
import { add, buffer, i, kernel, load, mul, num, program, run, un } from "../../../support/hand-built-program.ts";
import { runFast } from "../../../support/fast-program.ts";
import { planOf } from "../../../support/plan-cases.ts";
import { runPlan } from "../../../support/plan-machine.ts";
import { randomBindings } from "../../../support/random-program.ts";
import { seeded } from "../../../support/seeded.ts";

const map = (name: string, reads: readonly string[], body: Expression): ReturnType<typeof kernel> =>
  kernel({ name, reads: Object.fromEntries(reads.map((one) => [one, [9]])), output: [9], indices: ["n"], body });
const x = load(0, i("n"));

describe("resident tensors", () => {
  /** Adam with a beta of 0: the mean is the gradient, whatever it was. */
  const step = () => {
    const w = buffer("w", [9], "parameter");
    const gradient = buffer("gradient", [9], "input");
    const mean = buffer("mean", [9]);
    const next = buffer("next", [9]);
    return program(
      [
        run(map("mean", ["gradient"], mul(x, num(0.5))), [gradient], mean),
        run(map("next", ["w", "mean"], add(x, load(1, i("n")))), [w, mean], next),
      ],
      { "w#mean": mean, w: next },
    );
  };

  it("are also those that a step renews without reading them", () => {
    const { residents, programs } = printWasmModule({ train_step: step() });
    expect(residents.map(({ name }) => name).sort()).toEqual(["w", "w#mean"]);
    const places = Object.fromEntries(residents.map(({ name, offset }) => [name, offset]));
    const found = programs["train_step"]?.results.map(({ name, offset }) => [name, offset]);
    expect(Object.fromEntries(found ?? [])).toEqual(places);
    const renewed = programs["train_step"]?.plan.commits.flatMap(({ stores }) => stores.map(({ to }) => to.buffer));
    expect(renewed).toHaveLength(2);
  });

  it("are renewed from what they were", () => {
    const own = step();
    const draw = seeded(1);
    const bindings = randomBindings(own, draw);
    const found = runPlan(planOf(own), bindings, draw);
    for (const [name, values] of Object.entries(runFast(own, bindings))) {
      values.forEach((value, cell) => {
        expect(found[name]?.[cell], name).toBeCloseTo(value, 9);
      });
    }
  });

  it("lie apart, at cache lines, the same for all programs", () => {
    const { residents } = printWasmModule({ train_step: step(), other: step() });
    const offsets = residents.map(({ offset }) => offset);
    expect(offsets).toEqual([controlBytes, controlBytes + 128]);
  });
});

describe("printing", () => {
  it("takes no longer for work that is shared many times over", () => {
    let value: Expression = x;
    for (let count = 0; count < 40; count++) value = add(value, mul(value, value));
    const [from, cheap, to] = [buffer("x", [9], "input"), buffer("cheap", [9]), buffer("to", [9])];
    const before = performance.now();
    const { text } = printWasmModule({
      p: program(
        [
          run(map("double", ["x"], mul(x, num(2))), [from], cheap),
          run(map("deep", ["cheap"], un("tanh", value)), [cheap], to),
        ],
        { to },
      ),
    });
    expect(performance.now() - before).toBeLessThan(2000);
    expect(text.length).toBeLessThan(60_000);
  });

  it("is the same text for the same programs", () => {
    const make = (): string =>
      printWasmModule({
        p: program([run(map("one", ["x"], un("tanh", x)), [buffer("x", [9], "input")], buffer("y", [9]))], {}),
      }).text;
    expect(make()).toBe(make());
  });
});
