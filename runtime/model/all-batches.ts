/** Calls of any number of examples: all of them in batches, put together as if they had been one. */
import type { ModelDefinition } from "../contract.ts";
import type { LossValue } from "../contract-live.ts";
import { memberOf, setMember } from "../shared/member-of.ts";
import { sizeOf } from "../tensor.ts";
import { planBatches } from "./batches.ts";
import type { CheckedInputs } from "./inputs.ts";
import { lossOf, lossReduction, LossTotal } from "./loss.ts";
import type { Tensors } from "./parameters.ts";
import type { ModelState } from "./state.ts";
import { Breather } from "./turns.ts";

export async function predictAll(state: ModelState, inputs: CheckedInputs): Promise<Tensors> {
  return (await runAll(state, "predict", inputs, () => undefined)).outputs;
}

export async function evaluateAll(
  state: ModelState,
  inputs: CheckedInputs,
): Promise<LossValue & { readonly outputs: Tensors }> {
  const { definition } = state;
  const reduction = lossReduction(definition);
  const total = new LossTotal(reduction);
  const { outputs } = await runAll(state, "evaluate", inputs, (results, examples) => {
    total.add(lossOf(definition, results, examples));
  });
  const loss = reduction === "sum" ? total.sum : total.mean;
  return { loss, count: total.count, ...(total.parts.length > 0 ? { parts: total.parts } : {}), outputs };
}

/** Outputs without the padded rows, one after the other. */
async function runAll(
  state: ModelState,
  program: "predict" | "evaluate",
  inputs: CheckedInputs,
  tell: (results: Tensors, examples: number) => void,
): Promise<{ readonly outputs: Tensors }> {
  const { definition } = state;
  const outputs = emptyOutputs(definition, inputs.count);
  const breather = new Breather();
  for (const rows of planBatches(inputs.count, state.batches(program))) {
    const { start, end } = rows;
    const { results } = await state.run(program, inputs, { rows });
    for (const { name, shape } of definition.outputs) {
      const real = memberOf(results, name)?.subarray(0, (end - start) * sizeOf(shape));
      if (real !== undefined) memberOf(outputs, name)?.set(real, start * sizeOf(shape));
    }
    tell(results, end - start);
    await breather.pause();
  }
  return { outputs };
}

function emptyOutputs({ outputs }: ModelDefinition, count: number): Tensors {
  const empty: Tensors = {};
  for (const { name, shape } of outputs) setMember(empty, name, new Float32Array(count * sizeOf(shape)));
  return empty;
}
