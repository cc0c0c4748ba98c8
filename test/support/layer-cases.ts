/** The settings that every layer's examples are compiled in. */
import type { LayerDefinition } from "../../compiler/layers/index.ts";
import type { LayerModelOptions } from "./layer-model.ts";

type Example = LayerDefinition["examples"][number];

/** The example with one step of time, where it has time. */
export function oneStep(example: Example): Example {
  const inputs = example.inputs.map((input) =>
    input.time ? { ...input, shape: [1, ...input.shape.slice(1)] } : input,
  );
  return { ...example, inputs };
}

export interface LayerSetting {
  readonly title: string;
  readonly options: LayerModelOptions;
  readonly change?: (example: Example) => Example;
}

/** AdamW with clipping: the longest update there is. */
export const decayAndClipping: LayerModelOptions = {
  optimizer: { kind: "adamw", config: { betas: [0.9, 0.999], eps: 1e-8, weight_decay: 0.01 } },
  clipping: { norm: 0.5, value: undefined },
};
