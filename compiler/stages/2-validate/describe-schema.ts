/** What a piece of JSON Schema allows, in words: `an integer of at least 1`. */
import { isGeneralLimit } from "../../keys/limits.ts";
import { isRecord } from "../../support/plain.ts";
import { memberOf } from "@specloom/runtime/internal/shared/member-of";
import type { PlainRecord } from "../../support/plain.ts";
import { countOf, joinWords } from "../../support/words.ts";

const nouns: Readonly<Record<string, string>> = {
  integer: "an integer",
  number: "a number",
  string: "text",
  boolean: "true or false",
  array: "a list",
  object: "a mapping",
  null: "nothing",
};

export function describeSchema(schema: PlainRecord): string {
  if (Array.isArray(schema["oneOf"]) && schema["type"] === undefined) {
    return joinWords(schema["oneOf"].filter(isRecord).map(describeSchema), "or");
  }
  if ("const" in schema) return String(schema["const"]);
  if (Array.isArray(schema["enum"])) return `one of ${schema["enum"].join(", ")}`;
  if (schema["$ref"] !== undefined) return "a mapping";
  if (schema["type"] === "object" && isRecord(schema["properties"])) return describeObject(schema["properties"]);
  const noun = memberOf(nouns, String(schema["type"])) ?? "another value";
  const range = describeRange(schema);
  const items = describeItems(schema);
  return `${noun}${items}${range === "" ? "" : ` ${range}`}`;
}

/** `{difference: an integer of at least 1}`. */
function describeObject(properties: PlainRecord): string {
  const entries = Object.entries(properties).map(
    ([key, value]) => `${key}: ${isRecord(value) ? describeSchema(value) : "..."}`,
  );
  return `{${entries.join(", ")}}`;
}

/** `of at least 1`, `of at least 0 and below 1`, `greater than 0`. */
function describeRange(schema: PlainRecord): string {
  const limit = (keyword: string, words: string): readonly string[] => {
    const bound = memberOf(schema, keyword);
    return typeof bound === "number" && !isGeneralLimit(bound) ? [`${words} ${bound}`] : [];
  };
  const limits = [
    ...limit("minimum", "of at least"),
    ...limit("exclusiveMinimum", "greater than"),
    ...limit("maximum", "at most"),
    ...limit("exclusiveMaximum", "below"),
  ];
  return limits.join(" and ");
}

function describeItems(schema: PlainRecord): string {
  if (schema["type"] !== "array") return "";
  const { minItems, maxItems, items } = schema;
  const type = isRecord(items) ? String(items["type"]) : "";
  const noun = ["integer", "number", "text"].find((name) => name === (type === "string" ? "text" : type)) ?? "item";
  if (typeof minItems === "number" && minItems === maxItems) return ` of ${countOf(minItems, noun)}`;
  const limits = [
    ...(typeof minItems === "number" && minItems > 0 ? [`at least ${countOf(minItems, noun)}`] : []),
    ...(typeof maxItems === "number" ? [`at most ${countOf(maxItems, noun)}`] : []),
  ];
  return limits.length === 0 ? ` of ${noun}s` : ` of ${limits.join(" and ")}`;
}
