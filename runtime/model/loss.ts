/** How losses of batches combine, and how the outputs that they read are taken apart. */
import type { LossFact, ModelFacts } from "../contract.ts";
import type { LossPartValue, LossValue } from "../contract-live.ts";
import { lossCount, lossPart, lossPartCount, lossResult } from "../shared/names.ts";

type HasLosses = Pick<ModelFacts, "losses">;

/** `sum` only where every loss of the spec is a sum: then the losses of batches add up. */
export function lossReduction({ losses }: HasLosses): "mean" | "sum" {
  return losses.length > 0 && losses.every(({ reduction }) => reduction === "sum") ? "sum" : "mean";
}

/** The loss of one batch; what it counts are the examples where the program does not tell. */
export function lossOf(
  definition: HasLosses,
  results: Readonly<Record<string, Float32Array>>,
  examples: number,
): LossValue {
  const value = { loss: results[lossResult]?.[0] ?? NaN, count: results[lossCount]?.[0] ?? examples };
  if (definition.losses.length === 1) return value;
  const parts = lossParts(definition, results);
  return parts.length > 0 ? { ...value, parts } : value;
}

/** The losses of one batch by themselves, where there are several; else none. */
function lossParts({ losses }: HasLosses, results: Readonly<Record<string, Float32Array>>): readonly LossPartValue[] {
  return losses.flatMap(({ reduction }, index) => {
    const loss = results[lossPart(index)]?.[0];
    const count = results[lossPartCount(index)]?.[0];
    return loss === undefined || count === undefined ? [] : [{ loss, count, reduction }];
  });
}

/** The class that a target may hold beyond its vocabulary, because every loss of it skips that class (`ignore_index`). */
export function ignoredClass({ losses }: HasLosses, target: string): number | undefined {
  const [first, ...others] = losses.filter((loss) => loss.target === target);
  return others.every(({ ignored }) => ignored === first?.ignored) ? first?.ignored : undefined;
}

/** One level of quantiles. @param output [..., targets * levels], the levels of a target side by side */
export function levelOf(output: Float32Array, levels: readonly number[], level: number): Float32Array {
  return output.filter((_, position) => position % levels.length === level);
}

/** What a loss reads as numbers like its target's: probabilities of logits; quantiles as they are. */
export function comparable({ link }: LossFact, output: Float32Array): Float32Array {
  switch (link?.kind) {
    case undefined:
      return output;
    case "sigmoid":
      return output.map((logit) => 1 / (1 + Math.exp(-logit)));
    case "exp":
      return output.map(Math.exp);
    case "softmax":
      return softmaxOfRows(output, link.size);
    default:
      return link satisfies never;
  }
}

function softmaxOfRows(output: Float32Array, size: number): Float32Array {
  const result = new Float32Array(output.length);
  for (let start = 0; start < output.length; start += size) {
    const row = Float64Array.from(output.subarray(start, start + size));
    const largest = row.reduce((most, score) => Math.max(most, score), Number.NEGATIVE_INFINITY);
    const total = row.reduce((sum, score) => sum + Math.exp(score - largest), 0);
    result.set(
      row.map((score) => Math.exp(score - largest) / total),
      start,
    );
  }
  return result;
}

/** The one number per target of what a loss reads: of quantiles the median, and undefined where no level is that. */
export function pointPrediction(loss: LossFact, output: Float32Array): Float32Array | undefined {
  const { quantiles } = loss;
  if (quantiles === undefined) return comparable(loss, output);
  const { levels, median } = quantiles;
  return median === undefined ? undefined : levelOf(output, levels, median);
}

/** Whether a loss reads one number per target: quantiles without the median are none that is the forecast. */
export function hasForecast({ quantiles }: LossFact): boolean {
  return quantiles === undefined || quantiles.median !== undefined;
}

/** By how much a loss smooths its labels, the most of all losses; 0 where none does. */
export function labelSmoothing({ losses }: HasLosses): number {
  return Math.max(0, ...losses.map(({ labelSmoothing: share = 0 }) => share));
}

/**
 * Adds up losses of batches of different sizes. A mean loss weighs by its count: a mean of the batches' means would give
 * the examples of a smaller last batch too much weight. Several losses keep totals of their own where they are told.
 */
export class LossTotal {
  readonly #reduction: "mean" | "sum";
  #sum: number;
  #count: number;
  #parts: readonly LossPartValue[] = [];

  constructor(
    reduction: "mean" | "sum",
    start: { readonly sum: number; readonly count: number; readonly parts?: readonly LossPartValue[] | undefined } = {
      sum: 0,
      count: 0,
    },
  ) {
    this.#reduction = reduction;
    this.#sum = start.sum;
    this.#count = start.count;
    this.#parts = start.parts ?? [];
  }

  add({ loss, count, parts = [] }: LossValue): void {
    this.#parts = parts.map((part, index) => joined(this.#parts[index], part));
    if (isNothing({ loss, count })) return;
    this.#sum += this.#reduction === "sum" ? loss : loss * divisorOf(count);
    this.#count += count;
  }

  get sum(): number {
    return this.#sum;
  }

  get count(): number {
    return this.#count;
  }

  /** Mean over everything that counted; for a loss that is a sum, its mean over the examples. */
  get mean(): number {
    if (this.#reduction === "sum" || this.#parts.length === 0) return this.#sum / divisorOf(this.#count);
    return this.#parts.reduce((total, { loss }) => total + loss, 0);
  }

  /** Of several losses, each over everything added. */
  get parts(): readonly LossPartValue[] {
    return this.#parts;
  }
}

/**
 * What a mean is divided by, in the programs too: 1 where nothing counts. Its total is 0 then, except for what label smoothing makes of
 * targets whose class has weight 0: that belongs to the total of all batches.
 */
function divisorOf(count: number): number {
  return count === 0 ? 1 : count;
}

/** Neither counts nor has a total; a mean over nothing may be NaN too. */
function isNothing({ loss, count }: { readonly loss: number; readonly count: number }): boolean {
  return count === 0 && !(Math.abs(loss) > 0);
}

/** Two batches' values of one loss as if they were one batch. */
function joined(before: LossPartValue | undefined, part: LossPartValue): LossPartValue {
  if (before === undefined || isNothing(before)) return part;
  if (isNothing(part)) return before;
  const count = before.count + part.count;
  const total = ({ loss, count }: LossPartValue): number => loss * divisorOf(count);
  const loss = part.reduction === "sum" ? before.loss + part.loss : (total(before) + total(part)) / divisorOf(count);
  return { loss, count, reduction: part.reduction };
}
