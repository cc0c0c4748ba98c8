/** The wasm target: the programs of a module as one AssemblyScript source, with a planned memory. */
import type { WasmModuleFact, WasmProgramFact, WasmTensorFact } from "../../code-text/wasm-module.ts";
import { binaryOperations, unaryOperations, type BinaryRecord, type UnaryRecord } from "../../elementwise/index.ts";
import { sizeOf } from "../../ir/graph.ts";
import type { Buffer, Program } from "../../ir/program.ts";
import { memberOf } from "@specloom/runtime/internal/shared/member-of";
import { aligned } from "../plan/memory.ts";
import type { Plan } from "../plan/plan.ts";
import { planProgram } from "../plan/plan-program.ts";
import type { Machine, Thresholds } from "../plan/machine.ts";
import { wasmMachine } from "./machine.ts";
import { FunctionTable } from "./print/function-table.ts";
import { programSteps, sectionsOf, stepsText } from "./print/program.ts";
import { sectionLines } from "./print/steps.ts";
import { slotParts } from "@specloom/runtime/internal/shared/names";

export interface WasmProgramPlan extends WasmProgramFact {
  readonly plan: Plan;
}

export type WasmSource = WasmModuleFact<WasmProgramPlan>;

const mostThreads = 8;
/** The first cache lines of memory belong to the threads: one is common to all, and each has one of its own. */
export const controlBytes = 64 * (1 + mostThreads);

/** @param programs by the name of their export, in snake_case; a resident tensor has one shape in all of them */
export function printWasmModule(
  given: Readonly<Record<string, Program>>,
  thresholds: Thresholds = wasmMachine.thresholds,
): WasmSource {
  const machine: Machine = { ...wasmMachine, thresholds };
  const order = Object.keys(given);
  const read = Object.values(given).flatMap(({ buffers }) => buffers.filter(({ role }) => role === "parameter"));
  const parameters = new Set(read.map(({ external = "" }) => external));
  const programs = Object.fromEntries(
    order.map((name) => [name, withAllResidents(memberOf(given, name) as Program, parameters)]),
  );
  const reserved = [...reservedNames, ...order.flatMap((name) => [name, `${camel(name)}Steps`])];
  const residents = new Map<string, WasmTensorFact>();
  let next = controlBytes;
  for (const { buffers } of Object.values(programs)) {
    for (const { role, external, shape } of buffers) {
      if ((role !== "parameter" && role !== "state") || external === undefined || residents.has(external)) continue;
      residents.set(external, { name: external, shape, offset: next });
      next = aligned(next + sizeOf(shape) * 4 + machine.slack);
    }
  }
  const offsets = new Map([...residents].map(([name, { offset }]) => [name, offset]));
  const plans = order.map((name) => planProgram(memberOf(programs, name) as Program, machine, offsets, next));
  const end = Math.max(...plans.map(({ memory }) => memory.bytes), next);
  const functions = new FunctionTable(reserved);
  const printed = order.map((name, job) => programSteps(camel(name), plans[job] as Plan, functions, reserved));
  const lines = sectionLines(printed.flatMap(sectionsOf), functions, reserved);
  const threadBytes = aligned(Math.max(0, ...printed.map(({ workspace }) => workspace)));
  const isAlone = ({ cost }: Plan): boolean => cost < thresholds.leastForThreads;
  const text = [
    header,
    ...functions.texts,
    ...printed.map((steps) => stepsText(steps, lines, { offset: end, bytes: threadBytes })),
    ...plans.map((plan, job) => exportText(order[job] ?? "", job, printed[job]?.name ?? "", plan, isAlone(plan))),
    workText(printed.map(({ name }) => name)),
  ].join("\n\n");
  const facts = plans.map((plan, job): [string, WasmProgramPlan] => {
    const at = (buffer: Buffer): number => plan.memory.placed.get(buffer)?.offset ?? 0;
    return [
      order[job] ?? "",
      {
        arguments: plan.program.buffers
          .filter(({ role }) => role !== "intermediate")
          .map((buffer) => ({ buffer, offset: at(buffer) })),
        results: plan.program.results.map((result) => ({
          name: result.name,
          shape: result.buffer.shape,
          offset: residents.get(result.name)?.offset ?? at(result.buffer),
        })),
        threads: isAlone(plan) ? 1 : mostThreads,
        flops: plan.flops,
        plan,
      },
    ];
  });
  return {
    text: `${text}\n`,
    memoryBytes: end + threadBytes,
    threadBytes,
    residents: [...residents.values()],
    programs: Object.fromEntries(facts),
  };
}

/**
 * A slot of the optimizer that a step renews without reading it (Adam with a beta of 0) is no argument of the program, nor is
 * such a statistic (batch_norm with a momentum of 1); they are resident all the same.
 * @param parameters names of those that any program reads
 */
function withAllResidents(program: Program, parameters: ReadonlySet<string>): Program {
  const known = new Set(program.buffers.map(({ external }) => external));
  const isSlot = (name: string): boolean => {
    const parts = slotParts(name);
    return parts !== undefined && known.has(parts.owner);
  };
  const missing = program.results
    .filter(({ name }) => !known.has(name) && (isSlot(name) || parameters.has(name)))
    .map(({ name, buffer }): Buffer => {
      const role = isSlot(name) ? "state" : "parameter";
      return { ...buffer, name: `${buffer.name}#`, role, external: name };
    });
  return missing.length === 0 ? program : { ...program, buffers: [...missing, ...program.buffers] };
}

function camel(name: string): string {
  return name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** What operations call that is no instruction. */
const functionsOfLanes = [
  ...Object.values<UnaryRecord>(unaryOperations),
  ...Object.values<BinaryRecord>(binaryOperations),
]
  .map(({ lanes }) => lanes?.text ?? "")
  .filter((text) => /^\w+$/u.test(text));

const handWritten: readonly (readonly [string, readonly string[]])[] = [
  ["math", ["madd", ...functionsOfLanes].sort()],
  [
    "product",
    [
      "BLOCK",
      "LEFT",
      "ROWS",
      "TILE",
      "gatherRow",
      "multiplyPanels",
      "multiplyRows",
      "packLeft",
      "packRight",
      "panelBytes",
    ],
  ],
  [
    "support",
    [
      "clampIndex",
      "fourIntegers",
      "fourNumbers",
      "gather",
      "maximumOfLanes",
      "scatter",
      "storeSome",
      "sumOfLanes",
      "sumsOfFour",
      "unusedLanes",
    ],
  ],
  [
    "threads",
    [
      "barrier",
      "begin",
      "call",
      "clearFault",
      "end",
      "enter",
      "hasFault",
      "isFirst",
      "isForced",
      "leave",
      "nextJob",
      "own",
      "requireFinite",
      "setForce",
    ],
  ],
];

const header = [
  ...handWritten.map(([file, names]) => `import { ${names.join(", ")} } from "./lib/${file}";`),
  'export { enter, leave } from "./lib/threads";',
].join("\n");

/** Names that printed functions must not take. */
const reservedNames: readonly string[] = [
  ...handWritten.flatMap(([, names]) => names),
  ..."work finite last at f32 f64 i32 i64 u32 u64 usize v128 f32x4 i32x4 min max abs ceil sqrt select memory atomic NaN Infinity".split(
    " ",
  ),
  // AssemblyScript's keywords, those that it refuses as names and those that it does not.
  ...[
    "abstract as async await break case catch class const constructor continue debugger declare default delete do else enum",
    "export extends false finally for from function get if implements import in instanceof interface is keyof let module",
    "namespace new null of override package private protected public readonly return set static super switch this throw true",
    "try type typeof undefined var void while with yield",
  ].flatMap((line) => line.split(" ")),
];

/** `mode`: 1 takes an update over even if it is not finite, 2 leaves the other threads asleep. */
function exportText(name: string, job: number, steps: string, plan: Plan, alone: boolean): string {
  const start = `call(${job}, ${alone ? "true" : "(mode & 2) != 0"});`;
  const lines =
    plan.commits.length > 0
      ? [
          "const force = mode & 1;",
          "clearFault();",
          "setForce(force);",
          start,
          `${steps}();`,
          "barrier();",
          "return hasFault() && force == 0 ? 0 : 1;",
        ]
      : [start, `${steps}();`, "barrier();", "return 1;"];
  return [`export function ${name}(mode: i32): i32 {`, ...lines.map((line) => `  ${line}`), "}"].join("\n");
}

function workText(steps: readonly string[]): string {
  return [
    "export function work(): void {",
    "  for (;;) {",
    "    switch (nextJob()) {",
    ...steps.map((name, job) => `      case ${job}: ${name}(); break;`),
    "      default: return;",
    "    }",
    "    barrier();",
    "  }",
    "}",
  ].join("\n");
}
