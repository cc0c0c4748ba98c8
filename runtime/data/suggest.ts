/** "Did you mean": the known name nearest to a given one. */

/** The nearest name, or undefined when none is near: more than a third of the letters would have to change. */
export function nearestName(given: string, known: readonly string[]): string | undefined {
  const limit = Math.max(1, Math.floor(given.length / 3));
  let best: string | undefined;
  let least = limit + 1;
  for (const name of known) {
    const distance = editDistance(given.toLowerCase(), name.toLowerCase());
    if (distance < least) {
      best = name;
      least = distance;
    }
  }
  return best;
}

/** `did you mean "Temp"? Known columns: "Date", "Temp".` */
export function nameHelp(given: string, known: readonly string[], what: string): string {
  const shown = known.slice(0, 20).map((name) => `"${name}"`);
  const rest = known.length - shown.length;
  const list = `Known ${what}: ${shown.join(", ")}${rest > 0 ? ` and ${String(rest)} more` : ""}.`;
  const nearest = nearestName(given, known);
  return nearest === undefined ? list.replace("Known", "known") : `did you mean "${nearest}"? ${list}`;
}

/** Levenshtein distance with swaps of neighbours counted as one change (optimal string alignment). */
function editDistance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min(
        (rows[i - 1]?.[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        (rows[i - 1]?.[j - 1] ?? 0) + (same ? 0 : 1),
      );
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, (rows[i - 2]?.[j - 2] ?? 0) + 1);
      }
      row.push(cost);
    }
    rows.push(row);
  }
  return rows[a.length]?.[b.length] ?? 0;
}
