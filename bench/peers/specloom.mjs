// specloom: the module that the compiler wrote, on the backend that the job names.
import { answer, measurePrediction, measureTraining, NotAvailable } from "../lib/measure.mjs";
import { batchOf, exampleOf, weightsOf, workloadOf } from "../lib/workloads.mjs";

await answer(async (job) => {
  const workload = workloadOf(job.workload);
  const { writeSafetensors } = await import(job.runtime);
  const { model } = await import(job.module);
  const live = await create(model, job, writeSafetensors(storedWeights(workload)));
  const figures = await measure(live, workload, job);
  const { backend, executorKind, fallbackReason } = live.report();
  await live.dispose();
  if (job.wasm === "relaxed" && !executorKind?.startsWith("relaxed")) {
    throw new NotAvailable(`relaxed SIMD was asked for, ${executorKind} ran: ${fallbackReason}`);
  }
  return { ...figures, info: [backend, executorKind].filter(Boolean).join(", ") };
});

function measure(live, workload, job) {
  if (job.mode === "predict") {
    const x = exampleOf(workload);
    return measurePrediction(async () => (await live.predict({ x })).fc, job);
  }
  const batch = batchOf(workload);
  const { checkedSteps } = workload;
  return measureTraining(async () => (await live.trainStep(batch)).loss, { ...job, checkedSteps });
}

function storedWeights(workload) {
  const weights = weightsOf(workload);
  return workload.parameters.map(({ name, shape }) => [name, { dtype: "F32", shape, data: weights[name] }]);
}

/** What this version of specloom, or this machine, has no such backend for is no failure. */
async function create(model, { backend, threads }, weights) {
  try {
    return await model.create({ backend, weights, ...(threads === undefined ? {} : { threads }) });
  } catch (error) {
    const expected = ["unknown-backend", "backend-unavailable", "invalid-option", "unknown-option"];
    if (expected.includes(error?.code)) throw new NotAvailable(error.message);
    throw error;
  }
}
