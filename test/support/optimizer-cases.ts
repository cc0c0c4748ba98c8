/** A linear layer to try optimizers on, and their settings. */
import type { Model } from "../../compiler/contracts/model.ts";
import type { ProgramGraphs } from "../../compiler/contracts/programs.ts";
import { sizeOf } from "../../compiler/ir/graph.ts";
import { layers } from "../../compiler/layers/index.ts";
import type { LayerDefinition } from "../../compiler/layers/index.ts";
import { build } from "../../compiler/stages/4-build.ts";
import { differentiate } from "../../compiler/stages/5-differentiate.ts";
import { optimise } from "../../compiler/stages/6-optimise.ts";
import { InterpretedModel } from "./interpreted-model.ts";
import { layerModel } from "./layer-model.ts";
import type { LayerModelOptions } from "./layer-model.ts";
import { asFloat32, testNumbers } from "./numbers.ts";

export const optimizerConfigs: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>> = {
  sgd: [
    {},
    { weight_decay: 0.1 },
    { momentum: 0.9 },
    { momentum: 0.9, nesterov: true, weight_decay: 0.1 },
    { momentum: 0.8, dampening: 0.5 },
  ],
  adam: [{}, { weight_decay: 0.1 }, { betas: [0.5, 0.7], eps: 1e-3 }],
  adamw: [{}, { weight_decay: 0.2, betas: [0.8, 0.9] }],
  amsgrad: [{ betas: [0.9, 0.5] }, { weight_decay: 0.1, betas: [0.6, 0.8], eps: 1e-3 }],
  nadam: [{}, { betas: [0.7, 0.9], momentum_decay: 0.3, weight_decay: 0.1, eps: 1e-3 }],
  adamax: [{}, { betas: [0.7, 0.6], weight_decay: 0.1, eps: 1e-2 }],
  rmsprop: [
    {},
    { alpha: 0.8, momentum: 0.9, weight_decay: 0.1 },
    { alpha: 0.7, centered: true, eps: 1e-3 },
    { alpha: 0.6, centered: true, momentum: 0.5, eps: 1e-2 },
  ],
  adagrad: [{}, { lr_decay: 0.2, initial_accumulator_value: 0.3, eps: 1e-3, weight_decay: 0.1 }],
  adadelta: [{}, { rho: 0.7, eps: 1e-3, weight_decay: 0.1 }],
};

/** With a rate of 1 the change of a parameter is its gradient. */
export const plainSgd: Model["optimizer"] = {
  kind: "sgd",
  config: { learning_rate: 1, momentum: 0, dampening: 0, nesterov: false, weight_decay: 0 },
};

const linear = layers.find(({ kind }) => kind === "linear") as LayerDefinition;
const example = linear.examples[0] as LayerDefinition["examples"][number];

export interface LinearInFloat64 {
  readonly graphs: ProgramGraphs;
  readonly live: InterpretedModel;
  /** What a step reads, exact in float32. */
  readonly inputs: (step: number) => Record<string, Float64Array>;
}

export function linearInFloat64(options: LayerModelOptions): LinearInFloat64 {
  const model = layerModel(linear, example, options);
  const graphs = optimise(differentiate(model, build(model)));
  const parameters = Object.fromEntries(
    model.parameters.map(({ name, shape }, index) => [name, asFloat32(testNumbers(sizeOf(shape), index + 1))]),
  );
  return {
    graphs,
    live: new InterpretedModel({ model, graphs }, parameters),
    inputs: (step) => ({
      x0: asFloat32(testNumbers(2 * 5, 10 + step)),
      y: asFloat32(testNumbers(2 * 3, 20 + step)),
    }),
  };
}
