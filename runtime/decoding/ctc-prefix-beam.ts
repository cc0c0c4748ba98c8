/** Prefix beam search over the paths of connectionist temporal classification. */
import { checkWhole } from "../arguments.ts";
import { checkRows } from "./check-rows.ts";
import type { CtcHypothesis } from "./ctc-hypothesis.ts";

/** A labelling so far. Paths that read as it end in a blank or in its last label: their probabilities are summed apart. */
interface Prefix {
  readonly parent: Prefix | undefined;
  /** Its last label; -1 of the empty prefix. */
  readonly label: number;
  readonly length: number;
  readonly children: Map<number, Prefix>;
  blankScore: number;
  labelScore: number;
  /** Of both. */
  score: number;
  nextBlankScore: number;
  nextLabelScore: number;
  /** The step it was last reached at. */
  reached: number;
}

/**
 * The most probable labellings, best first. A labelling's score is the log of the summed probability of its paths. Paths
 * of one labelling are merged exactly; left out are only paths through labellings that at some step were not among the
 * `beamSize` best. Of equal scores the shorter labelling comes first, then the one whose first different label is smaller.
 *
 * Graves 2012, Supervised Sequence Labelling, section 7.5.2; Hannun, Maas, Jurafsky, Ng 2014.
 *
 * @param logProbabilities [T, V] row-major; minus infinity is allowed
 * @param classes V
 * @param steps how many of the T steps count
 * @param blank the class that stands for no label
 * @returns at most `beamSize` hypotheses of a probability above 0
 */
export function ctcPrefixBeam(
  logProbabilities: ArrayLike<number>,
  classes: number,
  steps: number,
  blank: number,
  beamSize: number,
): CtcHypothesis[] {
  checkRows(logProbabilities, classes, steps, blank);
  checkWhole("beamSize", beamSize, 1);
  const empty = prefixOf(undefined, -1);
  empty.blankScore = 0;
  empty.score = 0;
  let beam: readonly Prefix[] = [empty];
  for (let step = 0; step < steps; step += 1) {
    const row = Array.from({ length: classes }, (_, label) => logProbabilities[step * classes + label] ?? Number.NaN);
    const reached = extend(beam, row, blank, step).sort(better);
    // What is given up is forgotten, unless something longer stays.
    for (const { parent, label, children } of reached.slice(beamSize)) {
      if (children.size === 0) parent?.children.delete(label);
    }
    beam = reached.slice(0, beamSize);
  }
  return beam
    .filter(({ score }) => score > Number.NEGATIVE_INFINITY)
    .map((prefix) => ({ tokens: tokensOf(prefix), score: prefix.score }));
}

/** All labellings that one more step leads to, with their scores. */
function extend(beam: readonly Prefix[], row: readonly number[], blank: number, step: number): Prefix[] {
  const reached: Prefix[] = [];
  const reach = (prefix: Prefix): Prefix => {
    if (prefix.reached !== step) {
      prefix.reached = step;
      prefix.nextBlankScore = Number.NEGATIVE_INFINITY;
      prefix.nextLabelScore = Number.NEGATIVE_INFINITY;
      reached.push(prefix);
    }
    return prefix;
  };
  for (const prefix of beam) {
    reach(prefix);
    row.forEach((gain, label) => {
      if (gain === Number.NEGATIVE_INFINITY) return;
      if (label === blank) {
        prefix.nextBlankScore = logAdd(prefix.nextBlankScore, prefix.score + gain);
        return;
      }
      const repeats = label === prefix.label;
      if (repeats) prefix.nextLabelScore = logAdd(prefix.nextLabelScore, prefix.labelScore + gain);
      // The label once more: right behind itself it would be read as one, so a blank must have come between.
      const before = repeats ? prefix.blankScore : prefix.score;
      if (before === Number.NEGATIVE_INFINITY) return;
      const longer = reach(prefix.children.get(label) ?? prefixOf(prefix, label));
      longer.nextLabelScore = logAdd(longer.nextLabelScore, before + gain);
    });
  }
  for (const prefix of reached) {
    prefix.blankScore = prefix.nextBlankScore;
    prefix.labelScore = prefix.nextLabelScore;
    prefix.score = logAdd(prefix.blankScore, prefix.labelScore);
  }
  return reached;
}

function prefixOf(parent: Prefix | undefined, label: number): Prefix {
  const prefix: Prefix = {
    parent,
    label,
    length: parent === undefined ? 0 : parent.length + 1,
    children: new Map(),
    blankScore: Number.NEGATIVE_INFINITY,
    labelScore: Number.NEGATIVE_INFINITY,
    score: Number.NEGATIVE_INFINITY,
    nextBlankScore: Number.NEGATIVE_INFINITY,
    nextLabelScore: Number.NEGATIVE_INFINITY,
    reached: -1,
  };
  parent?.children.set(label, prefix);
  return prefix;
}

/** Order of a beam. */
function better(left: Prefix, right: Prefix): number {
  if (left.score !== right.score) return left.score > right.score ? -1 : 1;
  if (left.length !== right.length) return left.length - right.length;
  const [first, second] = [tokensOf(left), tokensOf(right)];
  const place = first.findIndex((label, index) => label !== second[index]);
  return place < 0 ? 0 : (first[place] ?? 0) - (second[place] ?? 0);
}

function tokensOf(prefix: Prefix): number[] {
  const tokens: number[] = [];
  for (let at = prefix; at.parent !== undefined; at = at.parent) tokens.push(at.label);
  return tokens.reverse();
}

/** log(exp a + exp b). */
function logAdd(a: number, b: number): number {
  if (a === Number.NEGATIVE_INFINITY) return b;
  if (b === Number.NEGATIVE_INFINITY) return a;
  return Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b)));
}
