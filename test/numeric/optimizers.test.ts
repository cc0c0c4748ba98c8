import { describe, expect, it } from "vitest";
import { optimizers } from "../../compiler/optimizers/index.ts";
import { withDefaults } from "../../compiler/schema/keys.ts";
import { largestDifference } from "../support/numbers.ts";
import { linearInFloat64, optimizerConfigs, plainSgd } from "../support/optimizer-cases.ts";

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
}
type Update = (cell: Cell, gradient: number, step: number, settings: Settings) => Cell;

const adam: Update = (cell, gradient, step, { lr, betas: [first, second], eps }) => {
  const mean = first * (cell["exp_avg"] ?? 0) + (1 - first) * gradient;
  const square = second * (cell["exp_avg_sq"] ?? 0) + (1 - second) * gradient * gradient;
  const change = mean / (1 - first ** step) / (Math.sqrt(square / (1 - second ** step)) + eps);
  return { parameter: cell.parameter - lr * change, exp_avg: mean, exp_avg_sq: square };
};

const updates: Readonly<Record<string, Update>> = {
  sgd: (cell, gradient, step, { lr, momentum, dampening, nesterov, weight_decay }) => {
    const decayed = gradient + weight_decay * cell.parameter;
    if (momentum === 0) return { parameter: cell.parameter - lr * decayed };
    const buffer = step === 1 ? decayed : momentum * (cell["momentum_buffer"] as number) + (1 - dampening) * decayed;
    const direction = nesterov ? decayed + momentum * buffer : buffer;
    return { parameter: cell.parameter - lr * direction, momentum_buffer: buffer };
  },
  adam: (cell, gradient, step, settings) =>
    adam(cell, gradient + settings.weight_decay * cell.parameter, step, settings),
  adamw: (cell, gradient, step, settings) =>
    adam({ ...cell, parameter: cell.parameter * (1 - settings.lr * settings.weight_decay) }, gradient, step, settings),
};

for (const definition of optimizers) {
  describe(definition.kind, () => {
    const list = optimizerConfigs[definition.kind] ?? [];
    it("has a formula and settings to compare with", () => {
      expect(updates[definition.kind]).toBeDefined();
      expect(list.length).toBeGreaterThan(0);
    });
    for (const given of list) {
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
