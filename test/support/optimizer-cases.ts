/** A linear layer to try optimizers on, and their settings. */
import type { Model } from "../../compiler/contracts/model.ts";
import type { ProgramGraphs } from "../../compiler/contracts/programs.ts";
import { GraphBuilder } from "../../compiler/ir/builder.ts";
import type { Graph, Node } from "../../compiler/ir/graph.ts";
import { sizeOf } from "../../compiler/ir/graph.ts";
import { withDefaults } from "../../compiler/keys/define.ts";
import { layers } from "../../compiler/layers/index.ts";
import type { LayerDefinition } from "../../compiler/layers/index.ts";
import { operations } from "../../compiler/ops/index.ts";
import { interpret } from "../../compiler/ops/interpret.ts";
import { optimizers, type OptimizerDefinition } from "../../compiler/optimizers/index.ts";
import { memberOf } from "../../runtime/shared/member-of.ts";
import { build } from "../../compiler/stages/4-build.ts";
import { differentiate } from "../../compiler/stages/5-differentiate.ts";
import { optimise } from "../../compiler/stages/6-optimise.ts";
import { InterpretedModel } from "./interpreted-model.ts";
import { layerModel } from "./layer-model.ts";
import type { LayerModelOptions } from "./layer-model.ts";
import { asFloat32, testNumbers } from "./numbers.ts";
import { scalarValue } from "./scalars.ts";

type Configs = readonly Readonly<Record<string, unknown>>[];

/** Settings that do more than the worked numbers of the records. */
const further: Readonly<Record<string, Configs>> = {
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

/** What each is tried with. */
export const optimizerConfigs: Readonly<Record<string, Configs>> = Object.fromEntries(
  optimizers.map(({ kind, worked }) => [
    kind,
    memberOf(further, kind) ?? [{}, ...(worked?.config ? [worked.config] : [])],
  ]),
);

/** A parameter of 1 after each step of the worked numbers, in float64. */
export function workedParameters(
  { keys, slots, initial, scalars, update }: OptimizerDefinition,
  { config: given = {}, learningRate, gradients }: NonNullable<OptimizerDefinition["worked"]>,
): number[] {
  const config = withDefaults(keys, given);
  let state: Record<string, number> = Object.fromEntries(
    slots(config).map((slot) => [slot, initial?.(config)[slot] ?? 0]),
  );
  let parameter = 1;
  return gradients.map((gradient, index) => {
    const o = operations(new GraphBuilder());
    const numbers = Object.entries(scalars(config)).map(([name, formula]): [string, Node] => [
      name,
      o.constant(scalarValue(formula, { step: index + 1, learningRate })),
    ]);
    const after = update(o, config, {
      parameter: o.constant(parameter, [1]),
      gradient: o.constant(gradient, [1]),
      state: Object.fromEntries(Object.entries(state).map(([slot, value]) => [slot, o.constant(value, [1])])),
      scalars: Object.fromEntries(numbers),
    });
    const results = { "": after.parameter, ...after.state };
    const graph: Graph = { name: "step", outputs: Object.entries(results).map(([name, node]) => ({ name, node })) };
    const found = Object.entries(interpret(graph, {})).map(([name, { data }]) => [name, data[0] as number] as const);
    state = Object.fromEntries(found.filter(([name]) => name !== ""));
    parameter = found.find(([name]) => name === "")?.[1] ?? NaN;
    return parameter;
  });
}

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
