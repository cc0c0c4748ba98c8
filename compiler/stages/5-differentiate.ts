/** Stage 5: the training graphs, beside those that are done: loss, gradients of every trainable parameter, clipping, update. */
import type { Model } from "../contracts/model.ts";
import type { ProgramGraphs } from "../contracts/programs.ts";
import { gradientLabel } from "../ir/gradient-labels.ts";
import type { Graph, Node } from "../ir/graph.ts";
import type { Operations } from "../ops/index.ts";
import { averageScalars, updatedAverage } from "../optimizers/average.ts";
import { scalarArgument } from "../optimizers/define.ts";
import { optimizers } from "../optimizers/index.ts";
import { InternalError } from "../support/internal-error.ts";
import { lossOutputs } from "./4-build.ts";
import type { Forward, ForwardGraphs } from "./4-build.ts";
import { accumulate } from "./5-differentiate/accumulate.ts";
import { clipped } from "./5-differentiate/clip.ts";
import { pullback } from "./5-differentiate/pullback.ts";
import { averageSlot, gradientOf, lossResult, slotOf } from "@specloom/runtime/internal/shared/names";

type GraphOutput = Graph["outputs"][number];

export function differentiate(model: Model, forward: ForwardGraphs): ProgramGraphs {
  const { predict, evaluate, training, stream, predict_one } = forward;
  const { operations: o, loss } = training;
  const gradients = gradientsOf(model, training);
  const lossOutput: GraphOutput = { name: lossResult, node: loss };
  const seen: readonly GraphOutput[] = [
    lossOutput,
    ...lossOutputs(training.losses),
    ...[...training.statistics].map(([name, node]) => ({ name, node })),
  ];
  const accumulation = model.accumulate === undefined ? undefined : accumulate(model, training);
  const { gradients: used, outputs: clipping } = clipped(o, model, accumulation?.gradients ?? gradients);
  return {
    predict,
    evaluate,
    gradients: {
      name: "gradients",
      outputs: [lossOutput, ...[...gradients].map(([name, node]) => ({ name: gradientOf(name), node }))],
    },
    train_step: {
      name: "train_step",
      outputs: [...seen, ...clipping, ...updates(o, model, training.parameters, used)],
    },
    ...(accumulation === undefined
      ? {}
      : { accumulate: { name: "accumulate", outputs: [...seen, ...accumulation.outputs] } }),
    ...("reason" in stream || stream.start === undefined ? {} : { stream_start: stream.start }),
    ...("reason" in stream ? {} : { stream_step: stream.step }),
    ...(predict_one === undefined ? {} : { predict_one }),
  };
}

function gradientsOf(model: Model, { operations: o, loss, parameters }: Forward): Map<string, Node> {
  const trainable = model.parameters.filter(({ frozen }) => !frozen).map(({ name }) => name);
  const nodeOf = (name: string): Node => parameters.get(name) as Node;
  const pulled = pullback(o, new Map([[loss, o.constant(1)]]), new Set(trainable.map(nodeOf)));
  // Without the layer's name, which may have dots itself and which a label stands behind anyway.
  const ownName = new Map(
    model.layers.flatMap((layer) =>
      layer.parameters.map(({ name }) => [name, name.slice(layer.name.length + 1)] as const),
    ),
  );
  return new Map(
    trainable.map((name) => {
      const node = nodeOf(name);
      const gradient = pulled.get(node) ?? o.constant(0, node.shape);
      const label = gradientLabel(ownName.get(name) ?? name);
      // A parameter's name says by itself of which part it is.
      const origin = { ...gradient.origin, part: undefined };
      return [name, gradient.label === gradient.op ? o.builder.named(gradient, label, origin) : gradient];
    }),
  );
}

function updates(
  o: Operations,
  model: Model,
  parameters: ReadonlyMap<string, Node>,
  gradients: ReadonlyMap<string, Node>,
): GraphOutput[] {
  const definition = optimizers.find(({ kind }) => kind === model.optimizer.kind);
  if (definition === undefined) throw new InternalError(`no optimizer ${model.optimizer.kind}`);
  const { config } = model.optimizer;
  return o.builder.within({ phase: "update", layer: definition.kind, note: "" }, () => {
    const { average } = model;
    const formulas = { ...definition.scalars(config), ...(average && averageScalars(average)) };
    const scalars = Object.fromEntries(
      Object.keys(formulas).map((name) => [name, o.argument("scalar", scalarArgument(name), [])]),
    );
    return [...gradients].flatMap(([name, gradient]) => {
      const parameter = parameters.get(name) as Node;
      const state = Object.fromEntries(
        definition.slots(config).map((slot) => [slot, o.argument("state", slotOf(name, slot), parameter.shape)]),
      );
      const inputs = { parameter, gradient, state, scalars };
      const result = o.builder.inPart(name, () => definition.update(o, config, inputs));
      o.builder.named(result.parameter, "parameter");
      const old = average && o.argument("state", slotOf(name, averageSlot), parameter.shape);
      const kept = old && { [averageSlot]: updatedAverage(o, { old, parameter: result.parameter, scalars }) };
      return [
        { name, node: result.parameter },
        ...Object.entries({ ...result.state, ...kept }).map(([slot, node]) => ({
          name: slotOf(name, slot),
          node: o.builder.named(node, slot),
        })),
      ];
    });
  });
}
