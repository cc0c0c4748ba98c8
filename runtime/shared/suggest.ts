/** The known names nearest to a wrong one. After graphql-js (`suggestionList`). */

/** Within about 40 % of the name's length: of equal distance all, in the order they are known in; in other case before any other. */
export function nearestNames(input: string, known: readonly string[]): readonly string[] {
  const threshold = Math.floor(input.length * 0.4) + 1;
  const candidates = known
    .map((name) => ({ name, distance: editDistance(input, name, threshold) }))
    .filter((candidate) => candidate.distance <= threshold);
  const sameButCase = candidates.filter(({ name }) => name.toLowerCase() === input.toLowerCase());
  if (sameButCase.length > 0) return sameButCase.map(({ name }) => name);
  const least = Math.min(...candidates.map(({ distance }) => distance));
  return candidates.filter(({ distance }) => distance === least).map(({ name }) => name);
}

/** Longer lists say nothing more. */
const MOST_LISTED = 40;

/** `a, b, c`, and how many more there are. */
export function listOfNames(names: readonly string[]): string {
  const rest = names.length - MOST_LISTED;
  return `${names.slice(0, MOST_LISTED).join(", ")}${rest > 0 ? ` and ${String(rest)} more` : ""}`;
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
