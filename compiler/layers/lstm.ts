import type { Node } from "../ir/graph.ts";
import type { Operations } from "../ops/define.ts";
import { defineLayer } from "./define.ts";
import type { CellWeights, Recurrence, RecurrentConfig } from "./recurrent.ts";
import { recurrentExamples, recurrentKeys, recurrentLayer } from "./recurrent.ts";

/** Rows of the weights in PyTorch's order: input, forget, cell candidate, output. */
const lstmRecurrence: Recurrence = {
  gateCount: 4,
  stateNames: ["final_state", "final_cell"],
  addsHiddenBias: false,
  cell: () => cell,
};

/**
 * Long short-term memory, several layers and directions: `[B, T, I] -> [B, T, D*H]`.
 *
 *   i, f, o = sigmoid(W_ih x_t + b_ih + W_hh h + b_hh);  g = tanh(...)
 *   c_t = f c + i g;  h_t = o tanh(c_t)
 */
export const lstm = defineLayer<RecurrentConfig>({
  kind: "lstm",
  summary: "Long short-term memory.",
  formula: "i, f, o = sigmoid(W_ih x + b_ih + W_hh h + b_hh), g = tanh(...); c' = f c + i g; h' = o tanh(c')",
  source: "torch.nn.LSTM (gate rows i, f, g, o; two bias vectors); Hochreiter and Schmidhuber 1997",
  keys: recurrentKeys,
  ...recurrentLayer(lstmRecurrence),
  examples: recurrentExamples,
});

/** One step. */
function cell(o: Operations, projection: Node, states: readonly Node[], { weight }: CellWeights): readonly Node[] {
  const [hidden, memory] = states as readonly [Node, Node];
  const size = hidden.shape[1] as number;
  const name = (node: Node, label: string): Node => o.builder.named(node, label);
  const gates = name(o.add(projection, o.contract("bh,gh->bg", hidden, weight)), "gates");
  const rows = (position: number): Node => o.slice(gates, 1, position * size, (position + 1) * size);
  const inputGate = name(o.sigmoid(rows(0)), "input_gate");
  const forgetGate = name(o.sigmoid(rows(1)), "forget_gate");
  const candidate = name(o.tanh(rows(2)), "candidate");
  const outputGate = name(o.sigmoid(rows(3)), "output_gate");
  const nextMemory = name(o.add(o.multiply(forgetGate, memory), o.multiply(inputGate, candidate)), "cell_state");
  const squashed = name(o.tanh(nextMemory), "cell_output");
  return [name(o.multiply(outputGate, squashed), "hidden_state"), nextMemory];
}
