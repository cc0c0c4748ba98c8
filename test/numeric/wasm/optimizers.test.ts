/** Every setting of every optimizer, and clipping, on the wasm target: parameters and state over five steps. */
import { beforeAll, describe, expect, it } from "vitest";
import { optimizers } from "../../../compiler/optimizers/index.ts";
import { withDefaults } from "../../../compiler/keys/define.ts";
import { lowerGraph } from "../../../compiler/stages/7-lower.ts";
import { gpuLimits } from "../../../compiler/targets/gpu/limits.ts";
import { partOf } from "../../support/extent.ts";
import type { Tensors } from "../../support/interpreted-model.ts";
import type { LayerModelOptions } from "../../support/layer-model.ts";
import { float32Difference } from "../../support/numbers.ts";
import { linearInFloat64, optimizerConfigs, plainSgd } from "../../support/optimizer-cases.ts";
import { assembling, separateRunner, variants, type Variant, type WasmRunner } from "../../support/wasm-program.ts";

const settings: readonly (readonly [title: string, LayerModelOptions])[] = [
  ...optimizers.flatMap(({ kind, keys }) =>
    partOf(optimizerConfigs[kind] ?? [], 1).map((given): readonly [string, LayerModelOptions] => [
      `${kind} ${JSON.stringify(given)}`,
      { optimizer: { kind, config: { ...withDefaults(keys, given), learning_rate: 0.05 } } },
    ]),
  ),
  ["clipping by norm", { optimizer: plainSgd, clipping: { norm: 0.25, value: undefined } }],
  ["clipping by a norm that is never reached", { optimizer: plainSgd, clipping: { norm: 1e6, value: undefined } }],
  ["clipping by value", { optimizer: plainSgd, clipping: { norm: undefined, value: 0.05 } }],
];

let run: WasmRunner["run"];

beforeAll(async () => {
  const programs = settings.map(([title, options]) => [
    title,
    lowerGraph(linearInFloat64(options).graphs.train_step, gpuLimits),
  ]);
  run = await separateRunner(Object.fromEntries(programs) as Parameters<typeof separateRunner>[0]);
}, assembling);

it("every optimizer has settings to compare with", () => {
  expect(Object.keys(optimizerConfigs).sort()).toEqual(optimizers.map(({ kind }) => kind).sort());
});

describe.each(variants)("%s", (variant: Variant) => {
  it.each(settings)("%s", (title, options) => {
    const { live, inputs } = linearInFloat64(options);
    let resident: Tensors = {};
    for (let step = 1; step <= 5; step++) {
      const given = inputs(step);
      const { loss, ...found } = run(title, { ...live.bindings("train_step", given), ...resident }, variant);
      expect(float32Difference(loss ?? [], [live.trainStep(given)])).toBeLessThan(1e-6);
      const expected = { ...live.parameters, ...live.slots };
      for (const [name, values] of Object.entries(expected)) {
        expect(float32Difference(found[name] ?? [], values), `${name} after step ${step}`).toBeLessThan(5e-6);
      }
      resident = Object.fromEntries(Object.keys(expected).map((name) => [name, found[name] ?? []]));
    }
  });
});
