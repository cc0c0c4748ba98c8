/** A resolved model made of one layer (its worked example), without going through a spec: for tests of the middle end. */
import type { LayerShape, ModelInput, ParameterFact } from "../../compiler/contracts/layer.ts";
import type { Model } from "../../compiler/contracts/model.ts";
import { counted } from "../../compiler/layers/define.ts";
import type { LayerDefinition } from "../../compiler/layers/index.ts";
import { withDefaults } from "../../compiler/keys/define.ts";
import { untold } from "./untold.ts";

export interface LayerModelOptions {
  readonly batchSize?: number;
  readonly lengths?: boolean;
  readonly optimizer?: Model["optimizer"];
  readonly clipping?: Model["clipping"];
}

/** The layer's example read from inputs `x0`, `x1` ..., its first output compared with target `y` by mse. */
export function layerModel(
  definition: LayerDefinition,
  example: LayerDefinition["examples"][number],
  options: LayerModelOptions = {},
): Model {
  const batchSize = options.batchSize ?? 2;
  const config = withDefaults(definition.keys, example.config);
  const { named = {} } = example;
  const known: Readonly<Record<string, LayerShape>> = {
    ...named,
    ...Object.fromEntries(example.inputs.map((shape, index) => [`x${index}`, shape])),
  };
  const fail = (message: string): never => {
    throw new Error(message);
  };
  const plan = definition.plan(config, {
    name: "layer",
    inputs: counted(example.inputs),
    // A rule may refuse a batch of one value, but a smaller last batch can have one: the graph must be right all the same.
    batchSize: Math.max(2, batchSize),
    from: example.inputs.map((_, index) => `x${index}`),
    lookup: (name) => known[name] && { shape: known[name], kind: "input" },
    has: (name) => name in known,
    mismatch: fail,
    invalid: (_key, expected) => fail(expected),
    missing: (key) => fail(`without ${key}`),
  });
  if (plan === undefined) throw new Error("the example does not fit its own layer");
  const statistics: ParameterFact[] = (plan.statistics ?? []).map(({ name, shape, initial, dtype }) => ({
    name: `layer.${name}`,
    shape,
    initializer: { kind: "constant", value: initial },
    frozen: true,
    statistic: dtype,
    layer: "layer",
  }));
  const trained: ParameterFact[] = (plan.parameters ?? []).map(({ name, shape, initializer }) => ({
    name: `layer.${name}`,
    shape,
    initializer,
    frozen: false,
    layer: "layer",
  }));
  const parameters = [...trained, ...statistics];
  const read: ModelInput[] = example.inputs.map((shape, index) => inputOf(`x${index}`, "input", shape, options));
  const others = Object.entries(named).map(([name, shape]) => inputOf(name, "input", shape, options));
  const target = inputOf("y", "target", plan.output, { lengths: false });
  return {
    name: "layer",
    description: undefined,
    spec: {},
    batchSize,
    inputs: [...read, ...others, target],
    layers: [
      {
        name: "layer",
        kind: definition.kind,
        config,
        scope: "",
        needs: [...read, ...others].map(({ name }) => name),
        from: read.map(({ name }) => name),
        inputs: example.inputs,
        output: plan.output,
        extras: plan.extras ?? {},
        parameters,
        pointer: "",
      },
    ],
    ...untold,
    losses: [
      {
        kind: "mse",
        config: { reduction: "mean" },
        input: "layer",
        target: "y",
        weight: 1,
        fact: { input: "layer", target: "y", reduction: "mean" },
        pointer: "",
      },
    ],
    optimizer: options.optimizer ?? {
      kind: "sgd",
      config: { momentum: 0, dampening: 0, nesterov: false, weight_decay: 0 },
    },
    clipping: options.clipping ?? { norm: undefined, value: undefined },
    outputs: [
      { name: "layer", shape: plan.output },
      ...Object.entries(plan.extras ?? {}).map(([extra, shape]) => ({ name: `layer.${extra}`, shape })),
    ],
    parameters,
  };
}

function inputOf(
  name: string,
  role: "input" | "target",
  shape: LayerShape,
  { lengths = false }: Pick<LayerModelOptions, "lengths">,
): ModelInput {
  return {
    name,
    role,
    shape: shape.shape,
    axes: shape.axes,
    dtype: shape.dtype ?? "float32",
    ...(shape.vocabulary === undefined ? {} : { vocabulary: shape.vocabulary }),
    lengths: lengths && shape.time,
    pointer: "",
  };
}
