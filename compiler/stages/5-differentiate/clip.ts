/** Clipping of gradients, as torch.nn.utils.clip_grad_value_ and clip_grad_norm_ do it. */
import type { Model } from "../../contracts/model.ts";
import type { Graph, Node } from "../../ir/graph.ts";
import type { Operations } from "../../ops/index.ts";
import { clipScale, gradientNormResult } from "@specloom/runtime/internal/shared/names";

export interface Clipped {
  readonly gradients: ReadonlyMap<string, Node>;
  /** What an update tells of it. */
  readonly outputs: Graph["outputs"];
}

export function clipped(o: Operations, model: Model, gradients: ReadonlyMap<string, Node>): Clipped {
  const { norm, value } = model.clipping;
  return o.builder.within({ phase: "clip", layer: "clipping", note: "" }, () => {
    if (norm !== undefined) return clippedByNorm(o, norm, gradients);
    if (value === undefined) return { gradients, outputs: [] };
    const limited = (gradient: Node): Node => o.maximum(o.minimum(gradient, o.constant(value)), o.constant(-value));
    return { gradients: new Map([...gradients].map(([name, node]) => [name, limited(node)])), outputs: [] };
  });
}

/**
 * factor = min(1, max / (norm + 1e-6)), with the norm in units of the scale: of finite gradients it is the norm's square that
 * overflows. A factor that is too small for float32 is made infinite, so that the update is refused: it would lose the gradients.
 */
function clippedByNorm(o: Operations, norm: number, gradients: ReadonlyMap<string, Node>): Clipped {
  const scale = o.argument("scalar", clipScale, []);
  const squares = [...gradients.values()].map((gradient) => sumOfSquares(o, o.multiply(gradient, scale)));
  const total = o.builder.named(
    o.sqrt(squares.reduce((sum, square) => o.add(sum, square), o.constant(0))),
    gradientNormResult,
  );
  const part = o.divide(o.constant(norm), o.add(total, o.multiply(scale, o.constant(1e-6))));
  // norm <= max 2^126, with both sides moved to where float32 holds them.
  const longest = o.multiply(scale, o.constant(Math.min(norm * 2 ** 86, 2 ** 127)));
  const isHeld = o.lessEqual(o.multiply(total, o.constant(2 ** -40)), longest);
  const divisor = o.select(isHeld, o.constant(1), o.constant(0));
  const factor = o.divide(o.minimum(o.multiply(part, scale), o.constant(1)), divisor);
  o.builder.named(factor, "clip_factor");
  return {
    gradients: new Map([...gradients].map(([name, gradient]) => [name, o.multiply(gradient, factor)])),
    outputs: [{ name: gradientNormResult, node: total }],
  };
}

/** Row by row, then over the rows: short sums keep float32 exact enough and lanes busy. */
function sumOfSquares(o: Operations, gradient: Node): Node {
  let square = o.multiply(gradient, gradient);
  while (square.shape.length > 0) square = o.sum(square, [square.shape.length - 1]);
  return square;
}
