/** Stage 4: a resolved model to graphs of primitive operations: outputs and loss, in evaluation and in training mode. */
import type { Model, ModelInput, ResolvedLayer, ResolvedLoss } from "../contracts.ts";
import { GraphBuilder } from "../ir/builder.ts";
import type { Graph, Node } from "../ir/graph.ts";
import { sizeOf } from "../ir/graph.ts";
import type { LayerDefinition, LayerValue } from "../layers/index.ts";
import { layers } from "../layers/index.ts";
import { commonLengths, lengthMask } from "../layers/softmax.ts";
import type { LossDefinition } from "../losses/index.ts";
import { losses } from "../losses/index.ts";
import type { Operations } from "../ops/index.ts";
import { operations } from "../ops/index.ts";
import { InternalError } from "../support/internal-error.ts";

/** Outside name of the mask [B] that tells examples (1) from the padding of a smaller batch (0). */
export const batchMaskName = "batch.mask";

export interface Forward {
  readonly operations: Operations;
  readonly outputs: Graph["outputs"];
  readonly loss: Node;
  /** Every loss with how many elements it counts, the divisor of its mean. */
  readonly losses: readonly LossPart[];
  readonly parameters: ReadonlyMap<string, Node>;
}

interface LossPart {
  readonly value: Node;
  readonly count: Node;
}

export interface ForwardGraphs {
  readonly predict: Graph;
  readonly evaluate: Graph;
  readonly training: Forward;
}

export function build(model: Model): ForwardGraphs {
  const evaluation = buildForward(model, false);
  return {
    predict: { name: "predict", outputs: evaluation.outputs },
    evaluate: {
      name: "evaluate",
      outputs: [{ name: "loss", node: evaluation.loss }, ...lossOutputs(evaluation.losses), ...evaluation.outputs],
    },
    training: buildForward(model, true),
  };
}

/** What the runtime needs to add batches up: `loss.count`, and of several losses each one by itself. */
function lossOutputs(parts: readonly LossPart[]): Graph["outputs"] {
  const several = parts.length > 1 ? parts : [];
  return [
    ...parts.slice(0, 1).map(({ count }) => ({ name: "loss.count", node: count })),
    ...several.flatMap(({ value, count }, index) => [
      { name: `loss.${index}`, node: value },
      { name: `loss.${index}.count`, node: count },
    ]),
  ];
}

function buildForward(model: Model, training: boolean): Forward {
  const o = operations(new GraphBuilder());
  const parameters = new Map(
    model.parameters.map(({ name, shape }) => [name, o.argument("parameter", name, shape)] as const),
  );
  const values = new Values();
  for (const input of model.inputs) values.set(input.name, inputValue(o, input, model.batchSize));
  const mask = o.argument("input", batchMaskName, [model.batchSize]);
  let draws = 0;
  const random = (shape: readonly number[]): Node => o.argument("random", `random.${draws++}`, shape);
  for (const layer of model.layers) {
    o.builder.within({ phase: "forward", layer: layer.name, note: layer.kind }, () => {
      buildLayer(layer, { o, values, parameters, training, batchSize: model.batchSize, random });
    });
  }
  const outputs = model.outputs.map(({ name }) => ({ name, node: values.get(name).node }));
  const { parts, loss } = o.builder.within({ phase: "loss", layer: "loss", note: "" }, () => {
    const parts = model.losses.map((loss) => oneLoss(o, loss, values, mask));
    return { parts, loss: parts.map(({ value }) => value).reduce((total, value) => o.add(total, value)) };
  });
  return { operations: o, outputs, loss, losses: parts, parameters };
}

/** Values by name; dotted outputs are built when somebody asks for them. */
class Values {
  readonly #made = new Map<string, LayerValue>();
  readonly #waiting = new Map<string, () => LayerValue>();

  set(name: string, value: LayerValue): void {
    this.#made.set(name, value);
  }

  later(name: string, make: () => LayerValue): void {
    this.#waiting.set(name, make);
  }

  get(name: string): LayerValue {
    const made = this.#made.get(name) ?? this.#waiting.get(name)?.();
    if (made === undefined) throw new InternalError(`nothing is called ${name}`);
    this.#made.set(name, made);
    return made;
  }
}

function inputValue(o: Operations, input: ModelInput, batchSize: number): LayerValue {
  return {
    node: o.argument("input", input.name, [batchSize, ...input.shape], input.dtype),
    shape: { shape: input.shape, axes: input.axes, time: input.axes[0] === "T" || input.lengths },
    lengths: input.lengths ? o.argument("input", `${input.name}.lengths`, [batchSize], "int32") : undefined,
  };
}

interface LayerSetting {
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

function buildLayer(layer: ResolvedLayer, setting: LayerSetting): void {
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

/** Mean or sum over everything the masks count. Padded examples and steps count for nothing, in the divisor either. */
function oneLoss(
  o: Operations,
  { kind, config, input, target, weight }: ResolvedLoss,
  values: Values,
  batchMask: Node,
): LossPart {
  const definition: LossDefinition | undefined = losses.find((loss) => loss.kind === kind);
  if (definition === undefined) throw new InternalError(`no loss ${kind}`);
  const from = values.get(input);
  const to = values.get(target);
  const elements = o.builder.named(definition.elements(o, config, from.node, to.node), "elements");
  const lengths = commonLengths(o, [from.lengths, to.lengths]);
  const maskAxes = lengths !== undefined && elements.shape.length > 1 ? 2 : 1;
  const mask =
    lengths !== undefined && maskAxes === 2
      ? o.multiply(
          lengthMask(o, lengths, elements.shape[1] as number),
          o.broadcast(batchMask, elements.shape.slice(0, 2), [0]),
        )
      : batchMask;
  const inner = elements.shape.map((_, axis) => axis).slice(maskAxes);
  const visible = o.builder.named(o.select(mask, o.sum(elements, inner), o.constant(0)), "masked");
  const innerCount = sizeOf(elements.shape.slice(maskAxes));
  // Row by row, so that no single cell adds up a whole batch of sequences.
  const sumAll = (node: Node): Node => (node.shape.length === 2 ? o.sum(o.sum(node, [1]), [0]) : o.sum(node, [0]));
  const total = o.builder.named(sumAll(visible), "total");
  const isSum = config["reduction"] === "sum";
  // Sums add up over batches and are told per example; means weigh by what they divide by.
  const counted = isSum ? o.sum(batchMask, [0]) : o.multiply(sumAll(mask), o.constant(innerCount));
  const count = o.builder.named(counted, "count");
  const value = isSum ? total : o.builder.named(o.divide(total, count), "mean");
  const weighted = weight === 1 ? value : o.multiply(value, o.constant(weight));
  return { value: o.builder.named(weighted, "value"), count };
}
