/**
 * At least one case per primitive operation: the operands and the call. The type demands every name of the vocabulary, and
 * the tests compare with the table itself, so an operation without a case fails twice.
 */
import {
  binaryOperations,
  mapOperations,
  unaryOperations,
  type BinaryRecord,
  type UnaryRecord,
} from "../../compiler/elementwise/index.ts";
import type { Node, OpName } from "../../compiler/ir/graph.ts";
import type { Operations } from "../../compiler/ops/index.ts";

export interface Operand {
  readonly shape: readonly number[];
  /** Default: signed numbers at least 0.05 away from 0. `positive`: 0.2 .. 1.2. `bit`: 0 or 1, and no gradient is asked for. */
  readonly values?: "signed" | "positive" | "bit" | undefined;
  /** Whole numbers 0 .. below - 1 instead, some of them several times; no gradient is asked for. */
  readonly below?: number;
}

export interface OpCase {
  readonly title: string;
  readonly operands: readonly Operand[];
  readonly build: (o: Operations, operands: readonly Node[]) => Node;
  /** `zero`: the adjoint is nothing although the function has a slope. */
  readonly gradient?: "zero";
  /** Operands of over a thousand cells: only some of their cells are compared with central differences. */
  readonly long?: true;
}

/** Sizes that are no multiple of 4, one cell, no axis at all, and one step of one example. */
const shapes: readonly (readonly number[])[] = [[2, 3], [1, 1], [], [1, 5, 1]];

const unary = (call: (o: Operations) => (operand: Node) => Node, values: Operand["values"] = "signed"): OpCase[] =>
  shapes.map((shape) => ({
    title: `[${shape.join(", ")}]`,
    operands: [{ shape, values }],
    build: (o, [operand]) => call(o)(operand as Node),
  }));

const binary = (
  call: (o: Operations) => (left: Node, right: Node) => Node,
  values: readonly [Operand["values"], Operand["values"]] = ["signed", "signed"],
): OpCase[] => [
  ...shapes.map((shape) => ({
    title: `[${shape.join(", ")}]`,
    operands: [
      { shape, values: values[0] },
      { shape, values: values[1] },
    ],
    build: (o: Operations, [left, right]: readonly Node[]) => call(o)(left as Node, right as Node),
  })),
  {
    title: "the right one repeats",
    operands: [
      { shape: [3, 5], values: values[0] },
      { shape: [5], values: values[1] },
    ],
    build: (o, [left, right]) => call(o)(left as Node, right as Node),
  },
  {
    title: "the left one repeats",
    operands: [
      { shape: [], values: values[0] },
      { shape: [2, 1, 3], values: values[1] },
    ],
    build: (o, [left, right]) => call(o)(left as Node, right as Node),
  },
];

/** One operand, several ways to call. */
const calls = (
  list: readonly (readonly [title: string, shape: readonly number[], build: (o: Operations, x: Node) => Node])[],
): OpCase[] =>
  list.map(([title, shape, build]) => ({
    title,
    operands: [{ shape }],
    build: (o, [operand]) => build(o, operand as Node),
    ...(shape.some((size) => size > 1000) ? { long: true as const } : {}),
  }));

const contraction = (labels: string, left: readonly number[], right: readonly number[]): OpCase => ({
  title: labels,
  operands: [{ shape: left }, { shape: right }],
  build: (o, [x, y]) => o.contract(labels, x as Node, y as Node),
  ...([...left, ...right].some((size) => size > 1000) ? { long: true as const } : {}),
});

/** Rows of a table `[A, V, ...]` by ids `[A, I]`, of which the first `batch` axes A are common. */
const lookup = (table: readonly number[], ids: readonly number[], batch = 0): OpCase => ({
  title: `[${table.join(", ")}] by [${ids.join(", ")}], ${batch} common`,
  operands: [{ shape: table }, { shape: ids, below: table[batch] as number }],
  build: (o, [x, y]) => o.take(x as Node, y as Node, batch),
  ...([...table, ...ids].some((size) => size > 1000) ? { long: true as const } : {}),
});

const placement = (values: readonly number[], ids: readonly number[], rows: number, batch = 0): OpCase => ({
  title: `[${values.join(", ")}] to ${rows} rows by [${ids.join(", ")}], ${batch} common`,
  operands: [{ shape: values }, { shape: ids, below: rows }],
  build: (o, [x, y]) => o.placeRows(x as Node, y as Node, rows, batch),
  ...([...values, rows].some((size) => size > 1000) ? { long: true as const } : {}),
});

/** A leaky sum over time that multiplies what it carries by a weight and keeps a second, older carry. */
const recurrence = (length: number, reverse: boolean): OpCase => ({
  title: `${length} steps${reverse ? " backwards" : ""}`,
  operands: [{ shape: [length, 2, 3] }, { shape: [2, 3] }, { shape: [3, 3] }, { shape: [2, 3] }],
  build: (o, operands) => {
    const [inputs, start, weight, older] = operands as readonly [Node, Node, Node, Node];
    const { carries, outputs } = o.scan({
      length,
      reverse,
      initial: [start, older],
      slices: [inputs],
      body: ([state, before], [input]) => {
        const mixed = o.tanh(o.add(o.contract("bh,gh->bg", state as Node, weight), input as Node));
        return { carries: [mixed, state as Node], outputs: [o.multiply(mixed, before as Node), mixed] };
      },
    });
    const stacked = o.add(outputs[0] as Node, o.multiply(outputs[1] as Node, o.constant(0.5)));
    return o.add(o.sum(stacked, [0]), o.subtract(carries[0] as Node, carries[1] as Node));
  },
});

export const opCases: { readonly [O in OpName]: readonly OpCase[] } = {
  argument: unary(() => (operand) => operand),
  placeholder: [
    {
      title: "carry and slice of a scan",
      operands: [{ shape: [3, 2] }, { shape: [2] }],
      build: (o, [steps, start]) =>
        o.scan({
          length: 3,
          initial: [start as Node],
          slices: [steps as Node],
          body: ([carry], [slice]) => ({
            carries: [slice as Node],
            outputs: [o.multiply(carry as Node, slice as Node)],
          }),
        }).outputs[0] as Node,
    },
  ],
  constant: [
    {
      title: "beside an operand",
      operands: [{ shape: [3] }],
      build: (o, [x]) => o.multiply(x as Node, o.constant(2.5)),
    },
  ],
  iota: [0, 1].map((axis) => ({
    title: `axis ${axis}`,
    operands: [{ shape: [3, 5] }],
    build: (o, [x]) => o.multiply(x as Node, o.iota([3, 5], axis)),
  })),
  ...mapOperations(unaryOperations, (operation) => {
    const { domain }: UnaryRecord = unaryOperations[operation];
    return unary((o) => o[operation], domain);
  }),
  stop_gradient: unary((o) => o.stopGradient).map((one) => ({ ...one, gradient: "zero" })),
  ...mapOperations(binaryOperations, (operation) => {
    const { domains }: BinaryRecord = binaryOperations[operation];
    return binary((o) => o[operation], domains);
  }),
  power: [
    ...binary((o) => o.power, binaryOperations.power.domains),
    {
      title: "constant exponent, negative base",
      operands: [{ shape: [3] }],
      build: (o, [x]) => o.power(x as Node, o.constant(3)),
    },
  ],
  less: binary((o) => o.less),
  less_equal: binary((o) => o.lessEqual),
  equal: binary((o) => o.equal),
  not_equal: binary((o) => o.notEqual),
  greater: binary((o) => o.greater),
  greater_equal: binary((o) => o.greaterEqual),
  select: [
    {
      title: "bits choose",
      operands: [{ shape: [3, 5], values: "bit" }, { shape: [3, 5] }, { shape: [3, 5] }],
      build: (o, [condition, yes, no]) => o.select(condition as Node, yes as Node, no as Node),
    },
    {
      title: "a comparison chooses, one branch repeats",
      operands: [{ shape: [2, 3] }, { shape: [] }],
      build: (o, [x, y]) => o.select(o.greater(x as Node, o.constant(0)), x as Node, y as Node),
    },
  ],
  broadcast: calls([
    ["leading axis", [3], (o, x) => o.broadcast(x, [5, 3], [1])],
    ["trailing axis", [3], (o, x) => o.broadcast(x, [3, 5], [0])],
    ["permuted axes", [2, 3], (o, x) => o.broadcast(x, [3, 5, 2], [2, 0])],
    ["a scalar", [], (o, x) => o.broadcast(x, [1, 3], [])],
  ]),
  reshape: calls([
    ["joins", [2, 3, 5], (o, x) => o.reshape(x, [6, 5])],
    ["splits", [2, 15], (o, x) => o.reshape(x, [2, 5, 3])],
    ["regroups", [6, 5], (o, x) => o.reshape(x, [3, 10])],
    ["ones come and go", [1, 7, 1], (o, x) => o.reshape(x, [7, 1, 1])],
    ["to a scalar", [1, 1], (o, x) => o.reshape(x, [])],
    ["from a scalar", [], (o, x) => o.reshape(x, [1, 1])],
  ]),
  transpose: calls([
    ["two axes", [2, 3], (o, x) => o.transpose(x, [1, 0])],
    ["a cycle", [2, 3, 5], (o, x) => o.transpose(x, [2, 0, 1])],
    ["one step", [1, 3, 1], (o, x) => o.transpose(x, [1, 0, 2])],
  ]),
  slice: calls([
    ["the middle", [7], (o, x) => o.slice(x, 0, 2, 5)],
    ["one of the last axis", [2, 5], (o, x) => o.slice(x, 1, 4, 5)],
    ["of the first axis", [3, 2], (o, x) => o.slice(x, 0, 0, 2)],
  ]),
  pad: calls([
    ["before", [3], (o, x) => o.pad(x, 0, 2, 0)],
    ["after", [2, 3], (o, x) => o.pad(x, 1, 0, 1)],
    ["both", [1, 2], (o, x) => o.pad(x, 0, 1, 3)],
  ]),
  concat: [
    {
      title: "three, last axis",
      operands: [{ shape: [2, 1] }, { shape: [2, 3] }, { shape: [2, 2] }],
      build: (o, operands) => o.concat(operands, 1),
    },
    {
      title: "two, first axis",
      operands: [{ shape: [1, 3] }, { shape: [2, 3] }],
      build: (o, operands) => o.concat(operands, 0),
    },
    {
      title: "more tensors than a kernel may read",
      operands: Array.from({ length: 9 }, () => ({ shape: [2] })),
      build: (o, operands) => o.concat(operands, 0),
    },
    { title: "one tensor twice", operands: [{ shape: [3] }], build: (o, [x]) => o.concat([x as Node, x as Node], 0) },
  ],
  reverse: calls([
    ["first axis", [3, 2], (o, x) => o.reverse(x, 0)],
    ["last axis", [2, 5], (o, x) => o.reverse(x, 1)],
    ["one step", [1, 3], (o, x) => o.reverse(x, 0)],
  ]),
  unfold: calls([
    ["overlapping windows", [2, 5, 3], (o, x) => o.unfold(x, 1, 3, 1, 1)],
    ["stride and dilation, the last steps left out", [9], (o, x) => o.unfold(x, 0, 2, 3, 2)],
    ["stride beyond the window", [2, 7], (o, x) => o.unfold(x, 1, 1, 3, 1)],
    ["one window", [3, 2], (o, x) => o.unfold(x, 0, 3, 2, 1)],
    ["1005 steps", [1005], (o, x) => o.unfold(x, 0, 3, 1, 2)],
    ["of steps in reverse", [2, 7], (o, x) => o.unfold(o.reverse(x, 1), 1, 2, 2, 1)],
  ]),
  fold: calls([
    ["overlapping windows", [2, 3, 3, 2], (o, x) => o.fold(x, 1, 5, 1, 1)],
    ["stride and dilation, the last steps left out", [3, 2], (o, x) => o.fold(x, 0, 9, 3, 2)],
    ["stride beyond the window", [2, 3, 1], (o, x) => o.fold(x, 1, 7, 3, 1)],
    ["one window", [1, 3, 2], (o, x) => o.fold(x, 0, 3, 2, 1)],
    ["1005 steps", [1001, 3], (o, x) => o.fold(x, 0, 1005, 1, 2)],
  ]),
  sum: calls([
    ["last axis", [2, 3], (o, x) => o.sum(x, [1])],
    ["first axis", [3, 5], (o, x) => o.sum(x, [0])],
    ["outer axes", [2, 3, 5], (o, x) => o.sum(x, [0, 2])],
    ["everything", [1, 3], (o, x) => o.sum(x, [0, 1])],
    ["1003 cells", [1003], (o, x) => o.sum(x, [0])],
    ["1003 rows", [1003, 2], (o, x) => o.sum(x, [0])],
  ]),
  max: calls([
    ["last axis", [2, 3], (o, x) => o.max(x, [1])],
    ["first axis", [3, 5], (o, x) => o.max(x, [0])],
    ["everything", [1, 3], (o, x) => o.max(x, [0, 1])],
    ["1003 cells", [1003], (o, x) => o.max(x, [0])],
  ]),
  contract: [
    contraction("bi,gi->bg", [2, 3], [5, 3]),
    contraction("bti,gi->tbg", [1, 3, 2], [5, 2]),
    contraction("bt,bth->bh", [2, 3], [2, 3, 5]),
    contraction("i,j->ij", [3], [2]),
    contraction("ij,ij->", [2, 3], [2, 3]),
    contraction("bh,bh->bh", [1, 5], [1, 5]),
    contraction("tbi,tbg->gi", [3, 2, 1], [3, 2, 5]),
    contraction("i,i->", [1003], [1003]),
    contraction("bi,gi->bg", [1, 1003], [2, 1003]),
  ],
  take: [
    lookup([5, 3], [2, 4]),
    lookup([1, 3], [4]),
    lookup([4, 1], []),
    lookup([3], [5]),
    lookup([2, 3, 5], [1]),
    lookup([2, 4, 3], [2, 5], 1),
    lookup([2, 3, 4], [2, 3], 2),
    lookup([1003, 2], [1005]),
    {
      title: "ids that are computed, of a table that is",
      operands: [{ shape: [4, 3] }, { shape: [5], below: 3 }],
      build: (o, [x, ids]) => o.take(o.tanh(x as Node), o.add(ids as Node, o.constant(1))),
    },
    {
      title: "twice by the same ids",
      operands: [{ shape: [4, 5] }, { shape: [2, 3], below: 4 }],
      build: (o, [x, ids]) =>
        o.multiply(o.take(x as Node, ids as Node), o.add(o.take(x as Node, ids as Node), o.constant(1))),
    },
    {
      title: "of positions",
      operands: [{ shape: [4, 2] }, { shape: [3], below: 4 }],
      build: (o, [x, ids]) => o.multiply(o.take(o.iota([4, 2], 0), ids as Node), o.take(x as Node, ids as Node)),
    },
  ],
  place_rows: [
    placement([2, 4, 3], [2, 4], 5),
    placement([4, 3], [4], 1),
    placement([6, 5], [6], 6),
    placement([1, 5], [1], 3),
    placement([5], [5], 3),
    placement([7], [], 4),
    placement([2, 5, 3], [2, 5], 4, 1),
    placement([2, 3, 4], [2, 3], 5, 2),
    placement([1005, 2], [1005], 4),
    {
      title: "summed over what they have in common",
      operands: [{ shape: [2, 3, 4, 5] }, { shape: [2, 3, 4], below: 3 }],
      build: (o, [x, ids]) => o.sum(o.placeRows(x as Node, ids as Node, 3, 2), [0, 3]),
    },
    {
      title: "beside a product",
      operands: [{ shape: [6, 9] }, { shape: [6], below: 8 }, { shape: [8, 11] }, { shape: [11, 9] }],
      build: (o, [x, ids, left, right]) =>
        o.add(o.placeRows(x as Node, ids as Node, 8), o.contract("ik,kj->ij", left as Node, right as Node)),
    },
    {
      title: "two placements, and more",
      operands: [{ shape: [6, 5] }, { shape: [6], below: 4 }, { shape: [3, 5] }, { shape: [3], below: 4 }],
      build: (o, [x, first, y, second]) =>
        o.tanh(o.add(o.placeRows(x as Node, first as Node, 4), o.placeRows(y as Node, second as Node, 4))),
    },
  ],
  scan: [recurrence(5, false), recurrence(5, true), recurrence(1, false), recurrence(1, true), recurrence(2, false)],
  scan_output: [recurrence(3, false)],
};
