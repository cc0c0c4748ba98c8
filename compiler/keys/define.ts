/** The JSON-schema fragment of one key of a record, with its default and its description. */
import { memberOf } from "@specloom/runtime/internal/shared/member-of";
export interface KeySchema {
  readonly type?: "integer" | "number" | "string" | "boolean" | "array" | "object";
  readonly description: string;
  readonly default?: unknown;
  /** A key without a default that may be left out. */
  readonly optional?: boolean;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly items?: Readonly<Record<string, unknown>>;
  readonly oneOf?: readonly Readonly<Record<string, unknown>>[];
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Readonly<Record<string, unknown>>;
  readonly minProperties?: number;
}

export type Keys = Readonly<Record<string, KeySchema>>;

/** The config with every default filled in; keys that are optional and absent stay absent. */
export function withDefaults(keys: Keys, config: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const filled = Object.entries(keys).map(([key, schema]) => [key, memberOf(config, key) ?? schema.default] as const);
  return Object.fromEntries(filled.filter(([, value]) => value !== undefined));
}
