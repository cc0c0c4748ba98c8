/** What the searches of connectionist temporal classification are handed, when programs call them by themselves. */
import { checkWhole, invalidOption } from "../arguments.ts";
import { Problem } from "../problem.ts";
import { describe, isList } from "../tensor.ts";

/** @throws Problem `invalid-option` for counts that cannot be, `wrong-inputs` for fewer numbers than they need */
export function checkRows(logProbabilities: unknown, classes: number, steps: number, blank: number): void {
  checkWhole("classes", classes, 1);
  checkWhole("steps", steps, 0);
  checkBlank(blank, classes);
  const wrong = (message: string): Problem => new Problem({ code: "wrong-inputs", message });
  if (!isList(logProbabilities)) {
    throw wrong(`logProbabilities must be a list of numbers, not ${describe(logProbabilities)}.`);
  }
  const { length } = logProbabilities;
  if (length >= classes * steps) return;
  throw wrong(
    `${String(steps)} steps of ${String(classes)} classes are ${String(classes * steps)} numbers, but ${String(length)} were given.`,
  );
}

export function checkBlank(blank: unknown, classes: number): void {
  if (Number.isSafeInteger(blank) && (blank as number) >= 0 && (blank as number) < classes) return;
  throw invalidOption(`blank must be one of the classes 0 to ${String(classes - 1)}, not ${describe(blank)}.`);
}
