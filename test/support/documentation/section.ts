/** What sections of the reference page are made of. */
import { publishedSchema } from "../../../compiler/schema/assemble.ts";
import type { Keys } from "../../../compiler/keys/define.ts";
import type { Schema } from "./keys.ts";
import { keyTable } from "./keys.ts";

export interface Section {
  readonly title: string;
  /** Titles of the kinds in it, and what links to them say. */
  readonly kinds: readonly (readonly [title: string, text: string])[];
  readonly parts: readonly (string | undefined)[];
}

export function ownKeys(keys: Keys): string {
  return keyTable(keys) ?? "No keys of its own.";
}

/** The keys of a spec, as the published schema has them. */
export function topLevel(): Readonly<Record<string, Schema>> {
  return publishedSchema()["properties"] as Readonly<Record<string, Schema>>;
}
