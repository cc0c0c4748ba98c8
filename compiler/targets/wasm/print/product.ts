/** Products and packs as functions: walks over blocks that fit the caches, packing as they go. See lib/product.ts. */
import type { IndexExpression } from "../../../ir/program.ts";
import type { Pack, PlannedProduct } from "../../plan/items.ts";
import { aligned } from "../../plan/memory.ts";
import { lieOf, type Lie } from "../../plan/lie.ts";
import { packedBytes, panelBytes } from "../../plan/pack.ts";
import { extentOf, type ProductAxis } from "../../plan/product.ts";
import { wasmMachine } from "../machine.ts";
import { integerCode } from "./address.ts";
import { columnsAtOnce, narrowProduct, type Define } from "./narrow.ts";
import { indented } from "./scope.ts";

const { panelColumns, tileRows } = wasmMachine;
/** Depth of one block: with the library's BLOCK rows that is 64 KiB. */
const blockDepth = 256;
/** Rows of a panel, and of a block, in the two variants of the library. */
const variants = [
  { rows: 4, block: 64 },
  { rows: 6, block: 66 },
] as const;
/** TILE of the library. */
const tileBytes = 256;
/** Rows, or batch entries, from which on dividing them among threads leaves each enough. */
const rowsToShare = 16;
const batchToShare = 4;

export interface ProductText {
  readonly statements: readonly string[];
  /** Bytes of its own that each thread needs. */
  readonly workspace: number;
}

/** How the depth is cut: blocks of up to `turns` runs of `run` neighbours each; with one axis a run is cut itself. */
interface DepthBlocks {
  readonly total: number;
  readonly run: number;
  readonly turns: number;
  readonly outer: readonly ProductAxis[];
  readonly inner: ProductAxis;
  readonly largest: number;
}

function depthBlocks(depth: readonly ProductAxis[]): DepthBlocks {
  const inner = depth[depth.length - 1] as ProductAxis;
  const outer = depth.slice(0, -1);
  const total = extentOf(depth);
  const turns = Math.min(extentOf(outer), Math.max(1, Math.floor(blockDepth / inner.extent)));
  const largest = outer.length === 0 ? Math.min(total, blockDepth) : turns * inner.extent;
  return { total, run: inner.extent, turns, outer, inner, largest };
}

export function printPack({ columns, depth, right }: Pack, shared: boolean): ProductText {
  const panels = Math.ceil(extentOf(columns) / panelColumns);
  const range = shared ? [`begin(${panels}, 1)`, `end(${panels}, 1)`] : ["0", String(panels)];
  return {
    statements: [
      `// [${extentOf(depth)} x ${extentOf(columns)}] in panels of ${panelColumns} columns`,
      ...packRight(columns, depth, plus("right", startCode(right.start)), "packed", range as [string, string]),
    ],
    workspace: 0,
  };
}

/** How a product is divided among threads. */
export type Division = "none" | "batch" | "rows" | "columns";

function divisionOf(product: PlannedProduct, shared: boolean): Division {
  if (!shared) return "none";
  const [batch] = product.batch;
  if (batch !== undefined && batch.extent >= batchToShare) return "batch";
  return extentOf(product.rows) >= rowsToShare ? "rows" : "columns";
}

export function printProduct(product: PlannedProduct, shared: boolean, define: Define): ProductText {
  const lie = product.packed === undefined ? lieOf(product, wasmMachine) : undefined;
  return lie === undefined ? printPanels(product, shared) : printNarrow(product, lie, shared, define);
}

function printNarrow(product: PlannedProduct, lie: Lie, shared: boolean, define: Define): ProductText {
  const { batch, columns } = product;
  const division = divisionOf(product, shared);
  const range = `${extentOf(columns)}, ${columnsAtOnce(lie)}`;
  const body = narrowProduct(product, lie, division === "columns", define);
  const bounds = division === "columns" ? [`const first = begin(${range});`, `const last = end(${range});`] : [];
  return {
    statements: [...sizesAndStarts(product, "right"), ...bounds, ...overBatch(batch, 0, division, body)],
    workspace: 0,
  };
}

/** What a product multiplies, and where the first entry of the batch begins. */
function sizesAndStarts(
  { batch, rows, columns, depth, left, right, output }: PlannedProduct,
  from: "right" | "panels",
): readonly string[] {
  const times = batch.length > 0 ? `, ${extentOf(batch)} times` : "";
  return [
    `// [${extentOf(rows)} x ${extentOf(depth)}] . [${extentOf(depth)} x ${extentOf(columns)}]${times}`,
    `const a0 = ${plus("left", startCode(left.start))};`,
    `const b0 = ${from === "right" ? plus("right", startCode(right.start)) : "right"};`,
    `const c0 = ${plus("output", startCode(output.start))};`,
  ];
}

function printPanels(product: PlannedProduct, shared: boolean): ProductText {
  const { batch, rows, columns, depth, packed } = product;
  const columnCount = extentOf(columns);
  const division = divisionOf(product, shared);
  const leftBytes = leftBytesOf(product);
  const packsHere = packed === undefined;
  const panels = Math.ceil(columnCount / panelColumns);
  const rightPanel = panelBytes(extentOf(depth), panelColumns);
  const body: string[] = [];
  if (packsHere) {
    body.push(`const packed = workspace + ${tileBytes + leftBytes};`);
    body.push(...packRight(columns, depth, "b", "packed", ["0", String(panels)]));
  }
  const base = packsHere ? "packed" : "b";
  if (division === "columns") {
    body.push(
      `const first = begin(${columnCount}, ${columnsShared(rows)});`,
      `const columns = end(${columnCount}, ${columnsShared(rows)}) - first;`,
      `const panels = ${base} + <usize>(first >> 3) * ${rightPanel};`,
    );
  }
  const from = division === "columns" ? "panels" : base;
  body.push(
    ...(hasFewRows(rows)
      ? rowByRow(product, from, rightPanel, division)
      : blocksOfRows(product, from, rightPanel, division)),
  );
  return {
    statements: [...sizesAndStarts(product, packsHere ? "right" : "panels"), ...overBatch(batch, 0, division, body)],
    workspace: tileBytes + leftBytes + (packsHere ? packedBytes(product, wasmMachine) + 64 : 0),
  };
}

/** Fewer rows than a tile needs are not packed, and multiplied row by row, by four panels at a time. */
function hasFewRows(rows: readonly ProductAxis[]): boolean {
  return extentOf(rows) < tileRows;
}

/** Columns that one thread takes together: which tile a result is in must not depend on the number of threads. */
function columnsShared(rows: readonly ProductAxis[]): number {
  return hasFewRows(rows) ? 4 * panelColumns : panelColumns;
}

/** What the left factor takes of a thread's workspace. */
function leftBytesOf({ rows, depth }: PlannedProduct): number {
  const count = extentOf(rows);
  if (hasFewRows(rows)) return liesInRows(rows, depth) ? 0 : aligned(count * extentOf(depth) * 4);
  const { largest } = depthBlocks(depth);
  return Math.max(
    ...variants.map((one) => Math.ceil(Math.min(count, one.block) / one.rows) * (panelBytes(largest, one.rows) + 64)),
  );
}

/** Whether the rows of a left factor are at one distance, with the elements of each side by side. */
function liesInRows(rows: readonly ProductAxis[], depth: readonly ProductAxis[]): boolean {
  return rows.length <= 1 && depth.length === 1 && depth[0]?.left === 1;
}

/** How many columns this thread takes, and where its part of the output begins. */
function ownColumns(columns: readonly ProductAxis[], division: Division) {
  return division === "columns"
    ? { width: "columns", target: "c + (<usize>first << 2)" }
    : { width: String(extentOf(columns)), target: "c" };
}

/** The rows as they lie, or copied side by side, times all columns. */
function rowByRow(
  { rows, columns, depth, accumulate }: PlannedProduct,
  panels: string,
  rightPanel: number,
  division: Division,
): string[] {
  const count = extentOf(rows);
  const total = extentOf(depth);
  const inPlace = liesInRows(rows, depth);
  const left = inPlace ? "a" : "workspace + TILE";
  const aRow = inPlace ? (rows[0]?.left ?? 0) * 4 : total * 4;
  const cRow = (rows[rows.length - 1]?.output ?? 0) * 4;
  const { width, target } = ownColumns(columns, division);
  return [
    ...(inPlace ? [] : gatherRows(rows, depth)),
    `multiplyRows(${left}, ${aRow}, ${count}, ${total}, ${panels}, ${rightPanel}, ${width}, ${target}, ${cRow}, ${accumulate}, workspace);`,
  ];
}

function gatherRows(rows: readonly ProductAxis[], depth: readonly ProductAxis[]): string[] {
  const { outer, inner, run, total } = depthBlocks(depth);
  const turns = extentOf(outer);
  const rowStart = plus("a", rows.length === 0 ? "0" : offsetCode(rows, "left", "row"));
  const gather = (to: string, from: string): string => `gatherRow(${to}, ${from}, ${run}, ${inner.left * 4});`;
  const to = `workspace + TILE + <usize>(row * ${total * 4})`;
  return [
    `for (let row = 0; row < ${extentOf(rows)}; row++) {`,
    ...indented(
      turns === 1
        ? [gather(to, rowStart)]
        : [
            `for (let turn = 0; turn < ${turns}; turn++) {`,
            `  ${gather(`${to} + <usize>(turn * ${run * 4})`, plus(rowStart, offsetCode(outer, "left", "turn")))}`,
            "}",
          ],
    ),
    "}",
  ];
}

/** Blocks of rows that fit the caches, packed into panels. */
function blocksOfRows(product: PlannedProduct, panels: string, rightPanel: number, division: Division): string[] {
  const count = extentOf(product.rows);
  const isDivided = division === "rows";
  const last = isDivided ? "last" : String(count);
  return [
    `const panel = panelBytes(${depthBlocks(product.depth).largest}, ROWS);`,
    ...(isDivided ? [`const last = end(${count}, ROWS);`] : []),
    `for (let row = ${isDivided ? `begin(${count}, ROWS)` : "0"}; row < ${last}; row += BLOCK) {`,
    ...indented([`const rows = min(BLOCK, ${last} - row);`, ...blockOfRows(product, panels, rightPanel, division)]),
    "}",
  ];
}

/** Packs the rows block by block along the depth, and multiplies each block. */
function blockOfRows(
  { rows, columns, depth, accumulate }: PlannedProduct,
  panels: string,
  rightPanel: number,
  division: Division,
): string[] {
  const { total, run, turns, outer, inner } = depthBlocks(depth);
  const cRow = (rows[rows.length - 1]?.output ?? 0) * 4;
  const { width, target } = ownColumns(columns, division);
  const multiply = (length: string, start: string, add: string): string => {
    const b = start === "0" ? panels : `${panels} + <usize>${start} * 32`;
    return `multiplyPanels(workspace + TILE, panel, rows, ${length}, ${b}, ${rightPanel}, ${width}, ${target} + <usize>row * ${cRow}, ${cRow}, ${add}, workspace);`;
  };
  const pack = (to: string, from: string, length: string): string =>
    `packLeft(${to}, panel, ${from}, row, rows, ${placesOf(rows, "left")}, ${length}, ${inner.left * 4});`;
  if (outer.length === 0) {
    if (total <= blockDepth) {
      return [pack("workspace + TILE", "a", String(total)), multiply(String(total), "0", String(accumulate))];
    }
    return [
      `for (let k = 0; k < ${total}; k += ${blockDepth}) {`,
      ...indented([
        `const depth = min(${blockDepth}, ${total} - k);`,
        pack("workspace + TILE", plus("a", `k * ${inner.left * 4}`), "depth"),
        multiply("depth", "k", accumulate ? "true" : "k > 0"),
      ]),
      "}",
    ];
  }
  const all = extentOf(outer);
  return [
    `for (let k = 0; k < ${all}; k += ${turns}) {`,
    ...indented([
      `const runs = min(${turns}, ${all} - k);`,
      "for (let run = 0; run < runs; run++) {",
      ...indented([
        "const turn = k + run;",
        pack(
          `workspace + TILE + <usize>(run * ${run}) * LEFT`,
          plus("a", offsetCode(outer, "left", "turn")),
          String(run),
        ),
      ]),
      "}",
      multiply(`runs * ${run}`, `(k * ${run})`, accumulate ? "true" : "k > 0"),
    ]),
    "}",
  ];
}

/** Statements that pack the panels `first` up to `last` of a right factor. */
function packRight(
  columns: readonly ProductAxis[],
  depth: readonly ProductAxis[],
  from: string,
  to: string,
  [first, last]: readonly [string, string],
): string[] {
  const { outer, inner, run, total } = depthBlocks(depth);
  const places = placesOf(columns, "right");
  const pack = (target: string, source: string): string =>
    `packRight(${target}, ${panelBytes(total, panelColumns)}, ${source}, ${first}, ${last}, ${places}, ${run}, ${inner.right * 4});`;
  if (outer.length === 0) return [pack(to, from)];
  return [
    `for (let turn = 0; turn < ${extentOf(outer)}; turn++) {`,
    `  ${pack(`${to} + <usize>(turn * ${run}) * 32`, plus(from, offsetCode(outer, "right", "turn")))}`,
    "}",
  ];
}

/** Number, extent of the inner of two axes (0 for one), and the strides of both. */
function placesOf(axes: readonly ProductAxis[], key: "left" | "right"): string {
  const inner = axes[axes.length - 1];
  const outer = axes.length > 1 ? axes[0] : undefined;
  const steps = [outer === undefined ? 0 : (inner?.extent ?? 0), (outer?.[key] ?? 0) * 4, (inner?.[key] ?? 0) * 4];
  return [extentOf(axes), ...steps].join(", ");
}

/** Bytes from the first element to that of a running index over all the axes. */
function offsetCode(axes: readonly ProductAxis[], key: "left" | "right", index: string): string {
  let within = 1;
  const terms: string[] = [];
  for (const [position, axis] of [...axes].reverse().entries()) {
    const quotient = within === 1 ? index : `${index} / ${within}`;
    const isOutermost = position === axes.length - 1;
    const place = isOutermost ? quotient : `(${quotient}) % ${axis.extent}`;
    terms.unshift(`${/^\w+$/.test(place) ? place : `(${place})`} * ${axis[key] * 4}`);
    within *= axis.extent;
  }
  return terms.join(" + ");
}

function startCode(start: IndexExpression): string {
  return start.kind === "constant" ? String(start.value * 4) : `${integerCode(start, new Map())} * 4`;
}

function plus(base: string, bytes: string): string {
  return bytes === "0" ? base : `${base} + <usize>(${bytes})`;
}

function overBatch(
  batch: readonly ProductAxis[],
  level: number,
  division: Division,
  body: readonly string[],
): string[] {
  const [axis, ...rest] = batch;
  if (axis === undefined) return [`const a = a${level}, b = b${level}, c = c${level};`, ...body];
  const index = `n${level}`;
  const next = level + 1;
  const isDivided = level === 0 && division === "batch";
  const step = (pointer: string, by: number): string =>
    `const ${pointer}${next} = ${plus(`${pointer}${level}`, by === 0 ? "0" : `${index} * ${by * 4}`)};`;
  return [
    ...(isDivided ? [`const lastBatch = end(${axis.extent}, 1);`] : []),
    isDivided
      ? `for (let ${index} = begin(${axis.extent}, 1); ${index} < lastBatch; ${index}++) {`
      : `for (let ${index} = 0; ${index} < ${axis.extent}; ${index}++) {`,
    ...indented([
      step("a", axis.left),
      step("b", axis.right),
      step("c", axis.output),
      ...overBatch(rest, next, division, body),
    ]),
    "}",
  ];
}
