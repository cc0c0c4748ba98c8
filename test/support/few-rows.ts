/** Programs by hand with products of one to three rows inside a loop that leaves their right factor alone. */
import type { Expression, IndexExpression, Program } from "../../compiler/ir/program.ts";
import {
  add,
  at,
  buffer,
  i,
  kernel,
  load,
  loop,
  mul,
  plus,
  program,
  reduce,
  run,
  slot,
  steps,
  times,
} from "./hand-built-program.ts";

const manyTurns = 17;
/** Two tiles of 32 columns, one of 8, and three more. */
const columns = 75;

interface Left {
  readonly shape: readonly number[];
  readonly at: readonly IndexExpression[];
}

interface Factors {
  readonly rows: readonly number[];
  readonly depth: readonly number[];
  readonly lefts: readonly Left[];
  readonly turns?: number;
}

const rowNames = ["b", "r"];
const depthNames = ["k", "j"];

/** In every turn, the sum of the products of all left factors with one right factor each. */
function products({ rows, depth, lefts, turns = manyTurns }: Factors): Program {
  const rowIndices = rowNames.slice(0, rows.length);
  const depthIndices = depthNames.slice(0, depth.length);
  const weights = lefts.map((_, position) => buffer(`w${position}`, [...depth, columns], "parameter"));
  const inputs = lefts.map(({ shape }, position) => buffer(`x${position}`, [turns, ...shape], "input"));
  const output = [...rows, columns];
  const y = steps("y", [turns, ...output]);
  const product = ({ at: place }: Left, position: number): Expression =>
    depth.reduceRight<Expression>(
      (body, extent, axis) => reduce("sum", depthIndices[axis] as string, extent, body),
      mul(
        load(position, i("t"), ...place),
        load(lefts.length + position, ...depthIndices.map((name) => i(name)), i("n")),
      ),
    );
  const work = kernel({
    name: "turn",
    reads: Object.fromEntries([...inputs, ...weights].map(({ name, shape }) => [name, shape])),
    variables: ["t"],
    output,
    indices: [...rowIndices, "n"],
    body: lefts.map(product).reduce((sum, one) => add(sum, one)),
  });
  return program([loop("t", 0, turns, [run(work, [...inputs, ...weights], [y, slot(0, "t")])])], { y });
}

const plain = (rows: number, depth: number): Left => ({ shape: [rows, depth], at: [i("b"), i("k")] });

export const fewRows: Readonly<Record<string, Program>> = {
  ...Object.fromEntries(
    [1, 2, 3].map((rows) => [
      `${rows} rows in a loop`,
      products({ rows: [rows], depth: [13], lefts: [plain(rows, 13)] }),
    ]),
  ),
  "a row in a loop, deeper than a block": products({ rows: [1], depth: [301], lefts: [plain(1, 301)] }),
  "a row in a loop of few turns": products({ rows: [1], depth: [13], lefts: [plain(1, 13)], turns: 3 }),
  "three rows in a loop, the last first": products({
    rows: [3],
    depth: [13],
    lefts: [{ shape: [3, 13], at: [plus(times(i("b"), -1), at(2)), i("k")] }],
  }),
  "three rows in a loop that lie as columns": products({
    rows: [3],
    depth: [14],
    lefts: [{ shape: [14, 3], at: [i("k"), i("b")] }],
  }),
  "three rows in a loop, their depth in pieces": products({
    rows: [3],
    depth: [5, 4],
    lefts: [{ shape: [3, 5, 7], at: [i("b"), i("k"), plus(i("j"), at(2))] }],
  }),
  "rows in a loop, two times one": products({
    rows: [2, 1],
    depth: [6],
    lefts: [{ shape: [2, 3, 6], at: [i("b"), plus(i("r"), at(1)), i("k")] }],
  }),
  "the sum of two products of two rows in a loop": products({
    rows: [2],
    depth: [9],
    lefts: [plain(2, 9), plain(2, 9)],
  }),
};
