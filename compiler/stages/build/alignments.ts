/** What the runtime checks of targets that a loss aligns with its input: how many steps each example's length leaves. */
import type { Model, ModelInput } from "../../contracts.ts";
import type { Node } from "../../ir/graph.ts";
import { topological } from "../../ir/graph.ts";
import { losses } from "../../losses/index.ts";
import { interpret } from "../../ops/interpret.ts";
import { invariant } from "../../support/internal-error.ts";
import type { AlignmentFact } from "../../../runtime/contract.ts";
import { build } from "../4-build.ts";

/** Empty, at no cost, for models whose losses align nothing. */
export function alignmentFacts(model: Model): readonly AlignmentFact[] {
  const aligned = model.losses.flatMap(({ kind, config, input, target }) => {
    const alignment = losses.find((loss) => loss.kind === kind)?.aligns?.(config);
    return alignment === undefined ? [] : [{ input, target, ...alignment }];
  });
  if (aligned.length === 0) return [];
  const { training } = build(model);
  return aligned.map(({ input, target, blank, mustFit }) => {
    const { node, lengths } = training.valueOf(input);
    const [, steps, classes] = node.shape as [number, number, number];
    return { input, target, classes, blank, mustFit, steps, lengths: lengths ? lengthTables(model, lengths) : [] };
  });
}

/** One table per input whose lengths enter; a value that joins several sequences has the length of the shortest. */
function lengthTables(model: Model, lengths: Node): AlignmentFact["lengths"] {
  const read = new Set(topological([lengths]).flatMap((node) => (node.op === "argument" ? node.attributes.name : [])));
  const inputs = model.inputs.filter(({ name }) => read.has(`${name}.lengths`));
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
      `${input.name}.lengths`,
      Float64Array.from({ length: batchSize }, (_, row) => valueOf(input, row)),
    ]);
    const graph = { name: "lengths", outputs: [{ name: "lengths", node: lengths }] };
    const found = interpret(graph, Object.fromEntries(bindings))["lengths"]?.data ?? [];
    steps.push(...Array.from(found).slice(0, longest + 1 - first));
  }
  return steps;
}
