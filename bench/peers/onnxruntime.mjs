// onnxruntime-node on the CPU: prediction of one example.
import { InferenceSession, Tensor } from "onnxruntime-node";
import { answer, measurePrediction } from "../lib/measure.mjs";
import { onnxModel } from "../lib/onnx.mjs";
import { exampleOf, workloadOf } from "../lib/workloads.mjs";

await answer(async (job) => {
  const workload = workloadOf(job.workload);
  const session = await InferenceSession.create(onnxModel(workload, job.atOnce), {
    executionProviders: ["cpu"],
    graphOptimizationLevel: "all",
    intraOpNumThreads: job.threads,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  // [T, 1, I]: with one example that is the example itself.
  const x = new Tensor("float32", exampleOf(workload), [workload.steps, 1, workload.inputs]);
  const figures = await measurePrediction(async () => (await session.run({ x })).y.data, job);
  return { ...figures, info: `onnxruntime-node, ${job.threads} thread${job.threads === 1 ? "" : "s"}` };
});
