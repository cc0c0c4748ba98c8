/** How losses of batches combine, and what the resolved spec says about the loss. */
import type { ModelFacts } from "../contract.ts";
import type { LossPartValue, LossValue } from "../contract-live.ts";
import { lossCount, lossPart, lossPartCount, lossResult } from "../shared/names.ts";

/** `sum` only where every loss of the spec is a sum: then the losses of batches add up. */
export function lossReduction(definition: ModelFacts): "mean" | "sum" {
  const losses = lossSpecs(definition);
  return losses.length > 0 && losses.every((loss) => loss["reduction"] === "sum") ? "sum" : "mean";
}

/** The loss of one batch; what it counts are the examples where the program does not tell. */
export function lossOf(
  definition: ModelFacts,
  results: Readonly<Record<string, Float32Array>>,
  examples: number,
): LossValue {
  const value = { loss: results[lossResult]?.[0] ?? NaN, count: results[lossCount]?.[0] ?? examples };
  if (!Array.isArray(definition.spec["loss"])) return value;
  const parts = lossParts(definition, results);
  return parts.length > 0 ? { ...value, parts } : value;
}

/** The losses of one batch by themselves, where the spec has several; else none. */
export function lossParts(
  definition: ModelFacts,
  results: Readonly<Record<string, Float32Array>>,
): readonly LossPartValue[] {
  return lossSpecs(definition).flatMap((spec, index) => {
    const loss = results[lossPart(index)]?.[0];
    const count = results[lossPartCount(index)]?.[0];
    if (loss === undefined || count === undefined) return [];
    return [{ loss, count, reduction: spec["reduction"] === "sum" ? "sum" : "mean" }];
  });
}

/** The class that a target may hold beyond its vocabulary, because every loss of it skips that class (`ignore_index`). */
export function ignoredClass(definition: ModelFacts, target: string): number | undefined {
  const skipped = lossSpecs(definition)
    .filter((loss) => loss["target"] === target)
    .map((loss) => loss["ignore_index"]);
  const [first] = skipped;
  return typeof first === "number" && skipped.every((other) => other === first) ? first : undefined;
}

interface Compared {
  readonly input: string;
  readonly target: string;
}

/** The levels of what a loss reads, where that is quantiles. */
export function quantileLevels(definition: ModelFacts, { input, target }: Compared): readonly number[] | undefined {
  const loss = lossSpecs(definition).find((spec) => spec["input"] === input && spec["target"] === target);
  const levels = loss?.["kind"] === "quantile" ? loss["levels"] : undefined;
  return Array.isArray(levels) ? levels.map(Number) : undefined;
}

/** One level of quantiles. @param output [..., targets * levels], the levels of a target side by side */
export function levelOf(output: Float32Array, levels: readonly number[], level: number): Float32Array {
  return output.filter((_, position) => position % levels.length === level);
}

/** The one number per target of what a loss reads: of quantiles the median, and undefined where no level is that. */
export function pointPrediction(
  definition: ModelFacts,
  compared: Compared,
  output: Float32Array,
): Float32Array | undefined {
  return pointOf(output, quantileLevels(definition, compared));
}

/** @param levels undefined where the output is no quantiles */
export function pointOf(output: Float32Array, levels: readonly number[] | undefined): Float32Array | undefined {
  if (levels === undefined) return output;
  const median = levels.indexOf(0.5);
  return median < 0 ? undefined : levelOf(output, levels, median);
}

/** By how much a loss smooths its labels, the most of all losses; 0 where none does. */
export function labelSmoothing(definition: ModelFacts): number {
  const shares = lossSpecs(definition).map((loss) => loss["label_smoothing"]);
  return Math.max(0, ...shares.filter((share): share is number => typeof share === "number"));
}

function lossSpecs(definition: ModelFacts): readonly Readonly<Record<string, unknown>>[] {
  const loss = definition.spec["loss"];
  const list: readonly unknown[] = Array.isArray(loss) ? loss : [loss];
  return list.filter((item): item is Record<string, unknown> => typeof item === "object" && item !== null);
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
