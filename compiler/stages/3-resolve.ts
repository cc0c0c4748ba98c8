/** Stage 3: a spec to a model in which every name is found, every default filled in and every dimension a number. */
import type { Document } from "../contracts/document.ts";
import type { ModelInput } from "../contracts/layer.ts";
import type { AttentionScope } from "@specloom/runtime/internal/contract";
import type { Model, ResolvedLayer, ResolvedLoss } from "../contracts/model.ts";
import type { Spec } from "../contracts/spec.ts";
import type { DiagnosticBag } from "../diagnostics/diagnostic.ts";
import { reportFor } from "../diagnostics/report.ts";
import { mostLayers } from "../keys/limits.ts";
import { trainKeys } from "../schema/train.ts";
import { AxisNames, verifyAxisNames } from "./3-resolve/axis-names.ts";
import { resolveCells } from "./3-resolve/cells.ts";
import type { ResolveContext, ResolveOptions } from "./3-resolve/context.ts";
import { isBroken } from "./3-resolve/context.ts";
import { resolveData } from "./3-resolve/data.ts";
import type { ResolvedData } from "./3-resolve/data.ts";
import { resolveDecode } from "./3-resolve/decode.ts";
import { countLayers } from "./3-resolve/expand.ts";
import { resolveLayers } from "./3-resolve/layers.ts";
import { resolveLosses, resolveOutputs } from "./3-resolve/losses.ts";
import { InputNeeds, withRoles } from "./3-resolve/needs.ts";
import { Names } from "./3-resolve/names.ts";
import { writeResolvedSpec } from "./3-resolve/resolved-spec.ts";
import { layerDefinition } from "./3-resolve/layer-definition.ts";
import { Room } from "./3-resolve/room.ts";
import { resolveSchedule } from "./3-resolve/schedule.ts";
import { checkMetrics, resolveOptimizer, resolveTrain, trainingFact, updateSettings } from "./3-resolve/train.ts";
import type { Config } from "./3-resolve/train.ts";
import { checkTeacherForcing } from "./3-resolve/teacher-forcing.ts";
import { checkUse } from "./3-resolve/use.ts";

export type { ResolveOptions } from "./3-resolve/context.ts";

/** @returns undefined when anything does not fit; the diagnostics say what, all of it that is no consequence of another */
export function resolve(
  document: Document,
  spec: Spec,
  options: ResolveOptions,
  diagnostics: DiagnosticBag,
): Model | undefined {
  const before = diagnostics.count;
  const report = reportFor(document, diagnostics);
  const batchSize = spec.train?.batch_size ?? trainKeys.batch_size.default;
  const cells = resolveCells(document, spec, diagnostics);
  const context: ResolveContext = { document, spec, options, diagnostics, report, batchSize, cells };
  const data = resolveData(context);
  const optimizer = isBroken(spec, "/optimizer") ? { kind: "", config: {} } : resolveOptimizer(context);
  const train = resolveTrain(context, data);
  const schedule = isBroken(spec, "/schedule") ? undefined : resolveSchedule(context, data, train);
  const { inputs } = data;
  const model =
    inputs && hasRoom(context) ? assemble(context, { data, inputs, optimizer, schedule, train }) : undefined;
  if (model === undefined || diagnostics.count > before || spec.broken !== undefined) return undefined;
  verifyAxisNames(model);
  return model;
}

/** Whether there are few enough layers to go on. */
function hasRoom({ spec, report }: ResolveContext): boolean {
  const count = countLayers(spec);
  if (count > mostLayers) report("too-many-layers", { count, most: mostLayers }, { pointer: "/layers", part: "key" });
  return count <= mostLayers;
}

interface Settled {
  readonly data: ResolvedData;
  readonly inputs: readonly ModelInput[];
  readonly optimizer: Model["optimizer"];
  readonly schedule: Model["schedule"];
  readonly train: Config;
}

function assemble(context: ResolveContext, settled: Settled): Model {
  const { data, inputs: declared, optimizer, schedule, train } = settled;
  const { spec } = context;
  const axisNames = new AxisNames();
  const room = new Room(context, optimizer, train);
  const inputs = room.admit(declared.map((input) => axisNames.settle(input)));
  const names = new Names(context, inputs);
  const { layers, dependencies, complete: allLayers } = resolveLayers(context, names, { axisNames, room });
  const { losses, complete: allLosses } = isBroken(spec, "/loss")
    ? { losses: [], complete: false }
    : resolveLosses(context, names);
  const { outputs, complete: allOutputs } = resolveOutputs(context, names, losses);
  checkMetrics(context, inputs, losses);
  if (allLayers) checkTeacherForcing(context, layers);
  if (allLayers && allLosses && allOutputs && !isBroken(spec, "/outputs")) {
    checkUse(context, { inputs, layers, losses, outputs: outputs.map(({ name }) => name), dependencies });
  }

  const outputNames = outputs.map(({ name }) => name);
  const needs = new InputNeeds(inputs, layers);
  const needy = outputs.map((output) => {
    const scope = scopeOf(output.name, layers);
    return { ...output, needs: needs.of(output.name), ...(scope === undefined ? {} : { scope }) };
  });
  const isComplete = allLayers && allLosses && allOutputs && !isBroken(spec, "/decode");
  const decode = isComplete
    ? resolveDecode(context, { inputs, layers, losses, outputs: outputNames, needs })
    : undefined;
  const preparation = data.definition.preparation?.(data.config);
  return {
    name: spec.name,
    description: spec.description,
    spec: writeResolvedSpec({
      spec,
      data: data.config,
      inputs,
      layers,
      named: names.layers,
      losses,
      optimizer,
      schedule,
      train,
      outputs: outputNames,
      decode,
    }),
    batchSize: context.batchSize,
    inputs: withLimits(withRoles(names.limited(inputs), layers, needy), losses),
    layers,
    losses,
    metrics: spec.metrics ?? [],
    training: trainingFact(train),
    data: data.definition.fact(data.config),
    ...(preparation === undefined ? {} : { preparation }),
    optimizer,
    ...(schedule === undefined ? {} : { schedule }),
    ...(decode === undefined ? {} : { decode }),
    ...updateSettings(train),
    clipping: { norm: spec.train?.clip_grad_norm, value: spec.train?.clip_grad_value },
    outputs: needy,
    parameters: layers.flatMap(({ parameters }) => parameters),
  };
}

/** Of a dotted output of attention: what a step looks at, where the layer says so. */
function scopeOf(output: string, layers: readonly ResolvedLayer[]): AttentionScope | undefined {
  const layer = layers.find(({ name, extras }) => Object.keys(extras).some((extra) => output === `${name}.${extra}`));
  return layer && layerDefinition(layer).scope?.(layer.config);
}

/**
 * Without a vocabulary of its own, a target may hold the classes that its losses tell apart: others are refused. Numbers may
 * be those that its losses mean.
 */
function withLimits(inputs: readonly ModelInput[], losses: readonly ResolvedLoss[]): readonly ModelInput[] {
  return inputs.map((input) => {
    const own = losses.filter(({ target }) => target === input.name);
    const known = own.flatMap(({ classes }) => classes ?? []);
    const range = own.find(({ targetRange }) => targetRange !== undefined)?.targetRange;
    return {
      ...input,
      ...(input.vocabulary !== undefined || known.length === 0 ? {} : { vocabulary: Math.min(...known) }),
      ...(range === undefined || input.dtype === "int32" ? {} : { range }),
    };
  });
}
