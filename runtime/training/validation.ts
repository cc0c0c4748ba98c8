/** The validation after an epoch: the loss of the examples that are held back, and the score that is watched. */
import type { LiveModel } from "../contract-live.ts";
import { LossTotal, lossReduction } from "../model/loss.ts";
import type { TrainingExamples, TrainingPlan } from "./options.ts";

export interface Validation {
  /** Null where nothing counts: every label is one that the loss skips. */
  readonly loss: number | null;
  /** Null where no score is watched, and where it is not defined. */
  readonly score: number | null;
}

export interface ValidationOptions {
  readonly metric: TrainingPlan["metric"];
  readonly batchSize: number;
  readonly isInterrupted: () => boolean;
  /** @param done examples so far */
  readonly afterBatch: (done: number) => Promise<void>;
}

/** @returns undefined when interrupted */
export async function validate(
  model: LiveModel,
  examples: TrainingExamples,
  { metric, batchSize, isInterrupted, afterBatch }: ValidationOptions,
): Promise<Validation | undefined> {
  const total = new LossTotal(lossReduction(model.definition));
  const outputs = new Map<string, Float32Array[]>();
  for (let start = 0; start < examples.count; start += batchSize) {
    if (isInterrupted()) return undefined;
    const end = Math.min(start + batchSize, examples.count);
    const batch = await model.evaluate(examples.select(consecutive(start, end)));
    total.add(batch);
    if (typeof metric === "object") {
      for (const [name, values] of Object.entries<Float32Array>(batch.outputs)) {
        const parts = outputs.get(name) ?? [];
        parts.push(values);
        outputs.set(name, parts);
      }
    }
    await afterBatch(end);
  }
  const loss = total.count === 0 ? null : total.mean;
  if (typeof metric !== "object") return { loss, score: null };
  const score = metric.score(Object.fromEntries([...outputs].map(([name, parts]) => [name, joined(parts)])));
  return { loss, score: score !== null && Number.isFinite(score) ? score : null };
}

/** The numbers from `start` up to `end`. */
export function consecutive(start: number, end: number): Uint32Array {
  return Uint32Array.from({ length: end - start }, (_, index) => start + index);
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((count, part) => count + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
