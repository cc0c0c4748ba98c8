// jax-js: one jitted function per update (loss, gradients and Adam together), time unrolled because it has no scan.
// Every function takes ownership of its arrays; `.ref` keeps one for a second use.
import { defaultDevice, init, jit, nn, numpy as np, tree, valueAndGrad } from "@jax-js/jax";
import { answer, measureTraining, NotAvailable } from "../lib/measure.mjs";
import { batchOf, timeMajor, weightsOf, workloadOf } from "../lib/workloads.mjs";

await answer(async (job) => {
  if (!(await init(job.backend)).includes(job.backend))
    throw new NotAvailable(`jax-js has no device ${job.backend} here`);
  defaultDevice(job.backend);
  const workload = workloadOf(job.workload);
  let state = stateOf(workload);
  const update = jit(updateOf(workload));
  const data = dataOf(workload);
  let count = 0;
  const step = async () => {
    count += 1;
    const stepSize = 0.001 / (1 - 0.9 ** count);
    const correction = 1 / Math.sqrt(1 - 0.999 ** count);
    const scalars = np.array(Float32Array.of(stepSize, correction));
    const { loss, ...next } = update(state, tree.ref(data), scalars);
    state = next;
    const [value] = await loss.data();
    return value;
  };
  const figures = await measureTraining(step, { ...job, checkedSteps: workload.checkedSteps });
  return { ...figures, info: `jax-js ${job.backend}, jit` };
});

/** Parameters as [in, out], which is how they are multiplied. */
function stateOf(workload) {
  const weights = weightsOf(workload);
  const filled = (value) => Object.fromEntries(workload.parameters.map((tensor) => [tensor.name, value(tensor)]));
  return {
    parameters: filled(({ name, shape }) => {
      const array = np.array(weights[name]).reshape(shape);
      return shape.length === 2 ? realised(np.transpose(array)) : array;
    }),
    mean: filled(({ shape }) => np.zeros([...shape].reverse())),
    square: filled(({ shape }) => np.zeros([...shape].reverse())),
  };
}

/** A transposed view would be walked with strides in every update. */
function realised(array) {
  const { shape } = array;
  return np.array(Float32Array.from(array.dataSync())).reshape(shape);
}

function dataOf(workload) {
  const { x, y } = batchOf(workload);
  const { name, batch, steps, inputs, classes } = workload;
  if (name === "W5") {
    return { x: np.array(x).reshape([batch * steps, inputs]), y: np.array(y, { dtype: np.int32 }) };
  }
  const sequence = np.array(timeMajor(x, workload)).reshape([steps, batch, inputs]);
  const data = { x: np.unstack(sequence) };
  if (name === "W1") return { ...data, y: np.array(y).reshape([steps, 1]) };
  if (classes === undefined) return { ...data, y: np.array(y).reshape([batch, 1]) };
  const labels = Int32Array.from(timeMajor(Float32Array.from(y), { batch, steps, inputs: 1 }));
  return { ...data, y: np.array(labels, { dtype: np.int32 }) };
}

function updateOf(workload) {
  const loss = lossOf(workload);
  return ({ parameters, mean, square }, { x, y }, scalars) => {
    const [value, gradients] = valueAndGrad(loss)(tree.ref(parameters), x, y);
    const [stepSize, correction] = np.unstack(scalars);
    const next = { parameters: {}, mean: {}, square: {}, loss: value };
    for (const [name, gradient] of Object.entries(gradients)) {
      const m = mean[name].mul(0.9).add(gradient.ref.mul(0.1));
      const v = square[name].mul(0.999).add(np.square(gradient).mul(0.001));
      const root = np.sqrt(v.ref).mul(correction.ref).add(1e-8);
      next.parameters[name] = parameters[name].sub(m.ref.mul(stepSize.ref).div(root));
      next.mean[name] = m;
      next.square[name] = v;
    }
    tree.dispose([stepSize, correction]);
    return next;
  };
}

function lossOf(workload) {
  if (workload.name === "W5") return transformerLoss(workload);
  return (parameters, x, y) => {
    const outputs = recurrent(workload, parameters, x);
    const output = headOf(workload)(workload, parameters, outputs);
    if (workload.classes !== undefined) return crossEntropy(output, y, workload.classes);
    const squares = np.square(output.sub(y));
    return workload.name === "W1" ? squares.sum() : squares.mean();
  };
}

function headOf({ name, classes }) {
  if (classes !== undefined) return (_, parameters, outputs) => linear(parameters, "fc", np.concatenate(outputs, 0));
  return name === "W1" ? seedProgram : pooled;
}

function linear(parameters, name, x) {
  return np.dot(x, parameters[`${name}.weight`].ref).add(parameters[`${name}.bias`].ref);
}

/** Mean of -log softmax(logits)[label]; logits [N, C], labels [N]. */
function crossEntropy(logits, labels, classes) {
  return nn.logSoftmax(logits).mul(nn.oneHot(labels, classes)).sum(-1).mean().neg();
}

/** T arrays [B, I] -> T arrays [B, H], layer over layer. */
function recurrent({ batch, hidden, layers }, parameters, x) {
  let sequence = x;
  for (let layer = 0; layer < layers; layer++) {
    const part = (name) => parameters[`lstm.${name}_l${layer}`];
    const bias = part("bias_ih").ref.add(part("bias_hh").ref);
    let h = np.zeros([batch, hidden]);
    let c = np.zeros([batch, hidden]);
    const outputs = [];
    for (const row of sequence) {
      const fromInput = np.dot(row, part("weight_ih").ref);
      const gates = fromInput.add(np.dot(h, part("weight_hh").ref)).add(bias.ref);
      const [i, f, g, o] = np.split(gates, 4, 1);
      c = nn
        .sigmoid(f)
        .mul(c)
        .add(nn.sigmoid(i).mul(np.tanh(g)));
      h = nn.sigmoid(o).mul(np.tanh(c.ref));
      outputs.push(h.ref);
    }
    tree.dispose([bias, h, c]);
    sequence = outputs;
  }
  return sequence;
}

/** The softmax runs over one step: its weight is 1. */
function seedProgram(_, parameters, outputs) {
  const sequence = np.concatenate(outputs, 0);
  const weights = nn.softmax(linear(parameters, "attention", sequence.ref));
  return linear(parameters, "fc", weights.mul(sequence));
}

function pooled(_, parameters, outputs) {
  const sequence = np.stack(outputs, 1);
  const energies = linear(parameters, "attention", sequence.ref);
  const weights = nn.softmax(energies, 1);
  return linear(parameters, "fc", weights.mul(sequence).sum(1));
}

function transformerLoss(workload) {
  return (parameters, x, y) => {
    const first = encoderLayer(workload, parameters, "block1", x);
    const second = encoderLayer(workload, parameters, "block2", first);
    return crossEntropy(linear(parameters, "fc", second), y, workload.classes);
  };
}

/** x [B*T, d] -> [B*T, d], PyTorch's nn.TransformerEncoderLayer with relu and the norms behind. */
function encoderLayer({ batch, steps, inputs: width, heads }, parameters, name, x) {
  const part = (key) => parameters[`${name}.${key}`].ref;
  const size = width / heads;
  const byHead = (matrix) => np.transpose(matrix.reshape([batch, steps, heads, size]), [0, 2, 1, 3]);
  const projected = np.dot(x.ref, part("self_attn.in_proj_weight")).add(part("self_attn.in_proj_bias"));
  const [query, key, value] = np.split(projected, 3, 1).map(byHead);
  // Not einsum: that of 0.1.25 needs the iterator helpers of Node 22.
  const scores = np.matmul(query, np.transpose(key, [0, 1, 3, 2])).mul(1 / Math.sqrt(size));
  const context = np.matmul(nn.softmax(scores), value);
  const joined = np.transpose(context, [0, 2, 1, 3]).reshape([batch * steps, width]);
  const attended = linear(parameters, `${name}.self_attn.out_proj`, joined);
  const middle = layerNorm(x.add(attended), part("norm1.weight"), part("norm1.bias"));
  const inner = nn.relu(linear(parameters, `${name}.linear1`, middle.ref));
  const outer = linear(parameters, `${name}.linear2`, inner);
  return layerNorm(middle.add(outer), part("norm2.weight"), part("norm2.bias"));
}

function layerNorm(x, weight, bias) {
  return nn.standardize(x, -1, { epsilon: 1e-5 }).mul(weight).add(bias);
}
