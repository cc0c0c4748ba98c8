import { describe, expect, it } from "vitest";
import { optimizers } from "../../compiler/optimizers/index.ts";
import { withDefaults } from "../../compiler/keys/define.ts";
import { largestDifference } from "../support/numbers.ts";
import { linearInFloat64, optimizerConfigs, plainSgd, workedParameters } from "../support/optimizer-cases.ts";

/** One number's state and its update, as torch.optim documents it. */
interface Cell {
  readonly parameter: number;
  readonly [slot: string]: number;
}
interface Settings {
  readonly lr: number;
  readonly betas: readonly [number, number];
  readonly eps: number;
  readonly weight_decay: number;
  readonly momentum: number;
  readonly dampening: number;
  readonly nesterov: boolean;
  readonly momentum_decay: number;
  readonly alpha: number;
  readonly centered: boolean;
  readonly lr_decay: number;
  readonly initial_accumulator_value: number;
  readonly rho: number;
}
type Update = (cell: Cell, gradient: number, step: number, settings: Settings) => Cell;

const adam: Update = (cell, gradient, step, { lr, betas: [first, second], eps }) => {
  const mean = first * (cell["exp_avg"] ?? 0) + (1 - first) * gradient;
  const square = second * (cell["exp_avg_sq"] ?? 0) + (1 - second) * gradient * gradient;
  const change = mean / (1 - first ** step) / (Math.sqrt(square / (1 - second ** step)) + eps);
  return { parameter: cell.parameter - lr * change, exp_avg: mean, exp_avg_sq: square };
};

const decayed = (cell: Cell, gradient: number, { weight_decay }: Settings): number =>
  gradient + weight_decay * cell.parameter;

const updates: Readonly<Record<string, Update>> = {
  sgd: (cell, gradient, step, settings) => {
    const { lr, momentum, dampening, nesterov } = settings;
    const g = decayed(cell, gradient, settings);
    if (momentum === 0) return { parameter: cell.parameter - lr * g };
    const buffer = step === 1 ? g : momentum * (cell["momentum_buffer"] as number) + (1 - dampening) * g;
    const direction = nesterov ? g + momentum * buffer : buffer;
    return { parameter: cell.parameter - lr * direction, momentum_buffer: buffer };
  },
  adam: (cell, gradient, step, settings) => adam(cell, decayed(cell, gradient, settings), step, settings),
  adamw: (cell, gradient, step, settings) =>
    adam({ ...cell, parameter: cell.parameter * (1 - settings.lr * settings.weight_decay) }, gradient, step, settings),
  amsgrad: (cell, gradient, step, settings) => {
    const { lr, betas, eps } = settings;
    const moved = adam(cell, decayed(cell, gradient, settings), step, settings);
    const largest = Math.max(cell["max_exp_avg_sq"] ?? 0, moved["exp_avg_sq"] as number);
    const root = Math.sqrt(largest / (1 - betas[1] ** step)) + eps;
    const change = (moved["exp_avg"] as number) / (1 - betas[0] ** step) / root;
    return { ...moved, parameter: cell.parameter - lr * change, max_exp_avg_sq: largest };
  },
  nadam: (cell, gradient, step, settings) => {
    const { lr, betas, eps, momentum_decay } = settings;
    const momentum = (t: number): number => betas[0] * (1 - 0.5 * 0.96 ** (t * momentum_decay));
    const g = decayed(cell, gradient, settings);
    const mean = betas[0] * (cell["exp_avg"] ?? 0) + (1 - betas[0]) * g;
    const square = betas[1] * (cell["exp_avg_sq"] ?? 0) + (1 - betas[1]) * g * g;
    const product = (cell["product"] ?? 1) * momentum(step);
    const change =
      ((1 - momentum(step)) / (1 - product)) * g + (momentum(step + 1) / (1 - product * momentum(step + 1))) * mean;
    const root = Math.sqrt(square / (1 - betas[1] ** step)) + eps;
    return { parameter: cell.parameter - (lr * change) / root, exp_avg: mean, exp_avg_sq: square, product };
  },
  adamax: (cell, gradient, step, settings) => {
    const { lr, betas, eps } = settings;
    const g = decayed(cell, gradient, settings);
    const mean = betas[0] * (cell["exp_avg"] ?? 0) + (1 - betas[0]) * g;
    const largest = Math.max(betas[1] * (cell["exp_inf"] ?? 0), Math.abs(g) + eps);
    return {
      parameter: cell.parameter - ((lr / (1 - betas[0] ** step)) * mean) / largest,
      exp_avg: mean,
      exp_inf: largest,
    };
  },
  rmsprop: (cell, gradient, _step, settings) => {
    const { lr, alpha, centered, momentum, eps } = settings;
    const g = decayed(cell, gradient, settings);
    const square = alpha * (cell["square_avg"] ?? 0) + (1 - alpha) * g * g;
    const mean = alpha * (cell["grad_avg"] ?? 0) + (1 - alpha) * g;
    const change = g / (Math.sqrt(centered ? square - mean * mean : square) + eps);
    const buffer = momentum * (cell["momentum_buffer"] ?? 0) + change;
    return { parameter: cell.parameter - lr * buffer, square_avg: square, grad_avg: mean, momentum_buffer: buffer };
  },
  adagrad: (cell, gradient, step, settings) => {
    const { lr, lr_decay, eps, initial_accumulator_value } = settings;
    const g = decayed(cell, gradient, settings);
    const sum = (cell["sum"] ?? initial_accumulator_value) + g * g;
    const change = ((lr / (1 + (step - 1) * lr_decay)) * g) / (Math.sqrt(sum) + eps);
    return { parameter: cell.parameter - change, sum };
  },
  adadelta: (cell, gradient, _step, settings) => {
    const { lr, rho, eps } = settings;
    const g = decayed(cell, gradient, settings);
    const square = rho * (cell["square_avg"] ?? 0) + (1 - rho) * g * g;
    const delta = (Math.sqrt((cell["acc_delta"] ?? 0) + eps) / Math.sqrt(square + eps)) * g;
    const steps = rho * (cell["acc_delta"] ?? 0) + (1 - rho) * delta * delta;
    return { parameter: cell.parameter - lr * delta, square_avg: square, acc_delta: steps };
  },
};

for (const definition of optimizers) {
  describe(definition.kind, () => {
    const list = optimizerConfigs[definition.kind] ?? [];
    it("has numbers or a formula to compare with", () => {
      const { kind, worked } = definition;
      const missing = `optimizer ${kind}: give its record \`worked\` numbers, or a formula to updates in test/numeric/optimizers.test.ts`;
      expect(worked !== undefined || kind in updates, missing).toBe(true);
      expect(list.length).toBeGreaterThan(0);
      if (worked === undefined) return;
      expect(largestDifference(workedParameters(definition, worked), worked.parameters)).toBeLessThan(1e-6);
    });
    for (const given of definition.kind in updates ? list : []) {
      it(`${JSON.stringify(given)}: parameters and every slot over five steps`, () => {
        const learningRate = 0.05;
        const config = { ...withDefaults(definition.keys, given), learning_rate: learningRate };
        const settings = { ...config, lr: learningRate } as unknown as Settings;
        const { live, inputs } = linearInFloat64({ optimizer: { kind: definition.kind, config } });
        const cells = Object.fromEntries(
          Object.entries(live.parameters).map(([name, data]) => [
            name,
            Array.from(data, (parameter): Cell => ({ parameter })),
          ]),
        );
        for (let step = 1; step <= 5; step++) {
          const gradients = live.gradients(inputs(step));
          for (const [name, old] of Object.entries(cells)) {
            cells[name] = old.map((cell, index) => {
              const update = updates[definition.kind] as Update;
              return update(cell, gradients[name]?.[index] as number, step, settings);
            });
          }
          live.trainStep(inputs(step));
          for (const [name, expected] of Object.entries(cells)) {
            const parameters = expected.map(({ parameter }) => parameter);
            expect(largestDifference(live.parameters[name] ?? [], parameters), name).toBeLessThan(1e-13);
            for (const slot of definition.slots(config)) {
              const values = expected.map((cell) => cell[slot] as number);
              expect(largestDifference(live.slots[`${name}#${slot}`] ?? [], values), slot).toBeLessThan(1e-13);
            }
          }
          const slots = Object.keys(cells).flatMap((name) => definition.slots(config).map((slot) => `${name}#${slot}`));
          expect(Object.keys(live.slots).sort()).toEqual(slots.sort());
        }
      });
    }
  });
}

describe("clipping", () => {
  const step = (clipping: { readonly norm: number | undefined; readonly value: number | undefined }) => {
    const { live, inputs } = linearInFloat64({ optimizer: plainSgd, clipping });
    const before = { ...live.parameters };
    const gradients = live.gradients(inputs(1));
    live.trainStep(inputs(1));
    // With a rate of 1 the change is the clipped gradient.
    const clipped = Object.fromEntries(
      Object.entries(before).map(([name, data]) => [
        name,
        Array.from(data, (value, index) => value - (live.parameters[name]?.[index] as number)),
      ]),
    );
    return { gradients, clipped };
  };
  const norm = (tensors: Readonly<Record<string, ArrayLike<number>>>): number =>
    Math.hypot(...Object.values(tensors).flatMap((data) => Array.from(data)));

  it("by norm scales all gradients by one factor, max_norm / (norm + 1e-6)", () => {
    const { gradients, clipped } = step({ norm: 0.25, value: undefined });
    const factor = 0.25 / (norm(gradients) + 1e-6);
    expect(factor).toBeLessThan(1);
    for (const [name, gradient] of Object.entries(gradients)) {
      expect(
        largestDifference(
          clipped[name] ?? [],
          gradient.map((value) => value * factor),
        ),
      ).toBeLessThan(1e-13);
    }
  });

  it("by norm leaves short gradients as they are", () => {
    const { gradients, clipped } = step({ norm: 1e6, value: undefined });
    for (const [name, gradient] of Object.entries(gradients)) {
      expect(largestDifference(clipped[name] ?? [], gradient)).toBeLessThan(1e-13);
    }
  });

  it("by value limits every component", () => {
    const { gradients, clipped } = step({ norm: undefined, value: 0.05 });
    for (const [name, gradient] of Object.entries(gradients)) {
      const limited = gradient.map((value) => Math.min(0.05, Math.max(-0.05, value)));
      expect(limited.some((value) => Math.abs(value) === 0.05)).toBe(true);
      expect(largestDifference(clipped[name] ?? [], limited)).toBeLessThan(1e-13);
    }
  });
});
