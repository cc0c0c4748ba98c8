/** Operations on numbers as values of a plan: those that four lanes have for themselves, and those made of them. */
import {
  binaryOperations,
  mapOperations,
  unaryOperations,
  type BinaryOperation,
  type BinaryRecord,
  type CompareOperation,
  type Composition,
  type LaneText,
  type UnaryOperation,
  type UnaryRecord,
} from "../../elementwise/index.ts";
import { InternalError } from "../../support/internal-error.ts";
import type { Value, ValueTable } from "./values.ts";

export function lanesOf(value: Value & { readonly kind: "unary" | "binary" }): LaneText {
  const { lanes }: UnaryRecord | BinaryRecord =
    value.kind === "unary" ? unaryOperations[value.operation] : binaryOperations[value.operation];
  if (lanes === undefined) throw new InternalError(`no lanes can ${value.operation}: its form should stand here`);
  return lanes;
}

export function unaryValue(table: ValueTable, operation: UnaryOperation, operand: Value): Value {
  const record: UnaryRecord = unaryOperations[operation];
  return record.lanes === undefined
    ? record.form(composition(table), operand)
    : table.intern({ kind: "unary", operation, operand });
}

export function binaryValue(table: ValueTable, operation: BinaryOperation, left: Value, right: Value): Value {
  const record: BinaryRecord = binaryOperations[operation];
  return record.lanes === undefined
    ? record.form(composition(table), left, right)
    : table.intern({ kind: "binary", operation, left, right });
}

/** Forms as values: what is shared is one value by itself. */
export function composition(table: ValueTable): Composition<Value> {
  const compare =
    (operation: CompareOperation) =>
    (left: Value, right: Value): Value =>
      table.intern({
        kind: "select",
        operation,
        left,
        right,
        whenTrue: table.number(1),
        whenFalse: table.number(0),
      });
  return {
    ...mapOperations(unaryOperations, (operation) => (x: Value) => unaryValue(table, operation, x)),
    ...mapOperations(
      binaryOperations,
      (operation) => (left: Value, right: Value) => binaryValue(table, operation, left, right),
    ),
    constant: (value) => table.number(value),
    less: compare("less"),
    equal: compare("equal"),
    greater: compare("greater"),
    select: (condition, whenTrue, whenFalse) => {
      if (condition.kind !== "select") throw new InternalError("a form chooses by a comparison");
      return table.intern({ ...condition, whenTrue, whenFalse });
    },
    named: (_wish, value) => value,
  };
}
