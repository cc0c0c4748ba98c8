/** The calls of a live model, as a property test draws them. */
import fc from "fast-check";

export const kinds = [
  "predict",
  "evaluate",
  "trainStep",
  "trainStep",
  "trainStepRefused",
  "trainStepWrong",
  "gradients",
  "decode",
  "decode",
  "stream",
  "step",
  "step",
  "fork",
  "save",
  "load",
  "loadWrong",
  "parameters",
  "trainingState",
  "trainingState",
  "restore",
] as const;

export type CallKind = (typeof kinds)[number] | "dispose";

export interface Call {
  readonly kind: CallKind;
  /** Which inputs, which weights, which stream. */
  readonly salt: number;
  /** What is waited for before the call: nothing, some turns of the microtask queue, a timer, or all calls before. */
  readonly wait: number;
}

const waits = fc.oneof(
  { weight: 5, arbitrary: fc.constant(0) },
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 12 }) },
  { weight: 1, arbitrary: fc.constantFrom(-1, -2) },
);

/** @param disposals how many of a hundred interleavings dispose the model at some point; a new one costs time */
export function interleavings(disposals: number): fc.Arbitrary<readonly Call[]> {
  const call: fc.Arbitrary<Call> = fc.record({
    kind: fc.constantFrom<CallKind>(...kinds),
    salt: fc.integer({ min: 0, max: 2 }),
    wait: waits,
  });
  const dispose: fc.Arbitrary<Call> = fc.record({
    kind: fc.constant("dispose" as const),
    salt: fc.constant(0),
    wait: waits,
  });
  const calls = fc.array(call, { minLength: 2, maxLength: 9 });
  return fc.oneof(
    { weight: 100 - disposals, arbitrary: calls },
    {
      weight: disposals,
      arbitrary: fc
        .tuple(calls, dispose, fc.array(call, { maxLength: 3 }))
        .map(([before, one, after]) => [...before, one, ...after]),
    },
  );
}

/** Waits as a call says. @param all settles when the calls before have */
export async function pause(wait: number, all: () => Promise<unknown>): Promise<void> {
  if (wait === -1) await new Promise((resolve) => setTimeout(resolve, 0));
  else if (wait === -2) await all();
  else for (let turn = 0; turn < wait; turn += 1) await Promise.resolve();
}
