// Trainings that are killed: each has something of its own that a checkpoint must not forget.
import { bitsOf } from "./hash.mjs";

const hashed = (index) => bitsOf(7, index) / 2 ** 32;

const wave = `month,value\n${Array.from({ length: 160 }, (_, row) => {
  const month = `${2000 + Math.floor(row / 12)}-${String((row % 12) + 1).padStart(2, "0")}`;
  return `${month},${(20 + 8 * Math.sin(row / 2) + 3 * hashed(row)).toFixed(3)}`;
}).join("\n")}\n`;

/** Sequences of two numbers whose sum tells one of three classes. */
const sequences = (() => {
  const count = 600;
  const frames = Array.from({ length: count }, (_, example) =>
    Array.from({ length: 12 }, (_, step) => [0, 1].map((k) => hashed(example * 24 + step * 2 + k) * 2 - 1)),
  );
  const label = frames.map((one) => {
    const sum = one.flat().reduce((total, value) => total + value, 0);
    return sum < -1 ? 0 : sum < 1 ? 1 : 2;
  });
  return JSON.stringify({ frames, label });
})();

const forecaster = (more) => `
specloom: 1
data: {kind: series, file: data/wave.csv, columns: [value], window: 12, normalize: standard}
layers:
  - {name: encoder, kind: lstm, hidden_size: 16}
  - {name: context, kind: attention_pool, scope: prefix}
  - {name: forecast, kind: linear, out_features: 1}
loss: {kind: mse, input: forecast, target: next}
metrics: [mae, rmse, mase]
outputs: [forecast]
${more}`;

const classifier = (more) => `
specloom: 1
data: {kind: tensors, file: data/sequences.json, split: {train: 0.8, validation: 0.1, test: 0.1}}
inputs:
  frames: {shape: [12, 2]}
  label: {shape: [], dtype: int32, vocabulary: 3}
layers:
  - {kind: batch_norm, from: frames}
  - {name: encoder, kind: gru, hidden_size: 24}
  - {kind: last_step}
  - {kind: dropout, p: 0.2}
  - {name: logits, kind: linear, out_features: 3}
loss: {kind: cross_entropy, input: logits, target: label}
metrics: [accuracy]
outputs: [logits]
${more}`;

const files = { "data/wave.csv": wave, "data/sequences.json": sequences };

/** @param scale part of the epochs and steps */
export function killCases(scale) {
  const part = (count) => Math.ceil(count * scale);
  return [
    {
      name: "short-epochs",
      says: "some thousand epochs of a few milliseconds, early stopping",
      spec: forecaster(`
optimizer: {kind: adam, learning_rate: 0.001}
train: {epochs: ${part(1500)}, batch_size: 32, seed: 3, early_stopping: {patience: 2000}}`),
    },
    {
      name: "memory",
      says: "dropout, batch norm, accumulated updates, a moving average, a plateau",
      spec: classifier(`
optimizer: {kind: adamw, learning_rate: 0.01}
schedule: {kind: plateau, patience: 1, factor: 0.7}
train: {epochs: ${part(60)}, batch_size: 8, seed: 5, accumulate: 3, average: {kind: ema, decay: 0.9}, clip_grad_norm: 1}`),
    },
    {
      name: "cut-epoch",
      says: "a goal in steps that cuts an epoch, a cosine as long as the training, the best by accuracy",
      spec: classifier(`
optimizer: {kind: nadam, learning_rate: 0.003}
schedule: {kind: cosine, warmup_steps: 50}
train: {steps: ${part(3333)}, batch_size: 8, seed: 11, early_stopping: {patience: 500, metric: accuracy}}`),
    },
    {
      name: "long-epochs",
      says: "two epochs of some seconds, on gpu.js's plain JavaScript",
      args: ["--backend", "cpu"],
      spec: classifier(`
optimizer: {kind: sgd, learning_rate: 0.05, momentum: 0.9}
train: {epochs: 2, batch_size: 1, seed: 2}`),
    },
  ].map((one) => ({ args: ["--backend", "wasm"], ...one, files }));
}
