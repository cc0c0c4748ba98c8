import type { Node } from "../ir/graph.ts";
import type { Operations } from "../ops/define.ts";
import { defineLayer } from "./define.ts";
import type { CellWeights, Recurrence, RecurrentConfig } from "./recurrent.ts";
import { recurrentExamples, recurrentKeys, recurrentLayer } from "./recurrent.ts";

/** Rows of the weights in PyTorch's order: reset, update, candidate. The reset gate closes over b_hn, so the cell adds it. */
const gruRecurrence: Recurrence = {
  gateCount: 3,
  stateNames: ["final_state"],
  addsHiddenBias: true,
  cell: () => cell,
};

/**
 * Gated recurrent unit, several layers and directions: `[B, T, I] -> [B, T, D*H]`.
 *
 *   r, z = sigmoid(W_ih x_t + b_ih + W_hh h + b_hh);  n = tanh(W_in x_t + b_in + r (W_hn h + b_hn))
 *   h_t = (1 - z) n + z h
 */
export const gru = defineLayer<RecurrentConfig>({
  kind: "gru",
  summary: "Gated recurrent unit.",
  formula:
    "r, z = sigmoid(W_ih x + b_ih + W_hh h + b_hh); n = tanh(W_in x + b_in + r (W_hn h + b_hn)); h' = (1 - z) n + z h",
  source: "torch.nn.GRU (gate rows r, z, n; reset gate applied behind the product); Cho et al. 2014",
  keys: recurrentKeys,
  ...recurrentLayer(gruRecurrence),
  examples: recurrentExamples,
});

/** One step. */
function cell(
  o: Operations,
  projection: Node,
  states: readonly Node[],
  { weight, bias }: CellWeights,
): readonly Node[] {
  const hidden = states[0] as Node;
  const size = hidden.shape[1] as number;
  const name = (node: Node, label: string): Node => o.builder.named(node, label);
  const product = o.contract("bh,gh->bg", hidden, weight);
  const recurrent = name(bias === undefined ? product : o.add(product, bias), "hidden_projection");
  const rows = (whole: Node, start: number, stop: number): Node => o.slice(whole, 1, start * size, stop * size);
  const gates = name(o.sigmoid(o.add(rows(projection, 0, 2), rows(recurrent, 0, 2))), "gates");
  const resetGate = name(rows(gates, 0, 1), "reset_gate");
  const updateGate = name(rows(gates, 1, 2), "update_gate");
  const remembered = name(o.multiply(resetGate, rows(recurrent, 2, 3)), "remembered");
  const candidate = name(o.tanh(o.add(rows(projection, 2, 3), remembered)), "candidate");
  const kept = o.multiply(updateGate, hidden);
  return [name(o.add(o.multiply(o.subtract(o.constant(1), updateGate), candidate), kept), "hidden_state")];
}
