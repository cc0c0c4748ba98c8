/** Statements of a plan as TypeScript. What values are called is for the function to say that the statements stand in. */
import { filled, stringLiteral } from "../../code-text/literals.ts";
import { NameScope } from "../../code-text/names.ts";
import type { Slot } from "../../ir/program.ts";
import {
  contextNames,
  type Input,
  type Section,
  type Statement,
  type UpdateStatement,
  type Value,
} from "./plan-statements.ts";

/** The text by which a function speaks of a value: `hidden`, `forward.hidden`, `tensors["encoder.weight"]`. */
export type NameOf = (value: Value) => string;

/** @param taken names that the function around the statements uses */
export function printStatements(
  statements: readonly Statement[],
  nameOf: NameOf,
  taken: readonly string[] = [],
): readonly string[] {
  const updates = statements.some(({ kind }) => kind === "update");
  const first = statements.findIndex(({ kind }) => kind === "update");
  return statements.flatMap((statement, position) => [
    ...(updates && position === first ? ["const updated: Record<string, GpuHandle> = {};"] : []),
    ...printStatement(statement, nameOf, taken),
  ]);
}

/** `forward: encoder (lstm)`. */
export function titleOf({ phase, layer, kind }: Pick<Section, "phase" | "layer" | "kind">): string {
  if (layer === "" || layer === phase) return phase;
  return kind === undefined || kind === layer ? `${phase}: ${layer}` : `${phase}: ${layer} (${kind})`;
}

function printStatement(statement: Statement, nameOf: NameOf, taken: readonly string[]): readonly string[] {
  switch (statement.kind) {
    case "call": {
      const { kernel, shape, inputs, gives, slot } = statement;
      const target = slot === undefined ? `const ${nameOf(gives)}` : `${nameOf(gives)}[${slotText(slot)}]`;
      return callLines(`${target} = kernels.${kernel}`, [
        shapeText(shape),
        ...inputs.map((input) => inputText(input, nameOf)),
      ]);
    }
    case "array":
      return [`const ${nameOf(statement.gives)}: GpuHandle[] = [];`];
    case "stack": {
      const { gives, of, shape } = statement;
      return [`const ${nameOf(gives)} = stack(${nameOf(of)}, ${shapeText(shape)});`];
    }
    case "loop": {
      const { variable, start, end, stride, body } = statement;
      const test = stride === 1 ? `${variable} < ${end}` : `${variable} >= ${end + 1}`;
      const order = stride === 1 ? "first to last" : "last to first";
      return [
        `// For each step of time, ${order}:`,
        `for (let ${variable} = ${start}; ${test}; ${variable}${stride === 1 ? "++" : "--"}) {`,
        ...body.flatMap((inner) => printStatement(inner, nameOf, taken)).map((line) => `  ${line}`),
        "}",
      ];
    }
    case "update":
      return updateLines(statement, nameOf, taken);
    default:
      return statement satisfies never;
  }
}

/** One row of the table for each parameter that the same kernels update. */
function updateLines(
  { loop, rows, shared }: UpdateStatement,
  nameOf: NameOf,
  taken: readonly string[],
): readonly string[] {
  const { steps } = loop;
  const scope = new NameScope([...contextNames, "name", "shape", ...taken]);
  const columns = (rows[0] ?? []).map((_, index) => scope.claim(index === 0 ? "gradient" : `given${index}`));
  const locals = steps.map(({ gives, note }) =>
    scope.claim(`next_${gives === undefined ? note : gives === "" ? "parameter" : gives.slice(1)}`),
  );
  const own = (suffix: string): string => (suffix === "" ? "name" : `\`\${name}${suffix}\``);
  const isRead = (step: number): boolean =>
    steps.some(({ inputs }) => inputs.some((place) => place.kind === "local" && place.step === step));
  const lines = steps.flatMap(({ kernel, shape, inputs, gives }, index) => {
    const given = inputs.map((place) => {
      switch (place.kind) {
        case "own":
          return `tensors[${own(place.suffix)}]`;
        case "local":
          return locals[place.step] ?? "";
        case "column":
          return columns[place.index] ?? "";
        case "shared": {
          const value = shared.get(place.buffer);
          return value === undefined ? "" : nameOf(value);
        }
        default:
          return place satisfies never;
      }
    });
    const arguments_ = [shape === undefined ? "shape" : shapeText(shape), ...given];
    const target = gives === undefined ? undefined : `updated[${own(gives)}]`;
    if (target !== undefined && !isRead(index)) return callLines(`${target} = kernels.${kernel}`, arguments_);
    const local = `const ${locals[index] ?? ""}`;
    return [
      ...callLines(`${local} = kernels.${kernel}`, arguments_),
      ...(target === undefined ? [] : [`${target} = ${locals[index] ?? ""};`]),
    ];
  });
  const table = loop.rows.map(({ name, shape }, index) => {
    const cells = [stringLiteral(name), shapeText(shape), ...(rows[index] ?? []).map(nameOf)];
    return `  [${cells.join(", ")}],`;
  });
  return [
    `for (const [${["name", "shape", ...columns].join(", ")}] of [`,
    ...table,
    "] as const) {",
    ...lines.map((line) => `  ${line}`),
    "}",
  ];
}

export function callLines(start: string, inputs: readonly string[]): readonly string[] {
  return filled(`${start}(`, inputs, ");");
}

function inputText(input: Input, nameOf: NameOf): string {
  switch (input.kind) {
    case "value":
      return nameOf(input.value);
    case "slot":
      return `${nameOf(input.value)}[${slotText(input.slot)}]`;
    case "variable":
      return input.name;
    default:
      return input satisfies never;
  }
}

function shapeText(shape: readonly number[]): string {
  return `[${shape.join(", ")}]`;
}

/** `t`, `t + 1`, `23 - t`, `0`. */
function slotText({ variable, scale, offset }: Slot): string {
  if (variable === undefined) return String(offset);
  if (scale === -1) return offset === 0 ? `-${variable}` : `${offset} - ${variable}`;
  if (offset === 0) return variable;
  return offset > 0 ? `${variable} + ${offset}` : `${variable} - ${-offset}`;
}
