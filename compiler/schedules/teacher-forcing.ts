/** How often training feeds a decoder the true token instead of its own: scheduled sampling, update by update. */
import type { TeacherForcing } from "../contracts/spec.ts";
import type { ScalarFormula } from "../ir/scalar-formula.ts";
import { scalar } from "../ir/scalar-formula.ts";
import type { Keys } from "../keys/define.ts";

/** Keys of each kind beside kind and start; all of them but `end` have to be there. */
export const teacherForcingUses: Readonly<Record<TeacherForcing["kind"], readonly ("end" | "steps" | "k")[]>> = {
  constant: [],
  linear: ["end", "steps"],
  exponential: ["end", "k"],
  inverse_sigmoid: ["end", "k"],
};

export const teacherForcingKeys = {
  kind: {
    type: "string",
    enum: Object.keys(teacherForcingUses),
    description:
      "With t updates behind: constant: start. linear: max(end, start - (start - end) t / steps). exponential: max(end, start " +
      "k^t). inverse_sigmoid: max(end, start k / (k + exp(t / k))). Bengio et al. 2015, Scheduled Sampling.",
  },
  start: {
    type: "number",
    minimum: 0,
    maximum: 1,
    default: 1,
    description: "Probability of the true token at the start.",
  },
  end: { type: "number", minimum: 0, maximum: 1, default: 0, description: "The least probability later on." },
  steps: { type: "integer", minimum: 1, optional: true, description: "Of linear: updates until end is reached." },
  k: {
    type: "number",
    exclusiveMinimum: 0,
    optional: true,
    description: "Of exponential: the factor of every update, below 1. Of inverse_sigmoid: how slow it falls, from 1.",
  },
} satisfies Keys;

/** Name of the scalar among those of an update. */
export const teacherForcingScalar = "teacher_forcing";

/** The probability of an update, over `step` (1 for the first). */
export function teacherForcingScalars(config: TeacherForcing): Readonly<Record<string, ScalarFormula>> {
  return { [teacherForcingScalar]: probability(config) };
}

function probability({ kind, start, end, steps = 1, k = 1 }: TeacherForcing): ScalarFormula {
  const behind = scalar.subtract("step", 1);
  const least = (formula: ScalarFormula): ScalarFormula => scalar.maximum(end, formula);
  switch (kind) {
    case "constant":
      return start;
    case "linear":
      return least(scalar.subtract(start, scalar.divide(scalar.multiply(start - end, behind), steps)));
    case "exponential":
      return least(scalar.multiply(start, scalar.power(k, behind)));
    case "inverse_sigmoid": {
      const grown = scalar.power(Math.E, scalar.divide(behind, k));
      return least(scalar.divide(start * k, scalar.add(k, grown)));
    }
  }
}
