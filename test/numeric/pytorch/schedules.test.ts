/** Learning rates against torch.optim.lr_scheduler, and training through a schedule. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { gpuModule } from "../../../compiler/compile.ts";
import { schedules } from "../../../compiler/schedules/index.ts";
import type { ModelDefinition, ScheduleFact } from "../../../runtime/contract.ts";
import { learningRateAt } from "../../../runtime/training/learning-rate.ts";
import { initialPlateau, plateauAfter } from "../../../runtime/training/plateau.ts";
import { describePytorch } from "../../support/describe-pytorch.ts";
import { compileText } from "../../support/fixture-file.ts";
import { loadModule } from "../../support/load-module.ts";
import { scheduleFact } from "../../support/schedule-facts.ts";

interface Curve {
  readonly schedule: Readonly<Record<string, unknown>>;
  readonly learning_rate: number;
  /** Of every update. */
  readonly rates: readonly number[];
  /** Updates of an epoch; absent where the schedule goes by updates. */
  readonly updates?: number;
  /** Validation losses of the epochs. */
  readonly losses?: readonly number[];
}

const file = new URL("../../fixtures/pytorch/schedules/curves.json", import.meta.url);
const { curves } = JSON.parse(readFileSync(file, "utf8")) as { readonly curves: readonly Curve[] };

/** A series has validation data, which a plateau wants. */
const spec = ({ schedule, learning_rate: learningRate }: Curve): string => `
specloom: 1
name: curve
data: {kind: series, file: data.csv, columns: [value], window: 4}
layers: [{name: answer, kind: linear, out_features: 1}]
loss: {kind: mse, input: answer, target: next}
optimizer: {kind: sgd, learning_rate: ${String(learningRate)}}
schedule: ${JSON.stringify(schedule)}
`;

function ratesOf(schedule: ScheduleFact, { learning_rate: learningRate, rates, updates = 1, losses = [] }: Curve) {
  const definition = { optimizer: { learningRate }, schedule } as unknown as ModelDefinition;
  let state = initialPlateau(learningRate);
  return rates.map((_, index) => {
    const epoch = Math.floor(index / updates) + 1;
    const rate = learningRateAt(definition, { step: index + 1, epoch }, state.learningRate);
    const loss = losses[epoch - 1];
    const endsEpoch = (index + 1) % updates === 0;
    if (schedule.plateau && endsEpoch && loss !== undefined) state = plateauAfter(schedule.plateau, state, loss);
    return rate;
  });
}

/** Largest deviation, in parts of the largest rate of the curve. */
function deviation(found: readonly number[], curve: Curve): number {
  const largest = Math.max(...curve.rates);
  return Math.max(...found.map((rate, index) => Math.abs(rate - (curve.rates[index] ?? NaN)) / largest));
}

describe("learning rates", () => {
  it("has at least two curves of every kind", () => {
    const counted = schedules.map(({ kind }) => curves.filter(({ schedule }) => schedule["kind"] === kind).length);
    expect(Math.min(...counted)).toBeGreaterThanOrEqual(2);
  });

  it.each(curves.map((curve): [string, Curve] => [JSON.stringify(curve.schedule), curve]))("%s", (_, curve) => {
    const compilation = compileText("curve.yaml", spec(curve));
    const computed = scheduleFact(compilation.model);
    const { schedule } = loadModule(gpuModule(compilation)).definition;
    if (computed === undefined || schedule === undefined) throw new Error("the schedule is lost");
    expect(deviation(ratesOf(computed, curve), curve)).toBeLessThan(1e-12);
    expect(deviation(ratesOf(schedule, curve), curve)).toBeLessThan(1e-12);
    expect(schedule).toEqual({ ...computed, rate: schedule.rate });
  });
});

describePytorch("schedules", 4);
