/** One kernel of a program as a gpu.js kernel function in TypeScript. */
import { identifierFrom, NameScope } from "../../code-text/names.ts";
import { indexText } from "../../ir/index-expression.ts";
import type { KernelFunction } from "../../code-text/gpu-module.ts";
import type { Kernel, Origin } from "../../ir/program.ts";
import { invariant } from "../../support/internal-error.ts";
import { factsOf } from "../../ir/expression-facts.ts";
import { ExpressionPrinter } from "./expression.ts";
import { formulaOf } from "./formula.ts";
import { mergedIndex, quotient } from "./indices.ts";
import { shapeLegend, tensorType } from "./layout.ts";
import { gpuLimits } from "./limits.ts";
import { KernelScope } from "./scope.ts";
import { longestCode, wrapStatement } from "./wrap.ts";

/** Of a tensor `x`, gpu.js's shaders have constants of their own: `xSize`, `xDim`. */
const shaderSuffixes = ["Size", "Dim", "BitRatio"] as const;

function shaderNames({ parameters }: Kernel): readonly string[] {
  return parameters.flatMap(({ name }) => shaderSuffixes.map((suffix) => `${name}${suffix}`));
}

/** The kernel with other names for the tensors that are called what a shader calls something else. */
function withoutShaderNames(kernel: Kernel): Kernel {
  const shaders = shaderNames(kernel);
  const names = new NameScope([...shaders, ...kernel.parameters.map(({ name }) => name)]);
  const parameters = kernel.parameters.map((one) =>
    shaders.includes(one.name) ? { ...one, name: names.claim(`${one.name}Value`) } : one,
  );
  return { ...kernel, parameters };
}

export type PrintedKernel = Pick<KernelFunction, "parameters" | "statements">;

export function printKernel(given: Kernel): PrintedKernel {
  const kernel = withoutShaderNames(given);
  invariant(
    kernel.parameters.length <= gpuLimits.kernelTensors,
    `${kernel.name} reads ${kernel.parameters.length} tensors; the gpu target allows ${gpuLimits.kernelTensors}`,
  );
  invariant(kernel.indices.length === kernel.output.length, `${kernel.name} needs one index name per axis`);
  const facts = factsOf(kernel.body);
  const used = facts.free.get(kernel.body) ?? new Set<string>();
  const extents = new Map(kernel.indices.map((index, axis) => [index, kernel.output[axis] ?? 1]));
  const ownNames = kernel.indices.length > mostAxes ? kernel.indices.slice(-2) : kernel.indices;
  const tensors = [...kernel.parameters.map(({ name }) => name), ...shaderNames(kernel)];
  const taken = [...tensors, ...kernel.variables, ...ownNames, ...boundNames(facts)];
  const scope = KernelScope.body(taken, extents, kernel.parameters);
  declareThreads(kernel, used, scope);
  const value = new ExpressionPrinter(kernel, facts).print(kernel.body, scope);
  return {
    parameters: [
      ...kernel.parameters.map(({ name, shape }) => ({ name, type: tensorType(shape) })),
      ...kernel.variables.map((name) => ({ name, type: "Index" as const })),
    ],
    statements: shortLoops(joinedPositions(withoutUnused([...scope.statements, `return ${value.text};`]))).map(
      wrapStatement,
    ),
  };
}

/** Without constants that nothing after them reads: a merged index can make the indices it came from needless. */
function withoutUnused(statements: readonly string[]): readonly string[] {
  const kept: string[] = [];
  for (const statement of [...statements].reverse()) {
    const name = /^const (\w+)\b[^=]*= /.exec(statement)?.[1];
    const isRead = name === undefined || kept.some((later) => new RegExp(`\\b${name}\\b`).test(later));
    if (isRead) kept.unshift(statement);
  }
  return kept;
}

/** `const b = this.thread.y, g = this.thread.x;`: where a kernel is needs one line. */
function joinedPositions(statements: readonly string[]): readonly string[] {
  const joined: string[] = [];
  for (const statement of statements) {
    const position = /^const (\w+ = this\.thread\.[xyz];)$/u.exec(statement)?.[1];
    const last = joined.at(-1);
    if (position === undefined || last === undefined || !/^const \w+ = this\.thread\..*;$/u.test(last))
      joined.push(statement);
    else joined.splice(-1, 1, `${last.slice(0, -1)}, ${position}`);
  }
  return joined;
}

/** A loop of one statement stands on one line where it fits. */
function shortLoops(statements: readonly string[]): readonly string[] {
  const lines: string[] = [];
  for (const line of statements.flatMap((statement) => statement.split("\n"))) {
    const [head = "", body = ""] = lines.slice(-2);
    const joined = `${head} ${body.trim()} ${line.trim()}`;
    const isShort = line.trim() === "}" && head.endsWith("{") && /^ *for /u.test(head) && joined.length <= longestCode;
    if (isShort) lines.splice(-2, 2, joined);
    else lines.push(line);
  }
  return lines;
}

function boundNames({ uses }: ReturnType<typeof factsOf>): readonly string[] {
  return [...uses.keys()].flatMap((expression) => (expression.kind === "reduce" ? [expression.index] : []));
}

/** The cell's own indices, from gpu.js's x, y and z. */
function declareThreads(kernel: Kernel, used: ReadonlySet<string>, scope: KernelScope): void {
  const { indices } = kernel;
  if (indices.length > mostAxes) takeApart(kernel, used, scope);
  indices.slice(-mostAxes).forEach((index, position, last) => {
    if (indices.length > mostAxes && position === 0) return;
    const thread = ["x", "y", "z"][last.length - 1 - position] ?? "x";
    if (used.has(index)) scope.statements.push(`const ${index} = this.thread.${thread};`);
  });
}

const mostAxes = 3;

/** Leading axes that were merged into z: the quotient by what follows is an index, the remainder holds the others. */
function takeApart(kernel: Kernel, used: ReadonlySet<string>, scope: KernelScope): void {
  const leading = kernel.indices.slice(0, -2);
  const sizes = kernel.output.slice(0, -2);
  if (!leading.some((index) => used.has(index))) return;
  const joined = leading.join("");
  let rest = scope.names.claim(/^[a-z]+$/.test(joined) ? joined : "lead");
  scope.statements.push(`const ${rest} = this.thread.z;`);
  // A tensor with the same leading axes is read at the same place.
  const whole = rest;
  scope.position(
    indexText(
      mergedIndex(
        leading.map((name) => ({ kind: "name", name })),
        sizes,
      ),
    ),
    () => whole,
  );
  for (const [axis, index] of leading.entries()) {
    const later = leading.slice(axis + 1);
    const stride = sizes.slice(axis + 1).reduce((product, length) => product * length, 1);
    scope.extents.set(rest, stride * (sizes[axis] ?? 1));
    const needed = later.some((name) => used.has(name));
    // What is left for the last index is that index.
    if (later.length === 0 || (!used.has(index) && !needed)) break;
    quotient({ kind: "name", name: rest }, stride, index, scope);
    if (needed)
      rest = scope.declareIndex(later.join(""), stride === 1 ? `${rest} - ${index}` : `${rest} - ${index} * ${stride}`);
  }
}

/** Names that only count axes say nothing in a legend. */
const namelessAxes = /^[ijkl][0-9]*$/;

function legendOf({ output, indices }: Kernel): string {
  const isNamed = indices.length > 0 && !indices.every((index) => namelessAxes.test(index));
  return shapeLegend(output, isNamed ? indices.map((index) => index.toUpperCase()) : []);
}

const longestLine = 126;
const mostUsers = 4;

/** As code, inside of a text where one line is enough. */
function formulaLines(formula: readonly string[] = []): readonly string[] {
  const [only, ...others] = formula;
  if (only === undefined) return [];
  return others.length === 0 ? [`\`${only}\``] : ["", ...formula.map((line) => `    ${line}`)];
}

/**
 * What the formula calls the result: as its layer does, unless that is also the name of what is read. What a layer gives has the
 * name of the layer.
 */
function resultName({ name, origin: { phase, note }, parameters }: Kernel, users: readonly Origin[]): string {
  const [first, ...others] = new Set(users.map(({ layer }) => layer));
  if (note === "output" && first !== undefined && others.length === 0) return identifierFrom(first);
  if (note === "") return name;
  const own = identifierFrom(note);
  if (!parameters.some((parameter) => parameter.name === own)) return own;
  return phase === "update" ? identifierFrom(`next_${note}`) : name;
}

/** `encoder`, `encoder and decoder`, `12 layers`; parts where one layer has several. */
function usersText(users: readonly Origin[]): string {
  const layers = [...new Set(users.map(({ layer }) => layer))].filter((layer) => layer !== "");
  if (layers.length > mostUsers) return `${layers.length} layers`;
  const [part, ...others] = new Set(users.map((user) => user.part));
  const text = layers.join(" and ");
  return layers.length === 1 && part !== undefined && others.length === 0 ? `${text} ${part}` : text;
}

/** @param users where in the model it is used */
export function documentationOf(given: Kernel, users: readonly Origin[]): readonly string[] {
  const kernel = withoutShaderNames(given);
  const { phase, note } = kernel.origin;
  const result = resultName(kernel, users);
  const cell = kernel.indices.length === 0 ? result : `${result}[${kernel.indices.join(", ")}]`;
  const formula = formulaOf(kernel, cell, longestLine);
  const whose = usersText(users.filter(({ layer }) => layer !== phase));
  return [
    `${whose === "" ? phase : `${whose}, ${phase}`}${note === "" ? "" : `: ${note}`}. Gives ${legendOf(kernel)}.`,
    ...formulaLines(formula),
  ];
}
