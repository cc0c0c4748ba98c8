/** A resolved model made of one layer (its worked example), without going through a spec: for tests of the middle end. */
import type { LayerShape, Model, ModelInput, ParameterFact } from "../../compiler/contracts.ts";
import type { LayerDefinition } from "../../compiler/layers/index.ts";
import { withDefaults } from "../../compiler/schema/keys.ts";

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
  const fail = (message: string): never => {
    throw new Error(message);
  };
  const plan = definition.plan(config, {
    name: "layer",
    inputs: example.inputs,
    from: example.inputs.map((_, index) => `x${index}`),
    lookup: () => undefined,
    mismatch: fail,
    invalid: (_key, expected) => fail(expected),
  });
  if (plan === undefined) throw new Error("the example does not fit its own layer");
  const parameters: ParameterFact[] = (plan.parameters ?? []).map(({ name, shape, initializer }) => ({
    name: `layer.${name}`,
    shape,
    initializer,
    frozen: false,
    layer: "layer",
  }));
  const inputs: ModelInput[] = example.inputs.map((shape, index) => inputOf(`x${index}`, "input", shape, options));
  const target = inputOf("y", "target", plan.output, { lengths: false });
  return {
    name: "layer",
    description: undefined,
    spec: {},
    batchSize,
    inputs: [...inputs, target],
    layers: [
      {
        name: "layer",
        kind: definition.kind,
        config,
        from: inputs.map(({ name }) => name),
        inputs: example.inputs,
        output: plan.output,
        extras: plan.extras ?? {},
        parameters,
        pointer: "",
      },
    ],
    losses: [{ kind: "mse", config: { reduction: "mean" }, input: "layer", target: "y", weight: 1, pointer: "" }],
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
    dtype: "float32",
    lengths: lengths && shape.time,
    pointer: "",
  };
}
