/** The moving average of a model's parameters, where its spec asks for one: it takes their place in everything but training. */
import type { ModelDefinition } from "../contract.ts";
import type { LiveModel } from "../contract-live.ts";
import type { Tensors } from "../model/parameters.ts";
import { replaceParameters } from "../model/parameters.ts";
import { averageSlot, slotOf } from "../shared/names.ts";

export function keepsAverage({ optimizer }: Pick<ModelDefinition, "optimizer">): boolean {
  return optimizer.slots.includes(averageSlot);
}

/** The averages by parameter name; what is not trained is as it is. Before the first update, the parameters. */
export function averagedParameters(model: Pick<LiveModel, "parameters" | "trainingState">): Tensors {
  const { step, slots } = model.trainingState();
  const parameters = model.parameters();
  if (step === 0) return parameters;
  return Object.fromEntries(
    Object.entries(parameters).map(([name, values]) => [name, slots[slotOf(name, averageSlot)] ?? values]),
  );
}

/** Does something with the model while it holds its averaged parameters. */
export async function withAverage<Result>(model: LiveModel, work: () => Promise<Result>): Promise<Result> {
  if (!keepsAverage(model.definition)) return work();
  const trained = model.parameters();
  await replaceParameters(model, averagedParameters(model));
  try {
    return await work();
  } finally {
    await replaceParameters(model, trained);
  }
}
