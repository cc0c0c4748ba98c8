/** Rows of a table by number: looking them up, and, the other way round, adding rows up by the number they go to. */
import type { Node } from "../ir/graph.ts";
import { sizeOf } from "../ir/graph.ts";
import { constantIndex, nameIndex } from "../ir/index-expression.ts";
import type { Expression, IndexExpression } from "../ir/program.ts";
import { InternalError } from "../support/internal-error.ts";
import type { OpDefinition, Tensor } from "./define.ts";
import { expectShape, lift, sameShape } from "./support.ts";

/** Sizes of what both operations walk: examples that have a table each, ids of one, rows of a table, cells of a row. */
interface Sizes {
  readonly tables: number;
  readonly ids: number;
  readonly rows: number;
  readonly row: number;
}

function sizesOf(ids: readonly number[], table: readonly number[], batch: number): Sizes {
  return {
    tables: sizeOf(ids.slice(0, batch)),
    ids: sizeOf(ids.slice(batch)),
    rows: table[batch] as number,
    row: sizeOf(table.slice(batch + 1)),
  };
}

/** Calls `visit` with the offset of each id's row in the table and of its copy beside the ids. */
function forEachId(ids: Tensor, sizes: Sizes, visit: (inTable: number, beside: number) => void): void {
  ids.data.forEach((id, position) => {
    if (!(Number.isInteger(id) && id >= 0 && id < sizes.rows)) {
      throw new InternalError(`row ${id} of a table of ${sizes.rows}`);
    }
    const table = Math.floor(position / sizes.ids);
    visit((table * sizes.rows + id) * sizes.row, position * sizes.row);
  });
}

/** The number in a tensor of ids as an index. */
function rowIndex(id: Expression, below: number): IndexExpression {
  if (id.kind === "load") return { kind: "loaded", from: id.parameter, indices: id.indices, below };
  if (id.kind === "position") return id.index;
  if (id.kind === "number") return constantIndex(id.value);
  throw new InternalError(`an index that is computed (${id.kind}) must be stored first`);
}

/** `[A, V, ...]` by ids `[A, I]` -> `[A, I, ...]`: row `ids[a, i]` of table a; the `batch` axes A may be none. */
const take: OpDefinition<"take"> = {
  name: "take",
  shape: ([table = [], ids = []], { batch }) => {
    expectShape(
      batch >= 0 &&
        table.length > batch &&
        ids.length >= batch &&
        sameShape(table.slice(0, batch), ids.slice(0, batch)),
      "take",
      [table, ids],
      `the first ${batch} axes must be equal, and a table needs one more`,
    );
    return [...ids, ...table.slice(batch + 1)];
  },
  adjoint: (o, node, cotangent) => {
    const [table, ids] = node.inputs as readonly [Node, Node];
    const { batch } = node.attributes;
    return [o.placeRows(cotangent, ids, table.shape[batch] as number, batch), undefined];
  },
  evaluate: ([table, ids], node) => {
    const from = table;
    const sizes = sizesOf(ids.shape, from.shape, node.attributes.batch);
    const data = new Float64Array(sizeOf(node.shape));
    forEachId(ids, sizes, (inTable, beside) => {
      data.set(from.data.subarray(inTable, inTable + sizes.row), beside);
    });
    return data;
  },
  vectorise: (o, node, [table, ids], length) => {
    const { batch } = node.attributes;
    // One table for all steps: their ids side by side. Else every step has its own.
    if (table.vector !== true && batch === 0) return o.take(table.node, lift(o, ids, length));
    return o.take(lift(o, table as never, length), lift(o, ids, length), batch + 1);
  },
  cell: (node, indices, { at }) => {
    const [table, ids] = node.inputs as readonly [Node, Node];
    const { batch } = node.attributes;
    const rank = ids.shape.length;
    const row = rowIndex(at(1, indices.slice(0, rank)), table.shape[batch] as number);
    return at(0, [...indices.slice(0, batch), row, ...indices.slice(rank)]);
  },
};

/** `values` `[A, I, ...]` and ids `[A, I]` -> `[A, V, ...]`: row v is the sum of the values whose id is v, 0 if there are none. */
const placeRows: OpDefinition<"place_rows"> = {
  name: "place_rows",
  shape: ([values = [], ids = []], { batch, rows }) => {
    expectShape(
      batch >= 0 && ids.length >= batch && sameShape(values.slice(0, ids.length), ids),
      "place_rows",
      [values, ids],
      "the values must begin with the axes of the ids",
    );
    return [...ids.slice(0, batch), rows, ...values.slice(ids.length)];
  },
  adjoint: (o, node, cotangent) => [o.take(cotangent, node.inputs[1], node.attributes.batch), undefined],
  evaluate: ([values, ids], node) => {
    const from = values;
    const sizes = sizesOf(ids.shape, node.shape, node.attributes.batch);
    const data = new Float64Array(sizeOf(node.shape));
    forEachId(ids, sizes, (inTable, beside) => {
      for (let cell = 0; cell < sizes.row; cell++) {
        data[inTable + cell] = (data[inTable + cell] as number) + (from.data[beside + cell] as number);
      }
    });
    return data;
  },
  vectorise: (o, node, [values, ids], length) => {
    const { batch, rows } = node.attributes;
    return o.placeRows(lift(o, values as never, length), lift(o, ids, length), rows, batch + 1);
  },
  // A sum over all ids of what belongs to this row: a target that can add to a cell in place sees it in this form.
  cell: (node, indices, { at, fresh }) => {
    const ids = node.inputs[1];
    const { batch } = node.attributes;
    const extents = ids.shape.slice(batch);
    const names = extents.map(() => fresh("k"));
    const places = [...indices.slice(0, batch), ...names.map(nameIndex)];
    const own: Expression = {
      kind: "select",
      condition: {
        operation: "equal",
        left: at(1, places),
        right: { kind: "position", index: indices[batch] as IndexExpression },
      },
      whenTrue: at(0, [...places, ...indices.slice(batch + 1)]),
      whenFalse: { kind: "number", value: 0 },
    };
    return names.reduceRight<Expression>(
      (body, index, axis) => ({ kind: "reduce", operation: "sum", index, extent: extents[axis] as number, body }),
      own,
    );
  },
};

export const rowOps = { take, place_rows: placeRows };
