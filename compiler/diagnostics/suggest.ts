/** "Did you mean": the known names nearest to a wrong one. After graphql-js (`suggestionList`, `didYouMean`). */
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
  const threshold = Math.floor(input.length * 0.4) + 1;
  const candidates = known
    .map((name) => ({ name, distance: editDistance(input, name, threshold) }))
    .filter((candidate) => candidate.distance <= threshold);
  const sameButCase = candidates.filter(({ name }) => name.toLowerCase() === input.toLowerCase());
  if (sameButCase.length > 0) return sameButCase.map(({ name }) => name);
  const nearest = Math.min(...candidates.map(({ distance }) => distance));
  return candidates
    .filter(({ distance }) => distance === nearest)
    .slice(0, mostSuggestions)
    .map((candidate) => candidate.name);
}

/**
 * Insertions, deletions, substitutions and swaps of neighbours; a difference in case alone costs one in all.
 * @returns a number above `threshold` as soon as it is certain that the distance is
 */
export function editDistance(left: string, right: string, threshold: number): number {
  if (left === right) return 0;
  const source = left.toLowerCase();
  const target = right.toLowerCase();
  if (source === target) return 1;
  if (Math.abs(source.length - target.length) > threshold) return threshold + 1;

  let beforePrevious: readonly number[] = [];
  let previous: readonly number[] = Array.from({ length: target.length + 1 }, (_, index) => index);
  for (let row = 1; row <= source.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= target.length; column += 1) {
      const same = source[row - 1] === target[column - 1];
      let cost = Math.min(
        (previous[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (previous[column - 1] ?? 0) + (same ? 0 : 1),
      );
      const swapped = source[row - 1] === target[column - 2] && source[row - 2] === target[column - 1];
      if (row > 1 && column > 1 && swapped) cost = Math.min(cost, (beforePrevious[column - 2] ?? 0) + 1);
      current.push(cost);
    }
    if (Math.min(...current) > threshold) return threshold + 1;
    beforePrevious = previous;
    previous = current;
  }
  return previous[target.length] ?? threshold + 1;
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
  const list = known.length === 0 ? `there are no ${noun} here.` : `known ${noun}: ${known.join(", ")}.`;
  if (nearest.length === 0) return list;
  const question = `did you mean ${joinWords(nearest.map(quote), "or")}?`;
  return `${question} ${list.charAt(0).toUpperCase()}${list.slice(1)}`;
}
