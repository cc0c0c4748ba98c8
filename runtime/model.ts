/** What a generated module calls: its definition becomes the `model` that it exports. */
import type { ModelDefinition } from "./contract.ts";
import type { HandleOf } from "./contract-live.ts";
import { createModel } from "./model/create.ts";
import { loaded } from "./model/parts.ts";
import { Problem } from "./problem.ts";

/**
 * The handle of a model: its static facts, and `create` for live ones.
 *
 * @throws Problem `program-mismatch` for a module that was compiled by another version
 */
export function defineModel<const D extends ModelDefinition>(definition: D): HandleOf<D> {
  checkVersion(definition);
  return {
    definition,
    spec: definition.spec,
    parameters: definition.parameters,
    inputs: definition.inputs,
    outputs: definition.outputs,
    create: (options = {}) =>
      createModel(definition, options, async (known, device) => {
        // Loaded when it is needed: reading a model's facts does not load the devices.
        const { createExecutor } = await loaded(() => import("./devices/create.ts"));
        return createExecutor(known, device);
      }),
  };
}

/** What modules of other versions may lack. */
const FACTS = [
  "losses",
  "metrics",
  "training",
  "data",
  "stream",
  "programs",
] as const satisfies (keyof ModelDefinition)[];

/** @throws Problem where the definition is not one of this version */
function checkVersion(definition: Partial<ModelDefinition>): void {
  const missing = FACTS.filter((fact) => definition[fact] === undefined);
  if (missing.length === 0) return;
  throw new Problem({
    code: "program-mismatch",
    message: `the module of model "${String(definition.name)}" says nothing of ${missing.join(", ")}.`,
    help: "the module and the runtime may be of different versions; compile the spec again.",
  });
}
