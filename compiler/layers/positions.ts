/** What tells one step of a sequence from another: sines and cosines of its position, added to its values or turning them. */
import type { Node } from "../ir/graph.ts";
import type { Operations } from "../ops/define.ts";

/** Positions 0 .. steps - 1, `[T]`. */
export function countedPositions(o: Operations, steps: number): Node {
  return o.iota([steps], 0);
}

/**
 * PE(p, 2i) = sin(p / base^(2i / D)), PE(p, 2i + 1) = cos(p / base^(2i / D)); of an odd D the last column is a sine.
 * Source: Vaswani et al. 2017, section 3.5.
 * @param positions `[T]` or `[B, T]`
 * @returns `[..., D]`
 */
export function sinusoids(o: Operations, positions: Node, size: number, base: number): Node {
  const shape = [...positions.shape, size];
  const column = o.iota(shape, positions.shape.length);
  const pair = o.floor(o.multiply(column, o.constant(0.5)));
  const angle = angles(o, positions, pair, size, base);
  const isCosine = o.greater(o.subtract(column, o.multiply(pair, o.constant(2))), o.constant(0));
  const { sine, cosine } = folded(o, angle);
  return o.builder.named(sineOfQuarter(o, o.select(isCosine, cosine, sine)), "positions");
}

/** Which two of a head's W features turn together: neighbours 2i and 2i + 1, or i and i + W / 2. */
export type Pairs = "interleaved" | "halves";

export interface Rotation {
  /** `[T]` or `[B, T]`; default 0 .. T - 1. */
  readonly positions?: Node | undefined;
  readonly base?: number | undefined;
  readonly pairs?: Pairs | undefined;
}

/**
 * Turns pair i of the features of every step by the angle p / base^(2i / W): then the product of a query and a key depends on
 * how far they are apart, not on where they are.
 * Source: Su et al. 2021 (RoFormer), equation 34: neighbours are a pair (`interleaved`, the default). GPT-NeoX and LLaMA, as
 * Hugging Face has them, pair the halves of a head (`halves`).
 * @param x queries or keys `[B, T, N, W]`, W even
 * @returns `[B, T, N, W]`
 */
export function rotate(
  o: Operations,
  x: Node,
  { positions, base = 10_000, pairs = "interleaved" }: Rotation = {},
): Node {
  const [batch, steps, heads, width] = x.shape as [number, number, number, number];
  const half = width / 2;
  const places = positions ?? countedPositions(o, steps);
  const pair = o.iota([...places.shape, half], places.shape.length);
  const { sine, cosine } = folded(o, angles(o, places, pair, width, base));
  // The same for all heads, and where positions are, for all examples.
  const spread = (table: Node): Node =>
    o.broadcast(table, [batch, steps, heads, half], places.shape.length === 1 ? [1, 3] : [0, 1, 3]);
  const sines = spread(o.builder.named(sineOfQuarter(o, sine), "sines"));
  const cosines = spread(o.builder.named(sineOfQuarter(o, cosine), "cosines"));
  const part = (which: number): Node => {
    if (pairs === "halves") return o.slice(x, 3, which * half, (which + 1) * half);
    const split = o.reshape(x, [batch, steps, heads, half, 2]);
    return o.reshape(o.slice(split, 4, which, which + 1), [batch, steps, heads, half]);
  };
  const [first, second] = [part(0), part(1)];
  const turned = [
    o.subtract(o.multiply(first, cosines), o.multiply(second, sines)),
    o.add(o.multiply(first, sines), o.multiply(second, cosines)),
  ];
  const joined =
    pairs === "halves"
      ? o.concat(turned, 3)
      : o.concat(
          turned.map((one) => o.reshape(one, [batch, steps, heads, half, 1])),
          4,
        );
  return o.builder.named(o.reshape(joined, x.shape), "rotated");
}

/** p / base^(2i / size) for positions `[...]` and pairs i `[..., C]`. */
function angles(o: Operations, positions: Node, pair: Node, size: number, base: number): Node {
  const frequency = o.exp(o.multiply(pair, o.constant((-2 * Math.log(base)) / size)));
  const axes = positions.shape.map((_, axis) => axis);
  return o.builder.named(o.multiply(o.broadcast(positions, pair.shape, axes), frequency), "angles");
}

/** 2 pi in three parts, the first two short enough for whole multiples of them to be exact in float32 (Cody and Waite). */
const turn = [6.28125, 0.0019350051879882812, 2 * Math.PI - 6.28125 - 0.0019350051879882812] as const;

/** Angles in -pi/2 .. pi/2 whose sines are the sine and the cosine of the angle. */
function folded(o: Operations, angle: Node): { readonly sine: Node; readonly cosine: Node } {
  const whole = o.floor(o.add(o.multiply(angle, o.constant(1 / (2 * Math.PI))), o.constant(0.5)));
  const turns = o.builder.named(whole, "turns");
  const left = turn.reduce((sum, part) => o.subtract(sum, o.multiply(turns, o.constant(part))), angle);
  const rest = o.builder.named(left, "angles_within_turns");
  const size = o.abs(rest);
  const sine = o.multiply(o.sign(rest), o.minimum(size, o.subtract(o.constant(Math.PI), size)));
  return {
    sine: o.builder.named(sine, "folded_angles"),
    cosine: o.builder.named(o.subtract(o.constant(Math.PI / 2), size), "folded_angles_of_cosines"),
  };
}

/** sin of -pi/2 .. pi/2: its Taylor series up to x^19, the next term of which is below 3e-16. */
function sineOfQuarter(o: Operations, x: Node): Node {
  const square = o.multiply(x, x);
  let series = o.constant(1, x.shape);
  for (let power = 18; power >= 2; power -= 2) {
    const factor = o.constant(-1 / (power * (power + 1)));
    series = o.add(o.multiply(o.multiply(series, square), factor), o.constant(1));
  }
  return o.multiply(x, series);
}
