/** Which of ajv's errors are worth saying: those of the branch of a union that the user meant. */
import type { ErrorObject } from "ajv";
import { suggestions } from "../../diagnostics/suggest.ts";
import { isRecord } from "../../support/plain.ts";
import type { PlainRecord } from "../../support/plain.ts";

/**
 * A union that fails reports the errors of all its branches. Where one branch has the value's own type, its errors are
 * kept and the union's dropped; where none has, only the union's error remains, which then lists what is allowed.
 */
export function chooseErrors(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  const unions = errors.filter((error) => error.keyword === "oneOf");
  const chosen = errors.filter((error) => {
    if (error.keyword === "propertyNames") return false;
    const own = unions.find((union) => union.instancePath === error.instancePath);
    if (!own) return true;
    if (error.keyword === "oneOf") return !hasBranchOfSameType(own);
    // Words are no reproach to a value that is no text.
    if (error.keyword === "enum") return typeof error.data === "string";
    return error.keyword !== "type" && error.keyword !== "const";
  });
  return chosen.filter((error) => !isMisspelt(error, chosen));
}

/** A key that is missing because it is misspelt: the unknown key's message says it. */
function isMisspelt(error: ErrorObject, all: readonly ErrorObject[]): boolean {
  if (error.keyword !== "required") return false;
  const missing = String(error.params["missingProperty"]);
  return all.some(
    (other) =>
      other.keyword === "additionalProperties" &&
      other.instancePath === error.instancePath &&
      suggestions(String(other.params["additionalProperty"]), propertyNames(other)).includes(missing),
  );
}

function propertyNames(error: ErrorObject): readonly string[] {
  const properties: unknown = isRecord(error.parentSchema) ? error.parentSchema["properties"] : undefined;
  return isRecord(properties) ? Object.keys(properties) : [];
}

/** Words count as no type of their own: a wrong word is the whole union's business. */
function hasBranchOfSameType(union: ErrorObject): boolean {
  const branches = Array.isArray(union.schema) ? union.schema.filter(isRecord) : [];
  return branches.some((branch) => !("const" in branch) && typesOfValue(union.data).includes(typeOf(branch)));
}

/** A reference is always to a mapping here. */
function typeOf(schema: PlainRecord): string {
  return "$ref" in schema ? "object" : String(schema["type"]);
}

function typesOfValue(value: unknown): readonly string[] {
  if (value === null) return ["null"];
  if (Array.isArray(value)) return ["array"];
  return Number.isInteger(value) ? ["number", "integer"] : [typeof value];
}
