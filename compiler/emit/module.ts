/** Puts a generated module together: one ts-morph structure, printed once. Reads from top to bottom like the module. */
import {
  IndentationText,
  Project,
  QuoteKind,
  StructureKind,
  type FunctionDeclarationStructure,
  type ParameterDeclarationStructure,
  type StatementStructures,
  type TypeAliasDeclarationStructure,
} from "ts-morph";
import type { Model } from "../contracts/model.ts";
import type { SequenceFacts } from "../contracts/programs.ts";
import type { AnyProgramName, Programs, StreamFact, StreamObstacle } from "@specloom/runtime/internal/contract";
import type { Program } from "../ir/program.ts";
import type { OptimizerDefinition } from "../optimizers/define.ts";
import type { ScheduleDefinition } from "../schedules/define.ts";
import { invariant } from "../support/internal-error.ts";
import { visibleText } from "@specloom/runtime/internal/shared/visible-text";
import { argumentsOf, inputFacts, lossFacts, outputFacts, parameterFacts, resultsOf } from "./facts.ts";
import { FinalTexts } from "./final-text.ts";
import { headerLines, summaryLines } from "./header.ts";
import { specHash } from "./spec-hash.ts";
import { comment, documentation, oneLineKeep } from "./comments.ts";
import { kernelSourceNames, kernelSourcesFunction } from "./kernel-sources.ts";
import type { GpuModule, GpuPlan, KernelEntry, KernelFunction } from "../code-text/gpu-module.ts";
import { dataLiteral, numberLiteral, stringLiteral } from "../code-text/literals.ts";
import { capitalize, typeNameFrom } from "../code-text/names.ts";
import { programOrder } from "../code-text/program-order.ts";
import {
  accumulationMember,
  initialSlots,
  scalarsFunction,
  scheduleFunction,
  scheduleLiteral,
  scheduleName,
  slotsOf,
} from "./training.ts";
import { SymbolTable, type RuntimeSymbol } from "./symbols.ts";
import { compilerVersion } from "./version.ts";
import { binaryFunctions, webAssemblyLiteral, webAssemblyNames, type WebAssemblyParts } from "./webassembly.ts";

export interface ModuleParts {
  readonly model: Model;
  readonly programs: Programs<Program>;
  readonly gpu: GpuModule;
  readonly optimizer: OptimizerDefinition;
  readonly schedule?: ScheduleDefinition;
  readonly stream: StreamFact | StreamObstacle;
  readonly sequences: SequenceFacts;
  readonly wasm?: WebAssemblyParts;
}

type Statement = StatementStructures | string;

/** Names a module uses for itself; kernels must not take them. */
export const moduleNames: readonly string[] = [
  "model",
  "parameters",
  "kernelTable",
  "optimizerScalars",
  scheduleName,
  ...kernelSourceNames,
  ...programOrder.flatMap((program) => [planName(program), argumentsName(program)]),
  ...webAssemblyNames,
];

export function printModule(parts: ModuleParts): string {
  const { model, programs, gpu, optimizer, schedule, wasm } = parts;
  const symbols = new SymbolTable();
  const body: Statement[] = [
    section("Parameters: PyTorch's names and layouts"),
    parameterTable(model, symbols),
    section("Kernels: each computes one cell of its output"),
    ...gpu.functions.map((kernel) => kernelFunction(kernel, symbols)),
    kernelTable(gpu.kernels, symbols),
    ...programOrder.flatMap((name) => {
      const [program, plan] = [programs[name], gpu.plans[name]];
      if (program === undefined || plan === undefined) return [];
      return [
        section(`${name}: ${purposes[name]}`),
        argumentTable(name, program, symbols),
        planFunction(name, plan, symbols),
      ];
    }),
    ...(wasm === undefined
      ? []
      : [
          section("WebAssembly: where every argument and result lies in the linear memory, in bytes"),
          constant("webAssembly", {
            value: `${webAssemblyLiteral(wasm)} as const satisfies ${symbols.use("WasmModule")}`,
          }),
        ]),
    section("The model"),
    scalarsFunction(model, optimizer, symbols),
    ...(schedule === undefined ? [] : [scheduleFunction(model, schedule, symbols)]),
    modelStatement(parts, symbols),
    ...typeAliases(model, symbols),
    section("The kernels as gpu.js reads them: text, because bundlers rewrite functions"),
    `\n${kernelSourcesFunction(gpu.functions)}`,
    ...(wasm === undefined
      ? []
      : [
          section("The programs in WebAssembly; `specloom compile --emit kernels --target wasm` prints their source"),
          `\n${binaryFunctions(wasm)}`,
        ]),
  ];
  const project = new Project({
    useInMemoryFileSystem: true,
    manipulationSettings: { indentationText: IndentationText.TwoSpaces, quoteKind: QuoteKind.Double },
  });
  const texts = new FinalTexts();
  const statements = body.map((statement) => withoutText(statement, texts));
  const file = project.createSourceFile("module.ts", { statements: [...symbols.imports(), ...statements] });
  const header = headerLines(model)
    .map((line) => `// ${line}\n`)
    .join("");
  // Literals have escapes for what is not seen; this is for the comments, where names and descriptions stand too.
  return visibleText(`${header}\n${comment(summaryLines(model))}\n\n${tidy(texts.restored(file.getFullText()))}`);
}

function withoutText(statement: Statement, texts: FinalTexts): Statement {
  if (typeof statement === "string") return texts.hold(statement);
  if (statement.kind !== StructureKind.Function || typeof statement.statements !== "string") return statement;
  return { ...statement, statements: texts.hold(statement.statements) };
}

const purposes: Readonly<Record<AnyProgramName, string>> = {
  predict: "the outputs, without dropout",
  evaluate: "the outputs and the loss, without dropout",
  gradients: "the loss and its gradient for every parameter, as in training",
  train_step: "the loss, and every parameter and optimizer state after one update",
  accumulate: "the loss, and the gradients added to those of the batches before",
  stream_start: "what the steps of a stream have in common, of one example",
  stream_step: "one step of one example: the outputs, and what the next step needs",
};

function section(title: string): string {
  return `\n// ${title}`;
}

function parameterTable(model: Model, symbols: SymbolTable): string {
  return constant("parameters", {
    value: `${rows(parameterFacts(model))} as const satisfies readonly ${symbols.use("ParameterFact")}[]`,
  });
}

/** A list with one item a line, however long. */
function rows(items: readonly object[]): string {
  if (items.length === 0) return "[]";
  return `[\n${items.map((item) => `  ${dataLiteral(item, "", Number.POSITIVE_INFINITY)},\n`).join("")}]`;
}

function kernelFunction(kernel: KernelFunction, symbols: SymbolTable): FunctionDeclarationStructure {
  const usesThread = kernel.statements.some((line) => line.includes("this.thread"));
  if (kernel.statements.some((line) => line.includes(": Index"))) symbols.use("Index");
  return {
    kind: StructureKind.Function,
    name: kernel.name,
    docs: [documentation(kernel.documentation)],
    parameters: wrapParameters(kernel.name, [
      ...(usesThread ? [{ name: "this", type: symbols.use("KernelThis") }] : []),
      ...kernel.parameters.map(({ name, type }) => ({ name, type: symbols.use(type) })),
    ]),
    returnType: "number",
    statements: kernel.statements.join("\n"),
  };
}

interface Parameter {
  readonly name: string;
  readonly type: string;
}

const longestLine = 120;

/** One parameter a line where the function's first line would be too long. */
function wrapParameters(name: string, parameters: readonly Parameter[]): ParameterDeclarationStructure[] {
  const flat = `function ${name}(${parameters.map((one) => `${one.name}: ${one.type}`).join(", ")}): number {`;
  if (flat.length <= longestLine) return parameters.map((one) => ({ kind: StructureKind.Parameter, ...one }));
  // The printer writes `, ` between parameters and indents what follows a line end.
  return parameters.map(({ name: parameter, type }, position) => ({
    kind: StructureKind.Parameter,
    name: `\n${parameter}`,
    type: position === parameters.length - 1 ? `${type}\n` : type,
  }));
}

function kernelTable(kernels: readonly KernelEntry[], symbols: SymbolTable): string {
  const row = ({ name, source, output }: KernelEntry): string => {
    const type = `${symbols.use("GpuKernel")}<typeof ${source}>`;
    return `  ${name}: { source: sources.${source}, output: [${output.join(", ")}] } as ${type},\n`;
  };
  const table = constant("kernelTable", {
    documentation: [
      "The kernels: their text, which runs, their output sizes, innermost axis first, and what they take.",
    ],
    value: `{\n${kernels.map(row).join("")}}`,
  });
  return `${constant("sources", { value: "kernelSources()" })}\n${table}`;
}

function argumentTable(name: AnyProgramName, program: Program, symbols: SymbolTable): string {
  return constant(argumentsName(name), {
    value: `${rows(argumentsOf(program))} as const satisfies readonly ${symbols.use("ArgumentFact")}[]`,
  });
}

function planFunction(name: AnyProgramName, plan: GpuPlan, symbols: SymbolTable): FunctionDeclarationStructure {
  const uses = (mark: string): boolean => plan.statements.some((line) => line.includes(mark));
  const members = [
    ...(uses("kernels.") ? ["kernels"] : []),
    ...(uses("= stack(") ? ["stack"] : []),
    ...(uses("} = tensors;") ? ["tensors"] : []),
  ];
  const context = `${symbols.use("GpuPlanContext")}<typeof kernelTable, (typeof ${argumentsName(name)})[number]["name"]>`;
  return {
    kind: StructureKind.Function,
    name: planName(name),
    docs: [
      documentation([
        "Buffers, with shape and lifetime:",
        "",
        ...plan.buffers.map((line) => `    ${oneLineKeep(line)}`),
      ]),
    ],
    parameters: wrapParameters(planName(name), [{ name: `{ ${members.join(", ")} }`, type: context }]),
    returnType: `Record<string, ${symbols.use("GpuHandle")}>`,
    statements: plan.statements.join("\n"),
  };
}

function modelStatement(parts: ModuleParts, symbols: SymbolTable): string {
  const { model, programs, optimizer, schedule, sequences, stream, wasm } = parts;
  const { alignments } = sequences;
  const learningRate = model.optimizer.config["learning_rate"];
  invariant(typeof learningRate === "number", "the resolved optimizer has no learning rate");
  const program = (name: AnyProgramName): string => {
    const present = programs[name];
    if (present === undefined) return "";
    const results = resultsOf(present)
      .map((fact) => `        ${dataLiteral(fact)},\n`)
      .join("");
    return [
      `    ${name}: {\n      arguments: ${argumentsName(name)},\n      results: [\n${results}      ],\n`,
      `      kernels: kernelTable,\n      plan: ${planName(name)},\n    },\n`,
    ].join("");
  };
  const slots = dataLiteral(slotsOf(model, optimizer));
  const text = [
    "{\n",
    `  name: ${stringLiteral(model.name)},\n`,
    model.description === undefined ? "" : `  description: ${stringLiteral(model.description)},\n`,
    `  specHash: ${stringLiteral(specHash(model.spec, model.schedule))},\n`,
    `  compilerVersion: ${stringLiteral(compilerVersion)},\n`,
    `  batchSize: ${model.batchSize},\n`,
    `  inputs: ${dataLiteral(inputFacts(model, sequences), "  ")},\n`,
    `  outputs: ${dataLiteral(outputFacts(model, sequences), "  ")},\n`,
    "  parameters,\n",
    `  losses: ${dataLiteral(lossFacts(model), "  ")},\n`,
    `  metrics: ${dataLiteral(model.metrics, "  ")},\n`,
    `  training: ${dataLiteral(model.training, "  ")},\n`,
    `  data: ${dataLiteral(model.data, "  ")},\n`,
    "  optimizer: {\n",
    `    kind: ${stringLiteral(model.optimizer.kind)},\n`,
    `    learningRate: ${numberLiteral(learningRate)},\n`,
    `    slots: ${slots},\n`,
    initialSlots(model, optimizer),
    "    scalars: optimizerScalars,\n  },\n",
    accumulationMember(model, programs),
    schedule === undefined ? "" : `  schedule: ${scheduleLiteral(model, schedule)},\n`,
    `  gpu: {\n${programOrder.map(program).join("")}  },\n`,
    `  stream: ${dataLiteral(stream, "  ")},\n`,
    model.decode === undefined ? "" : `  decode: ${dataLiteral(model.decode, "  ")},\n`,
    alignments.length === 0 ? "" : `  alignments: ${dataLiteral(alignments, "  ")},\n`,
    wasm === undefined ? "" : "  wasm: webAssembly,\n",
    `  spec: ${dataLiteral(model.spec, "  ")},\n`,
    `} as const satisfies ${symbols.use("ModelDefinition")}`,
  ].join("");
  return constant("model", { value: `${symbols.use("defineModel")}(${text})`, isExported: true });
}

function typeAliases(model: Model, symbols: SymbolTable): TypeAliasDeclarationStructure[] {
  const stem = typeNameFrom(model.name);
  const alias = (name: string, symbol: RuntimeSymbol, text: string): TypeAliasDeclarationStructure => ({
    kind: StructureKind.TypeAlias,
    name: `${stem}${name}`,
    isExported: true,
    docs: [text],
    type: `${symbols.use(symbol)}<typeof model.definition>`,
  });
  return [
    alias("Inputs", "PredictInputs", "What `predict` takes."),
    alias("TrainInputs", "TrainInputs", "What `trainStep`, `evaluate` and `gradients` take."),
    alias("Outputs", "Outputs", "What `predict` returns."),
  ];
}

interface ConstantRequest {
  readonly value: string;
  readonly documentation?: readonly string[];
  readonly isExported?: boolean;
}

/** As text, because a structure would indent the lines of the value once more. */
function constant(name: string, { value, documentation: lines, isExported = false }: ConstantRequest): string {
  const docs = lines === undefined ? "" : `${comment(lines)}\n`;
  return `\n${docs}${isExported ? "export " : ""}const ${name} = ${value};`;
}

function planName(program: AnyProgramName): string {
  return `${camel(program)}Plan`;
}

function argumentsName(program: AnyProgramName): string {
  return `${camel(program)}Arguments`;
}

function camel(program: AnyProgramName): string {
  const [first = "", ...rest] = program.split("_");
  return first + rest.map(capitalize).join("");
}

/** One blank line between statements at most, and one line end at the end. */
function tidy(text: string): string {
  return `${text
    .replace(/[ \t]+$/gmu, "")
    .replace(/\n{3,}/gu, "\n\n")
    .trim()}\n`;
}
