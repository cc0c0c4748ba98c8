/** What of a run's spec is said about another search than the one that is asked for. */
import { parseDocument } from "yaml";
import { tokenKeys } from "../../compiler/schema/decode.ts";

const CHOOSES_SEARCH: readonly string[] = ["decode", "decode.input", "decode.output"];

/**
 * A run's spec has every default written out. Where `--set` names something else to decode, what was filled in for the tokens of
 * the other (their first, their last, how many) is none of its business, and is filled in anew.
 *
 * @param text the resolved spec
 * @param overrides `path=value`, as after --set
 */
export function searchAnew(text: string, overrides: readonly string[]): string {
  const changed = overrides.map((override) => (override.split("=")[0] ?? "").trim());
  if (!changed.some((path) => CHOOSES_SEARCH.includes(path))) return text;
  const document = parseDocument(text);
  for (const key of tokenKeys) if (document.hasIn(["decode", key])) document.deleteIn(["decode", key]);
  return document.toString({ lineWidth: 0 });
}
