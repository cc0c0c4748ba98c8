/** Index expressions as kernel code: integers that stay exact although shading languages divide in float32. */
import { indexText } from "../../ir/index-expression.ts";
import type { IndexExpression } from "../../ir/program.ts";
import { capitalize } from "../../code-text/names.ts";
import { invariant } from "../../support/internal-error.ts";
import { atom, call, infix, type Code } from "./code.ts";
import type { KernelScope } from "./scope.ts";

/** Below this, (x + 0.5) / n is never rounded across a whole number, whatever the device's division does. */
const exactDivision = 2 ** 20;
/** Loop variables have no extent of their own. */
const longestLoop = 2 ** 16;

/** Greatest value of an index expression, given the extents of its names. */
function greatest(index: IndexExpression, extents: ReadonlyMap<string, number>): number {
  switch (index.kind) {
    case "constant":
      return index.value;
    case "name":
      return (extents.get(index.name) ?? longestLoop) - 1;
    case "add":
      return greatest(index.left, extents) + greatest(index.right, extents);
    case "scale":
      return index.by < 0 ? least(index.of) * index.by : greatest(index.of, extents) * index.by;
    case "divide":
      return Math.floor(greatest(index.of, extents) / index.by);
    case "modulo":
      return index.by - 1;
    case "clamp":
      return index.high;
    case "loaded":
      return index.below - 1;
    default:
      return index satisfies never;
  }
}

/** Least value of an index expression; names start at 0. */
function least(index: IndexExpression): number {
  switch (index.kind) {
    case "constant":
      return index.value;
    case "name":
    case "modulo":
    case "loaded":
      return 0;
    case "add":
      return least(index.left) + least(index.right);
    case "scale":
      return index.by < 0 ? Number.NEGATIVE_INFINITY : least(index.of) * index.by;
    case "divide":
      return Math.floor(least(index.of) / index.by);
    case "clamp":
      return index.low;
    default:
      return index satisfies never;
  }
}

/** The index as a number in arithmetic; divisions get a constant of their own. */
export function indexCode(index: IndexExpression, scope: KernelScope): Code {
  switch (index.kind) {
    case "constant":
      return atom(String(index.value));
    case "name":
      return atom(index.name);
    case "add":
      return sumCode(index.left, index.right, scope);
    case "scale":
      return index.by === 1
        ? indexCode(index.of, scope)
        : infix(indexCode(index.of, scope), "*", atom(String(index.by)));
    case "divide":
    case "modulo":
    case "clamp":
    case "loaded":
      return atom(positionName(index, scope));
    default:
      return index satisfies never;
  }
}

/** `t - 1` for t + (-1), and `23 - t` for 23 + (-1) * t. */
function sumCode(left: IndexExpression, right: IndexExpression, scope: KernelScope): Code {
  if (isZero(right)) return indexCode(left, scope);
  if (isZero(left)) return indexCode(right, scope);
  if (right.kind === "constant" && right.value < 0) {
    return infix(indexCode(left, scope), "-", atom(String(-right.value)));
  }
  const isTaken = (term: IndexExpression): boolean => term.kind === "scale" && term.by < 0;
  if (isTaken(left) && !isTaken(right)) return sumCode(right, left, scope);
  if (right.kind === "scale" && right.by < 0) {
    const amount =
      right.by === -1 ? indexCode(right.of, scope) : infix(indexCode(right.of, scope), "*", atom(String(-right.by)));
    return infix(indexCode(left, scope), "-", amount);
  }
  return infix(indexCode(left, scope), "+", indexCode(right, scope));
}

function isZero(index: IndexExpression): boolean {
  switch (index.kind) {
    case "constant":
      return index.value === 0;
    case "add":
      return isZero(index.left) && isZero(index.right);
    case "scale":
      return index.by === 0 || isZero(index.of);
    default:
      return false;
  }
}

/**
 * What stands between the brackets: a name of type `Index`, or 0.
 * @param extent of the axis, for constants
 */
function positionName(index: IndexExpression, scope: KernelScope, extent?: number): string {
  if (index.kind === "name") return index.name;
  if (isZero(index)) return "0";
  const home = scope.homeOfIndex(index);
  return home.position(indexText(index), () => declarePosition(index, home, extent));
}

function declarePosition(index: IndexExpression, home: KernelScope, extent: number | undefined): string {
  const wish = wishFor(index);
  switch (index.kind) {
    case "constant": {
      // A sum, because a literal is no `Index` to the type checker.
      const size = extent ?? index.value + 1;
      const isLast = index.value === size - 1;
      return home.declareIndex(isLast ? "last" : wish, `${size} - ${size - index.value}`);
    }
    case "divide":
      return quotient(index.of, index.by, wish, home);
    case "modulo": {
      const whole = positionName({ kind: "divide", of: index.of, by: index.by }, home);
      return home.declareIndex(wish, `${indexCode(index.of, home).text} - ${whole} * ${index.by}`);
    }
    case "clamp": {
      const { of, low, high } = index;
      const below = least(of) < low;
      const above = greatest(of, home.extents) > high;
      const raised = below ? call("Math.max", atom(String(low)), indexCode(of, home)) : indexCode(of, home);
      const limited = above ? call("Math.min", atom(String(high)), raised) : raised;
      return below || above ? home.declareIndex(wish, limited.text) : positionName(of, home, extent);
    }
    case "loaded": {
      // A whole number by meaning, and an integer to the shading language by this.
      const { from, indices } = index;
      invariant(typeof from === "number", "an index of a kernel is read from its parameters");
      const half = infix(loadCode(from, indices, home), "+", atom("0.5"));
      return home.declareIndex(wish, call("Math.floor", half).text);
    }
    case "name":
    case "add":
    case "scale":
      return home.declareIndex(wish, indexCode(index, home).text);
    default:
      return index satisfies never;
  }
}

/** A cell of one of the kernel's tensors. Axes beyond three are merged at the front. */
export function loadCode(parameter: number, indices: readonly IndexExpression[], scope: KernelScope): Code {
  const target = scope.parameters[parameter];
  invariant(target !== undefined, `a load from parameter ${parameter}, which the kernel does not have`);
  const { name, shape } = target;
  invariant(indices.length === shape.length, `${name} is read with ${indices.length} indices`);
  if (shape.length === 0) return atom(`${name}[0]`);
  const lead = indices.length - 2;
  const positions = indices.map((index, axis) =>
    lead > 1 && axis < lead ? "" : positionName(index, scope, shape[axis]),
  );
  if (lead > 1) {
    const merged = mergedIndex(indices.slice(0, lead), shape);
    const wish = indices
      .slice(0, lead)
      .map((index) => indexText(index))
      .join("");
    const home = scope.homeOfIndex(merged);
    const { text } = isZero(merged) ? atom("0") : indexCode(merged, home);
    const declare = (): string => home.declareIndex(/^[a-z]+$/.test(wish) ? wish : "lead", text);
    positions.splice(0, lead, isPlain(text) ? text : home.position(indexText(merged), declare));
  }
  return atom(`${name}${positions.map((position) => `[${position}]`).join("")}`);
}

/** A name, or 0: what may stand between brackets as it is. */
function isPlain(text: string): boolean {
  return text === "0" || /^[A-Za-z_]\w*$/u.test(text);
}

/** Row-major position along axes that are merged into one: (i0 * n1 + i1) * n2 + i2. */
export function mergedIndex(indices: readonly IndexExpression[], sizes: readonly number[]): IndexExpression {
  return indices.reduce((total, index, axis) => ({
    kind: "add",
    left: { kind: "scale", of: total, by: sizes[axis] ?? 1 },
    right: index,
  }));
}

/** Whole division. Half a step away from every whole number, a rounding of the division cannot cross one. */
export function quotient(of: IndexExpression, by: number, wish: string, home: KernelScope): string {
  invariant(by > 0, `division of an index by ${by}`);
  const dividend = indexCode(of, home);
  if (by === 1) return home.declareIndex(wish, dividend.text);
  const half = infix(dividend, "+", atom("0.5")).text;
  const first = (name: string): string => home.declareIndex(name, `Math.floor((${half}) / ${by})`);
  if (greatest(of, home.extents) < exactDivision) return first(wish);
  // Large positions: the first quotient may be one off; what it leaves over is small, so the second cannot be.
  const guess = first(`${wish}Guess`);
  const rest = home.declareIndex(`${wish}Rest`, `${dividend.text} - ${guess} * ${by}`);
  return home.declareIndex(wish, `${guess} + Math.floor((${rest} + 0.5) / ${by})`);
}

const longestWish = 24;

/** `tPlus1`, `jTimes4`, `bTimes24PlusT`; just `position` where that would be long. */
function wishFor(index: IndexExpression): string {
  const text = describe(index);
  return text.length <= longestWish ? text : "position";
}

function describe(index: IndexExpression): string {
  switch (index.kind) {
    case "constant":
      return `at${index.value}`;
    case "name":
      return index.name;
    case "add":
      if (index.right.kind === "constant") {
        const amount = index.right.value;
        return `${describe(index.left)}${amount < 0 ? "Minus" : "Plus"}${Math.abs(amount)}`;
      }
      return `${describe(index.left)}Plus${capitalize(describe(index.right))}`;
    case "scale":
      return index.by === -1 ? `minus${capitalize(describe(index.of))}` : `${describe(index.of)}Times${index.by}`;
    case "divide":
      return `${describe(index.of)}Over${index.by}`;
    case "modulo":
      return `${describe(index.of)}Mod${index.by}`;
    case "clamp":
      return `${describe(index.of)}Clamped`;
    case "loaded":
      return "row";
    default:
      return index satisfies never;
  }
}
