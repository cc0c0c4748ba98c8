/** One layer of a model as part of a graph. */
import type { ResolvedLayer } from "../../contracts.ts";
import type { Node } from "../../ir/graph.ts";
import type { LayerDefinition } from "../../layers/index.ts";
import { layers } from "../../layers/index.ts";
import type { Operations } from "../../ops/index.ts";
import { InternalError } from "../../support/internal-error.ts";
import type { Values } from "./values.ts";

export interface LayerSetting {
  readonly o: Operations;
  readonly values: Values;
  readonly parameters: ReadonlyMap<string, Node>;
  readonly training: boolean;
  readonly batchSize: number;
  readonly random: (shape: readonly number[]) => Node;
}

function definitionOfLayer(kind: string): LayerDefinition {
  const definition = layers.find((layer) => layer.kind === kind);
  if (definition === undefined) throw new InternalError(`no layer kind ${kind}`);
  return definition;
}

export function buildLayer(layer: ResolvedLayer, setting: LayerSetting): void {
  const { o, values, parameters, training, batchSize, random } = setting;
  const result = definitionOfLayer(layer.kind).build(layer.config, {
    operations: o,
    training,
    batchSize,
    random,
    inputs: layer.from.map((name) => values.get(name)),
    output: layer.output,
    lookup: (name) => values.get(name),
    parameter: (name) => {
      const node = parameters.get(`${layer.name}.${name}`);
      if (node === undefined) throw new InternalError(`layer ${layer.name} declares no parameter ${name}`);
      return node;
    },
  });
  const expected = [batchSize, ...layer.output.shape];
  if (result.node.shape.join() !== expected.join()) {
    throw new InternalError(
      `layer ${layer.name} planned [${expected.join(", ")}], built [${result.node.shape.join(", ")}]`,
    );
  }
  values.set(layer.name, { node: result.node, shape: layer.output, lengths: result.lengths });
  for (const [extra, make] of Object.entries(result.extras ?? {})) {
    const shape = layer.extras[extra];
    if (shape === undefined) throw new InternalError(`layer ${layer.name} planned no output ${extra}`);
    const origin = o.builder.origin;
    values.later(`${layer.name}.${extra}`, () => ({
      node: o.builder.within(origin, make),
      shape,
      lengths: shape.time ? result.lengths : undefined,
    }));
  }
}
