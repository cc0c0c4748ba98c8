/** The loss ctc by its definition: every path written down. */

/**
 * -log of the probability of all paths that read as the labels once repeats are joined and blanks dropped; infinite when
 * there is none.
 * @param logits [T, V] row-major
 */
export function ctcByPaths(
  logits: readonly number[],
  classes: number,
  labels: readonly number[],
  blank: number,
): number {
  const rows = Array.from({ length: logits.length / classes }, (_, step) => {
    const row = logits.slice(step * classes, (step + 1) * classes).map(Math.exp);
    const total = row.reduce((sum, value) => sum + value, 0);
    return row.map((value) => value / total);
  });
  const visit = (path: readonly number[], probability: number): number => {
    const row = rows[path.length];
    if (row !== undefined) {
      return row.reduce((sum, chance, label) => sum + visit([...path, label], probability * chance), 0);
    }
    return joined(path, blank).join() === labels.join() ? probability : 0;
  };
  return -Math.log(visit([], 1));
}

/** What a path reads as. */
export function joined(path: readonly number[], blank: number): number[] {
  return path.filter((label, step) => label !== blank && label !== path[step - 1]);
}
