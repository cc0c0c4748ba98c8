/** Pieces that every part of a module is written in. */
import type { FunctionDeclarationStructure, ParameterDeclarationStructure, StatementStructures } from "ts-morph";
import { StructureKind } from "ts-morph";
import { dataLiteral, lineWidth } from "../code-text/literals.ts";
import { comment, documentation } from "./comments.ts";

export type Statement = StatementStructures | string;

export function section(title: string): string {
  return `\n// ${title}`;
}

/** A list with one item a line, however long. */
export function rows(items: readonly object[], indent = ""): string {
  if (items.length === 0) return "[]";
  const lines = items.map((item) => `${indent}  ${dataLiteral(item, "", Number.POSITIVE_INFINITY)},\n`);
  return `[\n${lines.join("")}${indent}]`;
}

interface ConstantRequest {
  readonly value: string;
  readonly type?: string;
  readonly documentation?: readonly string[];
  /** `export ` or nothing. */
  readonly exported?: string;
}

/** As text, because a structure would indent the lines of the value once more. */
export function constant(name: string, { value, type, documentation: lines, exported = "" }: ConstantRequest): string {
  const docs = lines === undefined ? "" : `${comment(lines)}\n`;
  return `\n${docs}${exported}const ${name}${type === undefined ? "" : `: ${type}`} = ${value};`;
}

export interface Parameter {
  readonly name: string;
  readonly type: string;
}

interface FunctionRequest {
  readonly documentation: readonly string[];
  readonly parameters: readonly Parameter[];
  readonly returnType?: string;
  readonly statements: readonly string[];
  readonly isExported?: boolean;
}

export function functionStatement(name: string, request: FunctionRequest): FunctionDeclarationStructure {
  const { documentation: lines, parameters, returnType, statements, isExported = false } = request;
  const end = returnType === undefined ? ") {" : `): ${returnType} {`;
  return {
    kind: StructureKind.Function,
    name,
    isExported,
    ...(lines.length === 0 ? {} : { docs: [documentation(lines)] }),
    parameters: wrapParameters(`${isExported ? "export " : ""}function ${name}(`, parameters, end),
    ...(returnType === undefined ? {} : { returnType }),
    statements: statements.join("\n"),
  };
}

/** Where the function's first line would be too long, as many parameters a line as fit. */
function wrapParameters(start: string, parameters: readonly Parameter[], end: string): ParameterDeclarationStructure[] {
  const flat = `${start}${parameters.map((one) => `${one.name}: ${one.type}`).join(", ")}${end}`;
  if (flat.length <= lineWidth + 4) return parameters.map((one) => ({ kind: StructureKind.Parameter, ...one }));
  // The printer writes `, ` between parameters and indents what follows a line end.
  let width = 0;
  return parameters.map(({ name: parameter, type }, position) => {
    const length = parameter.length + type.length + 4;
    const isFirst = position === 0 || width + length > lineWidth;
    width = isFirst ? length : width + length;
    return {
      kind: StructureKind.Parameter,
      name: isFirst ? `\n${parameter}` : parameter,
      type: position === parameters.length - 1 ? `${type}\n` : type,
    };
  });
}
