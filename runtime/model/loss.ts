/** How losses of batches combine, and what the resolved spec says about the loss. */
import type { LossPartValue, LossValue, ModelDefinition } from "../contract.ts";

/** `sum` only where every loss of the spec is a sum: then the losses of batches add up. */
export function lossReduction(definition: ModelDefinition): "mean" | "sum" {
  const losses = lossSpecs(definition);
  return losses.length > 0 && losses.every((loss) => loss["reduction"] === "sum") ? "sum" : "mean";
}

/** The losses of one batch by themselves, where the spec has several; else none. */
export function lossParts(
  definition: ModelDefinition,
  results: Readonly<Record<string, Float32Array>>,
): readonly LossPartValue[] {
  return lossSpecs(definition).flatMap((spec, index) => {
    const loss = results[`loss.${String(index)}`]?.[0];
    const count = results[`loss.${String(index)}.count`]?.[0];
    if (loss === undefined || count === undefined) return [];
    return [{ loss, count, reduction: spec["reduction"] === "sum" ? "sum" : "mean" }];
  });
}

/** The class that a target may hold beyond its vocabulary, because its loss skips it (`ignore_index`). */
export function ignoredClass(definition: ModelDefinition, target: string): number | undefined {
  for (const loss of lossSpecs(definition)) {
    const ignored = loss["ignore_index"];
    if (loss["target"] === target && typeof ignored === "number") return ignored;
  }
  return undefined;
}

function lossSpecs(definition: ModelDefinition): readonly Readonly<Record<string, unknown>>[] {
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
    start: { readonly sum: number; readonly count: number } = { sum: 0, count: 0 },
  ) {
    this.#reduction = reduction;
    this.#sum = start.sum;
    this.#count = start.count;
  }

  add({ loss, count, parts = [] }: LossValue): void {
    this.#parts = parts.map((part, index) => joined(this.#parts[index], part));
    // A batch in which nothing counts (all labels ignored) has the mean 0/0.
    if (count === 0) return;
    this.#sum += this.#reduction === "sum" ? loss : loss * count;
    this.#count += count;
  }

  get sum(): number {
    return this.#sum;
  }

  get count(): number {
    return this.#count;
  }

  /** Mean over everything that counted; for a loss that is a sum, its mean over the examples. NaN when nothing counted. */
  get mean(): number {
    if (this.#reduction === "sum" || this.#parts.length === 0) return this.#sum / this.#count;
    return this.#parts.reduce((total, { loss }) => total + loss, 0);
  }

  /** Of several losses, each over everything added. */
  get parts(): readonly LossPartValue[] {
    return this.#parts;
  }
}

/** Two batches' values of one loss as if they were one batch. */
function joined(before: LossPartValue | undefined, part: LossPartValue): LossPartValue {
  if (before === undefined || before.count === 0) return part;
  if (part.count === 0) return before;
  const count = before.count + part.count;
  const loss =
    part.reduction === "sum" ? before.loss + part.loss : (before.loss * before.count + part.loss * part.count) / count;
  return { loss, count, reduction: part.reduction };
}
