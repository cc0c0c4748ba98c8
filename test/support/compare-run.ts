/** Trains as a fixture's run did and lists every number that is not within tolerance. */
import type { FixtureRun, Tolerances } from "./fixture-file.ts";
import { flatAll } from "./fixture-file.ts";
import type { Tensors } from "./interpreted-model.ts";
import { largestDifference } from "./numbers.ts";
import type { Trainee } from "./trainee.ts";

export interface Comparison {
  readonly run: FixtureRun;
  readonly tolerance: Tolerances;
  /** The batch of each step, in order; the first one is what `loss`, `forward` and `grads` are about. */
  readonly batches: readonly Tensors[];
  /** All rows as one batch, for `loss_of_all`. */
  readonly all?: Tensors;
  /** Our names of the reference's parameters and outputs, where they differ. */
  readonly names?: Readonly<Record<string, string>>;
  /** Steps of which the reference's curve has the mean; default 1. */
  readonly reportEvery?: number;
  /** Outputs of which the reference has fewer cells than the model, because padding is left away. */
  readonly cut?: readonly string[];
  /** Of outputs with cells that the reference makes of other inputs, where nobody looks: the cells to compare. */
  readonly compared?: Readonly<Record<string, (cell: number) => boolean>>;
}

/** @returns one line per deviation; empty when everything agrees */
export async function deviationsOf(trainee: Trainee, comparison: Comparison): Promise<string[]> {
  const { run, tolerance, batches, all, names = {}, reportEvery = 1, cut = [], compared = {} } = comparison;
  const found: string[] = [];
  const first = batches[0] as Tensors;
  const own = (name: string): string =>
    names[name] ?? name.replace(/^(\w+)\./, (_, layer: string) => `${names[`${layer}.`] ?? layer}.`);

  const loss = (what: string, value: number, expected: number): void => {
    const relative = Math.abs(value - expected) / Math.max(Math.abs(expected), 1e-6);
    if (!(relative <= tolerance.loss_curve)) found.push(`${what}: ${value} instead of ${expected}, off by ${relative}`);
  };
  const tensors = (kind: "forward" | "grads" | "after_one_step" | "final" | "forward_final", given: Tensors): void => {
    const expected = flatAll(run[kind] ?? {});
    const wanted = Object.keys(expected).map(own);
    const unknown = Object.keys(given).filter((name) => !wanted.includes(name));
    if (unknown.length > 0) found.push(`${kind}: ${unknown.join(", ")} is in no reference`);
    for (const [name, values] of Object.entries(expected)) {
      const whole = given[own(name)] ?? [];
      const cells = cut.includes(own(name)) ? Array.from(whole).slice(0, values.length) : whole;
      const isCompared = compared[own(name)];
      const kept = (all: ArrayLike<number>) =>
        isCompared === undefined ? all : Array.from(all).filter((_, cell) => isCompared(cell));
      const difference = largestDifference(kept(cells), kept(values));
      const allowed = tolerance[kind][name] ?? 0;
      if (!(difference <= allowed)) found.push(`${kind} ${name}: off by ${difference}, allowed ${allowed}`);
    }
  };

  loss("loss", await trainee.evaluate(first), run.loss);
  if (all !== undefined && run.loss_of_all !== undefined)
    loss("loss of all", await trainee.evaluate(all), run.loss_of_all);
  tensors("forward", await trainee.predict(first));
  tensors("grads", await trainee.gradients(first));
  let sum = 0;
  const curve: number[] = [];
  for (const [step, batch] of batches.entries()) {
    sum += await trainee.trainStep(batch);
    if (step === 0) tensors("after_one_step", trainee.parameters());
    if ((step + 1) % reportEvery === 0) {
      curve.push(sum / reportEvery);
      sum = 0;
    }
  }
  if (curve.length !== run.loss_curve.length) found.push(`${curve.length} losses instead of ${run.loss_curve.length}`);
  run.loss_curve.forEach((expected, index) => loss(`loss curve at ${index}`, curve[index] ?? NaN, expected));
  tensors("final", trainee.parameters());
  if (run.forward_final !== undefined) tensors("forward_final", await trainee.predict(first));
  return found;
}
