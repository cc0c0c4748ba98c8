/** Worked examples of records: what is written in a spec, and the shapes that follow by the record's own shape rule. */
import type { LayerShape } from "../../../compiler/contracts/layer.ts";
import type { DataDefinition } from "../../../compiler/data/define.ts";
import { inputShape } from "../../../compiler/data/input-shape.ts";
import { counted, type LayerDefinition, type LayerPlan, type StreamInput } from "../../../compiler/layers/define.ts";
import type { LossDefinition } from "../../../compiler/losses/define.ts";
import { withDefaults } from "../../../compiler/keys/define.ts";
import { InternalError } from "../../../compiler/support/internal-error.ts";
import { legend } from "../../../compiler/support/legend.ts";
import { memberOf } from "../../../runtime/shared/member-of.ts";
import { flow } from "./keys.ts";
import { wrapped } from "./markdown.ts";

type LayerExample = LayerDefinition["examples"][number];
type LossExample = LossDefinition["examples"][number];
type DataExample = DataDefinition["examples"][number];

const most = 5;
const lineWidth = 110;

/** The first example, and of the others those that tell something that none before them does. */
function telling<Example>(examples: readonly Example[], factsOf: (example: Example) => readonly string[]) {
  const seen = new Set<string>();
  const told = examples.filter((example, index) => {
    const fresh = factsOf(example).filter((fact) => !seen.has(fact));
    for (const fact of fresh) seen.add(fact);
    return index === 0 || fresh.length > 0;
  });
  return told.slice(0, most);
}

/** Those that show a key, or a number of inputs or axes, for the first time. */
export function tellingLayers(examples: readonly LayerExample[]): readonly LayerExample[] {
  return telling(examples, ({ config, inputs }) => [
    ...Object.keys(config),
    ...inputs.map(({ shape }, index) => `input ${index}: ${shape.length} axes`),
  ]);
}

/** Those that show a key, another number of axes or another kind of target for the first time. */
export function tellingLosses(examples: readonly LossExample[]): readonly LossExample[] {
  return telling(examples, ({ config, input, targetKind }) => [
    ...Object.keys(config),
    `${input.length} axes`,
    `target: ${targetKind}`,
  ]);
}

/** Lines of YAML: the layer, and as comments what it reads, gives and holds. */
export function layerExample(definition: LayerDefinition, example: LayerExample): readonly string[] {
  const names = inputNames(example);
  const plan = planOf(definition, example, names);
  const named = Object.entries(example.named ?? {});
  const reads = [...example.inputs.map((shape, index) => [names[index] ?? "", shape] as const), ...named];
  const facts: (readonly [string, string | readonly string[]])[] = [
    ["reads", reads.map(([name, shape]) => `${name} ${shapeText(shape)}`)],
    ["gives", shapeText(plan.output)],
    ...Object.entries(plan.extras ?? {}).map(([name, shape]) => [`.${name}`, shapeText(shape)] as const),
    ...listed("parameters", plan.parameters ?? []),
    ...listed("statistics", plan.statistics ?? []),
    ...(hasTime(example) ? ([["streams", streamText(definition, example)]] as const) : []),
  ];
  const from = example.inputs.length === 1 ? names[0] : names;
  return [...mappingLines("- ", { kind: definition.kind, from, ...example.config }), ...factLines(facts)];
}

/** Comments with a label each, broken between tensors and never within one. */
function factLines(facts: readonly (readonly [label: string, text: string | readonly string[]])[]): readonly string[] {
  const width = Math.max(...facts.map(([label]) => label.length));
  return facts.flatMap(([label, text]) => {
    const whole = typeof text === "string" ? text : text.map((item) => item.replaceAll(" ", "\u00a0")).join(", ");
    const lines = wrapped(`#   ${label.padEnd(width)}  ${whole}`, `#   ${" ".repeat(width + 2)}`, lineWidth);
    return lines.map((line) => line.replaceAll("\u00a0", " "));
  });
}

/** What a group gives, by the rule of the layer that ends it. */
export function groupShapes(end: LayerDefinition): readonly string[] {
  return end.examples.map((example) => {
    const { output } = planOf(end, example, inputNames(example));
    const [last, ...before] = [...example.inputs].reverse().map(shapeText);
    const reads = before.length === 0 ? "" : `the group reads ${before.join(", ")}; `;
    return `# ${reads}its layers give ${last ?? ""}; the group gives ${shapeText(output)}`;
  });
}

export function lossExample({ kind, layerKeys = [] }: LossDefinition, example: LossExample): readonly string[] {
  const { config, input, target, targetKind, layers = {} } = example;
  const targets = {
    real: "",
    class: " int32",
    labels: " int32",
    probability: ", 0 to 1",
    distribution: ", rows of sum 1",
  };
  const batch = (shape: readonly number[]): string => `[${["B", ...shape].join(", ")}]`;
  const inputKind = example.inputKind === "probability" ? ", 0 to 1" : "";
  return [
    ...mappingLines("loss: ", { kind, input: "out", target: "y", ...config }),
    ...factLines([
      ["input", [`out ${batch(input)}${inputKind}`]],
      ["target", [`y ${batch(target)}${targets[targetKind]}`]],
      ...layerKeys.map(
        (key) => [key, [`${String(memberOf(config, key))} ${batch(memberOf(layers, key) ?? [])}`]] as const,
      ),
    ]),
  ];
}

/** The `data` of a spec, with `inputs` where they are written out, and as comments the tensors that follow. */
export function dataExample(
  definition: DataDefinition,
  { config, inputs, targets = [] }: DataExample,
): readonly string[] {
  const fail = (code: string): never => {
    throw new InternalError(`the example of ${definition.kind} does not fit: ${code}`);
  };
  const data = { kind: definition.kind, ...config };
  const filled = withDefaults(definition.keys, config);
  const given = definition.inputs({
    spec: { data, ...(inputs === undefined ? {} : { inputs }) },
    config: { ...filled, ...definition.fill(filled) },
    facts: undefined,
    lossTargets: new Set(targets),
    report: fail,
  });
  const shapes = (role: "input" | "target"): readonly string[] =>
    (given ?? fail("no inputs"))
      .filter((input) => input.role === role)
      .map((input) => `${input.name} ${shapeText(inputShape(input))}${input.lengths ? " with lengths" : ""}`);
  return [
    `data: ${flow(data)}`,
    ...(inputs === undefined
      ? []
      : ["inputs:", ...Object.entries(inputs).map(([name, input]) => `  ${name}: ${flow(input)}`)]),
    ...factLines([
      ["inputs", shapes("input")],
      ["targets", shapes("target")],
    ]),
  ];
}

function inputNames({ inputs, named = {} }: LayerExample): readonly string[] {
  const names = inputs.length === 1 ? ["x"] : inputs.map((_, index) => `x${index + 1}`);
  const clash = names.find((name) => Object.hasOwn(named, name));
  if (clash !== undefined) throw new InternalError(`an example calls something ${clash}`);
  return names;
}

function planOf(definition: LayerDefinition, example: LayerExample, names: readonly string[]): LayerPlan {
  const fail = (message: string): never => {
    throw new InternalError(`the example of ${definition.kind} does not fit: ${message}`);
  };
  const known: Readonly<Record<string, LayerShape>> = {
    ...example.named,
    ...Object.fromEntries(example.inputs.map((shape, index) => [names[index] ?? "", shape])),
  };
  const plan = definition.plan(withDefaults(definition.keys, example.config), {
    name: "layer",
    inputs: counted(example.inputs),
    batchSize: 32,
    from: names,
    lookup: (name) => {
      const shape = memberOf(known, name);
      return shape && { shape, kind: "input" };
    },
    has: (name) => Object.hasOwn(known, name),
    mismatch: fail,
    invalid: (key, expected) => fail(`${key} must be ${expected}`),
    missing: (key) => fail(`without ${key}`),
  });
  return plan ?? fail("its shape rule gives nothing");
}

function shapeText(shape: LayerShape): string {
  const vocabulary = shape.vocabulary === undefined ? "" : ` below ${shape.vocabulary}`;
  return `${legend(shape)}${shape.dtype === "int32" ? ` int32${vocabulary}` : ""}`;
}

function listed(
  label: string,
  tensors: readonly { readonly name: string; readonly shape: readonly number[] }[],
): readonly (readonly [string, readonly string[]])[] {
  if (tensors.length === 0) return [];
  return [[label, tensors.map(({ name, shape }) => `${name} [${shape.join(", ")}]`)]];
}

function hasTime({ inputs, named = {} }: LayerExample): boolean {
  return [...inputs, ...Object.values(named)].some(({ time }) => time);
}

/** Whether the layer can go step by step: with all that has time in steps, else with as much of it as can be. */
function streamText({ stream, keys }: LayerDefinition, { config, inputs }: LayerExample): string {
  if (stream === undefined) return "no: it needs whole sequences";
  const filled = withDefaults(keys, config);
  const refusal = (steps: ReadonlySet<number>): string | undefined => {
    const given: readonly StreamInput[] = inputs.map((shape, index) => ({ shape, isStep: steps.has(index) }));
    return stream(filled, given, () => false);
  };
  const timed = inputs.flatMap(({ time }, index) => (time ? [index] : []));
  const reason = refusal(new Set(timed));
  if (reason === undefined && timed.length > 0) return "yes";
  const [first] = timed;
  if (first !== undefined && timed.length > 1 && refusal(new Set([first])) === undefined) {
    return "yes, where the first comes step by step and the others are there as a whole";
  }
  return refusal(new Set()) === undefined ? "yes, what it reads being there as a whole" : `no: ${reason ?? ""}`;
}

/** A mapping in one line, or with a line for each key. */
function mappingLines(before: string, mapping: Readonly<Record<string, unknown>>): readonly string[] {
  const line = before + flow(mapping);
  if (line.length <= lineWidth) return [line];
  const isItem = before === "- ";
  const lines = Object.entries(mapping).map(([key, value]) => `${key}: ${flow(value)}`);
  if (isItem) return lines.map((one, index) => (index === 0 ? "- " : "  ") + one);
  return [before.trimEnd(), ...lines.map((one) => `  ${one}`)];
}
