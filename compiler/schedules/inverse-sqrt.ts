import { scalar } from "../ir/scalar-formula.ts";
import { defineSchedule } from "./define.ts";

const { add, divide, minimum, multiply, sqrt } = scalar;

export const inverseSqrt = defineSchedule<{ readonly model_size?: number; readonly warmup_steps: number }>({
  kind: "inverse_sqrt",
  summary:
    "Rises linearly for warmup_steps, then falls with the root of the step (noam). Without model_size the largest rate is " +
    "learning_rate.",
  formula:
    "k = number of the update; with model_size: lr model_size^-0.5 min(k^-0.5, k warmup_steps^-1.5); else " +
    "lr min(k / warmup_steps, (warmup_steps / k)^0.5)",
  source: "Vaswani et al. 2017, section 5.3 (its learning_rate is 1); without model_size fairseq's inverse_sqrt",
  keys: {
    model_size: {
      type: "integer",
      minimum: 1,
      optional: true,
      description: "Width of the model: the rate is divided by its root. Set learning_rate to 1 or 2 then.",
    },
    warmup_steps: { type: "integer", minimum: 1, default: 4000, description: "Updates in which the rate rises." },
  },
  per: ["step"],
  ownWarmup: true,
  rate: ({ model_size, warmup_steps }) => {
    const update = add("position", 1);
    const shape = minimum(divide(update, warmup_steps), sqrt(divide(warmup_steps, update)));
    // min(k^-0.5, k W^-1.5) is W^-0.5 min((W / k)^0.5, k / W).
    const largest = model_size === undefined ? 1 : 1 / Math.sqrt(model_size * warmup_steps);
    return multiply(largest === 1 ? "learningRate" : multiply("learningRate", largest), shape);
  },
});
