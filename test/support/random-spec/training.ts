/** How a random spec is trained: optimizer, schedule and the keys of `train`. */
import { optimizers } from "../../../compiler/optimizers/index.ts";
import type { Dice } from "./dice.ts";
import type { Entry } from "./garden.ts";

type GrowKeys = (dice: Dice) => Entry;

const decay = (dice: Dice): Entry => (dice.happens() ? { weight_decay: 0.05 } : {});

/** With an eps far above rounding noise: else gradients that are zero but for noise make steps of any size. */
const adaptive = (dice: Dice): Entry => ({
  learning_rate: 0.01,
  eps: 0.01,
  ...(dice.happens()
    ? {
        betas: dice.pick([
          [0.5, 0.9],
          [0, 0.99],
        ] as const),
      }
    : {}),
  ...decay(dice),
});

const written: Readonly<Record<string, GrowKeys>> = {
  sgd: (dice) => ({
    learning_rate: 0.05,
    ...dice.pick([{}, { momentum: 0.9, nesterov: true }, { momentum: 0.5, dampening: 0.25 }, { momentum: 0.8 }]),
    ...decay(dice),
  }),
  adam: adaptive,
  adamw: adaptive,
  amsgrad: adaptive,
  nadam: (dice) => ({ ...adaptive(dice), ...(dice.happens() ? { momentum_decay: 0.1 } : {}) }),
  adamax: adaptive,
  rmsprop: (dice) => ({
    eps: 0.1,
    alpha: dice.pick([0.5, 0.9]),
    centered: dice.happens(),
    momentum: dice.pick([0, 0.5]),
    ...decay(dice),
  }),
  adagrad: (dice) => ({
    eps: 0.05,
    ...(dice.happens() ? { lr_decay: 0.1 } : {}),
    ...(dice.happens() ? { initial_accumulator_value: 0.25 } : {}),
    ...decay(dice),
  }),
  adadelta: (dice) => ({ eps: 0.01, rho: dice.pick([0.5, 0.9]), learning_rate: 0.5, ...decay(dice) }),
};

/** One for every kind, from its worked numbers where nobody wrote another. */
export const optimizerGrowers: Readonly<Record<string, GrowKeys>> = {
  ...written,
  ...Object.fromEntries(
    optimizers
      .filter(({ kind }) => !(kind in written))
      .map(({ kind, worked }): [string, GrowKeys] => [
        kind,
        (dice) => ({ learning_rate: 0.001, ...(dice.happens() ? worked?.config : {}) }),
      ]),
  ),
};

const warmup = (dice: Dice): Entry => (dice.onceIn(3) ? { warmup_steps: dice.between(1, 3) } : {});
const per = (dice: Dice): Entry => (dice.happens() ? { per: dice.pick(["step", "epoch"]) } : {});

export const scheduleGrowers: Readonly<Record<string, GrowKeys>> = {
  step: (dice) => ({ step_size: dice.between(1, 2), gamma: 0.5, ...warmup(dice), ...per(dice) }),
  multi_step: (dice) => ({ milestones: dice.pick([[1], [1, 2, 2]]), gamma: 0.5, ...warmup(dice), ...per(dice) }),
  exponential: (dice) => ({ gamma: 0.7, ...warmup(dice), ...per(dice) }),
  linear: (dice) => ({ ...dice.pick([{}, { start_factor: 0.5, end_factor: 0.1, total_iters: 2 }]), ...warmup(dice) }),
  polynomial: (dice) => ({ total_iters: dice.between(2, 4), power: dice.pick([1, 2]), ...per(dice) }),
  cosine: (dice) => ({ t_max: dice.between(1, 4), eta_min: dice.pick([0, 0.001]), ...warmup(dice), ...per(dice) }),
  one_cycle: (dice) => ({
    total_steps: dice.between(3, 9),
    three_phase: dice.happens(),
    anneal_strategy: dice.pick(["cos", "linear"]),
    ...(dice.happens() ? { max_lr: 0.02 } : {}),
  }),
  inverse_sqrt: (dice) => ({ warmup_steps: dice.between(1, 3), ...(dice.happens() ? { model_size: 4 } : {}) }),
  plateau: (dice) => ({ factor: 0.5, patience: dice.below(2), ...(dice.happens() ? { threshold_mode: "abs" } : {}) }),
};

/** The keys of `train` beside the size of a batch. */
export function anyTrain(dice: Dice): Entry {
  return {
    ...dice.pick([{}, {}, { clip_grad_norm: 0.5 }, { clip_grad_value: 0.1 }]),
    ...(dice.onceIn(4) ? { accumulate: dice.between(1, 3) } : {}),
    ...(dice.onceIn(4) ? { average: { kind: "ema", decay: 0.5, ...(dice.happens() ? { start_step: 2 } : {}) } } : {}),
    ...(dice.happens() ? { seed: dice.below(100) } : {}),
    ...dice.pick([{}, { steps: 20 }, { epochs: 3 }]),
  };
}
