/** Plans as functions: what one program does as another begins is a function that both call. */
import type { AnyProgramName, SomePrograms } from "@specloom/runtime/internal/contract";
import type { PlanFunction } from "../../code-text/gpu-module.ts";
import { filled } from "../../code-text/literals.ts";
import type { PrintedPlan } from "./plan.ts";

/** Programs, and those that may go on where they end. */
const continuations: readonly (readonly [AnyProgramName, readonly AnyProgramName[]])[] = [
  ["predict", ["evaluate"]],
  ["gradients", ["train_step", "accumulate"]],
];

export interface PlanFunctions {
  readonly steps: readonly PlanFunction[];
  readonly plans: SomePrograms<PlanFunction>;
}

/** @param nameOf what a plan's function is called */
export function planFunctions(
  printed: SomePrograms<PrintedPlan>,
  nameOf: (program: AnyProgramName) => string,
): PlanFunctions {
  const steps: PlanFunction[] = [];
  const begun = new Map<AnyProgramName, Beginning>();
  for (const [first, others] of continuations) {
    const plan = printed[first];
    if (plan === undefined) continue;
    const following = others.filter((name) => goesOn(printed[name], plan));
    if (following.length === 0) continue;
    const rests = following.flatMap((name) => [
      printed[name]?.lines.slice(plan.lines.length) ?? [],
      printed[name]?.results ?? [],
    ]);
    const read = [plan.results, ...rests].flat();
    const beginning = {
      name: `${nameOf(first)}Steps`,
      length: plan.lines.length,
      gives: declared(plan.lines).filter((name) => isRead(name, read)),
    };
    steps.push({
      name: beginning.name,
      members: membersOf(plan.lines, plan.arguments),
      statements: [
        ...unpacked(plan.arguments, plan.lines),
        ...plan.lines,
        "",
        ...filled("return { ", beginning.gives, " };"),
      ],
    });
    for (const name of [first, ...following]) begun.set(name, beginning);
  }
  const plans = Object.entries(printed).map(([name, plan]) => {
    const program = name as AnyProgramName;
    return [program, planFunction(nameOf(program), plan, begun.get(program))];
  });
  return { steps, plans: Object.fromEntries(plans) as SomePrograms<PlanFunction> };
}

/** What another function does of a plan. */
interface Beginning {
  readonly name: string;
  /** Lines of the plan. */
  readonly length: number;
  /** Names of what it gives. */
  readonly gives: readonly string[];
}

function goesOn(plan: PrintedPlan | undefined, first: PrintedPlan): boolean {
  return plan !== undefined && first.lines.every((line, place) => plan.lines[place] === line);
}

function planFunction(name: string, plan: PrintedPlan, beginning: Beginning | undefined): PlanFunction {
  const rest = plan.lines.slice(beginning?.length ?? 0);
  const read = [...rest, ...plan.results];
  const members = membersOf(rest, plan.arguments, read);
  const given = beginning === undefined ? [] : beginning.gives.filter((one) => isRead(one, read));
  const taken = beginning === undefined ? [] : filled("const { ", given, ` } = ${beginning.name}(context);`);
  const context = beginning === undefined || members.length === 0 ? [] : [`const { ${members.join(", ")} } = context;`];
  return {
    name,
    members: beginning === undefined ? members : ["context"],
    statements: [
      ...context,
      ...unpacked(plan.arguments, read),
      ...taken,
      ...rest,
      ...(rest.length === 0 ? [] : [""]),
      ...filled("return { ", plan.results, " };"),
    ],
  };
}

function unpacked(known: ReadonlyMap<string, string>, read: readonly string[]): readonly string[] {
  const members = [...known].flatMap(([name, member]) => (isRead(name, read) ? [member] : []));
  return members.length === 0 ? [] : filled("const { ", members, " } = tensors;");
}

function membersOf(
  lines: readonly string[],
  known: ReadonlyMap<string, string>,
  read: readonly string[] = lines,
): readonly string[] {
  const uses = (mark: string): boolean => lines.some((line) => line.includes(mark));
  return [
    ...(uses("kernels.") ? ["kernels"] : []),
    ...(uses("= stack(") ? ["stack"] : []),
    ...(uses("tensors[") || [...known.keys()].some((name) => isRead(name, read)) ? ["tensors"] : []),
  ];
}

function declared(lines: readonly string[]): readonly string[] {
  return lines.flatMap((line) => /^const (\w+)/u.exec(line)?.[1] ?? []);
}

/** Names are unique in a plan, and results' own names stand before a colon or in quotes. */
function isRead(name: string, lines: readonly string[]): boolean {
  const used = new RegExp(`(?<![\\w."$])${name}(?![\\w"$]|:)`, "u");
  return lines.some((line) => used.test(line));
}
