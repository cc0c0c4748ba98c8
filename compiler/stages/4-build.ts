/**
 * Stage 4: a resolved model to graphs of primitive operations: outputs and loss, in evaluation and in training mode, and where the
 * model has a stream one step of it.
 */
import type { Model, ResolvedLoss } from "../contracts/model.ts";
import { GraphBuilder } from "../ir/builder.ts";
import type { Graph, Node } from "../ir/graph.ts";
import type { LayerValue } from "../layers/index.ts";
import type { Operations } from "../ops/index.ts";
import { operations } from "../ops/index.ts";
import { scalarArgument } from "../optimizers/define.ts";
import { teacherForcingScalar } from "../schedules/teacher-forcing.ts";
import { buildLayer } from "./4-build/layer.ts";
import { buildLoss } from "./4-build/loss.ts";
import type { LossPart } from "./4-build/loss.ts";
import { modelStream } from "./4-build/stream.ts";
import type { StreamGraphs } from "./4-build/stream.ts";
import { inputValue, targetMask, Values } from "./4-build/values.ts";
import type { StreamObstacle } from "@specloom/runtime/internal/contract";
import { batchMask, lossCount, lossPart, lossPartCount, lossResult } from "@specloom/runtime/internal/shared/names";

export interface Forward {
  readonly operations: Operations;
  readonly outputs: Graph["outputs"];
  readonly loss: Node;
  /** Every loss with how many elements it counts, the divisor of its mean. */
  readonly losses: readonly LossPart[];
  readonly parameters: ReadonlyMap<string, Node>;
  /** What a training step makes of statistics such as a running mean. */
  readonly statistics: ReadonlyMap<string, Node>;
  /** An input, a layer or a dotted output. */
  readonly valueOf: (name: string) => LayerValue;
}

export interface ForwardGraphs {
  readonly predict: Graph;
  readonly evaluate: Graph;
  readonly training: Forward;
  /** Step by step, or why not. */
  readonly stream: StreamGraphs | StreamObstacle;
  /** Outputs of one example in evaluation mode, where they are asked for and a batch has more. */
  readonly predict_one?: Graph;
}

/** @param wanted.one whether a module will predict for one example at a time */
export function build(model: Model, wanted: { readonly one: boolean } = { one: false }): ForwardGraphs {
  const evaluation = buildForward(model, false);
  const one = wanted.one && model.batchSize > 1 ? buildForward({ ...model, batchSize: 1 }, false) : undefined;
  return {
    predict: { name: "predict", outputs: evaluation.outputs },
    evaluate: {
      name: "evaluate",
      outputs: [{ name: lossResult, node: evaluation.loss }, ...lossOutputs(evaluation.losses), ...evaluation.outputs],
    },
    training: buildTraining(model),
    stream: modelStream(model),
    ...(one === undefined ? {} : { predict_one: { name: "predict_one", outputs: one.outputs } }),
  };
}

/** What stands before a gradient; some facts are told by it alone. */
export function buildTraining(model: Model): Forward {
  return buildForward(model, true);
}

/** What tells one of several losses from the others: what it is of, where that is enough. */
function partOf({ kind, input }: ResolvedLoss, losses: readonly ResolvedLoss[]): string {
  return losses.filter((other) => other.input === input).length === 1 ? input : `${kind}_${input}`;
}

/** What the runtime needs to add batches up: `loss.count`, and of several losses each one by itself. */
export function lossOutputs(parts: readonly LossPart[]): Graph["outputs"] {
  const several = parts.length > 1 ? parts : [];
  return [
    ...parts.slice(0, 1).map(({ count }) => ({ name: lossCount, node: count })),
    ...several.flatMap(({ value, count }, index) => [
      { name: lossPart(index), node: value },
      { name: lossPartCount(index), node: count },
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
  const mask = o.argument("input", batchMask, [model.batchSize]);
  let draws = 0;
  const random = (shape: readonly number[]): Node => o.argument("random", `random.${draws++}`, shape);
  let forcing: Node | undefined;
  const teacherForcing =
    training && model.teacherForcing !== undefined
      ? (): Node => (forcing ??= o.argument("scalar", scalarArgument(teacherForcingScalar), []))
      : undefined;
  const statistics = new Map<string, Node>();
  for (const layer of model.layers) {
    o.builder.within({ phase: "forward", layer: layer.name, kind: layer.kind, note: "" }, () => {
      const batch = { batchSize: model.batchSize, exampleMask: mask };
      const setting = { o, values, parameters, training, ...batch, random, teacherForcing };
      for (const [name, node] of buildLayer(layer, setting)) statistics.set(name, node);
    });
  }
  const outputs = model.outputs.map(({ name }) => ({ name, node: values.get(name).node }));
  const { parts, loss } = o.builder.within({ phase: "loss", layer: "loss", note: "" }, () => {
    const parts = model.losses.map((loss) => {
      const target = model.inputs.find(({ name }) => name === loss.target);
      const build = (): LossPart => buildLoss(o, loss, values, mask, targetMask(o, target, model.batchSize));
      return model.losses.length === 1 ? build() : o.builder.inPart(partOf(loss, model.losses), build);
    });
    const sum = (total: Node, value: Node): Node => o.builder.named(o.add(total, value), "sum_of_losses");
    return { parts, loss: parts.map(({ value }) => value).reduce(sum) };
  });
  return { operations: o, outputs, loss, losses: parts, parameters, statistics, valueOf: (name) => values.get(name) };
}
