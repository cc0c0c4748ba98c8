/** The functions that equations may call: how many operands, which shapes, and what they are in primitives. */
import type { Node } from "../ir/graph.ts";
import { activate, activationNames } from "../layers/activation-functions.ts";
import type { ActivationName } from "../layers/activation-functions.ts";
import type { Operations } from "../ops/define.ts";
import { addDimensions, constantDimension, sameDimension, shapeText } from "./dimension.ts";
import type { Shape } from "./define.ts";

/** What is wrong with the operands, and what to do. */
export interface ShapeProblem {
  readonly problem: string;
  readonly help: string;
}

export type ShapeResult = Shape | ShapeProblem;

export function isProblem(result: ShapeResult): result is ShapeProblem {
  return "problem" in result;
}

export interface CellFunction {
  readonly name: string;
  readonly operands: { readonly least: number; readonly most: number };
  /** @param shapes of the operands, which are as many as `operands` says */
  readonly shape: (shapes: readonly Shape[]) => ShapeResult;
  /** @param operands of one shape each, leading axes included; those of an elementwise function are aligned already */
  readonly build: (o: Operations, operands: readonly Node[]) => Node;
  /** Works on every component by itself, numbers repeated. */
  readonly elementwise: boolean;
}

const any: CellFunction["shape"] = ([shape]) => shape as Shape;

function elementwise(name: string, build: (o: Operations, x: Node) => Node): CellFunction {
  const one = (o: Operations, [x]: readonly Node[]): Node => build(o, x as Node);
  return { name, operands: { least: 1, most: 1 }, shape: any, build: one, elementwise: true };
}

/** Shapes that are the same once numbers are repeated. */
export function commonShape(shapes: readonly Shape[]): ShapeResult {
  const wide = shapes.filter((shape) => shape.length > 0);
  const [first = []] = wide;
  const other = wide.find((shape) => !sameShape(shape, first));
  if (other === undefined) return first;
  return {
    problem: `${shapeText(first)} and ${shapeText(other)} are not the same shape`,
    help: "components are paired one by one; only a single number is repeated for all of them.",
  };
}

function sameShape(left: Shape, right: Shape): boolean {
  return left.length === right.length && left.every((size, axis) => sameDimension(size, right[axis] ?? new Map()));
}

const ofVector =
  (result: (shape: Shape) => Shape): CellFunction["shape"] =>
  ([shape = []]) =>
    shape.length === 1 ? result(shape) : { problem: `it needs a vector, not ${describeShape(shape)}`, help: "" };

export function describeShape(shape: Shape): string {
  return shape.length === 0 ? "a number" : `a ${shape.length === 1 ? "vector" : "matrix"} ${shapeText(shape)}`;
}

function several(name: string, build: (o: Operations, x: Node, y: Node) => Node): CellFunction {
  return {
    name,
    operands: { least: 2, most: 16 },
    shape: commonShape,
    build: (o, operands) => operands.reduce((x, y) => build(o, x, y)),
    elementwise: true,
  };
}

const lastAxis = (x: Node): number => x.shape.length - 1;
const one = { least: 1, most: 1 };

/** Activations that look at a whole vector. */
const overVectors: readonly ActivationName[] = ["softmax", "log_softmax"];

export const cellFunctions: readonly CellFunction[] = [
  ...activationNames
    .filter((name) => !overVectors.includes(name))
    .map((name) => elementwise(name, (o, x) => activate(o, name, x))),
  ...overVectors.map((name): CellFunction => ({
    name,
    operands: one,
    shape: ofVector((shape) => shape),
    build: (o, [x]) => activate(o, name, x as Node),
    elementwise: false,
  })),
  elementwise("exp", (o, x) => o.exp(x)),
  elementwise("log", (o, x) => o.log(x)),
  elementwise("sqrt", (o, x) => o.sqrt(x)),
  elementwise("abs", (o, x) => o.abs(x)),
  elementwise("erf", (o, x) => o.erf(x)),
  several("max", (o, x, y) => o.maximum(x, y)),
  several("min", (o, x, y) => o.minimum(x, y)),
  {
    name: "sum",
    operands: one,
    shape: ofVector(() => []),
    build: (o, [x]) => o.sum(x as Node, [lastAxis(x as Node)]),
    elementwise: false,
  },
  {
    name: "mean",
    operands: one,
    shape: ofVector(() => []),
    build: (o, [x]) => {
      const node = x as Node;
      return o.divide(o.sum(node, [lastAxis(node)]), o.constant(node.shape[lastAxis(node)] as number));
    },
    elementwise: false,
  },
  {
    name: "concat",
    operands: { least: 2, most: 16 },
    shape: (shapes) => {
      const wrong = shapes.find((shape) => shape.length > 1);
      if (wrong) return { problem: `it joins vectors and numbers, but is given ${describeShape(wrong)}`, help: "" };
      return [shapes.map(([size = constantDimension(1)]) => size).reduce((sum, size) => addDimensions(sum, size))];
    },
    build: (o, operands) => o.concat(operands, lastAxis(operands[0] as Node)),
    elementwise: false,
  },
  {
    name: "transpose",
    operands: one,
    shape: ([shape = []]) =>
      shape.length === 2
        ? [...shape].reverse()
        : { problem: `it needs a matrix, not ${describeShape(shape)}`, help: "" },
    build: (o, [x]) => o.transpose(x as Node, [1, 0]),
    elementwise: false,
  },
];

/** Shares a vector out among the names before "="; only the whole right side of an equation may call it. */
export const splitFunction = "split";

export function cellFunction(name: string): CellFunction | undefined {
  return cellFunctions.find((candidate) => candidate.name === name);
}

export const functionNames: readonly string[] = [...cellFunctions.map(({ name }) => name), splitFunction];

/**
 * A matrix times a vector, a vector times a matrix, the inner product of two vectors, a product of matrices.
 * @returns the shape, or why there is none
 */
export function productShape(left: Shape, right: Shape): ShapeResult {
  if (left.length === 0 || right.length === 0) {
    return { problem: "a single number is no vector", help: "multiply by a number with *." };
  }
  const inner = left[left.length - 1] ?? new Map<string, number>();
  if (sameDimension(inner, right[0] ?? new Map<string, number>())) return [...left.slice(0, -1), ...right.slice(1)];
  return {
    problem: `the left side is ${describeShape(left)} and the right side ${describeShape(right)}`,
    help: "the last axis of the left side has to be the first of the right: [m, n] @ [n] gives [m].",
  };
}
