/** "Did you mean": the known names nearest to a wrong one. After graphql-js (`suggestionList`, `didYouMean`). */
import { listOfNames, nearestNames } from "@specloom/runtime/internal/shared/suggest";
import { joinWords, quote } from "../support/words.ts";
import { synonymsOf } from "./synonyms.ts";

const mostSuggestions = 3;

/**
 * Names inside groups that end in the input (`blocks.0.inner`), or what other libraries' words mean here (`lr`), or the nearest
 * known names within about 40 % of its length.
 */
export function suggestions(input: string, known: readonly string[]): readonly string[] {
  const inside = known.filter((name) => name.endsWith(`.${input}`));
  if (inside.length > 0) return inside.slice(-mostSuggestions);
  const synonyms = synonymsOf(input, known);
  if (synonyms.length > 0) return synonyms.slice(0, mostSuggestions);
  return nearestNames(input, known).slice(0, mostSuggestions);
}

/**
 * `did you mean "a" or "b"? Known kinds: ...`, or only the list of what is known.
 * @param free those that may be meant, where others are in use already
 */
export function didYouMean(
  input: string,
  known: readonly string[],
  noun: string,
  free: readonly string[] = known,
): string {
  const nearest = suggestions(input, free);
  const list = known.length === 0 ? `there are no ${noun} here.` : `known ${noun}: ${listOfNames(known)}.`;
  if (nearest.length === 0) return list;
  const question = `did you mean ${joinWords(nearest.map(quote), "or")}?`;
  return `${question} ${list.charAt(0).toUpperCase()}${list.slice(1)}`;
}
