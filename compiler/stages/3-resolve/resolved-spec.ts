/** The spec with every default written out, as plain JSON that is a valid spec again. */
import type { ModelInput } from "../../contracts/layer.ts";
import type { Model, ResolvedLayer, ResolvedLoss, ResolvedSpec } from "../../contracts/model.ts";
import type { Spec } from "../../contracts/spec.ts";
import { memberOf } from "@specloom/runtime/internal/shared/member-of";
import { decodeKeys, tokenKeys } from "../../schema/decode.ts";
import { withDefaults } from "../../keys/define.ts";
import { groupOf } from "./expand.ts";
import type { NamedLayer } from "./expand.ts";
import type { Config } from "./train.ts";
import { filledInit } from "./parameters.ts";

export interface ResolvedParts {
  readonly spec: Spec;
  readonly data: Config;
  readonly inputs: readonly ModelInput[];
  readonly layers: readonly ResolvedLayer[];
  /** The layers as they are written, groups and what they hold. */
  readonly named: readonly NamedLayer[];
  readonly losses: readonly ResolvedLoss[];
  readonly optimizer: Model["optimizer"];
  readonly schedule: Model["schedule"];
  readonly train: Config;
  readonly outputs: readonly string[];
  readonly decode: Model["decode"];
}

export function writeResolvedSpec(parts: ResolvedParts): ResolvedSpec {
  const { spec } = parts;
  const sizes = { ...spec.sizes, ...sizesOf(parts) };
  const losses = parts.losses.map(({ kind, config }) => ({ kind, ...config }));
  return {
    specloom: 1,
    name: spec.name,
    ...(spec.description === undefined ? {} : { description: spec.description }),
    data: { kind: spec.data.kind, ...parts.data },
    ...(Object.keys(sizes).length === 0 ? {} : { sizes }),
    ...(spec.inputs === undefined ? {} : { inputs: writeInputs(spec.inputs) }),
    ...(spec.cells === undefined ? {} : { cells: spec.cells }),
    layers: writeLayers(parts),
    loss: losses.length === 1 ? losses[0] : losses,
    optimizer: { kind: parts.optimizer.kind, ...parts.optimizer.config },
    ...(parts.schedule === undefined ? {} : { schedule: { kind: parts.schedule.kind, ...parts.schedule.config } }),
    train: parts.train,
    ...(spec.decode === undefined ? {} : { decode: writeDecode(parts, spec.decode) }),
    metrics: spec.metrics ?? [],
    outputs: parts.outputs,
  };
}

/** Labels of a ctc loss are not written one after the other: the keys that say how have no defaults there. */
function writeDecode({ decode }: ResolvedParts, given: Config): Config {
  const filled = Object.entries(withDefaults(decodeKeys, given));
  const isTold = (key: string): boolean => !tokenKeys.some((one) => one === key) || Object.hasOwn(given, key);
  return Object.fromEntries(filled.filter(([key]) => decode?.from !== "alignment" || isTold(key)));
}

/** Words of declared inputs with their sizes, also those that only the data knows. */
function sizesOf({ spec, inputs }: ResolvedParts): Readonly<Record<string, number>> {
  const declared = inputs.filter(({ pointer }) => pointer.startsWith("/inputs/"));
  return Object.fromEntries(
    declared.flatMap(({ name, shape }) =>
      (memberOf(spec.inputs ?? {}, name)?.shape ?? []).flatMap((word, position) =>
        typeof word === "string" ? [[word, shape[position] ?? 0] as const] : [],
      ),
    ),
  );
}

function writeInputs(inputs: NonNullable<Spec["inputs"]>): Readonly<Record<string, unknown>> {
  const filled = Object.entries(inputs).map(([name, input]) => [name, { dtype: "float32", lengths: false, ...input }]);
  return Object.fromEntries(filled) as Readonly<Record<string, unknown>>;
}

function writeLayers({ layers, named }: ResolvedParts): readonly unknown[] {
  const byName = new Map(layers.map((layer) => [layer.name, layer]));
  const write = (one: NamedLayer): Readonly<Record<string, unknown>> => {
    const layer = byName.get(one.name);
    const init = filledInit(one.spec);
    const group = groupOf(one.kind);
    return {
      name: one.scope === "" ? one.name : one.name.slice(one.scope.length + 1),
      kind: one.kind,
      ...fromOf(one, layer),
      ...(group ? withDefaults(group.keys, one.spec) : layer?.config),
      freeze: one.spec.freeze ?? false,
      ...(init ? { init } : {}),
      ...(group ? { layers: one.inner.map(write) } : {}),
    };
  };
  return named.filter(({ scope }) => scope === "").map(write);
}

/** Inside a group a default stays one: each copy reads another layer. */
function fromOf(one: NamedLayer, layer: ResolvedLayer | undefined): { readonly from?: unknown } {
  if (one.spec.from !== undefined) return { from: one.spec.from };
  if (one.scope !== "" || layer === undefined) return {};
  if (one.inner.length === 0) return { from: layer.from.length === 1 ? layer.from[0] : layer.from };
  return one.groupInput === undefined ? {} : { from: one.groupInput.text };
}
