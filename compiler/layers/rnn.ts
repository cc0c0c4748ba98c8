import type { Node } from "../ir/graph.ts";
import { activate } from "./activation-functions.ts";
import { defineLayer } from "./define.ts";
import type { Recurrence, RecurrentConfig } from "./recurrent.ts";
import { recurrentKeys, recurrentLayer } from "./recurrent.ts";

interface RnnConfig extends RecurrentConfig {
  readonly nonlinearity: "tanh" | "relu";
}

const rnnRecurrence: Recurrence<RnnConfig> = {
  gateCount: 1,
  stateNames: ["final_state"],
  addsHiddenBias: false,
  cell:
    ({ nonlinearity }) =>
    (o, projection, states, { weight }) => {
      const sum = o.add(projection, o.contract("bh,gh->bg", states[0] as Node, weight));
      return [o.builder.named(activate(o, nonlinearity, o.builder.named(sum, "sum")), "hidden_state")];
    },
};

/** Elman network, several layers and directions: `[B, T, I] -> [B, T, D*H]`, h_t = tanh(W_ih x_t + b_ih + W_hh h + b_hh). */
export const rnn = defineLayer<RnnConfig>({
  kind: "rnn",
  summary: "Plain recurrent network (Elman).",
  formula: "h' = tanh(W_ih x + b_ih + W_hh h + b_hh), or relu of it",
  source: "torch.nn.RNN; Elman 1990",
  keys: {
    ...recurrentKeys,
    nonlinearity: { type: "string", enum: ["tanh", "relu"], default: "tanh", description: "The function of the sum." },
  },
  ...recurrentLayer(rnnRecurrence),
  examples: [
    { config: { hidden_size: 3 }, inputs: [{ shape: [4, 2], axes: ["T", "C"], time: true }] },
    {
      config: { hidden_size: 3, nonlinearity: "relu", num_layers: 2, bidirectional: true, dropout: 0.25 },
      inputs: [{ shape: [3, 2], axes: ["T", "C"], time: true }],
    },
    {
      config: { hidden_size: 2, bias: false, return: "last" },
      inputs: [{ shape: [1, 3], axes: ["T", "C"], time: true }],
    },
    {
      config: { hidden_size: 2, num_layers: 2, return: "all" },
      inputs: [{ shape: [3, 1], axes: ["T", "C"], time: true }],
    },
  ],
});
