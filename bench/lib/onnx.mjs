// ONNX models for onnxruntime, written from the same numbers: one fused LSTM node, as an export from PyTorch has it.
// Field numbers are those of onnx.proto (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto), opset 13.
import { bytes, integer, message, text } from "./protobuf.mjs";
import { weightsOf } from "./workloads.mjs";

const FLOAT = 1;
const INT64 = 7;
const ATTRIBUTE_INTEGER = 2;

function tensor(name, shape, values, dataType = FLOAT) {
  const data = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  return [...shape.map((size) => integer(1, size)), integer(2, dataType), text(8, name), bytes(9, data)];
}

function valueInfo(name, shape) {
  const dimensions = shape.map((size) => message(1, [integer(1, size)]));
  return [text(1, name), message(2, [message(1, [integer(1, FLOAT), message(2, dimensions)])])];
}

/** @param attributes integers by name */
function node(operator, inputs, outputs, attributes = {}) {
  return [
    ...inputs.map((name) => text(1, name)),
    ...outputs.map((name) => text(2, name)),
    text(4, operator),
    ...Object.entries(attributes).map(([name, value]) =>
      message(5, [text(1, name), integer(3, value), integer(20, ATTRIBUTE_INTEGER)]),
    ),
  ];
}

function model({ nodes, initializers, inputShape, outputShape }) {
  const graph = [
    ...nodes.map((parts) => message(1, parts)),
    text(2, "bench"),
    ...initializers.map((parts) => message(5, parts)),
    message(11, valueInfo("x", inputShape)),
    message(12, valueInfo("y", outputShape)),
  ];
  return Buffer.concat([integer(1, 8), message(7, graph), message(8, [text(1, ""), integer(2, 13)])]);
}

/** Gate rows i, f, g, o (PyTorch) to i, o, f, c (ONNX); `values` is [4H, width]. */
function gateRows(values, hidden, width) {
  const part = (gate) => values.subarray(gate * hidden * width, (gate + 1) * hidden * width);
  const result = new Float32Array(values.length);
  [0, 3, 1, 2].forEach((gate, position) => result.set(part(gate), position * hidden * width));
  return result;
}

function lstmInitializers(weights, { inputs, hidden }) {
  const bias = new Float32Array(8 * hidden);
  bias.set(gateRows(weights["lstm.bias_ih_l0"], hidden, 1));
  bias.set(gateRows(weights["lstm.bias_hh_l0"], hidden, 1), 4 * hidden);
  return [
    tensor("W", [1, 4 * hidden, inputs], gateRows(weights["lstm.weight_ih_l0"], hidden, inputs)),
    tensor("R", [1, 4 * hidden, hidden], gateRows(weights["lstm.weight_hh_l0"], hidden, hidden)),
    tensor("B", [1, 8 * hidden], bias),
  ];
}

const headInitializers = (weights, hidden) => [
  tensor("attention.weight", [hidden, 1], weights["attention.weight"]),
  tensor("attention.bias", [1], weights["attention.bias"]),
  tensor("fc.weight", [hidden, 1], weights["fc.weight"]),
  tensor("fc.bias", [1], weights["fc.bias"]),
];

const linear = (name, x, y) => [
  node("MatMul", [x, `${name}.weight`], [`${y}_product`]),
  node("Add", [`${y}_product`, `${name}.bias`], [y]),
];

const shapeConstant = (name, shape) =>
  tensor(
    name,
    [shape.length],
    BigInt64Array.from(shape, (size) => BigInt(size)),
    INT64,
  );

/** W2 and W3: x [T, 1, I], the softmax over all steps, y [1, 1]. */
function pooled(weights, { steps, inputs, hidden }) {
  return model({
    inputShape: [steps, 1, inputs],
    outputShape: [1, 1],
    initializers: [
      ...lstmInitializers(weights, { inputs, hidden }),
      ...headInitializers(weights, hidden),
      shapeConstant("rows", [steps, hidden]),
      shapeConstant("row", [1, steps]),
    ],
    nodes: [
      node("LSTM", ["x", "W", "R", "B"], ["sequence"], { hidden_size: hidden }),
      node("Reshape", ["sequence", "rows"], ["h"]),
      ...linear("attention", "h", "energy"),
      node("Softmax", ["energy"], ["column"], { axis: 0 }),
      node("Reshape", ["column", "row"], ["weights"]),
      node("MatMul", ["weights", "h"], ["context"]),
      ...linear("fc", "context", "y"),
    ],
  });
}

/** W1 with one LSTM node for all steps: x [T, 1, 1], y [T, 1]. */
function seedProgramAtOnce(weights, { steps, inputs, hidden }) {
  return model({
    inputShape: [steps, 1, inputs],
    outputShape: [steps, 1],
    initializers: [
      ...lstmInitializers(weights, { inputs, hidden }),
      ...headInitializers(weights, hidden),
      shapeConstant("rows", [steps, hidden]),
    ],
    nodes: [
      node("LSTM", ["x", "W", "R", "B"], ["sequence"], { hidden_size: hidden }),
      node("Reshape", ["sequence", "rows"], ["h"]),
      ...linear("attention", "h", "energy"),
      node("Softmax", ["energy"], ["weights"], { axis: 1 }),
      node("Mul", ["weights", "h"], ["context"]),
      ...linear("fc", "context", "y"),
    ],
  });
}

/** W1 as the seed program runs it: an LSTM node per input, which hands its state on. */
function seedProgram(weights, { steps, inputs, hidden }) {
  const all = Array.from({ length: steps }, (_, step) => step);
  const nodesOf = (step) => [
    node(
      "LSTM",
      [`x${step}`, "W", "R", "B", "", step === 0 ? "zero" : `h${step - 1}`, step === 0 ? "zero" : `c${step - 1}`],
      [`sequence${step}`, `h${step}`, `c${step}`],
      { hidden_size: hidden },
    ),
    node("Reshape", [`sequence${step}`, "row"], [`row${step}`]),
    ...linear("attention", `row${step}`, `energy${step}`),
    node("Softmax", [`energy${step}`], [`weights${step}`], { axis: 0 }),
    node("Mul", [`weights${step}`, `row${step}`], [`context${step}`]),
    ...linear("fc", `context${step}`, `y${step}`),
  ];
  return model({
    inputShape: [steps, 1, inputs],
    outputShape: [steps, 1],
    initializers: [
      ...lstmInitializers(weights, { inputs, hidden }),
      ...headInitializers(weights, hidden),
      tensor("zero", [1, 1, hidden], new Float32Array(hidden)),
      shapeConstant("row", [1, hidden]),
    ],
    nodes: [
      node(
        "Split",
        ["x"],
        all.map((step) => `x${step}`),
        { axis: 0 },
      ),
      ...all.flatMap(nodesOf),
      node(
        "Concat",
        all.map((step) => `y${step}`),
        ["y"],
        { axis: 0 },
      ),
    ],
  });
}

/** The model's bytes; it reads `x` [T, 1, I] and gives `y`. */
export function onnxModel(workload, atOnce) {
  const weights = weightsOf(workload);
  if (workload.name !== "W1") return pooled(weights, workload);
  return atOnce ? seedProgramAtOnce(weights, workload) : seedProgram(weights, workload);
}
