/** What planning costs grows with the layers, and not with their square: counted, not timed. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { barriersBefore } from "../../../../compiler/targets/plan/barriers.ts";
import { ValueTable } from "../../../../compiler/targets/plan/values.ts";
import { compileText } from "../../../support/fixture-file.ts";
import { planOf } from "../../../support/plan-cases.ts";

function deep(count: number) {
  const layers = Array.from(
    { length: count },
    (_, index) => `  - { name: l${index}, kind: linear, out_features: 2 }\n`,
  );
  return compileText(
    "deep.yaml",
    `specloom: 1
data: { kind: tensors, file: x.json }
inputs: { x: { shape: [2] }, y: { shape: [2] } }
layers:
${layers.join("")}loss: { kind: mse, input: l${count - 1}, target: y }
optimizer: { kind: adam }
train: { batch_size: 8 }
`,
  ).programs.train_step;
}

describe("planning", () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it("of four times the layers makes about four times the values and looks at four times the places", () => {
    const costs = [20, 80].map((count) => {
      const program = deep(count);
      const intern = vi.spyOn(ValueTable.prototype, "intern");
      const plan = planOf(program);
      const values = intern.mock.calls.length;
      intern.mockRestore();
      let looks = 0;
      const placed = { get: (buffer: never) => ((looks += 1), plan.memory.placed.get(buffer)) };
      const memory = { ...plan.memory, placed: placed as unknown as typeof plan.memory.placed };
      barriersBefore([...plan.items, ...plan.commits], memory, (work) => plan.shared.has(work));
      return { values, looks };
    });
    const [few, many] = costs as [(typeof costs)[0], (typeof costs)[0]];
    expect(few.values).toBeGreaterThan(0);
    expect(many.values / few.values).toBeLessThan(5);
    expect(many.looks).toBeLessThanOrEqual(5 * few.looks + 100);
  });
});
