import type { Model } from "../../compiler/contracts/model.ts";

/** What a model says of its training, for models that nobody trains. */
export const untold: Pick<Model, "metrics" | "training" | "data"> = {
  metrics: [],
  training: { length: { epochs: 1 }, seed: 0, shuffle: true },
  data: { kind: "tensors", file: "examples.json" },
};
