// The five workloads: shapes, tensors (PyTorch's names and layouts), and how many floating point operations a step takes.
import { numbersOf } from "./hash.mjs";

const product = (numbers) => numbers.reduce((total, number) => total * number, 1);
const root = (size) => 1 / Math.sqrt(size);

const linear = (name, features, outputs) => [
  { name: `${name}.weight`, shape: [outputs, features], spread: root(features) },
  { name: `${name}.bias`, shape: [outputs], spread: root(features) },
];

const lstm = (name, inputs, hidden, layers = 1) =>
  Array.from({ length: layers }, (_, layer) =>
    [
      [`weight_ih_l${layer}`, [4 * hidden, layer === 0 ? inputs : hidden]],
      [`weight_hh_l${layer}`, [4 * hidden, hidden]],
      [`bias_ih_l${layer}`, [4 * hidden]],
      [`bias_hh_l${layer}`, [4 * hidden]],
    ].map(([part, shape]) => ({ name: `${name}.${part}`, shape, spread: root(hidden) })),
  ).flat();

/** PyTorch's nn.TransformerEncoderLayer; the norms start a little off 1 and 0, so that a forgotten one is seen. */
const encoderLayer = (name, width, inner) => [
  { name: `${name}.self_attn.in_proj_weight`, shape: [3 * width, width], spread: root(width) },
  { name: `${name}.self_attn.in_proj_bias`, shape: [3 * width], spread: root(width) },
  ...linear(`${name}.self_attn.out_proj`, width, width),
  ...linear(`${name}.linear1`, width, inner),
  ...linear(`${name}.linear2`, inner, width),
  ...["norm1", "norm2"].flatMap((norm) => [
    { name: `${name}.${norm}.weight`, shape: [width], centre: 1, spread: 0.1 },
    { name: `${name}.${norm}.bias`, shape: [width], spread: 0.1 },
  ]),
];

/** Matrix products only, 2 operations per multiply-add. `inputGradient` is what training never needs: dx of the data. */
function lstmFlops({ steps, batch, inputs, hidden, layers = 1 }) {
  const layer = (width) => steps * batch * 2 * 4 * hidden * (width + hidden);
  return {
    forward: layer(inputs) + (layers - 1) * layer(hidden),
    inputGradient: steps * batch * 2 * 4 * hidden * inputs,
  };
}

const training = (forward, inputGradient) => 3 * forward - inputGradient;

/** LSTM, attention pooling over the sequence, one number: energies, weighted sum, head. */
export function pooledLstm({ steps, batch, inputs, hidden, layers = 1 }) {
  const { forward, inputGradient } = lstmFlops({ steps, batch, inputs, hidden, layers });
  const all = forward + batch * (steps * 4 * hidden + 2 * hidden);
  return {
    steps,
    batch,
    inputs,
    hidden,
    layers,
    parameters: [
      ...lstm("lstm", inputs, hidden, layers),
      ...linear("attention", hidden, 1),
      ...linear("fc", hidden, 1),
    ],
    data: [
      { name: "x", shape: [batch, steps, inputs], spread: 1 },
      { name: "y", shape: [batch, 1], spread: 1 },
    ],
    flops: { forward: all, train: training(all, inputGradient) },
  };
}

function seedProgram() {
  const sizes = { steps: 19, batch: 1, inputs: 1, hidden: 16 };
  const { forward, inputGradient } = lstmFlops(sizes);
  const all = forward + sizes.steps * (4 * sizes.hidden + 2 * sizes.hidden);
  return {
    ...sizes,
    layers: 1,
    parameters: [...lstm("lstm", 1, 16), ...linear("attention", 16, 1), ...linear("fc", 16, 1)],
    // One series of 20 numbers: each of the first 19 is an input, each of the last 19 a target.
    data: [{ name: "series", shape: [20], spread: 1 }],
    flops: { forward: all, train: training(all, inputGradient) },
  };
}

function languageModelLstm() {
  const sizes = { steps: 32, batch: 64, inputs: 256, hidden: 256, layers: 2 };
  const classes = 1000;
  const { forward, inputGradient } = lstmFlops(sizes);
  const all = forward + sizes.steps * sizes.batch * 2 * sizes.hidden * classes;
  return {
    ...sizes,
    classes,
    parameters: [...lstm("lstm", 256, 256, 2), ...linear("fc", 256, classes)],
    data: [
      { name: "x", shape: [sizes.batch, sizes.steps, 256], spread: 1 },
      { name: "y", shape: [sizes.batch, sizes.steps], classes },
    ],
    flops: { forward: all, train: training(all, inputGradient) },
  };
}

function transformer() {
  const sizes = { steps: 64, batch: 16, inputs: 128, heads: 4, inner: 512, layers: 2 };
  const { steps, batch, inputs: width, inner, layers } = sizes;
  const classes = 1000;
  const tokens = steps * batch;
  const block = tokens * (2 * (4 * width * width + 2 * width * inner) + 4 * steps * width);
  const all = layers * block + tokens * 2 * width * classes;
  return {
    ...sizes,
    classes,
    parameters: [
      ...encoderLayer("block1", width, inner),
      ...encoderLayer("block2", width, inner),
      ...linear("fc", width, classes),
    ],
    data: [
      { name: "x", shape: [batch, steps, width], spread: 1 },
      { name: "y", shape: [batch, steps], classes },
    ],
    flops: { forward: all, train: training(all, tokens * 2 * 3 * width * width) },
  };
}

/** `checkedSteps`: losses of so many updates are compared between the peers. */
const workloads = {
  W1: {
    title: "the seed program: LSTM(1,16) over 19 inputs one after the other, one-step attention, batch 1",
    checkedSteps: 50,
    ...seedProgram(),
  },
  W2: {
    title: "LSTM(1,16), T 20, B 32, attention pooling",
    checkedSteps: 50,
    ...pooledLstm({ steps: 20, batch: 32, inputs: 1, hidden: 16 }),
  },
  W3: {
    title: "LSTM(8,128), T 64, B 32, attention pooling",
    checkedSteps: 10,
    ...pooledLstm({ steps: 64, batch: 32, inputs: 8, hidden: 128 }),
  },
  W4: {
    title: "2 x LSTM(256,256), T 32, B 64, Linear to 1000, cross-entropy per step",
    checkedSteps: 3,
    ...languageModelLstm(),
  },
  W5: {
    title:
      "2 post-norm transformer encoder layers (d 128, 4 heads, ff 512), T 64, B 16, Linear to 1000, cross-entropy per step",
    checkedSteps: 3,
    ...transformer(),
  },
};

export const workloadNames = Object.keys(workloads);

/** A workload with its name: by name, or an LSTM with attention pooling of other sizes (`scaling.mjs`). */
export function workloadOf(name) {
  if (typeof name === "object") return { name: "scaling", checkedSteps: 0, ...pooledLstm(name) };
  const workload = workloads[name];
  if (workload === undefined) throw new Error(`unknown workload "${name}"; known: ${workloadNames.join(", ")}`);
  return { name, ...workload };
}

/** The starting weights by parameter name, PyTorch's layout. */
export function weightsOf(workload) {
  return Object.fromEntries(workload.parameters.map((tensor) => [tensor.name, numbersOf(workload.name, tensor)]));
}

/** One batch: x [B, T, I] and y ([B, T, 1] for W1, [B, 1], or class numbers [B, T]), flat. */
export function batchOf(workload) {
  const tensors = Object.fromEntries(workload.data.map((tensor) => [tensor.name, numbersOf(workload.name, tensor)]));
  if (tensors.series !== undefined) return { x: tensors.series.slice(0, -1), y: tensors.series.slice(1) };
  return { x: tensors.x, y: tensors.y };
}

/** x of one example, shape [1, T, I]. */
export function exampleOf(workload) {
  return batchOf(workload).x.slice(0, workload.steps * workload.inputs);
}

/** [T, B, I] from [B, T, I]: peers that unroll time read it step by step. */
export function timeMajor(values, { batch, steps, inputs }) {
  const result = new Float32Array(values.length);
  for (let b = 0; b < batch; b++) {
    for (let t = 0; t < steps; t++) {
      const from = (b * steps + t) * inputs;
      result.set(values.subarray(from, from + inputs), (t * batch + b) * inputs);
    }
  }
  return result;
}

export const parameterCount = (workload) => workload.parameters.reduce((total, { shape }) => total + product(shape), 0);
