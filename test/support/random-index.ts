/** Index expressions at random, and all the points at which they can be asked. */
import fc from "fast-check";
import { indexValue, type ReadIndex } from "../../compiler/ir/index-expression.ts";
import type { IndexExpression } from "../../compiler/ir/program.ts";
import type { Interval } from "../../compiler/targets/plan/affine.ts";

type Point = Readonly<Record<string, number>>;

const names = ["a", "b", "c"] as const;
/** Sizes of axes: small ones, and some whose reciprocal is not exact. */
const sizes = [1, 2, 3, 4, 5, 7, 8, 12, 16, 24, 49, 98];

const readBelow = 40;

/** Tensors without end or beginning, of numbers that are anything below their bound. */
export const readAnywhere: ReadIndex = (from, [at = 0]) => {
  const mixed = Math.imul(at + 7, 2654435761) ^ (Number(from) * 97);
  return (mixed >>> 8) % readBelow;
};

/** Written out rather than made by the compiler's own functions, which simplify as they go. */
export const randomIndex: fc.Arbitrary<IndexExpression> = fc.letrec<{ index: IndexExpression }>((tie) => ({
  index: fc.oneof(
    { maxDepth: 5 },
    fc.constantFrom(...names).map((name): IndexExpression => ({ kind: "name", name })),
    fc.integer({ min: -3, max: 60 }).map((value): IndexExpression => ({ kind: "constant", value })),
    fc
      .record({ left: tie("index"), right: tie("index") })
      .map(({ left, right }): IndexExpression => ({ kind: "add", left, right })),
    fc
      .record({ of: tie("index"), by: fc.constantFrom(-5, -1, ...sizes) })
      .map(({ of, by }): IndexExpression => ({ kind: "scale", of, by })),
    fc
      .record({ of: tie("index"), by: fc.constantFrom(...sizes) })
      .map(({ of, by }): IndexExpression => ({ kind: "divide", of, by })),
    fc
      .record({ of: tie("index"), by: fc.constantFrom(...sizes) })
      .map(({ of, by }): IndexExpression => ({ kind: "modulo", of, by })),
    fc
      .record({ of: tie("index"), low: fc.integer({ min: 0, max: 4 }), more: fc.integer({ min: 0, max: 30 }) })
      .map(({ of, low, more }): IndexExpression => ({ kind: "clamp", of, low, high: low + more })),
    fc
      .record({ of: tie("index"), from: fc.integer({ min: 0, max: 2 }) })
      .map(({ of, from }): IndexExpression => ({ kind: "loaded", from, indices: [of], below: readBelow })),
  ),
})).index;

/** Where each name begins and ends. */
export const randomRanges: fc.Arbitrary<ReadonlyMap<string, Interval>> = fc
  .tuple(...names.map(() => fc.record({ least: fc.integer({ min: 0, max: 3 }), size: fc.integer({ min: 1, max: 6 }) })))
  .map(
    (all) =>
      new Map(
        all.map(({ least, size }, position) => [names[position] as string, { least, most: least + size - 1 }] as const),
      ),
  );

export function pointsOf(ranges: ReadonlyMap<string, Interval>): readonly Point[] {
  return [...ranges].reduce<readonly Point[]>(
    (points, [name, { least, most }]) =>
      points.flatMap((point) =>
        Array.from({ length: most - least + 1 }, (_, step) => ({ ...point, [name]: least + step })),
      ),
    [{}],
  );
}

/** Whether the expression keeps to the contract: what is divided is never negative. */
export function holdsAtAll(index: IndexExpression, points: readonly Point[]): boolean {
  switch (index.kind) {
    case "constant":
    case "name":
      return true;
    case "add":
      return holdsAtAll(index.left, points) && holdsAtAll(index.right, points);
    case "scale":
    case "clamp":
      return holdsAtAll(index.of, points);
    case "loaded":
      return index.indices.every((inner) => holdsAtAll(inner, points));
    case "divide":
    case "modulo":
      return holdsAtAll(index.of, points) && points.every((point) => indexValue(index.of, point, readAnywhere) >= 0);
    default:
      return index satisfies never;
  }
}
