/** Layers whose kind the spec defines itself: they have a small schema of their own, so that the large one is compiled once. */
import { Ajv } from "ajv";
import type { ErrorObject, Options, ValidateFunction } from "ajv";
import { cellLayerSchema, initializerUnion } from "../../schema/assemble.ts";
import type { CellKind } from "../../schema/cells.ts";
import { isRecord } from "../../support/plain.ts";
import { pointerTo } from "../../support/pointer.ts";

export const ajvOptions: Options = {
  allErrors: true,
  strict: true,
  discriminator: true,
  verbose: true,
  // A key called `toString` is there where the spec has it, not where every object inherits it.
  ownProperties: true,
  // One spec is validated per process: compiling the schema takes a second, of which these two save most.
  inlineRefs: false,
  code: { optimize: false },
};

/** Stands in the spec for a layer that is looked at by itself. */
const stand = { kind: "flatten" };

/** @returns the errors of such layers, and the spec as the schema of all other kinds may see it */
export function cellLayersApart(
  value: unknown,
  kinds: readonly CellKind[],
): { readonly rest: unknown; readonly errors: readonly ErrorObject[] } {
  if (kinds.length === 0 || !isRecord(value)) return { rest: value, errors: [] };
  // One schema a kind, and no union of them: the discriminator of ajv takes no kind called `toString`.
  const ajv = new Ajv(ajvOptions).addSchema(initializerUnion(), "initializer");
  const schemas = new Map<unknown, ValidateFunction>(
    kinds.map((kind) => [kind.kind, ajv.compile(cellLayerSchema(kind))]),
  );
  const errors: ErrorObject[] = [];
  const without = (layers: unknown, pointer: string): unknown => {
    if (!Array.isArray(layers)) return layers;
    return layers.map((layer: unknown, index): unknown => {
      if (!isRecord(layer)) return layer;
      const place = pointerTo(pointer, index);
      const satisfies = schemas.get(layer["kind"]);
      if (satisfies === undefined) {
        return "layers" in layer ? { ...layer, layers: without(layer["layers"], pointerTo(place, "layers")) } : layer;
      }
      if (!satisfies(layer)) {
        for (const error of satisfies.errors ?? []) errors.push({ ...error, instancePath: place + error.instancePath });
      }
      return stand;
    });
  };
  return { rest: { ...value, layers: without(value["layers"], "/layers") }, errors };
}
