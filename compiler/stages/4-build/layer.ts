/** One layer of a model as part of a graph. */
import type { ResolvedLayer } from "../../contracts/model.ts";
import type { Node } from "../../ir/graph.ts";
import { counted, type StreamContext } from "../../layers/define.ts";
import type { Operations } from "../../ops/index.ts";
import { InternalError } from "../../support/internal-error.ts";
import { memberOf } from "@specloom/runtime/internal/shared/member-of";
import { layerDefinition } from "../3-resolve/layer-definition.ts";
import type { Values } from "./values.ts";

export interface LayerSetting {
  readonly o: Operations;
  readonly values: Values;
  readonly parameters: ReadonlyMap<string, Node>;
  readonly training: boolean;
  readonly batchSize: number;
  readonly exampleMask: Node;
  readonly random: (shape: readonly number[]) => Node;
  readonly teacherForcing?: (() => Node) | undefined;
  readonly stream?: StreamContext | undefined;
}

/** @returns the layer's statistics after this step, by their full names */
export function buildLayer(layer: ResolvedLayer, setting: LayerSetting): ReadonlyMap<string, Node> {
  const { o, values, parameters, training, batchSize, exampleMask, random, teacherForcing, stream } = setting;
  const result = layerDefinition(layer).build(layer.config, {
    operations: o,
    training,
    batchSize,
    exampleMask,
    random,
    teacherForcing,
    inputs: counted(layer.from.map((name) => values.get(name))),
    from: layer.from,
    output: layer.output,
    stream,
    lookup: (text) => values.get(nameIn(layer.scope, text, values)),
    has: (text) => values.has(nameIn(layer.scope, text, values)),
    parameter: (name) => {
      const node = parameters.get(`${layer.name}.${name}`);
      if (node === undefined) throw new InternalError(`layer ${layer.name} declares no parameter ${name}`);
      return node;
    },
    parameterOf: (text, name) => {
      const owner = nameIn(layer.scope, text, values);
      const node = parameters.get(`${owner}.${name}`);
      if (node === undefined) throw new InternalError(`layer ${owner} declares no parameter ${name}`);
      return node;
    },
  });
  const expected = [batchSize, ...layer.output.shape];
  if (result.node.shape.join() !== expected.join()) {
    throw new InternalError(
      `layer ${layer.name} planned [${expected.join(", ")}], built [${result.node.shape.join(", ")}]`,
    );
  }
  // What has no name of its own is what the layer gives.
  const { node: given } = result;
  const isOwn = given.origin.layer === layer.name && given.label === given.op && given.op !== "argument";
  if (isOwn) o.builder.named(given, "output");
  values.set(layer.name, { node: result.node, shape: layer.output, lengths: result.lengths });
  for (const [extra, make] of Object.entries(result.extras ?? {})) {
    const shape = memberOf(layer.extras, extra);
    if (shape === undefined) throw new InternalError(`layer ${layer.name} planned no output ${extra}`);
    const origin = o.builder.origin;
    values.later(`${layer.name}.${extra}`, () => ({
      node: o.builder.within(origin, make),
      shape,
      lengths: shape.time ? (result.lengths ?? result.extraLengths) : undefined,
    }));
  }
  return updatesOf(o, layer, result.updates ?? {});
}

/** A text in a layer's keys means what is nearest: in the group around it, in the groups around that, or outside. */
function nameIn(scope: string, text: string, values: Values): string {
  for (let around = scope; around !== ""; around = around.slice(0, Math.max(0, around.lastIndexOf(".")))) {
    const name = `${around}.${text}`;
    if (values.has(name)) return name;
  }
  return text;
}

function updatesOf(
  o: Operations,
  layer: ResolvedLayer,
  updates: Readonly<Record<string, Node>>,
): ReadonlyMap<string, Node> {
  const declared = new Map(
    layer.parameters.flatMap(({ name, shape, statistic }) => (statistic === undefined ? [] : [[name, shape]])),
  );
  return new Map(
    Object.entries(updates).map(([statistic, node]) => {
      const name = `${layer.name}.${statistic}`;
      if (declared.get(name)?.join() !== node.shape.join()) {
        throw new InternalError(`layer ${layer.name} declares no statistic ${statistic} of [${node.shape.join(", ")}]`);
      }
      return [name, o.builder.named(node, statistic)];
    }),
  );
}
