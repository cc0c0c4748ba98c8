/**
 * Products of a few rows, computed from the right factor as it lies. Each of its numbers is used once for every row, so that
 * packing it would take as long as the product. Sums of several columns stay in registers: as many as hide the latency of
 * an addition.
 */
import type { PlannedProduct } from "../../plan/items.ts";
import type { Lie } from "../../plan/lie.ts";
import { extentOf, type ProductAxis } from "../../plan/product.ts";
import { indented } from "./scope.ts";

/** Columns whose sums are made at the same time; threads share columns in these groups. */
export function columnsAtOnce(lie: Lie): number {
  return lie === "depth" ? 8 : 32;
}

/** Adds a function to the module and gives its name. */
export type Define = (wish: string, parameters: readonly string[], statements: readonly string[]) => string;

/**
 * Statements for one entry of the batch, whose factors begin at `a` and `b` and whose result at `c`.
 *
 * @param isDivided whether this thread has the columns from `first` up to `last` only
 */
export function narrowProduct(product: PlannedProduct, lie: Lie, isDivided: boolean, define: Define): string[] {
  const total = extentOf(product.columns);
  const width = columnsAtOnce(lie);
  const step = (product.columns[0] as ProductAxis).right * 4;
  const whole = total - (total % width);
  const [first, last] = isDivided ? ["first", `min(last, ${whole})`] : ["0", String(whole)];
  const group = (columns: number, column: string): string[] => {
    const name = define(`${product.name}Columns`, tileParameters, tileOf(product, lie, columns));
    return overRows(product, (x, y) => `${name}(${x}, b + ${times(column, step)}, ${y} + ${times(column, 4)});`);
  };
  const loop =
    whole === 0
      ? []
      : [
          `for (let column = ${first}; column < ${last}; column += ${width}) {`,
          ...indented(group(width, "<usize>column")),
          "}",
        ];
  if (whole === total) return loop;
  const rest = group(total - whole, String(whole));
  return [...loop, ...(isDivided ? [`if (last == ${total}) {`, ...indented(rest), "}"] : rest)];
}

function overRows({ rows }: PlannedProduct, call: (x: string, y: string) => string): string[] {
  const [axis] = rows;
  if (axis === undefined || axis.extent === 1) return [call("a", "c")];
  const { extent, left, output } = axis;
  return [
    `for (let row: usize = 0; row < ${extent}; row++) {`,
    `  ${call(`a + row * ${left * 4}`, `c + row * ${output * 4}`)}`,
    "}",
  ];
}

const tileParameters = ["x: usize", "w: usize", "y: usize"] as const;

/**
 * The sums of `columns` neighbouring columns, whose part of the right factor begins at `w`, of the row of the left factor at
 * `x`, stored from `y` on. A function of its own, for V8 then keeps all sums in registers.
 */
function tileOf(product: PlannedProduct, lie: Lie, columns: number): string[] {
  const depth = product.depth[0] as ProductAxis;
  const step = (product.columns[0] as ProductAxis).right * 4;
  const lines = lie === "depth" ? alongDepth(depth.extent, columns, step) : alongColumns(depth, Math.ceil(columns / 4));
  const stores = Array.from({ length: Math.ceil(columns / 4) }, (_, index) => {
    const from = index === 0 ? "y" : `y, ${index * 16}`;
    const sum = product.accumulate ? `f32x4.add(v128.load(${from}), sum${index})` : `sum${index}`;
    const count = columns - index * 4;
    if (count < 4) return `storeSome(${plus("y", String(index * 16))}, ${sum}, ${count});`;
    return index === 0 ? `v128.store(y, ${sum});` : `v128.store(y, ${sum}, ${index * 16});`;
  });
  return [...lines, ...stores];
}

/** Four partial sums of each column, added up in the end. */
function alongDepth(depth: number, columns: number, step: number): string[] {
  const whole = depth - (depth % 4);
  const each = Array.from({ length: columns }, (_, index) => index);
  const fours = Array.from({ length: Math.ceil(columns / 4) }, (_, index) =>
    Array.from({ length: 4 }, (_, lane) => Math.min(index * 4 + lane, columns - 1)),
  );
  const lines = [
    ...each.map((index) => `let part${index} = f32x4.splat(0);`),
    `const end = x + ${whole * 4};`,
    "while (x < end) {",
    "  const value = v128.load(x);",
    ...each.map((index) => `  part${index} = madd(value, v128.load(w, ${index * step}), part${index});`),
    "  x += 16; w += 16;",
    "}",
  ];
  const sums = fours.map((lanes, index) => `sum${index} = sumsOfFour(${lanes.map((at) => `part${at}`).join(", ")})`);
  const isEven = whole === depth;
  const tail = isEven
    ? []
    : [
        `for (let k = ${whole}; k < ${depth}; k++) {`,
        "  const value = v128.load32_splat(x);",
        ...fours.map((lanes, index) => {
          const numbers = lanes.map((at) => plus("w", String(at * step))).join(", ");
          return `  sum${index} = madd(value, fourNumbers(${numbers}), sum${index});`;
        }),
        "  x += 4; w += 4;",
        "}",
      ];
  return [...lines, ...sums.map((sum) => `${isEven ? "const" : "let"} ${sum};`), ...tail];
}

function alongColumns({ extent, left, right }: ProductAxis, vectors: number): string[] {
  const each = Array.from({ length: vectors }, (_, index) => index);
  return [
    ...each.map((index) => `let sum${index} = f32x4.splat(0);`),
    `for (let k = 0; k < ${extent}; k++) {`,
    "  const value = v128.load32_splat(x);",
    ...each.map((index) => `  sum${index} = madd(value, v128.load(w, ${index * 16}), sum${index});`),
    `  x += ${left * 4}; w += ${right * 4};`,
    "}",
  ];
}

function times(count: string, by: number): string {
  return /^\d+$/.test(count) ? String(Number(count) * by) : `${count} * ${by}`;
}

function plus(base: string, bytes: string): string {
  return bytes === "0" ? base : `${base} + ${bytes}`;
}
