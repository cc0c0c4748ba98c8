/** What a generated module calls: its definition becomes the `model` that it exports. */
import type { ModelDefinition, ModelHandle } from "./contract.ts";
import { createModel } from "./model/create.ts";

/** The handle of a model: its static facts, and `create` for live ones. */
export function defineModel<const D extends ModelDefinition>(definition: D): ModelHandle<D> {
  return {
    definition,
    spec: definition.spec,
    parameters: definition.parameters,
    inputs: definition.inputs,
    outputs: definition.outputs,
    create: (options = {}) =>
      createModel(definition, options, async (known, device) => {
        // Loaded when it is needed: reading a model's facts does not load the devices.
        const { createExecutor } = await import("./devices/create.ts");
        return createExecutor(known, device);
      }),
  };
}
