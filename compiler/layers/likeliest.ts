import type { Node } from "../ir/graph.ts";
import type { Operations } from "../ops/define.ts";

/**
 * The place of the largest value of each row, of equal ones the first: `[B, V]` to `[B]`. Nothing passes back through it.
 * A row with a NaN gives its last place.
 */
export function likeliest(o: Operations, rows: Node): Node {
  const given = o.stopGradient(rows);
  const { shape } = given;
  const last = o.constant((shape[1] as number) - 1, shape);
  const isLargest = o.equal(given, o.broadcast(o.max(given, [1]), shape, [0]));
  // The first place is the one that is farthest from the last.
  const distance = o.select(isLargest, o.subtract(last, o.iota(shape, 1)), o.constant(0, shape));
  return o.builder.named(
    o.subtract(o.constant((shape[1] as number) - 1, [shape[0] as number]), o.max(distance, [1])),
    "own_token",
  );
}
