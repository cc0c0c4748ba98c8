/** How many kernels a program asks a GPU to run. */
import type { Buffer, Program, Step } from "../../ir/program.ts";
import { readWhole } from "./plan-statements.ts";

/** What a kernel that joins the steps of a loop reads at most; the runtime's stack joins in a tree of such kernels. */
const mostParts = 7;

export function launchesOf({ schedule, results }: Program): number {
  const joined = new Set<Buffer>([
    ...readWhole(schedule),
    ...results.flatMap(({ buffer }) => (buffer.storage === "steps" ? [buffer] : [])),
  ]);
  return runsIn(schedule) + [...joined].reduce((total, { shape }) => total + joins(shape[0] ?? 1), 0);
}

function runsIn(steps: readonly Step[]): number {
  return steps.reduce((total, step) => {
    if (step.kind === "run") return total + 1;
    return total + Math.abs(step.end - step.start) * runsIn(step.body);
  }, 0);
}

function joins(slots: number): number {
  let count = 0;
  let parts = slots;
  do {
    const groups = Math.ceil(parts / mostParts);
    // A part that is alone in its group, and joined already, is passed on.
    const isPassedOn = parts < slots && parts % mostParts === 1;
    count += isPassedOn ? groups - 1 : groups;
    parts = groups;
  } while (parts > 1);
  return count;
}
