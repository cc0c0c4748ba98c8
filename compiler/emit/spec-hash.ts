/** The number that says whether two modules, or a module and a checkpoint, come from specs of the same meaning. */
import { createHash } from "node:crypto";
import type { ResolvedSchedule, ResolvedSpec } from "../contracts/model.ts";
import { isRecord } from "../support/plain.ts";

/**
 * sha256 of the spec as JSON with sorted keys: the same for the same meaning, whatever the order of writing. How long to
 * train is left out, and so is what follows from it, so that a run can be resumed with a further goal.
 */
export function specHash(spec: ResolvedSpec, schedule?: ResolvedSchedule): string {
  const lasting = {
    ...spec,
    train: without(spec["train"], ["epochs", "steps", "early_stopping"]),
    ...(schedule?.planned === undefined ? {} : { schedule: without(spec["schedule"], [schedule.planned]) }),
  };
  return createHash("sha256")
    .update(JSON.stringify(sorted(lasting)))
    .digest("hex");
}

function without(section: unknown, keys: readonly string[]): unknown {
  if (!isRecord(section)) return section;
  return Object.fromEntries(Object.entries(section).filter(([key]) => !keys.includes(key)));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isRecord(value)) return value;
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return Object.fromEntries(members.map(([key, member]) => [key, sorted(member)]));
}
