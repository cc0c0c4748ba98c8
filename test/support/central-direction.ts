/** One number for all gradients: how fast the loss grows along a random direction, by the gradients and by differences. */
import type { Graph } from "../../compiler/ir/graph.ts";
import { sizeOf } from "../../compiler/ir/graph.ts";
import type { Model } from "../../compiler/contracts/model.ts";
import { interpret } from "../../compiler/ops/interpret.ts";
import { testNumbers } from "./numbers.ts";

type Numbers = Readonly<Record<string, ArrayLike<number>>>;

export interface Slope {
  /** By the gradients. */
  readonly derived: number;
  /** By differences in float64, behind the point and before it. */
  readonly left: number;
  readonly right: number;
  readonly loss: number;
}

const step = 1e-6;

/** @param gradients the graph that gives `loss` and `gradient.<parameter>` */
export function slopeAlong(model: Model, gradients: Graph, bindings: Numbers, salt: number): Slope {
  const direction = directionOf(model, salt);
  const found = interpret(gradients, bindings);
  let derived = 0;
  for (const [name, towards] of direction) {
    found[`gradient.${name}`]?.data.forEach((slope, cell) => (derived += slope * (towards[cell] as number)));
  }
  const onlyLoss: Graph = { ...gradients, outputs: gradients.outputs.filter(({ name }) => name === "loss") };
  const lossAt = (distance: number): number => {
    const moved = [...direction].map(([name, towards]): [string, Float64Array] => [
      name,
      Float64Array.from(bindings[name] ?? [], (value, cell) => value + distance * (towards[cell] as number)),
    ]);
    return interpret(onlyLoss, { ...bindings, ...Object.fromEntries(moved) })["loss"]?.data[0] ?? Number.NaN;
  };
  const loss = lossAt(0);
  return { derived, left: (loss - lossAt(-step)) / step, right: (lossAt(step) - loss) / step, loss };
}

/** What differs by more than rounding and curvature explain. */
function differ(one: number, other: number, { derived, loss }: Slope): boolean {
  return !(Math.abs(one - other) <= 1e-5 * Math.max(1, Math.abs(derived), Math.abs(loss)));
}

/** `kink`: here the loss is not differentiable, or too curved to tell. */
export function verdict(slope: Slope): "right" | "wrong" | "kink" {
  const middle = (slope.left + slope.right) / 2;
  if (!differ(slope.derived, middle, slope)) return "right";
  return differ(slope.left, slope.right, slope) ? "kink" : "wrong";
}

/** By trained parameter; rows that padding keeps from being trained stay where they are. */
function directionOf(model: Model, salt: number): ReadonlyMap<string, Float64Array> {
  return new Map(
    model.parameters
      .filter(({ frozen }) => !frozen)
      .map(({ name, shape, initializer }, index) => {
        const size = shape[1] ?? 1;
        const row = "zeroRow" in initializer ? initializer.zeroRow : undefined;
        const numbers = testNumbers(sizeOf(shape), salt + index);
        return [name, numbers.map((value, cell) => (Math.floor(cell / size) === row ? 0 : value))];
      }),
  );
}
