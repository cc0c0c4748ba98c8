/** Groups: items of `layers` that hold a list of layers themselves. They become flat lists before anything is resolved. */
import type { Keys } from "../keys/define.ts";
import { commonLengths } from "./softmax.ts";
import type { LayerDefinition } from "./define.ts";
import { defineLayer, stepwise } from "./define.ts";

export interface GroupDefinition {
  readonly kind: string;
  readonly summary: string;
  readonly formula: string;
  readonly source: string;
  /** Keys beyond name, kind, from, freeze and layers. */
  readonly keys: Keys;
  /** How often the layers are built, each time with parameters of their own; undefined: once, without a number in names. */
  readonly copies: (config: Readonly<Record<string, unknown>>) => number | undefined;
  /** The layer that bears the group's name. It reads the last of the group's layers, and before it, if asked, the group's input. */
  readonly end: LayerDefinition;
  readonly endReadsInput: boolean;
  readonly example: string;
}

const residualEnd = defineLayer<object, 2>({
  kind: "residual",
  summary: "The sum of what a group of layers reads and gives.",
  formula: "y = x + f(x)",
  source: "He et al. 2016, deep residual learning",
  keys: {},
  inputs: { min: 2, max: 2 },
  plan: (_config, context) => {
    const [input, result] = context.inputs;
    if (input.shape.join() === result.shape.join()) return { output: result };
    return context.mismatch(
      "layers that give the shape of what they read",
      "end the group with a layer of that size, such as a linear",
    );
  },
  build: (_config, { operations: o, inputs: [input, result] }) => ({
    node: o.builder.named(o.add(input.node, result.node), "sum"),
    lengths: commonLengths(o, [input.lengths, result.lengths]),
  }),
  stream: stepwise,
  examples: [
    {
      config: {},
      inputs: [
        { shape: [3, 2], axes: ["T", "C"], time: true },
        { shape: [3, 2], axes: ["T", "C"], time: true },
      ],
    },
  ],
});

const repeatEnd = defineLayer<object>({
  kind: "repeat",
  summary: "What the last of a repeated group of layers gives.",
  formula: "y = f_n(... f_1(x))",
  source: "torch.nn.Sequential in torch.nn.ModuleList",
  keys: {},
  inputs: { min: 1, max: 1 },
  plan: (_config, { inputs: [input] }) => ({ output: input }),
  build: (_config, { inputs: [input] }) => ({ node: input.node, lengths: input.lengths }),
  stream: stepwise,
  examples: [{ config: {}, inputs: [{ shape: [3, 2], axes: ["T", "C"], time: true }] }],
});

export const groups: readonly GroupDefinition[] = [
  {
    kind: "residual",
    summary: "Layers whose input is added to what they give.",
    formula: residualEnd.formula,
    source: residualEnd.source,
    keys: {},
    copies: () => undefined,
    end: residualEnd,
    endReadsInput: true,
    example: "- residual: {layers: [{kind: layer_norm}, {kind: linear, out_features: 16, activation: gelu}]}",
  },
  {
    kind: "repeat",
    summary: "Layers that are built several times, one after the other, each time with parameters of their own.",
    formula: repeatEnd.formula,
    source: repeatEnd.source,
    keys: { times: { type: "integer", minimum: 1, maximum: 1000, description: "How often the layers are built." } },
    copies: (config) => config["times"] as number,
    end: repeatEnd,
    endReadsInput: false,
    example: "- repeat: {times: 6, layers: [{kind: transformer_block, num_heads: 4, ff_size: 64}]}",
  },
];
