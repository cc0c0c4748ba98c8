/** Every example of every loss on the wasm target, against the loss's formula and against the gradient in float64. */
import { beforeAll, describe, expect, it } from "vitest";
import type { Program } from "../../../compiler/ir/program.ts";
import { losses } from "../../../compiler/losses/index.ts";
import type { LossDefinition } from "../../../compiler/losses/index.ts";
import { interpret } from "../../../compiler/ops/interpret.ts";
import { lowerGraph } from "../../../compiler/stages/7-lower.ts";
import { gpuLimits } from "../../../compiler/targets/gpu/limits.ts";
import { partOf } from "../../support/extent.ts";
import type { LossCase } from "../../support/loss-cases.ts";
import { lossCase, lossSettings } from "../../support/loss-cases.ts";
import { float32Difference } from "../../support/numbers.ts";
import { assembling, separateRunner, variants, type WasmRunner } from "../../support/wasm-program.ts";

const cases = losses.map((definition) => ({
  kind: definition.kind,
  list: definition.examples.flatMap((example, index) =>
    partOf(lossSettings, 2).map((setting) => ({
      title: `example ${index + 1}, ${setting.title}`,
      id: `${definition.kind} ${index} ${setting.title}`,
      one: lossCase(definition, example, setting),
    })),
  ),
}));

const masked = lossCase(
  losses.find(({ kind }) => kind === "mse") as LossDefinition,
  { config: {}, input: [2, 1], target: [2, 1], targetKind: "real" },
  { batchSize: 2, lengths: true, real: 1, config: { reduction: "mean" } },
);

let run: WasmRunner["run"];

beforeAll(async () => {
  const programsOf = (id: string, { evaluate, gradients }: LossCase): Readonly<Record<string, Program>> => ({
    [`${id} evaluate`]: lowerGraph(evaluate, gpuLimits),
    [`${id} gradients`]: lowerGraph(gradients, gpuLimits),
  });
  const programs = cases.flatMap(({ list }) => list.map(({ id, one }) => programsOf(id, one)));
  run = await separateRunner(Object.assign({}, ...programs, programsOf("masked", masked)) as Record<string, Program>);
}, assembling);

describe.each(cases)("$kind", ({ list }) => {
  it.each(list)("$title: value and gradient", ({ id, one: { bindings, expected, gradients } }) => {
    const gradient = interpret(gradients, bindings)["p"]?.data ?? [];
    for (const variant of variants) {
      const found = run(`${id} evaluate`, bindings, variant);
      expect(float32Difference(found["loss"] ?? [], [expected.loss]), variant).toBeLessThan(2e-6);
      expect(found["loss.count"]).toEqual(Float32Array.of(expected.count));
      const pulled = run(`${id} gradients`, bindings, variant)["p"] ?? [];
      expect(float32Difference(pulled, gradient), variant).toBeLessThan(2e-6);
    }
  });
});

it("what masks hide may be anything at all, even NaN", () => {
  const bindings = { p: [3, NaN, NaN, NaN], y: [1, 0, 0, 0], "p.lengths": [1, 1], "batch.mask": [1, 0] };
  for (const variant of variants) {
    expect(run("masked evaluate", bindings, variant)["loss"]).toEqual(Float32Array.of(4));
    expect(run("masked gradients", bindings, variant)["p"]?.[0]).toBe(4);
  }
});
