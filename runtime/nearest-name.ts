/** "Did you mean": the known name nearest to a given one. */
import { listOfNames, nearestNames } from "./shared/suggest.ts";

/** The nearest name, or undefined when none is near. */
export function nearestName(given: string, known: readonly string[]): string | undefined {
  return nearestNames(given, known)[0];
}

/** `did you mean "Temp"? Known columns: "Date", "Temp".` */
export function nameHelp(given: string, known: readonly string[], what: string): string {
  const list = `${what}: ${listOfNames(known.map((name) => `"${name}"`))}.`;
  const nearest = nearestName(given, known);
  return nearest === undefined ? `known ${list}` : `did you mean "${nearest}"? Known ${list}`;
}
