/** The spec with every default written out, as plain JSON that is a valid spec again. */
import type { Model, ModelInput, ResolvedLayer, ResolvedLoss, ResolvedSpec, Spec } from "../../contracts.ts";
import type { Config } from "./train.ts";
import { filledInit } from "./parameters.ts";

export interface ResolvedParts {
  readonly spec: Spec;
  readonly data: Config;
  readonly inputs: readonly ModelInput[];
  readonly layers: readonly ResolvedLayer[];
  readonly losses: readonly ResolvedLoss[];
  readonly optimizer: Model["optimizer"];
  readonly train: Config;
  readonly outputs: readonly string[];
}

export function writeResolvedSpec(parts: ResolvedParts): ResolvedSpec {
  const { spec } = parts;
  const sizes = { ...spec.sizes, ...sizesOf(parts.inputs) };
  const losses = parts.losses.map(({ kind, config }) => ({ kind, ...config }));
  return {
    specloom: 1,
    name: spec.name,
    ...(spec.description === undefined ? {} : { description: spec.description }),
    data: { kind: spec.data.kind, ...parts.data },
    ...(Object.keys(sizes).length === 0 ? {} : { sizes }),
    ...(spec.inputs === undefined ? {} : { inputs: writeInputs(spec.inputs) }),
    layers: parts.layers.map((layer, index) => writeLayer(layer, spec.layers[index])),
    loss: losses.length === 1 ? losses[0] : losses,
    optimizer: { kind: parts.optimizer.kind, ...parts.optimizer.config },
    train: parts.train,
    metrics: spec.metrics ?? [],
    outputs: parts.outputs,
  };
}

/** Words of declared inputs with their sizes, also those that only the data knows. */
function sizesOf(inputs: readonly ModelInput[]): Readonly<Record<string, number>> {
  const declared = inputs.filter(({ pointer }) => pointer.startsWith("/inputs/"));
  return Object.fromEntries(
    declared.flatMap(({ axes, shape }) =>
      axes.flatMap((axis, position) => (/^\d/.test(axis) ? [] : [[axis, shape[position] ?? 0] as const])),
    ),
  );
}

function writeInputs(inputs: NonNullable<Spec["inputs"]>): Readonly<Record<string, unknown>> {
  const filled = Object.entries(inputs).map(([name, input]) => [name, { dtype: "float32", lengths: false, ...input }]);
  return Object.fromEntries(filled) as Readonly<Record<string, unknown>>;
}

function writeLayer(
  layer: ResolvedLayer,
  written: Spec["layers"][number] | undefined,
): Readonly<Record<string, unknown>> {
  const init = written && filledInit(written);
  return {
    name: layer.name,
    kind: layer.kind,
    from: layer.from.length === 1 ? layer.from[0] : layer.from,
    ...layer.config,
    freeze: written?.freeze ?? false,
    ...(init ? { init } : {}),
  };
}
