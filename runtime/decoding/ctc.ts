/** Labels from the outputs of a model trained with connectionist temporal classification. */
import { Problem } from "../problem.ts";
import { checkOneOf, checkOptions, checkWhole, invalidOption } from "../arguments.ts";
import { describe, exampleText, isList, shapeText } from "../tensor.ts";
import { checkBlank, checkRows } from "./check-rows.ts";
import type { CtcHypothesis } from "./ctc-hypothesis.ts";
import { ctcPrefixBeam } from "./ctc-prefix-beam.ts";
import { logSoftmaxRow } from "./log-softmax.ts";

export interface CtcDecodeOptions {
  /** `greedy`: the best path, fast. `beam`: the best labelling, whose probability is that of all its paths. */
  readonly kind: "greedy" | "beam";
  /** The class that stands for no label; default 0, as in the loss. */
  readonly blank?: number;
  /** Labellings kept at each step; default 5. */
  readonly beamSize?: number;
  /** Hypotheses per example, best first; default 1. */
  readonly nBest?: number;
}

/**
 * Reads every example by itself: what else is in the batch, and what lies beyond an example's length, has no influence.
 *
 * @param logits row-major; log probabilities do as well, since a log softmax leaves them as they are
 * @param shape [B, T, V]
 * @param lengths steps that count, one per example; default T
 * @returns per example 1 to `nBest` hypotheses; fewer where the beam holds fewer
 * @throws Problem `invalid-option` for options that cannot be, `wrong-inputs` for numbers that do not fit the shape
 */
export function decodeCtc(
  logits: Float32Array,
  shape: readonly [number, number, number],
  lengths: ArrayLike<number> | undefined,
  options: CtcDecodeOptions,
): readonly (readonly CtcHypothesis[])[] {
  checkShape(shape);
  const [batch, steps, classes] = shape;
  checkOptions("decodeCtc", options, ["kind", "blank", "beamSize", "nBest"] satisfies (keyof CtcDecodeOptions)[]);
  const { kind, blank = 0, beamSize = 5, nBest = 1 } = options;
  checkSearch(kind, classes, blank, beamSize, nBest);
  if (!isFloat32(logits)) throw wrong(`logits must be a Float32Array, not ${describe(logits)}.`);
  if (logits.length !== batch * steps * classes) {
    throw wrong(`logits ${shapeText(shape)} were expected, but ${String(logits.length)} numbers were given.`);
  }
  if (lengths !== undefined && !isList(lengths)) throw wrong(`lengths must be a list, not ${describe(lengths)}.`);
  if (lengths !== undefined && lengths.length !== batch) {
    throw wrong(`${String(batch)} lengths were expected, but ${String(lengths.length)} were given.`);
  }
  return Array.from({ length: batch }, (_, example) => {
    const length = lengths?.[example] ?? steps;
    if (!Number.isInteger(length) || length < 0 || length > steps) {
      throw wrong(`the length of ${exampleText(example)} is ${String(length)}; 0 to ${String(steps)} is expected.`);
    }
    const start = example * steps * classes;
    const rows = logSoftmax(logits.subarray(start, start + length * classes), classes, example);
    return kind === "greedy"
      ? [ctcGreedy(rows, classes, length, blank)]
      : ctcPrefixBeam(rows, classes, length, blank, beamSize).slice(0, nBest);
  });
}

/**
 * The best path: the likeliest class of each step (of equal ones the smallest), repeats joined, blanks dropped. Its score
 * is that one path's log probability.
 *
 * @param logProbabilities [T, V] row-major
 * @param classes V
 * @param steps how many of the T steps count
 * @param blank the class that stands for no label
 */
export function ctcGreedy(
  logProbabilities: ArrayLike<number>,
  classes: number,
  steps: number,
  blank: number,
): CtcHypothesis {
  checkRows(logProbabilities, classes, steps, blank);
  const at = (step: number, label: number): number => logProbabilities[step * classes + label] ?? Number.NaN;
  const tokens: number[] = [];
  let score = 0;
  let before = blank;
  for (let step = 0; step < steps; step += 1) {
    let best = 0;
    for (let label = 1; label < classes; label += 1) if (at(step, label) > at(step, best)) best = label;
    score += at(step, best);
    if (best !== blank && best !== before) tokens.push(best);
    before = best;
  }
  return { tokens, score };
}

/** In float64, over each row of V. */
function logSoftmax(logits: Float32Array, classes: number, example: number): Float64Array {
  const result = new Float64Array(logits.length);
  for (let start = 0; start < logits.length; start += classes) {
    const row = logits.subarray(start, start + classes);
    if (!Number.isFinite(row.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY))) {
      throw wrong(
        `step ${String(start / classes + 1)} of ${exampleText(example)} has no likeliest class: ${row.join(", ")}.`,
      );
    }
    result.set(logSoftmaxRow(row), start);
  }
  return result;
}

function checkShape(shape: unknown): void {
  const isWhole = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
  if (isList(shape) && shape.length === 3 && Array.from<unknown>(shape).every(isWhole)) return;
  throw wrong(`the shape must be [examples, steps, classes], not ${describe(shape)}.`);
}

function checkSearch(kind: string, classes: number, blank: number, beamSize: number, nBest: number): void {
  checkOneOf("kind", kind, ["greedy", "beam"]);
  checkBlank(blank, classes);
  checkWhole("beamSize", beamSize, 1);
  const most = kind === "greedy" ? 1 : beamSize;
  if (Number.isSafeInteger(nBest) && nBest >= 1 && nBest <= most) return;
  const limit = kind === "greedy" ? "1, since greedy decoding finds one path" : `1 to beamSize, ${String(beamSize)}`;
  throw invalidOption(`nBest must be ${limit}, not ${String(nBest)}.`);
}

/** Also one of another frame. */
function isFloat32(value: unknown): boolean {
  return Object.prototype.toString.call(value) === "[object Float32Array]";
}

function wrong(message: string): Problem {
  return new Problem({ code: "wrong-inputs", message });
}
