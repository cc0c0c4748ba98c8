/** What layers leave of the lengths of examples: of the input of a loss that aligns it with its target, and of outputs. */
import type { ModelInput } from "../../contracts/layer.ts";
import type { Model } from "../../contracts/model.ts";
import type { SequenceFacts } from "../../contracts/programs.ts";
import type { Node } from "../../ir/graph.ts";
import { topological } from "../../ir/graph.ts";
import { losses } from "../../losses/index.ts";
import { interpret } from "../../ops/interpret.ts";
import { invariant } from "../../support/internal-error.ts";
import type { AlignmentFact, LengthTable } from "@specloom/runtime/internal/contract";
import type { Forward } from "../4-build.ts";
import { lengthsOf } from "@specloom/runtime/internal/shared/names";

/** @param forward built only for models of sequences of different length, or whose losses align something */
export function sequenceFacts(model: Model, forward: () => Forward): SequenceFacts {
  const aligned = model.losses.flatMap(({ kind, config, input, target }) => {
    const alignment = losses.find((loss) => loss.kind === kind)?.aligns?.(config);
    return alignment === undefined ? [] : [{ input, target, ...alignment }];
  });
  if (aligned.length === 0 && !model.inputs.some(({ lengths }) => lengths)) return noSequenceFacts;
  const { valueOf } = forward();
  const tablesOf = (name: string): readonly LengthTable[] => {
    const { lengths } = valueOf(name);
    return lengths === undefined ? [] : lengthTables(model, lengths);
  };
  const alignments = aligned.map(({ input, target, blank, mustFit }): AlignmentFact => {
    const [, steps, classes] = valueOf(input).node.shape as [number, number, number];
    return { input, target, classes, blank, mustFit, steps, lengths: tablesOf(input) };
  });
  const outputs = new Map(model.outputs.map(({ name, shape }) => [name, shape.time ? tablesOf(name) : []] as const));
  return { alignments, outputLengths: new Map([...outputs].filter(([, tables]) => tables.length > 0)) };
}

/** Of a model in which no example is shorter than another. */
export const noSequenceFacts: SequenceFacts = { alignments: [], outputLengths: new Map() };

/** One table per input whose lengths enter; a value that joins several sequences has the length of the shortest. */
function lengthTables(model: Model, lengths: Node): readonly LengthTable[] {
  const read = new Set(topological([lengths]).flatMap((node) => (node.op === "argument" ? node.attributes.name : [])));
  const inputs = model.inputs.filter(({ name }) => read.has(lengthsOf(name)));
  invariant(inputs.length === read.size, `lengths depend on ${[...read].join(", ")}`);
  return inputs.map((input) => {
    const steps = stepsByLength(model.batchSize, lengths, input, inputs);
    return steps.every((count, length) => count === length) ? { of: input.name } : { of: input.name, steps };
  });
}

/** The lengths' node for every length of one input, the others at their longest: whatever the layers between may do. */
function stepsByLength(
  batchSize: number,
  lengths: Node,
  varied: ModelInput,
  inputs: readonly ModelInput[],
): readonly number[] {
  const longest = varied.shape[0] as number;
  const steps = [0];
  while (steps.length <= longest) {
    const first = steps.length;
    const valueOf = (input: ModelInput, row: number): number =>
      input === varied ? Math.min(first + row, longest) : (input.shape[0] as number);
    const bindings = inputs.map((input): readonly [string, Float64Array] => [
      lengthsOf(input.name),
      Float64Array.from({ length: batchSize }, (_, row) => valueOf(input, row)),
    ]);
    const graph = { name: "lengths", outputs: [{ name: "lengths", node: lengths }] };
    const found = interpret(graph, Object.fromEntries(bindings))["lengths"]?.data ?? [];
    steps.push(...Array.from(found).slice(0, longest + 1 - first));
  }
  return steps;
}
