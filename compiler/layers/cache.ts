/** What layers that look back keep of a stream. */
import type { Node } from "../ir/graph.ts";
import type { Operations } from "../ops/define.ts";
import type { StreamContext } from "./define.ts";

/**
 * All steps so far, with room for those to come: `[1, S, ...]`, zeros where no step has been. A key/value cache.
 * @param step what this step adds, `[1, 1, ...]`
 */
export function allSteps(o: Operations, stream: StreamContext, name: string, step: Node): Node {
  const shape = [1, stream.steps(), ...step.shape.slice(2)];
  const before = stream.previous(name, shape);
  const isNow = o.equal(o.iota(shape, 1), o.broadcast(stream.position, shape, [0]));
  const row = o.reshape(step, [1, ...step.shape.slice(2)]);
  const axes = row.shape.map((_, axis) => (axis === 0 ? 0 : axis + 1));
  const steps = o.builder.named(o.select(isNow, o.broadcast(row, shape, axes), before), name);
  stream.keep(name, steps);
  return steps;
}

/**
 * This step behind the `count` steps before it: `[1, count + 1, ...]`, zeros before the first.
 * @param step `[1, 1, ...]`
 */
export function latestSteps(o: Operations, stream: StreamContext, name: string, step: Node, count: number): Node {
  if (count === 0) return step;
  const before = stream.previous(name, [1, count, ...step.shape.slice(2)]);
  const steps = o.builder.named(o.concat([before, step], 1), name);
  stream.keep(name, o.slice(steps, 1, 1, count + 1));
  return steps;
}
