/** Batches that count nothing, and weights of zero: `evaluate` is that of one batch in any order, and `trainStep` tells the same. */
import { describe, expect, it } from "vitest";
import type { Compilation } from "../../compiler/contracts/programs.ts";
import type { LiveModel, LossValue } from "../../runtime/contract-live.ts";
import type { Backend } from "../../runtime/contract-backend.ts";
import { Trainer } from "../../runtime/training/trainer.ts";
import { compileText } from "../support/fixture-file.ts";
import { testNumbers } from "../support/numbers.ts";
import { testedTargets } from "../support/targets.ts";
import { moduleFor } from "../support/trainee.ts";

const classes = 3;
const steps = 2;
const count = 6;

/** Class numbers per step; the third class has weight 0 or is ignored, as the loss says. */
const labels = [2, 2, 2, 2, 0, 1, 1, 2, 2, 0, 2, 2];
const targets = testNumbers(count * steps, 9);
const inputs = testNumbers(count * steps * 2, 4);
const lengths = [2, 1, 2, 2, 1, 1];

function specText(loss: string, train: string): string {
  const hasOther = loss.includes("other");
  return `specloom: 1
data: {kind: tensors, file: data.json}
inputs:
  x: {shape: [${String(steps)}, 2], lengths: true}
  y: {shape: [${String(steps)}], dtype: int32, vocabulary: ${String(classes)}}
${hasOther ? `  z: {shape: [${String(steps)}, 1]}` : ""}
layers:
  - {name: out, kind: linear, from: x, out_features: ${String(classes)}}
${hasOther ? "  - {name: other, kind: linear, from: x, out_features: 1}" : ""}
loss: ${loss}
optimizer: {kind: sgd, learning_rate: 0.5}
train: {batch_size: 2${train}}
`;
}

function rowsOf(order: readonly number[], loss: string): Record<string, Float32Array> {
  const pick = (values: ArrayLike<number>, size: number): Float32Array =>
    Float32Array.from(order.flatMap((row) => Array.from(values).slice(row * size, (row + 1) * size)));
  return {
    x: pick(inputs, steps * 2),
    "x.lengths": pick(lengths, 1),
    y: pick(labels, steps),
    ...(loss.includes("other") ? { z: pick(targets, steps) } : {}),
  };
}

const cross = "kind: cross_entropy, input: out, target: y";
const regression = "{kind: mse, input: other, target: z, weight: 0.7}";
const cases: readonly (readonly [title: string, loss: string])[] = [
  ["a class of weight 0, smoothed", `{${cross}, class_weight: [1, 0.5, 0], label_smoothing: 0.1}`],
  ["a class of weight 0", `{${cross}, class_weight: [1, 0.5, 0]}`],
  ["an ignored class", `{${cross}, ignore_index: 2}`],
  ["an ignored class, smoothed", `{${cross}, ignore_index: 2, label_smoothing: 0.1}`],
  ["a sum", `{${cross}, class_weight: [1, 0.5, 0], label_smoothing: 0.1, reduction: sum}`],
  ["several losses", `[{${cross}, class_weight: [1, 0.5, 0], label_smoothing: 0.1, weight: 2}, ${regression}]`],
  [
    "several losses, a sum among them",
    `[{${cross}, class_weight: [1, 0.5, 0], label_smoothing: 0.1}, {kind: mse, input: other, target: z, reduction: sum}]`,
  ],
];

/** By hand in float64 what one batch of these rows would have: total and count of the classes' loss, and of the other one. */
function byHand(live: LiveModel, loss: string, order: readonly number[]): { loss: number; count: number } {
  const p = live.parameters();
  const at = (name: string, index: number): number => p[name]?.[index] ?? NaN;
  const weights = loss.includes("class_weight") ? [1, 0.5, 0] : [1, 1, 1];
  const ignored = loss.includes("ignore_index") ? 2 : -1;
  const smoothing = loss.includes("label_smoothing") ? 0.1 : 0;
  let total = 0;
  let counted = 0;
  let squares = 0;
  let elements = 0;
  for (const row of order) {
    for (let step = 0; step < (lengths[row] ?? 0); step += 1) {
      const x = [0, 1].map((c) => Math.fround(inputs[(row * steps + step) * 2 + c] ?? NaN));
      const linear = (name: string, o: number): number =>
        at(`${name}.bias`, o) +
        at(`${name}.weight`, 2 * o) * (x[0] ?? NaN) +
        at(`${name}.weight`, 2 * o + 1) * (x[1] ?? NaN);
      squares += (linear("other", 0) - Math.fround(targets[row * steps + step] ?? NaN)) ** 2;
      elements += 1;
      const label = labels[row * steps + step] ?? NaN;
      if (label === ignored) continue;
      const logits = [0, 1, 2].map((o) => linear("out", o));
      const log = Math.log(logits.reduce((sum, value) => sum + Math.exp(value), 0));
      const surprise = logits.map((value, c) => (weights[c] ?? NaN) * (log - value));
      total += (1 - smoothing) * (surprise[label] ?? NaN) + (smoothing / classes) * surprise.reduce((a, b) => a + b);
      counted += weights[label] ?? NaN;
    }
  }
  if (!loss.startsWith("[") && loss.includes("sum")) return { loss: total, count: order.length };
  const first = total / (counted || 1);
  if (!loss.startsWith("[")) return { loss: first, count: counted };
  return loss.includes("sum")
    ? { loss: first + squares, count: counted }
    : { loss: 2 * first + (0.7 * squares) / elements, count: counted };
}

const whole = [0, 1, 2, 3, 4, 5];
/** Examples 0, 1 and 5 hold the third class alone: together in a batch, apart, at the end. */
const orders = [whole, [0, 5, 2, 3, 4, 1], [2, 0, 3, 1, 4, 5], [2, 3, 4, 0, 1, 5], [4, 2, 3, 5, 1, 0]];
const nothing = [0, 1];

describe.each(testedTargets())("on $title", ({ backend, plain = false }) => {
  it.each(cases)(
    "%s",
    async (_, loss) => {
      const live = await start(compileText("weights.yaml", specText(loss, "")), backend, plain);
      const expected = byHand(live, loss, whole);
      for (const order of orders) {
        const found = await live.evaluate(rowsOf(order, loss) as never);
        expect(found.loss / expected.loss, order.join()).toBeCloseTo(1, 5);
        expect(found.count, order.join()).toBeCloseTo(expected.count, 5);
      }
      const alone = await live.evaluate(rowsOf(nothing, loss) as never);
      const ofNothing = byHand(live, loss, nothing);
      expect(alone.loss).toBeCloseTo(ofNothing.loss, 5);
      expect(alone.count).toBe(ofNothing.count);
      const { loss: told, count: counted, parts } = await live.trainStep(rowsOf(nothing, loss) as never);
      expect({ loss: told, count: counted, parts }).toEqual({
        ...only(alone),
        loss: expect.closeTo(alone.loss, 6) as number,
      });
      await live.dispose();
    },
    120_000,
  );
});

describe("a training in batches that count nothing", () => {
  const [[, loss] = ["", ""]] = cases;

  it("validates as one batch of all would be", async () => {
    const live = await start(compileText("weights.yaml", specText(loss, "")), "cpu", false);
    const examples = { count, select: (indices: ArrayLike<number>) => rowsOf(Array.from(indices), loss) };
    const trainer = new Trainer({ model: live, train: examples, validation: examples, epochs: 1 });
    for await (const event of trainer.events()) {
      if (event.kind !== "epoch") continue;
      expect(event.record.validation_loss).toBeCloseTo(byHand(live, loss, whole).loss, 5);
    }
    await live.dispose();
  }, 120_000);

  it("accumulates them as a part of the whole", async () => {
    const whole = await start(
      compileText("weights.yaml", specText(loss, "").replace("batch_size: 2", "batch_size: 6")),
      "cpu",
      false,
    );
    const parts = await start(compileText("weights.yaml", specText(loss, ", accumulate: 3")), "cpu", false);
    await parts.load(await whole.save());
    await whole.trainStep(rowsOf([0, 1, 2, 3, 4, 5], loss) as never);
    for (const pair of [
      [0, 1],
      [2, 3],
      [4, 5],
    ])
      await parts.trainStep(rowsOf(pair, loss) as never);
    const found = parts.parameters();
    for (const [name, values] of Object.entries(whole.parameters())) {
      values.forEach((value, index) => {
        expect(found[name]?.[index], name).toBeCloseTo(value, 6);
      });
    }
    await Promise.all([whole.dispose(), parts.dispose()]);
  }, 120_000);
});

async function start(compilation: Compilation, backend: Backend, plain: boolean): Promise<LiveModel> {
  const handle = await moduleFor(compilation, backend);
  return handle.create({ backend, seed: 1, ...(plain ? { simd: "plain" } : {}) });
}

function only({ loss, count, parts }: LossValue): LossValue {
  return { loss, count, ...(parts === undefined ? {} : { parts }) };
}
