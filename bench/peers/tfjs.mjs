// TensorFlow.js, written with operations: one matrix product for the inputs of all steps, fused gates, tidy per update.
// Weights lie as [in, out], as its own layers keep them; b_ih and b_hh are two variables, as in PyTorch.
import * as tf from "@tensorflow/tfjs";
import { createRequire } from "node:module";
import path from "node:path";
import { answer, measureTraining, NotAvailable } from "../lib/measure.mjs";
import { batchOf, timeMajor, weightsOf, workloadOf } from "../lib/workloads.mjs";

await answer(async (job) => {
  await start(job.backend);
  const workload = workloadOf(job.workload);
  const variables = variablesOf(workload);
  const optimizer = tf.train.adam(0.001, 0.9, 0.999, 1e-8);
  const loss = lossOf(workload, variables);
  const step = () => {
    const value = optimizer.minimize(loss, true, Object.values(variables));
    const [number] = value.dataSync();
    value.dispose();
    return number;
  };
  const figures = await measureTraining(step, { ...job, checkedSteps: workload.checkedSteps });
  return { ...figures, info: `tfjs ${tf.version_core}, ${tf.getBackend()}, ${tf.memory().numTensors} tensors` };
});

async function start(backend) {
  if (backend === "wasm") {
    const wasm = await import("@tensorflow/tfjs-backend-wasm");
    const folder = path.dirname(createRequire(import.meta.url).resolve("@tensorflow/tfjs-backend-wasm"));
    wasm.setWasmPaths(`${folder}${path.sep}`);
  }
  if (!(await tf.setBackend(backend))) throw new NotAvailable(`tfjs has no backend ${backend} here`);
  await tf.ready();
}

function variablesOf(workload) {
  const weights = weightsOf(workload);
  const entries = workload.parameters.map(({ name, shape }) => {
    const tensor = tf.tensor(weights[name], shape);
    return [name, tf.variable(shape.length === 2 ? tf.transpose(tensor) : tensor)];
  });
  return Object.fromEntries(entries);
}

function lossOf(workload, variables) {
  const batch = batchOf(workload);
  const { batch: size, steps, inputs, classes } = workload;
  if (workload.name === "W5") return transformerLoss(workload, variables, batch);
  // Time first: a step's rows lie together.
  const x = tf.tensor(timeMajor(batch.x, workload), [steps * size, inputs]);
  if (workload.name === "W1") {
    const y = tf.tensor(batch.y, [steps, 1]);
    return () => tf.sum(tf.squaredDifference(seedProgram(workload, variables, x), y));
  }
  if (classes === undefined) {
    const y = tf.tensor(batch.y, [size, 1]);
    return () => tf.mean(tf.squaredDifference(pooled(workload, variables, x), y));
  }
  const labels = timeMajor(Float32Array.from(batch.y), { batch: size, steps, inputs: 1 });
  const target = tf.oneHot(tf.tensor(Int32Array.from(labels), [steps * size], "int32"), classes);
  return () => crossEntropy(linear(variables, "fc", recurrent(workload, variables, x)), target);
}

function linear(variables, name, x) {
  return tf.add(tf.matMul(x, variables[`${name}.weight`]), variables[`${name}.bias`]);
}

/** Mean over the rows of -log softmax(logits)[target]; logits [N, C], target one-hot [N, C]. */
function crossEntropy(logits, target) {
  return tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(logits), tf.cast(target, "float32")), 1)));
}

/** x [T*B, I] -> [T*B, H], layer over layer. */
function recurrent(workload, variables, x) {
  const { batch, steps, hidden, layers } = workload;
  let sequence = x;
  for (let layer = 0; layer < layers; layer++) {
    const part = (name) => variables[`lstm.${name}_l${layer}`];
    const bias = tf.add(part("bias_ih"), part("bias_hh"));
    const projected = tf.add(tf.matMul(sequence, part("weight_ih")), bias);
    let h = tf.zeros([batch, hidden]);
    let c = tf.zeros([batch, hidden]);
    const outputs = [];
    for (const row of tf.split(projected, steps, 0)) {
      const gates = tf.add(row, tf.matMul(h, part("weight_hh")));
      const [i, f, g, o] = tf.split(gates, 4, 1);
      c = tf.add(tf.mul(tf.sigmoid(f), c), tf.mul(tf.sigmoid(i), tf.tanh(g)));
      h = tf.mul(tf.sigmoid(o), tf.tanh(c));
      outputs.push(h);
    }
    sequence = tf.concat(outputs, 0);
  }
  return sequence;
}

/** The softmax runs over one step: its weight is 1. */
function seedProgram(workload, variables, x) {
  const sequence = recurrent(workload, variables, x);
  const weights = tf.softmax(linear(variables, "attention", sequence));
  return linear(variables, "fc", tf.mul(weights, sequence));
}

function pooled(workload, variables, x) {
  const { batch, steps, hidden } = workload;
  const sequence = recurrent(workload, variables, x);
  const energies = tf.reshape(linear(variables, "attention", sequence), [steps, batch]);
  const weights = tf.softmax(tf.transpose(energies));
  const byExample = tf.transpose(tf.reshape(sequence, [steps, batch, hidden]), [1, 0, 2]);
  const context = tf.matMul(tf.reshape(weights, [batch, 1, steps]), byExample);
  return linear(variables, "fc", tf.reshape(context, [batch, hidden]));
}

function transformerLoss(workload, variables, batch) {
  const { batch: size, steps, inputs: width, classes } = workload;
  const x = tf.tensor(batch.x, [size * steps, width]);
  const target = tf.oneHot(tf.tensor(batch.y, [size * steps], "int32"), classes);
  return () => {
    const first = encoderLayer(workload, variables, "block1", x);
    const second = encoderLayer(workload, variables, "block2", first);
    return crossEntropy(linear(variables, "fc", second), target);
  };
}

/** x [B*T, d] -> [B*T, d], PyTorch's nn.TransformerEncoderLayer with relu and the norms behind. */
function encoderLayer({ batch, steps, inputs: width, heads }, variables, name, x) {
  const part = (key) => variables[`${name}.${key}`];
  const size = width / heads;
  const byHead = (matrix) => tf.transpose(tf.reshape(matrix, [batch, steps, heads, size]), [0, 2, 1, 3]);
  const projected = tf.add(tf.matMul(x, part("self_attn.in_proj_weight")), part("self_attn.in_proj_bias"));
  const [query, key, value] = tf.split(projected, 3, 1).map(byHead);
  const scores = tf.mul(tf.matMul(query, key, false, true), 1 / Math.sqrt(size));
  const context = tf.transpose(tf.matMul(tf.softmax(scores), value), [0, 2, 1, 3]);
  const attended = linear(variables, `${name}.self_attn.out_proj`, tf.reshape(context, [batch * steps, width]));
  const middle = layerNorm(tf.add(x, attended), part("norm1.weight"), part("norm1.bias"));
  const inner = tf.relu(linear(variables, `${name}.linear1`, middle));
  return layerNorm(
    tf.add(middle, linear(variables, `${name}.linear2`, inner)),
    part("norm2.weight"),
    part("norm2.bias"),
  );
}

function layerNorm(x, weight, bias) {
  const { mean, variance } = tf.moments(x, 1, true);
  return tf.add(tf.mul(tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, 1e-5))), weight), bias);
}
