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
    const limited = (gradient: Node): Node => {
      const inside = o.maximum(o.minimum(gradient, o.constant(value)), o.constant(-value));
      return o.builder.named(inside, "clipped_gradient");
    };
    return { gradients: ofEach(o, gradients, limited), outputs: [] };
  });
}

/**
 * factor = min(1, max / (norm + 1e-6)), with the norm in units of the scale: of finite gradients it is the norm's square that
 * overflows. A factor that is too small for float32 is made infinite, so that the update is refused: it would lose the gradients.
 */
function clippedByNorm(o: Operations, norm: number, gradients: ReadonlyMap<string, Node>): Clipped {
  const scale = o.argument("scalar", clipScale, []);
  const name = (node: Node, label: string): Node => o.builder.named(node, label);
  const squares = ofEach(o, gradients, (gradient) => sumOfSquares(o, o.multiply(gradient, scale)));
  const sum = [...squares.values()].reduce((all, square) => name(o.add(all, square), "sum_of_squares"), o.constant(0));
  const total = name(o.sqrt(sum), gradientNormResult);
  const part = o.divide(o.constant(norm), o.add(total, o.multiply(scale, o.constant(1e-6))));
  // norm <= max 2^126, with both sides moved to where float32 holds them.
  const longest = o.multiply(scale, o.constant(Math.min(norm * 2 ** 86, 2 ** 127)));
  const isHeld = o.lessEqual(o.multiply(total, o.constant(2 ** -40)), longest);
  const divisor = o.select(isHeld, o.constant(1), o.constant(0));
  const factor = o.divide(o.minimum(o.multiply(part, scale), o.constant(1)), divisor);
  name(factor, "clip_factor");
  return {
    gradients: ofEach(o, gradients, (gradient) => o.multiply(gradient, factor)),
    outputs: [{ name: gradientNormResult, node: total }],
  };
}

/** Row by row, then over the rows: short sums keep float32 exact enough and lanes busy. */
function sumOfSquares(o: Operations, gradient: Node): Node {
  let square = o.multiply(gradient, gradient);
  while (square.shape.length > 0) {
    const isWhole = square.shape.length === 1;
    square = o.builder.named(o.sum(square, [square.shape.length - 1]), isWhole ? "squares" : "squares_of_rows");
  }
  return square;
}

/** The same of every gradient, which says of which parameter it is. */
function ofEach(
  o: Operations,
  gradients: ReadonlyMap<string, Node>,
  work: (gradient: Node) => Node,
): ReadonlyMap<string, Node> {
  return new Map([...gradients].map(([name, node]) => [name, o.builder.inPart(name, () => work(node))]));
}
