/** The gpu target's parts of a module: the steps of its programs, the kernels to read, and what gpu.js gets. */
import type { AnyProgramName, SomePrograms } from "@specloom/runtime/internal/contract";
import { visibleText } from "@specloom/runtime/internal/shared/visible-text";
import type { GpuModule, KernelFunction, PlanFunction, PlanParameter } from "../code-text/gpu-module.ts";
import { stringLiteral } from "../code-text/literals.ts";
import { capitalize } from "../code-text/names.ts";
import { programOrder } from "../code-text/program-order.ts";
import type { Program } from "../ir/program.ts";
import { feedsOf } from "./facts.ts";
import { feedTables } from "./feeds.ts";
import { kernelSource } from "./kernel-sources.ts";
import type { Links } from "./layout.ts";
import { constant, functionStatement, type Statement } from "./statements.ts";

export const gpuName = "gpuTarget";
const textsName = "kernelTexts";
const feedsTable = "programFeeds";
const contextName = "Context";

/** Names that these parts use for themselves; kernels must not take them. */
export const gpuNames: readonly string[] = [
  gpuName,
  textsName,
  contextName,
  "Kernels",
  "kernels",
  feedsTable,
  ...programOrder.flatMap((program) => [planName(program), `${planName(program)}Steps`, feedsName(program)]),
];

const purposes: Readonly<Record<AnyProgramName, string>> = {
  predict: "the outputs, without dropout",
  evaluate: "the outputs and the loss, without dropout",
  gradients: "the loss and its gradient for every parameter, as in training",
  train_step: "the loss, and every parameter and optimizer state after one update",
  accumulate: "the loss, and the gradients added to those of the batches before",
  stream_start: "what the steps of a stream have in common, of one example",
  stream_step: "one step of one example: the outputs, and what the next step needs",
};

/** The steps: which kernels run, in which order, on what. */
export function stepsPart(gpu: GpuModule, links: Links): readonly Statement[] {
  const { declaration, type } = links.typesOf(
    "kernels",
    gpu.functions.map(({ name }) => name),
  );
  const context = `type ${contextName} = ${links.use("GpuPlanContext")}<${type}>;`;
  const write = (plan: PlanFunction, documentation?: readonly string[], returnType?: string): Statement =>
    planFunction(plan, documentation ?? plan.documentation, links, returnType);
  const layers = gpu.layers.map((layer) => write(layer));
  const plans = programOrder.flatMap((name) => {
    const [steps, plan] = [gpu.steps[name], gpu.plans[name]];
    return [
      ...(steps === undefined ? [] : [write(steps)]),
      ...(plan === undefined
        ? []
        : [write(plan, [`${name}: ${purposes[name]}.`], `Record<string, ${links.use("GpuHandle")}>`)]),
    ];
  });
  return [declaration, `\n${context}`, ...layers, ...plans];
}

function planFunction(
  plan: PlanFunction,
  documentation: readonly string[],
  links: Links,
  returnType?: string,
): Statement {
  const { members } = plan;
  const isWhole = members?.includes("context") === true;
  const context = isWhole ? "context" : `{ ${members?.join(", ") ?? ""} }`;
  return functionStatement(plan.name, {
    documentation,
    parameters: [
      ...(members === undefined ? [] : [{ name: context, type: contextName }]),
      ...plan.parameters.map(({ name, type }) => ({ name, type: parameterType(type, links) })),
    ],
    ...(returnType === undefined ? {} : { returnType }),
    statements: plan.statements,
  });
}

function parameterType(type: PlanParameter["type"], links: Links): string {
  if (typeof type === "object") return `ReturnType<typeof ${type.givenBy}>`;
  if (type === "layer") return "string";
  const handle = links.use("GpuHandle");
  if (type === "steps") return `readonly ${handle}[]`;
  return type === "argument" ? `${handle} | undefined` : handle;
}

/** The programs together; reads constants of other parts, so it stands behind them. */
export function gpuTargetPart(programs: SomePrograms<Program>, gpu: GpuModule, links: Links): readonly Statement[] {
  const members = programOrder.flatMap((name) => {
    if (programs[name] === undefined || gpu.plans[name] === undefined) return [];
    const given = links.of("gpu-text", feedsTable);
    return [`    ${name}: { feeds: ${given}.${name}, plan: ${planName(name)} },\n`];
  });
  const kernels = links.of("gpu-text", textsName);
  return [
    constant(gpuName, {
      documentation: ["What the runtime loads where a backend of gpu.js runs."],
      exported: links.exported,
      type: links.use("GpuTarget"),
      value: `{\n  kernels: ${kernels},\n  programs: {\n${members.join("")}  },\n}`,
    }),
  ];
}

/** The kernels as functions, to be read and type-checked. */
export function kernelsPart({ functions }: GpuModule, links: Links): readonly Statement[] {
  return functions.map((kernel) => kernelFunction(kernel, links));
}

function kernelFunction(kernel: KernelFunction, links: Links): Statement {
  const usesThread = kernel.statements.some((line) => line.includes("this.thread"));
  if (kernel.statements.some((line) => line.includes(": Index"))) links.use("Index");
  return functionStatement(kernel.name, {
    documentation: kernel.documentation,
    parameters: [
      ...(usesThread ? [{ name: "this", type: links.use("KernelThis") }] : []),
      ...kernel.parameters.map(({ name, type }) => ({ name, type: links.use(type) })),
    ],
    returnType: "number",
    statements: kernel.statements,
    isExported: !links.isOneFile,
  });
}

/** What gpu.js gets of the kernels, and the arguments of the programs. */
export function gpuTextPart(programs: SomePrograms<Program>, gpu: GpuModule, links: Links): readonly Statement[] {
  const texts = gpu.functions.map((kernel) => `  ${kernel.name}: ${stringLiteral(kernelSource(kernel))},\n`);
  const present = programOrder.flatMap((name) => {
    const program = programs[name];
    return program === undefined || gpu.plans[name] === undefined ? [] : [[name, feedsOf(program)] as const];
  });
  const feeds = feedTables(new Map(present), feedsName);
  const tables = present.map(([name]) => `  ${name}: ${feeds.literal(name, "  ")},\n`);
  const known = present.map(([name]) => stringLiteral(name)).join(" | ");
  return [
    constant(textsName, {
      documentation: ["The kernels as gpu.js reads them: text, because bundlers rewrite functions."],
      exported: links.exported,
      value: `{\n${texts.join("")}}`,
    }),
    ...feeds.declarations,
    constant(feedsTable, {
      documentation: ["What the programs take with each call."],
      exported: links.exported,
      type: `Readonly<Record<${known}, readonly ${links.use("FeedFact")}[]>>`,
      value: `{\n${tables.join("")}}`,
    }),
  ].map((statement) => (typeof statement === "string" ? visibleText(statement) : statement));
}

function feedsName(program: AnyProgramName): string {
  return `${planName(program)}Feeds`;
}

export function planName(program: AnyProgramName): string {
  const [first = "", ...rest] = program.split("_");
  return first + rest.map(capitalize).join("");
}
