import { scalar, type ScalarFormula } from "../ir/scalar-formula.ts";
import { defineSchedule } from "./define.ts";

interface OneCycleConfig {
  readonly max_lr?: number;
  readonly total_steps: number;
  readonly pct_start: number;
  readonly anneal_strategy: "cos" | "linear";
  readonly div_factor: number;
  readonly final_div_factor: number;
  readonly three_phase: boolean;
}

const { add, choose, cos, divide, minimum, multiply, subtract } = scalar;

export const oneCycle = defineSchedule<OneCycleConfig>({
  kind: "one_cycle",
  summary: "Up to max_lr and down again to far below the start. The momentum stays as it is.",
  formula:
    "up from max_lr / div_factor to max_lr at t = pct_start total_steps - 1; down to max_lr / div_factor / final_div_factor " +
    "at t = total_steps - 1; three_phase: back to the start first, as long as the way up; from a to b at part x of the way " +
    "with cos: b + (a - b) (1 + cos(pi x)) / 2",
  source: "torch.optim.lr_scheduler.OneCycleLR with cycle_momentum=False; Smith and Topin 2017",
  keys: {
    max_lr: {
      type: "number",
      exclusiveMinimum: 0,
      optional: true,
      description: "The largest rate, which is reached once, in place of learning_rate; default: learning_rate.",
    },
    total_steps: {
      type: "integer",
      minimum: 2,
      optional: true,
      description:
        "Steps or epochs of the cycle; default: those of the training, without the warm-up (train.steps, or train.epochs " +
        "per epoch). After them the last rate stays.",
    },
    pct_start: {
      type: "number",
      exclusiveMinimum: 0,
      exclusiveMaximum: 1,
      default: 0.3,
      description: "Part of the cycle in which the rate rises.",
    },
    anneal_strategy: {
      type: "string",
      enum: ["cos", "linear"],
      default: "cos",
      description: "Form of the way up and down.",
    },
    div_factor: { type: "number", exclusiveMinimum: 0, default: 25, description: "max_lr over the first rate." },
    final_div_factor: { type: "number", exclusiveMinimum: 0, default: 10000, description: "First rate over the last." },
    three_phase: {
      type: "boolean",
      default: false,
      description: "Whether the way down mirrors the way up before the rate falls below the first one.",
    },
  },
  per: ["step", "epoch"],
  length: "total_steps",
  check: ({ pct_start, three_phase }) =>
    three_phase && pct_start > 0.5
      ? { key: "pct_start", expected: "at most 0.5 with three_phase", help: "lower it, or remove three_phase" }
      : undefined,
  rate: (config) => {
    const { max_lr = "learningRate", total_steps, pct_start, div_factor, final_div_factor, three_phase } = config;
    // All as parts of the largest rate.
    const first = 1 / div_factor;
    const last = first / final_div_factor;
    const top = pct_start * total_steps - 1;
    const phases = [
      { start: 0, end: top, from: first, to: 1 },
      ...(three_phase ? [{ start: top, end: 2 * pct_start * total_steps - 2, from: 1, to: first }] : []),
      {
        start: three_phase ? 2 * pct_start * total_steps - 2 : top,
        end: total_steps - 1,
        from: three_phase ? first : 1,
        to: last,
      },
    ].filter(({ start, end }) => end > start);
    const rateIn = ({ start, end, from, to }: (typeof phases)[number]): ScalarFormula => {
      const passed = start === 0 ? "position" : subtract("position", start);
      const share = minimum(divide(passed, end - start), 1);
      return config.anneal_strategy === "linear"
        ? add(from, multiply(to - from, share))
        : add(to, multiply((from - to) / 2, add(1, cos(multiply(Math.PI, share)))));
    };
    const [final, ...earlier] = phases.toReversed();
    // Where two phases meet they have the same rate.
    const shape = earlier.reduce<ScalarFormula>(
      (later, phase) => choose("position", phase.end, rateIn(phase), later),
      final === undefined ? last : rateIn(final),
    );
    return multiply(max_lr, shape);
  },
});
