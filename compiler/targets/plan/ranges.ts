/** Conditions on indices: where they change, and what is known about them without asking. */
import { indexValue, loadedIn, namesOf } from "../../ir/index-expression.ts";
import type { CompareOperation } from "../../elementwise/index.ts";
import type { IndexExpression } from "../../ir/program.ts";
import { intervalOf, type Interval } from "./affine.ts";
import type { Axis, SelectValue, Value } from "./values.ts";
import { nodesOf } from "./values.ts";

/** The values of the axis, above its lowest, at which a condition on this axis alone becomes another one. */
export function changePoints(values: readonly Value[], axis: Axis): readonly number[] {
  const points = new Set<number>();
  const conditions = new Set(values.flatMap((value) => nodesOf(value).filter((node) => node.kind === "select")));
  for (const condition of conditions) {
    const left = integerOf(condition.left);
    const right = integerOf(condition.right);
    if (left === undefined || right === undefined) continue;
    const names = new Set([...namesOf(left), ...namesOf(right)]);
    if (names.size !== 1 || !names.has(axis.name)) continue;
    const holds = (at: number): boolean =>
      compare[condition.operation](indexValue(left, { [axis.name]: at }), indexValue(right, { [axis.name]: at }));
    let before = holds(axis.low);
    for (let at = axis.low + 1; at < axis.high; at++) {
      const now = holds(at);
      if (now !== before) points.add(at);
      before = now;
    }
  }
  return [...points].sort((left, right) => left - right);
}

/** Whether the condition holds at every cell (true), at none (false), or sometimes. */
export function decide(condition: SelectValue, ranges: ReadonlyMap<string, Interval>): boolean | undefined {
  const left = integerOf(condition.left);
  const right = integerOf(condition.right);
  if (left === undefined || right === undefined) return undefined;
  return verdicts[condition.operation](intervalOf(left, ranges), intervalOf(right, ranges));
}

type Verdict = (left: Interval, right: Interval) => boolean | undefined;

const less: Verdict = (left, right) => (left.most < right.least ? true : left.least >= right.most ? false : undefined);
const lessEqual: Verdict = (left, right) =>
  left.most <= right.least ? true : left.least > right.most ? false : undefined;
const equal: Verdict = (left, right) => {
  if (left.most < right.least || left.least > right.most) return false;
  const isOne = left.least === left.most && right.least === right.most;
  return isOne && left.least === right.least ? true : undefined;
};
const opposite = (verdict: boolean | undefined): boolean | undefined => (verdict === undefined ? undefined : !verdict);

const verdicts: Readonly<Record<CompareOperation, Verdict>> = {
  less,
  less_equal: lessEqual,
  equal,
  not_equal: (left, right) => opposite(equal(left, right)),
  greater: (left, right) => less(right, left),
  greater_equal: (left, right) => lessEqual(right, left),
};

const compare: Readonly<Record<CompareOperation, (left: number, right: number) => boolean>> = {
  less: (left, right) => left < right,
  less_equal: (left, right) => left <= right,
  equal: (left, right) => left === right,
  not_equal: (left, right) => left !== right,
  greater: (left, right) => left > right,
  greater_equal: (left, right) => left >= right,
};

function integerOf(value: Value): IndexExpression | undefined {
  if (value.kind === "position") return loadedIn(value.index).length === 0 ? value.index : undefined;
  if (value.kind === "number" && Number.isInteger(value.value)) return { kind: "constant", value: value.value };
  return undefined;
}
