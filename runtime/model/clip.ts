/** The norm of all gradients in updates with `clip_grad_norm`: what a step tells of it, and what is done where its square overflows. */
import type { ModelDefinition } from "../contract.ts";
import type { ProgramRun } from "../contract-backend.ts";
import { gradientNormResult } from "../shared/names.ts";

/** The scale (`clipScale`) with which the squares of whatever gradients float32 holds add up to a number that it holds too. */
export const SMALL_SCALE = 2 ** -80;

export function clipsNorm({ training }: ModelDefinition): boolean {
  return training.clipGradNorm !== undefined;
}

/** Whether an update was refused that may be made with the small scale. */
export function squaresOverflowed({ results, refused }: ProgramRun): boolean {
  return refused !== undefined && results[gradientNormResult]?.[0] === Infinity;
}

/** In float64, which holds what float32 may not; undefined where the update clips no norm. */
export function gradientNorm({ results }: ProgramRun, scale: number): number | undefined {
  const norm = results[gradientNormResult]?.[0];
  return norm === undefined ? undefined : norm / scale;
}

/** Where clipping would take more than float32 has factors for; else none. */
export function clippingFault(definition: ModelDefinition, norm: number | undefined): readonly string[] {
  const { clipGradNorm: longest } = definition.training;
  if (norm === undefined || longest === undefined || !(norm > longest * 2 ** 126)) return [];
  return [
    `the factor of clip_grad_norm, ${String(longest)} / ${norm.toPrecision(4)}, which is less than float32 holds`,
  ];
}
