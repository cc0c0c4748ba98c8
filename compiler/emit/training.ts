/** What a generated module computes between its programs: an optimizer's coefficients and the learning rate of an update. */
import { StructureKind, type FunctionDeclarationStructure } from "ts-morph";
import type { Model } from "../contracts/model.ts";
import type { SomePrograms } from "@specloom/runtime/internal/contract";
import type { Program } from "../ir/program.ts";
import type { ScalarFormula, ScalarVariable } from "../ir/scalar-formula.ts";
import { readsVariable } from "../ir/scalar-formula.ts";
import { averageScalars } from "../optimizers/average.ts";
import type { OptimizerDefinition } from "../optimizers/define.ts";
import { scalarArgument } from "../optimizers/define.ts";
import type { ScheduleDefinition } from "../schedules/define.ts";
import { teacherForcingScalars } from "../schedules/teacher-forcing.ts";
import { documentation } from "./comments.ts";
import { resultsOf } from "./facts.ts";
import { oneLine } from "./header.ts";
import { dataLiteral, propertyKey, stringLiteral } from "../code-text/literals.ts";
import { productFunction, scalarText } from "./scalars.ts";
import type { Links } from "./layout.ts";
import { memberOf } from "@specloom/runtime/internal/shared/member-of";
import { averageSlot, slotParts } from "@specloom/runtime/internal/shared/names";

/** What a module calls the function of its schedule. */
export const scheduleName = "scheduledRate";

export function scalarsFunction(
  model: Model,
  optimizer: OptimizerDefinition,
  links: Links,
): FunctionDeclarationStructure {
  const { average, teacherForcing } = model;
  const formulas = Object.entries({
    ...optimizer.scalars(model.optimizer.config),
    ...(average && averageScalars(average)),
    ...(teacherForcing && teacherForcingScalars(teacherForcing)),
  });
  const members = formulas.map(
    ([name, formula]) => `  ${propertyKey(scalarArgument(name))}: ${formulaText(formula, links)},`,
  );
  return {
    kind: StructureKind.Function,
    name: "optimizerScalars",
    docs: [documentation([...formulaLines(optimizer), "", "Coefficients of update number `step`, in float64."])],
    parameters: parametersOf(
      ["step", "learningRate"],
      formulas.map(([, formula]) => formula),
    ),
    returnType: "Record<string, number>",
    statements: members.length === 0 ? "return {};" : ["return {", ...members, "};"].join("\n"),
  };
}

export function scheduleFunction(
  model: Model,
  schedule: ScheduleDefinition,
  links: Links,
): FunctionDeclarationStructure {
  const config = model.schedule?.config ?? {};
  const formula = schedule.rate(config);
  const per = config["per"] === "epoch" ? "epochs" : "updates";
  return {
    kind: StructureKind.Function,
    name: scheduleName,
    docs: [
      documentation([
        ...formulaLines(schedule),
        "",
        `The learning rate when \`position\` ${per} are behind, in float64.`,
      ]),
    ],
    parameters: parametersOf(["position", "learningRate"], [formula]),
    returnType: "number",
    statements: `return ${formulaText(formula, links)};`,
  };
}

/** The `schedule` member of a model definition as text, a ScheduleFact of the runtime's contract. */
export function scheduleLiteral({ schedule }: Model, { kind, ownWarmup, plateau }: ScheduleDefinition): string {
  const { config = {}, planned } = schedule ?? {};
  const members = [
    `kind: ${stringLiteral(kind)}`,
    `per: ${stringLiteral(String(config["per"]))}`,
    `warmupSteps: ${ownWarmup === true ? 0 : Number(config["warmup_steps"])}`,
    `rate: ${scheduleName}`,
    ...(plateau === undefined ? [] : [`plateau: ${dataLiteral(plateau(config), "    ")}`]),
    ...(planned === undefined ? [] : [`planned: ${dataLiteral({ [planned]: memberOf(config, planned) })}`]),
  ];
  return `{\n${members.map((member) => `    ${member},\n`).join("")}  }`;
}

/** The optimizer's slots and that of the moving average. */
export function slotsOf({ optimizer: { config }, average }: Model, { slots }: OptimizerDefinition): readonly string[] {
  return [...slots(config), ...(average === undefined ? [] : [averageSlot])];
}

/** The `accumulation` member of a model definition, where several batches make an update. */
export function accumulationMember({ accumulate }: Model, programs: SomePrograms<Program>): string {
  if (accumulate === undefined) return "";
  // What the program keeps under a name with a mark is its own; statistics are parameters.
  const update = programs.accumulate ?? programs.train_step;
  const tensors = update === undefined ? [] : resultsOf(update).filter(({ name }) => slotParts(name) !== undefined);
  const rows = tensors.map((tensor) => `      ${dataLiteral(tensor, "", Number.POSITIVE_INFINITY)},\n`).join("");
  return `  accumulation: {\n    batches: ${accumulate},\n    tensors: [\n${rows}    ],\n  },\n`;
}

/** The `initial` member of an optimizer's facts, where a slot does not start with zeros. */
export function initialSlots({ optimizer: { config } }: Model, { initial }: OptimizerDefinition): string {
  const values = Object.entries(initial?.(config) ?? {}).filter(([, value]) => value !== 0);
  return values.length === 0 ? "" : `    initial: ${dataLiteral(Object.fromEntries(values))},\n`;
}

/** `adam: m = b1 m + (1 - b1) g; ...`, broken between its parts where it is long. */
function formulaLines({ kind, formula }: { readonly kind: string; readonly formula: string }): readonly string[] {
  const lines: string[] = [];
  for (const part of `${kind}: ${oneLine(formula)}`.split(/(?<=;) /)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + part.length < longestLine) lines.splice(-1, 1, `${last} ${part}`);
    else lines.push(part);
  }
  return lines;
}

const longestLine = 112;

function formulaText(formula: ScalarFormula, links: Links): string {
  const text = scalarText(formula);
  if (text.includes(`${productFunction}(`)) links.use(productFunction);
  return text;
}

/** Those in front of the last one that is read are there all the same, with a name that says that nobody does. */
function parametersOf(
  variables: readonly ScalarVariable[],
  formulas: readonly ScalarFormula[],
): { readonly name: string; readonly type: string }[] {
  const isRead = (variable: ScalarVariable): boolean => formulas.some((formula) => readsVariable(formula, variable));
  const last = variables.findLastIndex(isRead);
  return variables
    .slice(0, last + 1)
    .map((variable) => ({ name: isRead(variable) ? variable : `_${variable}`, type: "number" }));
}
