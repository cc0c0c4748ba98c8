/** What a generated module calls: its definition becomes the `model` that it exports. */
import type { ModelDefinition } from "./contract.ts";
import type { ModelHandle } from "./contract-live.ts";
import { messageOf } from "./devices/failure.ts";
import { createModel } from "./model/create.ts";
import { Problem } from "./problem.ts";

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
        const { createExecutor } = await import("./devices/create.ts").catch((error: unknown) => {
          throw notLoaded(error);
        });
        return createExecutor(known, device);
      }),
  };
}

/** In a page a bundle's files are fetched when they are needed, and the network may be away, or the files of another version. */
function notLoaded(error: unknown): Problem {
  return new Problem({
    code: "backend-unavailable",
    message: `The part of specloom that runs models could not be loaded: ${messageOf(error)}.`,
    help: "serve all files of the bundle beside the page, of one build.",
  });
}
