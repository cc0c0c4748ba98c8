/** A small model trained for a moment on made-up data: the shortest proof that everything works together. */
import { compile } from "../../compiler/compile.ts";
import { InternalError } from "../../compiler/support/internal-error.ts";
import type { TensorInputs } from "@specloom/runtime/internal/contract-live";
import type { Backend, BackendReport } from "@specloom/runtime/internal/contract-backend";
import type { Environment } from "./binary-store.ts";
import { loadModule } from "./load-module.ts";
import { assembled } from "./spec-file.ts";

const BATCH = 16;
const STEPS = 8;

const SPEC = `
specloom: 1
name: trial
data: {kind: tensors, file: made-up.json}
inputs: {x: {shape: [${String(STEPS)}, 1]}, y: {shape: [1]}}
layers:
  - {name: encoder, kind: lstm, hidden_size: 8, return: last}
  - {name: answer, kind: linear, out_features: 1}
loss: {kind: mse, input: answer, target: y}
optimizer: {kind: adam, learning_rate: 0.01}
train: {batch_size: ${String(BATCH)}, seed: 1}
`;

export interface Trial {
  readonly steps: number;
  readonly seconds: number;
  readonly lossBefore: number;
  readonly lossAfter: number;
  readonly backend: BackendReport;
}

/** @throws Problem when no backend works */
export async function trialTraining(
  environment: Environment,
  duration: number,
  backend: Backend = "auto",
): Promise<Trial> {
  const { compilation } = compile({ file: "trial.yaml", text: SPEC });
  if (compilation === undefined) throw new InternalError("the trial spec does not compile");
  const { moduleText } = await assembled(compilation, environment);
  const handle = await loadModule(moduleText);
  const live = await handle.create({ backend, seed: 1 });
  try {
    const examples = waves();
    const { loss: lossBefore } = await live.evaluate(examples);
    const started = performance.now();
    const passed = (): number => (performance.now() - started) / 1000;
    let steps = 0;
    while (steps === 0 || passed() < duration) {
      await live.trainStep(examples);
      steps += 1;
    }
    const seconds = passed();
    const { loss: lossAfter } = await live.evaluate(examples);
    return { steps, seconds, lossBefore, lossAfter, backend: live.report() };
  } finally {
    await live.dispose();
  }
}

/** Pieces of a sine, each with the value that comes next. */
function waves(): TensorInputs {
  const x = new Float32Array(BATCH * STEPS);
  const y = new Float32Array(BATCH);
  for (let example = 0; example < BATCH; example += 1) {
    for (let step = 0; step < STEPS; step += 1) x[example * STEPS + step] = Math.sin(0.4 * (example + step));
    y[example] = Math.sin(0.4 * (example + STEPS));
  }
  return { x, y };
}
