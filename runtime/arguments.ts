/** Checks of what programs hand to public calls: each names the argument, what was expected and what was found. */
import { nearestName } from "./nearest-name.ts";
import { Problem } from "./problem.ts";
import { describe } from "./tensor.ts";

export function invalidOption(message: string, help?: string): Problem {
  return new Problem({ code: "invalid-option", message, help });
}

/**
 * That it is an object with no keys but these.
 *
 * @param call as it is written: `create`, `trainStep`
 * @throws Problem `invalid-option` with the nearest known key where one is near
 */
export function checkOptions(call: string, options: unknown, known: readonly string[]): void {
  // A list or a map is an object too, and none of its entries would be seen.
  if (typeof options !== "object" || options === null || Symbol.iterator in options) {
    throw invalidOption(`${call} takes an object of options (${known.join(", ")}), not ${describe(options)}.`);
  }
  const unknown = Object.keys(options).filter((key) => !known.includes(key));
  const [first] = unknown;
  if (first === undefined) return;
  const nearest = nearestName(first, known);
  throw invalidOption(
    `${call} has no option ${unknown.join(", ")}; its options are ${known.join(", ")}.`,
    nearest === undefined ? undefined : `did you mean "${nearest}"?`,
  );
}

/** That it is a whole number from `from`, to `to` where there is a limit. */
export function checkWhole(name: string, value: unknown, from: number, to = Number.POSITIVE_INFINITY): void {
  if (Number.isSafeInteger(value) && (value as number) >= from && (value as number) <= to) return;
  const range = to === Number.POSITIVE_INFINITY ? `from ${String(from)}` : `from ${String(from)} to ${String(to)}`;
  throw invalidOption(`${name} must be a whole number ${range}, not ${describe(value)}.`);
}

/** That it is a finite number from 0. */
export function checkFromZero(name: string, value: unknown): void {
  if (Number.isFinite(value) && (value as number) >= 0) return;
  throw invalidOption(`${name} must be a number from 0, not ${describe(value)}.`);
}

export function checkBoolean(name: string, value: unknown): void {
  if (typeof value === "boolean") return;
  throw invalidOption(`${name} must be true or false, not ${describe(value)}.`);
}

export function checkFunction(name: string, value: unknown): void {
  if (typeof value === "function") return;
  throw invalidOption(`${name} must be a function, not ${describe(value)}.`);
}

/** That it is one of a few texts. */
export function checkOneOf(name: string, value: unknown, known: readonly string[]): void {
  if (known.some((one) => one === value)) return;
  const nearest = typeof value === "string" ? nearestName(value, known) : undefined;
  throw invalidOption(
    `${name} must be ${known.slice(0, -1).join(", ")} or ${known.at(-1) ?? ""}, not ${describe(value)}.`,
    nearest === undefined ? undefined : `did you mean "${nearest}"?`,
  );
}
