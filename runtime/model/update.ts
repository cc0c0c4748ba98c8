/** One batch of training: an update of the parameters, or a part of one that several batches make. */
import type { AnyProgramName } from "../contract.ts";
import type { StepValue, TrainStepOptions } from "../contract-live.ts";
import type { ProgramRun } from "../contract-backend.ts";
import { memberOf } from "../shared/member-of.ts";
import type { Problem } from "../problem.ts";
import { learningRateAt } from "../training/learning-rate.ts";
import { checkStepOptions } from "./check-calls.ts";
import { clippingFault, gradientNorm, SMALL_SCALE, squaresOverflowed } from "./clip.ts";
import { lossNotFinite, notFinite } from "./finite.ts";
import type { NamedTensor } from "./finite.ts";
import type { CheckedInputs } from "./inputs.ts";
import { lossOf } from "./loss.ts";
import { residentTensors } from "./parameters.ts";
import type { Tensors } from "./parameters.ts";
import type { ModelState } from "./state.ts";
import { gradientNormResult, isOfLosses, lossResult } from "../shared/names.ts";

/** @throws Problem `loss-not-finite`; the state is then as it was */
export async function trainStep(
  state: ModelState,
  inputs: CheckedInputs,
  { learningRate: asked, epoch = 1, update }: TrainStepOptions,
): Promise<StepValue> {
  const { definition } = state;
  const learningRate = asked ?? learningRateAt(definition, { step: state.step + 1, epoch });
  const updated = update ?? state.accumulated + 1 >= (definition.accumulation?.batches ?? 1);
  const program = updated ? "train_step" : "accumulate";
  const { run, norm } = await updateOf(state, program, inputs, learningRate);
  if (run.refused !== undefined) throw await refusal(state, program, run, norm, inputs);
  // Written out: small models are called so often that spreading objects would be felt.
  const { loss, count, parts } = lossOf(definition, run.results, inputs.count);
  if (norm === undefined && parts === undefined) return { loss, count, learningRate, updated };
  return {
    loss,
    count,
    ...(parts === undefined ? {} : { parts }),
    learningRate,
    updated,
    ...(norm === undefined ? {} : { gradientNorm: norm }),
  };
}

/**
 * The options as they are now: the caller may change the object while the step waits for its turn.
 *
 * @throws Problem `invalid-option`
 */
export function stepOptions(options: TrainStepOptions, accumulates: boolean): TrainStepOptions {
  checkStepOptions(options, accumulates);
  return { ...options };
}

/** Where only the square of the gradients' norm is not finite, the update is made anew with smaller squares. */
async function updateOf(
  state: ModelState,
  program: AnyProgramName,
  inputs: CheckedInputs,
  learningRate: number,
): Promise<{ readonly run: ProgramRun; readonly norm: number | undefined }> {
  const run = await state.run(program, inputs, { learningRate });
  if (!squaresOverflowed(run)) return { run, norm: gradientNorm(run, 1) };
  const again = await state.run(program, inputs, { learningRate, clipScale: SMALL_SCALE });
  return { run: again, norm: gradientNorm(again, SMALL_SCALE) };
}

/** What to say of an update that was refused. */
async function refusal(
  state: ModelState,
  program: AnyProgramName,
  { results, refused }: ProgramRun,
  norm: number | undefined,
  inputs: CheckedInputs,
): Promise<Problem> {
  const { definition } = state;
  const faults = notFinite(named(state, program, { ...results, ...refused }));
  const gradients = definition.programs.includes("gradients") ? (await state.run("gradients", inputs)).results : {};
  const causes = [
    ...notFinite(named(state, "gradients", gradients).filter(({ name }) => name !== lossResult)),
    ...clippingFault(definition, norm),
  ];
  const isLoss = (fault: string): boolean => fault.startsWith(`${lossResult} is `);
  const isOld = (fault: string): boolean => fault.startsWith(`${gradientNormResult} is `);
  return lossNotFinite(state.step + 1, [
    ...faults.filter(isLoss),
    ...causes,
    // The new parameters only matter where the gradients were still finite: else every one of them follows.
    ...(causes.length > 0 ? [] : faults)
      .filter((fault) => !isLoss(fault))
      .map((fault) => (isOld(fault) ? fault : `new ${fault}`)),
  ]);
}

function named(state: ModelState, program: AnyProgramName, results: Tensors): readonly NamedTensor[] {
  return [...state.resultsOf(program), ...residentTensors(state.definition)].flatMap(({ name, shape }) => {
    const values = memberOf(results, name);
    // Left out: what counts, and the losses that `loss` sums, which is not finite either where one of them is not.
    return values === undefined || isOfLosses(name) ? [] : [{ name, shape, values }];
  });
}
