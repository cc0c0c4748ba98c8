/** The JSON schema of `cells`: layers that a spec defines by equations. */
import { cellKeys } from "../cells/layer.ts";
import { steppedKeys } from "../layers/stepped.ts";
import { isInherited, isRecord } from "../support/plain.ts";
import { groupKeys, layerKeys } from "./common.ts";
import type { Keys } from "../keys/define.ts";
import { identifierPattern } from "./names.ts";

const size = {
  oneOf: [
    { type: "integer", minimum: 1 },
    { type: "string", minLength: 1 },
  ],
} as const;
const shape = { type: "array", maxItems: 2, items: size } as const;
const knownKeys = ["description", "keys", "state", "parameters", "equations", "output"];
const names = { propertyNames: { pattern: identifierPattern } } as const;

/** Keys that every layer has, or every layer with a state: a cell's own cannot be called so. */
export const takenCellKeys: readonly string[] = [
  "kind",
  "init",
  ...Object.keys(layerKeys),
  ...Object.keys(groupKeys),
  ...Object.keys(steppedKeys),
];

/** @param initializer the schema of `init` */
export function cellsSchema(initializer: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const parameter = {
    type: "object",
    title: "a parameter of a cell",
    properties: {
      shape: { ...shape, description: "Sizes of its axes, at most two: numbers, keys and input, as in 4 * hidden_size." },
      init: initializer,
    },
    required: ["shape"],
    additionalProperties: false,
  };
  const cell = {
    type: "object",
    title: "a cell",
    properties: {
      description: { type: "string", description: "What it is, and where it comes from." },
      keys: {
        type: "object",
        ...names,
        additionalProperties: { oneOf: [{ type: "number" }, { type: "null" }] },
        description: "Numbers that its layers may set, with their defaults; null where a layer has to set it.",
      },
      state: {
        type: "object",
        ...names,
        additionalProperties: size,
        description: "Vectors carried from step to step, with their sizes. Without any, the layer works on every step by itself.",
      },
      parameters: {
        type: "object",
        ...names,
        additionalProperties: { oneOf: [shape, parameter] },
        description: "Trained tensors with their shapes: [] a number, [n] a vector, [m, n] a matrix.",
      },
      equations: {
        oneOf: [
          { type: "string", minLength: 1 },
          { type: "array", minItems: 1, items: { type: "string", minLength: 1 } },
        ],
        description: "What one step computes, one equation a line: h' = tanh(W @ x + U @ h). x is the input, h' the next state.",
      },
      output: {
        type: "string",
        minLength: 1,
        description: "What the layer gives; default: the first state's next value, or what the last equation computes.",
      },
    },
    required: ["equations"],
    additionalProperties: false,
  };
  return {
    type: "object",
    ...names,
    additionalProperties: cell,
    description: "Layer kinds of this spec's own, written as equations.",
  };
}

/** For editors, which cannot look a kind up in `cells`: a layer of any other kind than the known ones. */
export function cellBranch(known: readonly string[]): Readonly<Record<string, unknown>> {
  const description = "A layer of a kind that cells defines; its keys are those of the cell.";
  const kind = { type: "string", not: { enum: known }, description: "Name of a cell." };
  return { type: "object", title: "a layer of its own kind", description, properties: { kind }, required: ["kind"] };
}

/** For editors: without cells of its own or inherited ones, a spec has the known kinds only. */
export function kindsWithoutCells(known: readonly string[]): Readonly<Record<string, unknown>> {
  const layer = { type: "object", properties: { kind: { enum: known } } };
  return {
    if: { anyOf: [{ required: ["cells"] }, { required: ["extends"] }] },
    else: { type: "object", properties: { layers: { type: "array", items: layer } } },
  };
}

/** A kind that a spec defines, as far as the schema of its layers goes. */
export interface CellKind {
  readonly kind: string;
  readonly summary: string;
  readonly keys: Keys;
}

/**
 * The kinds in the `cells` of a spec that nobody has checked yet: what is no definition is left out.
 * @param taken kinds that exist already
 */
export function cellKindsOf(cells: unknown, taken: readonly string[]): readonly CellKind[] {
  if (!isRecord(cells)) return [];
  return Object.entries(cells).flatMap(([kind, cell]) => {
    if (!isRecord(cell) || taken.includes(kind)) return [];
    const keys = isRecord(cell["keys"]) ? cell["keys"] : {};
    const isNumber = (value: unknown): boolean => typeof value === "number" || value === null;
    const numbers = Object.entries(keys).filter(([key, value]) => isNumber(value) && !takenCellKeys.includes(key) && !isInherited(key));
    const hasState = isRecord(cell["state"]) && Object.keys(cell["state"]).length > 0;
    // A key that is not known may be a misspelt state: its layers are not told of what follows from that.
    const isRecurrent = hasState || Object.keys(cell).some((key) => !knownKeys.includes(key));
    const summary = typeof cell["description"] === "string" ? cell["description"] : "A cell of this spec.";
    const own = Object.fromEntries(numbers) as Readonly<Record<string, number | null>>;
    return [{ kind, summary, keys: cellKeys(own, isRecurrent) }];
  });
}
