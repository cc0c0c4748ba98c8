/** What the losses compare, and what predict returns. */
import type { LayerShape, ModelInput } from "../../contracts/layer.ts";
import type { Model, ResolvedLoss } from "../../contracts/model.ts";
import type { KindSpec } from "../../contracts/spec.ts";
import { inputShape } from "../../data/input-shape.ts";
import { losses as lossTable } from "../../losses/index.ts";
import type { LossDefinition } from "../../losses/index.ts";
import { lossKeys } from "../../schema/common.ts";
import { withDefaults } from "../../keys/define.ts";
import { legend } from "../../support/legend.ts";
import { memberOf } from "@specloom/runtime/internal/shared/member-of";
import { pointerTo } from "../../support/pointer.ts";
import { describeValue, quote } from "../../support/words.ts";
import { recordOf } from "./context.ts";
import type { ResolveContext } from "./context.ts";
import { isLayer } from "./names.ts";
import type { Names, Reference } from "./names.ts";
import type { Config } from "./train.ts";

export interface ResolvedLosses {
  readonly losses: readonly ResolvedLoss[];
  readonly complete: boolean;
}

export function resolveLosses(context: ResolveContext, names: Names): ResolvedLosses {
  const { loss } = context.spec;
  const given: readonly (readonly [KindSpec, string])[] = Array.isArray(loss)
    ? loss.map((item: KindSpec, index) => [item, pointerTo("/loss", index)] as const)
    : [[loss as KindSpec, "/loss"]];
  const losses = given.map(([item, pointer]) => resolveLoss(context, names, item, pointer));
  const resolved = losses.filter((item) => item !== undefined);
  return { losses: resolved, complete: resolved.length === losses.length };
}

function resolveLoss(context: ResolveContext, names: Names, item: KindSpec, pointer: string): ResolvedLoss | undefined {
  const definition = recordOf(lossTable, item.kind);
  const config = withDefaults({ ...lossKeys(), ...definition.keys }, item);
  const input = findLossInput(context, names, String(item["input"]), `${pointer}/input`);
  const target = findLossTarget(context, names, String(item["target"]), `${pointer}/target`);
  const shape = input && names.shapeOf(input, `${pointer}/input`);
  const further = findFurtherLayers(context, names, { definition, config, pointer });
  if (!input || !target || target.unknown === true || !shape || !further) return undefined;

  const targetShape = inputShape(target);
  const vocabulary = target.vocabulary === undefined ? {} : { vocabulary: target.vocabulary };
  const shapes = {
    input: shape,
    target: { ...targetShape, dtype: target.dtype, ...vocabulary },
    layers: Object.fromEntries(further.map((layer) => [layer.key, layer.shape])),
  };
  const problem = definition.check(config, shapes);
  if (!problem) {
    return {
      kind: item.kind,
      config,
      input: input.full,
      target: target.name,
      ...(further.length === 0 ? {} : { layers: Object.fromEntries(further.map(({ key, name }) => [key, name])) }),
      ...(definition.targetRange === undefined ? {} : { targetRange: definition.targetRange }),
      ...(definition.classes === undefined || target.dtype !== "int32" ? {} : { classes: definition.classes(shapes) }),
      weight: Number(config["weight"]),
      fact: {
        input: input.full,
        target: target.name,
        // A mean over the examples (`batchmean`) weighs by what it counts as any mean does.
        reduction: config["reduction"] === "sum" ? "sum" : "mean",
        ...definition.facts?.(config, shapes.target),
      },
      pointer,
    };
  }
  const { key } = problem;
  if (key !== undefined) {
    const layer = further.find((candidate) => candidate.key === key);
    const value = memberOf(config, key);
    const given = Array.isArray(value) ? `a list of ${value.length}` : describeValue(value);
    const found = layer ? `${quote(layer.text)}, which is ${legend(layer.shape, context.batchSize)}` : given;
    const facts = { key, owner: `the ${item.kind} loss`, expected: problem.expected, found, help: problem.help };
    return context.report("invalid-value", facts, { pointer: `${pointer}/${key}` });
  }
  const inputLegend = legend(shape, context.batchSize);
  const targetLegend = legend(targetShape, context.batchSize);
  const facts = {
    reader: `${item.kind} loss`,
    expected: problem.expected,
    found: `${quote(input.text)} is ${inputLegend} and ${quote(target.name)} is ${targetLegend} ${target.dtype}`,
    help: problem.help,
  };
  const notes = [
    { message: `${quote(input.text)} is ${inputLegend}.`, pointer: names.originOf(input) },
    { message: `${quote(target.name)} is ${targetLegend} ${target.dtype}.`, pointer: target.pointer },
  ];
  return context.report("shape-mismatch", facts, { pointer: `${pointer}/${problem.at ?? "kind"}`, notes });
}

function findLossInput(context: ResolveContext, names: Names, text: string, pointer: string): Reference | undefined {
  const reference = names.find(text, pointer, { what: "layer", known: () => names.layers.map(({ name }) => name) });
  if (!reference || isLayer(reference.owner)) return reference;
  return context.report("loss-input-is-input", { name: text }, { pointer });
}

interface FurtherLayer {
  readonly key: string;
  /** As the spec has it, and in full. */
  readonly text: string;
  readonly name: string;
  readonly shape: LayerShape;
}

/** The layers that keys such as `variance` name; undefined once one is reported. */
function findFurtherLayers(
  context: ResolveContext,
  names: Names,
  loss: { readonly definition: LossDefinition; readonly config: Config; readonly pointer: string },
): readonly FurtherLayer[] | undefined {
  const keys = loss.definition.layerKeys ?? [];
  const found = keys.flatMap((key): readonly FurtherLayer[] => {
    const pointer = `${loss.pointer}/${key}`;
    const reference = findLossInput(context, names, String(memberOf(loss.config, key)), pointer);
    const shape = reference && names.shapeOf(reference, pointer);
    return shape ? [{ key, text: reference.text, name: reference.full, shape }] : [];
  });
  return found.length === keys.length ? found : undefined;
}

function findLossTarget(context: ResolveContext, names: Names, text: string, pointer: string): ModelInput | undefined {
  const owner = names.inputs.find((input) => input.name === text);
  if (owner) return owner;
  const targets = names.inputs.filter(({ role }) => role === "target").map(({ name }) => name);
  const known = targets.length > 0 ? targets : names.inputs.map(({ name }) => name);
  if (names.peek(text)) return context.report("loss-target-is-layer", { name: text, targets: known }, { pointer });
  return context.report("unknown-name", { name: text, what: "target", known }, { pointer });
}

export interface ResolvedOutputs {
  readonly outputs: Model["outputs"];
  readonly complete: boolean;
}

/** `outputs`, or by default what the losses read, each once. */
export function resolveOutputs(
  context: ResolveContext,
  names: Names,
  losses: readonly ResolvedLoss[],
): ResolvedOutputs {
  const { spec, report } = context;
  const written = spec.outputs;
  const read = losses.flatMap(({ input, layers = {} }) => [input, ...Object.values(layers)]);
  const texts = written ?? Array.from(new Set(read));
  const outputs = texts.map((name, index) => {
    const pointer = pointerTo("/outputs", index);
    const reference = names.find(name, pointer, {
      what: "layer",
      known: () => names.layers.map((layer) => layer.name),
    });
    if (!reference) return undefined;
    if (!isLayer(reference.owner)) return report("output-is-input", { name }, { pointer });
    const shape: LayerShape | undefined = names.shapeOf(reference, pointer);
    return shape && { name, shape };
  });
  const resolved = outputs.filter((output) => output !== undefined);
  return { outputs: resolved, complete: resolved.length === outputs.length };
}
