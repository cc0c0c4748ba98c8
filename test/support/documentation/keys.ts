/** Tables of keys: name, values in words, default, meaning. */
import { stringify } from "yaml";
import type { Keys, KeySchema } from "../../../compiler/keys/define.ts";
import { memberOf } from "../../../runtime/shared/member-of.ts";
import { joinWords } from "../../../compiler/support/words.ts";
import { code, linkTo, prose, table } from "./markdown.ts";

/** A fragment of JSON Schema, as far as the tables of the compiler use it. */
export type Schema = Partial<Omit<KeySchema, "type">> & {
  readonly type?: KeySchema["type"] | "null";
  readonly const?: unknown;
  readonly $ref?: string;
};

/** Titles of the sections that tell what a definition of the schema is. */
const definitions: Readonly<Record<string, readonly [title: string, text: string]>> = {
  "#/definitions/layer": ["Layers", "layers"],
  "#/definitions/loss": ["Losses", "a loss"],
  "#/definitions/initializer": ["Initializers", "an initializer"],
};

/** @returns undefined where there are no keys */
export function keyTable(keys: Keys): string | undefined {
  const required = Object.keys(keys).filter(
    (key) => memberOf(keys, key)?.default === undefined && memberOf(keys, key)?.optional !== true,
  );
  const rows = rowsOf(keys, required, "");
  return rows.length === 0 ? undefined : table(["key", "values", "default", "meaning"], rows);
}

/** Rows of a mapping's keys, each followed by those of the mapping it holds. */
function rowsOf(
  properties: Readonly<Record<string, Schema>>,
  required: readonly string[],
  prefix: string,
): readonly (readonly string[])[] {
  return Object.entries(properties).flatMap(([key, schema]) => {
    const name = prefix + key;
    const inner = mappingIn(schema);
    // A list's items, and what stands under names of the user's choice.
    const within = schema.items !== undefined ? "[]." : schema.additionalProperties ? ".<name>." : ".";
    const row = [
      code(name),
      valueWords(schema),
      required.includes(key) ? "**required**" : schema.default === undefined ? "optional" : code(flow(schema.default)),
      prose(schema.description ?? ""),
    ];
    return [row, ...(inner === undefined ? [] : rowsOf(propertiesOf(inner), inner.required ?? [], name + within))];
  });
}

/** What a key holds, or each item of its list. */
function mappingIn(schema: Schema): Schema | undefined {
  if (schema.properties !== undefined) return schema;
  const { oneOf = [], items, additionalProperties } = schema;
  const named = typeof additionalProperties === "object" ? [additionalProperties] : [];
  const inside = [...oneOf, ...(items === undefined ? [] : [items]), ...named] as readonly Schema[];
  return inside.map(mappingIn).find((inner) => inner !== undefined);
}

function propertiesOf({ properties = {} }: Schema): Readonly<Record<string, Schema>> {
  return properties as Readonly<Record<string, Schema>>;
}

/** The values that a key may have: `whole number from 1`, `` `mean` or `sum` ``. */
export function valueWords(schema: Schema): string {
  if (schema.$ref !== undefined) {
    const [title, text] = memberOf(definitions, schema.$ref) ?? [undefined, schema.$ref];
    return title === undefined ? code(text) : linkTo(title, text);
  }
  if (schema.const !== undefined) return code(flow(schema.const));
  const choices = choicesOf(schema);
  if (choices !== undefined) return joinWords([...new Set(choices)], "or");
  switch (schema.type) {
    case "integer":
      return `whole number${bounds(schema)}`;
    case "number":
      return `number${bounds(schema)}`;
    case "boolean":
      return "`true` or `false`";
    case "string":
      return schema.pattern === undefined ? "text" : "a name";
    case "array":
      return listWords(schema);
    case "null":
      return code("null");
    default:
      return mappingWords(schema);
  }
}

/** Values, or kinds of values, of which one is chosen. */
function choicesOf(schema: Schema): readonly string[] | undefined {
  if (schema.enum !== undefined) return schema.enum.map(code);
  return (schema.oneOf as readonly Schema[] | undefined)?.flatMap((one) => choicesOf(one) ?? [valueWords(one)]);
}

function bounds({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: Schema): string {
  const parts = [
    ...(minimum === undefined ? [] : [`from ${minimum}`]),
    ...(exclusiveMinimum === undefined ? [] : [`above ${exclusiveMinimum}`]),
    ...(maximum === undefined ? [] : [`to ${maximum}`]),
    ...(exclusiveMaximum === undefined ? [] : [`below ${exclusiveMaximum}`]),
  ];
  return parts.length === 0 ? "" : ` ${parts.join(parts.length > 1 && maximum === undefined ? ", " : " ")}`;
}

function listWords({ items, minItems = 0, maxItems }: Schema): string {
  const count = minItems === maxItems ? ` (${minItems})` : maxItems === undefined ? "" : ` (at most ${maxItems})`;
  return `list${count}${items === undefined ? "" : ` of ${valueWords(items as Schema)}`}`;
}

function mappingWords({ additionalProperties }: Schema): string {
  if (additionalProperties === undefined || typeof additionalProperties === "boolean") return "mapping";
  return `mapping of names to ${valueWords(additionalProperties as Schema)}`;
}

/** A value as YAML writes it in one line. */
export function flow(value: unknown): string {
  if (typeof value === "number" && value !== 0 && Math.abs(value) < 1e-4) return value.toExponential();
  if (value === null || typeof value !== "object") return stringify(value, { lineWidth: 0 }).trimEnd();
  return stringify(value, { collectionStyle: "flow", flowCollectionPadding: false, lineWidth: 0 }).trimEnd();
}
