/** The table of schedules. */
import { cosine } from "./cosine.ts";
import type { ScheduleDefinition } from "./define.ts";
import { exponential } from "./exponential.ts";
import { inverseSqrt } from "./inverse-sqrt.ts";
import { linear } from "./linear.ts";
import { multiStep } from "./multi-step.ts";
import { oneCycle } from "./one-cycle.ts";
import { plateau } from "./plateau.ts";
import { polynomial } from "./polynomial.ts";
import { step } from "./step.ts";

export const schedules: readonly ScheduleDefinition[] = [
  step,
  multiStep,
  exponential,
  linear,
  polynomial,
  cosine,
  oneCycle,
  inverseSqrt,
  plateau,
];

export { scheduleKeys } from "./define.ts";
export type { ScheduleDefinition } from "./define.ts";
