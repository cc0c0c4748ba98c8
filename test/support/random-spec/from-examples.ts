/** Kinds that nobody wrote a grower for, as the examples of their records are. */
import { withDefaults } from "../../../compiler/keys/define.ts";
import type { LayerDefinition } from "../../../compiler/layers/index.ts";
import { reading, type Grow } from "./garden.ts";

/** A layer of one input, wherever its shape rule takes what is there. */
export function fromExamples(definition: LayerDefinition): Grow {
  const examples = definition.examples.filter(({ named }) => named === undefined);
  if (definition.inputs.min > 1 || examples.length === 0) {
    throw new Error(`layer ${definition.kind}: give it a grower in test/support/random-spec`);
  }
  return ({ dice, batchSize }, state, name) => {
    const { config } = dice.pick(examples);
    let fits = true;
    const refuse = (): undefined => {
      fits = false;
    };
    const planned = definition.plan(withDefaults(definition.keys, config), {
      name,
      batchSize,
      inputs: [{ shape: state.shape, axes: state.shape.map((_, axis) => `A${String(axis)}`), time: state.time }],
      from: [state.last ?? ""],
      lookup: refuse,
      has: () => false,
      mismatch: refuse,
      invalid: refuse,
      missing: refuse,
    });
    if (planned === undefined || !fits) return undefined;
    const { shape, time } = planned.output;
    return {
      entries: [{ name, kind: definition.kind, ...reading(state), ...config }],
      state: { last: name, shape, time },
    };
  };
}
