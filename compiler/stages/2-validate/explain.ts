/** One ajv error as a diagnostic in the user's words, at the key or value it is about. */
import type { ErrorObject } from "ajv";
import type { Report } from "../../diagnostics/report.ts";
import { activationNames } from "../../layers/activation-functions.ts";
import { identifierRule, specNameRule } from "../../schema/names.ts";
import { isGeneralLimit } from "../../keys/limits.ts";
import { InternalError } from "../../support/internal-error.ts";
import { numberText } from "../../support/number-text.ts";
import { isRecord } from "../../support/plain.ts";
import { memberOf } from "@specloom/runtime/internal/shared/member-of";
import type { PlainRecord } from "../../support/plain.ts";
import { pointerSegments, pointerTo } from "../../support/pointer.ts";
import { describeValue, quote } from "../../support/words.ts";
import { describeSchema } from "./describe-schema.ts";

interface Problem {
  readonly error: ErrorObject;
  readonly pointer: string;
  readonly schema: PlainRecord;
  readonly data: unknown;
  readonly report: Report;
  readonly cells: readonly string[];
}

type Explanation = (problem: Problem) => void;

const explanations: Readonly<Record<string, Explanation>> = {
  additionalProperties: explainUnknownKey,
  required: explainMissingKey,
  discriminator: explainKind,
  type: explainType,
  oneOf: explainUnion,
  const: explainConstant,
  enum: explainEnum,
  pattern: explainPattern,
  minimum: explainRange,
  maximum: explainRange,
  exclusiveMinimum: explainRange,
  exclusiveMaximum: explainRange,
  minItems: explainItems,
  maxItems: explainItems,
  minLength: explainEmptyText,
  uniqueItems: explainDuplicate,
};

/** @param cells layer kinds that the spec defines itself */
export function explainError(error: ErrorObject, report: Report, cells: readonly string[] = []): void {
  const explain = memberOf(explanations, error.keyword);
  if (!explain) throw new InternalError(`no words for schema keyword ${error.keyword} at ${error.schemaPath}`);
  const schema = isRecord(error.parentSchema) ? error.parentSchema : {};
  explain({ error, pointer: error.instancePath, schema, data: error.data, report, cells });
}

function explainUnknownKey({ error, pointer, schema, report }: Problem): void {
  const found = String(error.params["additionalProperty"]);
  const known = [...Object.keys(propertiesOf(schema)), ...(pointer === "" ? ["extends"] : [])];
  report(
    "unknown-key",
    { found, owner: ownerName(schema, pointer), known },
    { pointer: pointerTo(pointer, found), part: "key" },
  );
}

function explainMissingKey({ error, pointer, schema, report }: Problem): void {
  const key = String(error.params["missingProperty"]);
  const kinds = knownKinds(schema);
  const property = memberOf(propertiesOf(schema), key);
  const description = isRecord(property) && typeof property["description"] === "string" ? property["description"] : "";
  const only = isRecord(property) ? property["const"] : undefined;
  const meaning =
    key === "kind" && kinds.length > 0
      ? `one of ${kinds.join(", ")}.`
      : only === undefined
        ? lowerFirst(description)
        : JSON.stringify(only);
  report("missing-key", { key, owner: ownerName(schema, pointer), meaning }, { pointer });
}

const kindCodes = {
  data: "unknown-data-kind",
  "a layer": "unknown-layer-kind",
  "a loss": "unknown-loss-kind",
  "an optimizer": "unknown-optimizer-kind",
  "a schedule": "unknown-schedule-kind",
  init: "unknown-initializer-kind",
} as const;

function explainKind({ error, pointer, schema, report, cells }: Problem): void {
  const found = error.params["tagValue"] as unknown;
  if (found === undefined) return; // `required` says it
  const known = [...knownKinds(schema), ...(schema["title"] === "a layer" ? cells : [])];
  const at = { pointer: `${pointer}/kind` };
  const code = Object.entries(kindCodes).find(([title]) => title === schema["title"])?.[1];
  // The commonest slip: other libraries have a layer of its own for every activation.
  const activation = code === "unknown-layer-kind" ? activationNames.find((name) => name === found) : undefined;
  const instead = activation === undefined ? undefined : `write {kind: activation, function: ${activation}}.`;
  if (typeof found === "string" && code) report(code, { found, known, instead }, at);
  else
    report("wrong-type", { what: '"kind"', expected: `one of ${known.join(", ")}`, found: describeValue(found) }, at);
}

function explainType({ pointer, schema, data, report }: Problem): void {
  const owner = typeof schema["title"] === "string" && schema["type"] === "object" ? schema["title"] : undefined;
  const expected = owner === undefined ? describeSchema(schema) : "a mapping of keys to values";
  const help = typeHelp(pointer, schema, data) ?? meaningOf(pointer, schema, data) ?? nothingHelp(data);
  report("wrong-type", { what: valueName(pointer), expected, found: describeValue(data), help }, { pointer });
}

/** `key:` with nothing behind it, and `--set key=null`. */
function nothingHelp(data: unknown): string | undefined {
  return data === null ? "write a value, or remove it." : undefined;
}

/** For the slips that are easily made: forgotten or needless brackets and quotes. */
function typeHelp(pointer: string, schema: PlainRecord, data: unknown): string | undefined {
  const key = pointerSegments(pointer).at(-1) ?? "";
  const type = schema["type"];
  const isScalar = typeof data === "string" || typeof data === "number";
  if (type === "array" && isScalar) return `write a list in brackets: ${key}: [${String(data)}].`;
  if (type === "array" && isRecord(data)) return 'start each item of the list with "- ".';
  if (type !== "integer" && type !== "number") return undefined;
  if (Array.isArray(data) && data.length === 1 && typeof data[0] === "number") return "remove the brackets.";
  return typeof data === "string" && data.trim() !== "" && Number.isFinite(Number(data))
    ? "remove the quotes."
    : undefined;
}

/** What the key is for, where a list or mapping in place of a single value was likely meant for another key. */
function meaningOf(pointer: string, { type, description }: PlainRecord, data: unknown): string | undefined {
  const isSingle = type === "number" || type === "integer" || type === "string" || type === "boolean";
  if (!isSingle || typeof data !== "object" || data === null || typeof description !== "string") return undefined;
  return `${pointerSegments(pointer).at(-1) ?? ""}: ${lowerFirst(description)}`;
}

/** Text that is none of the words of a union: the words are said, and what else it may be. */
function explainUnion(problem: Problem): void {
  const { pointer, data, schema, report } = problem;
  const branches = Array.isArray(schema["oneOf"]) ? schema["oneOf"].filter(isRecord) : [];
  const hasWords = branches.some((branch) => typeof branch["const"] === "string");
  if (typeof data !== "string" || !hasWords) explainType(problem);
  else
    report(
      "unknown-value",
      { found: data, what: valueName(pointer), known: branches.map(describeSchema) },
      { pointer },
    );
}

function explainConstant({ pointer, data, report }: Problem): void {
  report("unsupported-version", { found: describeValue(data) }, { pointer });
}

function explainEnum(problem: Problem): void {
  const { pointer, data, schema, report } = problem;
  const known = (schema["enum"] as readonly unknown[]).map(String);
  if (typeof data !== "string") explainType(problem);
  else if (pointer.startsWith("/metrics/")) report("unknown-metric", { found: data, known }, { pointer });
  else report("unknown-value", { found: data, what: valueName(pointer), known }, { pointer });
}

function explainPattern({ error, pointer, data, report }: Problem): void {
  if (error.propertyName !== undefined) {
    const [section, , part = ""] = pointerSegments(pointer);
    const nouns: Readonly<Record<string, string>> = { keys: "a key", state: "a state", parameters: "a parameter" };
    const owners: Readonly<Record<string, string>> = {
      sizes: "a size",
      inputs: "an input",
      cells: memberOf(nouns, part) ?? "a cell",
    };
    const what = `the name of ${memberOf(owners, section ?? "") ?? "a value"}`;
    const at = { pointer: pointerTo(pointer, error.propertyName), part: "key" } as const;
    report("invalid-name", { name: error.propertyName, what, rule: identifierRule }, at);
    return;
  }
  const isSpecName = pointer === "/name";
  const what = isSpecName
    ? "the name of a spec"
    : pointer.startsWith("/layers/")
      ? "the name of a layer"
      : "a size in a shape";
  report("invalid-name", { name: String(data), what, rule: isSpecName ? specNameRule : identifierRule }, { pointer });
}

function explainRange({ error, pointer, schema, data, report }: Problem): void {
  const bound: unknown = error.params["limit"];
  const isGeneral = typeof bound === "number" && isGeneralLimit(bound);
  const expected = isGeneral ? `an integer of at ${bound < 0 ? "least" : "most"} ${bound}` : describeSchema(schema);
  const facts = {
    what: valueName(pointer),
    expected,
    found: typeof data === "number" ? numberText(data) : String(data),
  };
  report("out-of-range", facts, { pointer });
}

function explainItems({ pointer, schema, data, report }: Problem): void {
  const count = Array.isArray(data) ? data.length : 0;
  const found = count === 0 ? "an empty list" : `a list of ${count}`;
  report("out-of-range", { what: valueName(pointer), expected: describeSchema(schema), found }, { pointer });
}

function explainEmptyText({ pointer, report }: Problem): void {
  report("out-of-range", { what: valueName(pointer), expected: "a name", found: "empty" }, { pointer });
}

function explainDuplicate({ error, pointer, data, report }: Problem): void {
  const [first, second] = [Number(error.params["i"]), Number(error.params["j"])];
  const item: unknown = Array.isArray(data) ? data[first] : undefined;
  const later = Math.max(first, second);
  const notes = [{ message: "it is first named here.", pointer: pointerTo(pointer, Math.min(first, second)) }];
  const facts = { what: valueName(pointer), item: typeof item === "string" ? quote(item) : describeValue(item) };
  report("duplicate-item", facts, { pointer: pointerTo(pointer, later), notes });
}

function propertiesOf(schema: PlainRecord): PlainRecord {
  return isRecord(schema["properties"]) ? schema["properties"] : {};
}

function knownKinds(union: PlainRecord): readonly string[] {
  const branches = Array.isArray(union["oneOf"]) ? union["oneOf"].filter(isRecord) : [];
  return branches.flatMap((branch) => {
    const kind = propertiesOf(branch)["kind"];
    return isRecord(kind) ? [String(kind["const"])] : [];
  });
}

function ownerName(schema: PlainRecord, pointer: string): string {
  return typeof schema["title"] === "string" ? schema["title"] : valueName(pointer);
}

/** `"hidden_size"`, or `item 2 of "columns"`. */
function valueName(pointer: string): string {
  const segments = pointerSegments(pointer);
  const last = segments[segments.length - 1];
  const parent = segments[segments.length - 2];
  if (last === undefined) return "a spec";
  return /^\d+$/.test(last) && parent !== undefined ? `item ${Number(last) + 1} of ${quote(parent)}` : quote(last);
}

function lowerFirst(text: string): string {
  return /^[A-Z][a-z]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}
