/** The JSON Schema of a spec (draft 7), put together from the tables. */
import { isRecord } from "../support/plain.ts";
import { memberOf } from "@specloom/runtime/internal/shared/member-of";
import { dataKinds } from "../data/index.ts";
import { groups, layers } from "../layers/index.ts";
import { losses } from "../losses/index.ts";
import { metrics } from "../metrics/index.ts";
import { optimizers } from "../optimizers/index.ts";
import { scheduleKeys, schedules } from "../schedules/index.ts";
import { cellBranch, cellsSchema, kindsWithoutCells } from "./cells.ts";
import type { CellKind } from "./cells.ts";
import { decodeKeys } from "./decode.ts";
import { groupKeys, layerKeys, lossKeys, optimizerKeys } from "./common.ts";
import { initializerCommonKeys, initializers } from "./initializers.ts";
import type { Keys, KeySchema } from "../keys/define.ts";
import { limited } from "../keys/limits.ts";
import { identifierPattern, specNamePattern } from "./names.ts";
import { trainKeys } from "./train.ts";

export type JsonSchema = Readonly<Record<string, unknown>>;

const requiredKeys = ["specloom", "data", "layers", "loss", "optimizer"];

/** What a merged spec must satisfy, apart from layers of kinds that it defines itself. */
export function specSchema(): JsonSchema {
  return limited({
    type: "object",
    title: "a spec",
    properties: topLevelProperties(),
    required: requiredKeys,
    additionalProperties: false,
    definitions: { layer: layerUnion(), loss: lossUnion(), initializer: initializerUnion() },
  });
}

/** What a layer must satisfy whose kind the spec defines itself. It refers to `initializerUnion()` as `initializer`. */
export function cellLayerSchema(kind: CellKind): JsonSchema {
  const own = { ...layerKeys, ...kind.keys };
  return limited(branch("a layer", { ...kind, own, further: { init: { $ref: "initializer" } } }));
}

/** The schema for editors: `extends` is a key, and what it inherits need not be repeated. */
export function publishedSchema(): JsonSchema {
  const { properties, required, definitions, ...rest } = specSchema();
  const known = [...layers, ...groups].map(({ kind }) => kind);
  const { layer, ...others } = definitions as Readonly<Record<string, JsonSchema>>;
  const kinds = [...((layer?.["oneOf"] ?? []) as readonly JsonSchema[]), cellBranch(known)];
  const inherited = { type: "string", description: "A spec file whose keys this one inherits and overrides." };
  const published = {
    $schema: "http://json-schema.org/draft-07/schema#",
    description: "A sequence model for specloom: data, layers, loss and optimizer.",
    ...rest,
    properties: { ...(properties as JsonSchema), extends: inherited },
    anyOf: [{ required: ["extends"] }, { required }],
    ...kindsWithoutCells(known),
    definitions: { layer: { ...layer, oneOf: kinds }, ...others },
  };
  return withoutDiscriminators(published) as JsonSchema;
}

/** `discriminator` is OpenAPI's: validators of plain JSON Schema refuse it, and the `const` of each kind says the same. */
function withoutDiscriminators(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutDiscriminators);
  if (!isRecord(schema)) return schema;
  const kept = Object.entries(schema).filter(([key, value]) => key !== "discriminator" || !isRecord(value));
  return Object.fromEntries(kept.map(([key, value]) => [key, withoutDiscriminators(value)]));
}

/** The bytes of schema/specloom-1.json. */
export function publishedSchemaText(): string {
  return `${JSON.stringify(publishedSchema(), undefined, 2)}\n`;
}

function topLevelProperties(): JsonSchema {
  return {
    specloom: { const: 1, description: "Version of the spec language." },
    name: { type: "string", pattern: specNamePattern, description: "Name of the model, and of its file without .yaml: the two must be equal, or the name is left out." },
    description: { type: "string", description: "What the model is for, in a sentence or two." },
    data: dataUnion(),
    sizes: {
      type: "object",
      description: "Numbers for words in the shapes of inputs.",
      propertyNames: { pattern: identifierPattern },
      additionalProperties: { type: "integer", minimum: 1 },
    },
    inputs: {
      type: "object",
      description: "The tensors of the data that the model uses. The batch axis is implied.",
      propertyNames: { pattern: identifierPattern },
      additionalProperties: inputSchema(),
    },
    cells: cellsSchema({ $ref: "#/definitions/initializer" }),
    layers: {
      type: "array",
      minItems: 1,
      items: { $ref: "#/definitions/layer" },
      description: "The model, one layer after the other.",
    },
    loss: {
      description: "What training makes small. A list is summed.",
      oneOf: [
        { $ref: "#/definitions/loss" },
        { type: "array", minItems: 1, items: { $ref: "#/definitions/loss" } },
      ],
    },
    optimizer: optimizerUnion(),
    schedule: scheduleUnion(),
    train: { ...closedObject(trainKeys, "train"), description: "How long and with what batches training goes on." },
    decode: {
      ...closedObject(decodeKeys, "decode"),
      description: "How the tokens of a decoder, or the labels of a ctc loss, are searched. A ctc loss takes kind, beam_size and n_best alone.",
    },
    metrics: {
      type: "array",
      uniqueItems: true,
      items: { type: "string", enum: metrics.map(({ kind }) => kind) },
      description: `Scores on the original scale. ${metrics.map(({ kind, summary }) => `${kind}: ${summary}`).join(" ")}`,
    },
    outputs: {
      type: "array",
      minItems: 1,
      uniqueItems: true,
      items: { type: "string", minLength: 1 },
      description: "What predict returns: layers or further outputs of layers. Default: the inputs of the losses.",
    },
  };
}

function inputSchema(): JsonSchema {
  const keys: Keys = {
    shape: {
      type: "array",
      maxItems: 8,
      items: { oneOf: [{ type: "integer", minimum: 1 }, { type: "string", pattern: identifierPattern }] },
      description: "Shape of one example; a word takes its size from sizes or from the data. [] is a single value.",
    },
    dtype: {
      type: "string",
      enum: ["float32", "int32"],
      default: "float32",
      description: "int32 for classes and tokens.",
    },
    vocabulary: {
      type: "integer",
      minimum: 1,
      optional: true,
      description: "Number of classes or tokens; all values lie below it.",
    },
    lengths: { type: "boolean", default: false, description: "Whether every example has a length of its own." },
  };
  return closedObject(keys, "an input");
}

function dataUnion(): JsonSchema {
  return union(
    "data",
    "Where the numbers come from.",
    dataKinds.map((kind) => ({ ...kind, own: kind.keys })),
  );
}

function layerUnion(): JsonSchema {
  const init = { init: { $ref: "#/definitions/initializer" } };
  const items = layers.map((layer) => ({ ...layer, own: { ...layerKeys, ...layer.keys }, further: init }));
  const holders = groups.map((group) => ({ ...group, own: { ...groupKeys, ...group.keys } }));
  return union("a layer", "One layer, or a group of layers.", [...items, ...holders]);
}

function lossUnion(): JsonSchema {
  const items = losses.map((loss) => ({ ...loss, own: { ...lossKeys(), ...loss.keys } }));
  return union("a loss", "One term of what training makes small.", items);
}

function optimizerUnion(): JsonSchema {
  return union(
    "an optimizer",
    "How the parameters follow the gradient.",
    optimizers.map((optimizer) => ({
      ...optimizer,
      own: { ...optimizerKeys(optimizer.learningRate), ...optimizer.keys },
    })),
  );
}

function scheduleUnion(): JsonSchema {
  return union(
    "a schedule",
    "How the learning rate changes from update to update; without one it stays what it is.",
    schedules.map((schedule) => ({ ...schedule, own: { ...scheduleKeys(schedule), ...schedule.keys } })),
  );
}

export function initializerUnion(): JsonSchema {
  const items = initializers.map((kind) => ({ ...kind, own: { ...kind.keys, ...initializerCommonKeys } }));
  return union("init", "How the parameters start, where the default of the layer is not wanted.", items);
}

interface UnionItem {
  readonly kind: string;
  readonly summary: string;
  readonly own: Keys;
  readonly further?: Readonly<Record<string, JsonSchema>>;
}

/** A choice by `kind`. Titles are what messages call the mapping. */
function union(title: string, description: string, items: readonly UnionItem[]): JsonSchema {
  return {
    type: "object",
    title,
    description,
    discriminator: { propertyName: "kind" },
    properties: { kind: { description: "Which one." } },
    required: ["kind"],
    oneOf: items.map((item) => branch(title, item)),
  };
}

function branch(title: string, { kind, summary, own, further }: UnionItem): JsonSchema {
  const schema = closedObject(own, `${title} of kind ${kind}`);
  return {
    ...schema,
    description: summary,
    properties: {
      kind: { const: kind, description: summary },
      ...(schema["properties"] as JsonSchema),
      ...further,
    },
    required: ["kind", ...((schema["required"] ?? []) as readonly string[])],
  };
}

function closedObject(keys: Keys, title: string): JsonSchema {
  const properties = Object.entries(keys).map(([key, schema]) => [key, propertySchema(schema)] as const);
  const required = Object.keys(keys).filter((key) => memberOf(keys, key)?.default === undefined && memberOf(keys, key)?.optional !== true);
  return {
    type: "object",
    title,
    properties: Object.fromEntries(properties),
    ...(required.length > 0 ? { required } : {}),
    additionalProperties: false,
  };
}

/** `optional` is ours: JSON Schema says it by leaving the key out of `required`. */
function propertySchema(schema: KeySchema): JsonSchema {
  return Object.fromEntries(Object.entries(schema).filter(([key]) => key !== "optional"));
}
