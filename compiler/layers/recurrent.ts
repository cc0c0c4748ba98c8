/** What PyTorch's recurrent layers share: keys, parameters, and the input projection of all steps at once. */
import type { Node } from "../ir/graph.ts";
import type { Operations } from "../ops/define.ts";
import type { Keys } from "../keys/define.ts";
import { fanInUniform } from "./affine.ts";
import type { BuildContext, LayerDefinition, ParameterSpec } from "./define.ts";
import { buildStepped, directionsOf, eachRun, planStepped, steppedKeys, streamStepped } from "./stepped.ts";
import type { Run, StateFact, SteppedConfig } from "./stepped.ts";

export interface RecurrentConfig extends SteppedConfig {
  readonly hidden_size: number;
  readonly bias: boolean;
}

/** Both directions, several layers, one step, and every form of `return`. */
export const recurrentExamples: LayerDefinition<RecurrentConfig>["examples"] = [
  { config: { hidden_size: 3 }, inputs: [{ shape: [4, 2], axes: ["T", "C"], time: true }] },
  {
    config: { hidden_size: 3, num_layers: 2, bidirectional: true, dropout: 0.25 },
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
];

export const recurrentKeys = {
  hidden_size: { type: "integer", minimum: 1, description: "Size H of the hidden state." },
  num_layers: steppedKeys.num_layers,
  bidirectional: steppedKeys.bidirectional,
  dropout: steppedKeys.dropout,
  bias: { type: "boolean", default: true, description: "Whether b_ih and b_hh are there." },
  return: steppedKeys.return,
  initial_state: steppedKeys.initial_state,
} satisfies Keys;

/** One step: projection `[B, G*H]` and states `[B, H]` to the next states, the hidden one first. */
export type Cell = (o: Operations, projection: Node, states: readonly Node[], weights: CellWeights) => readonly Node[];

/** What a cell multiplies its hidden state by. */
export interface CellWeights {
  /** `[G*H, H]` */
  readonly weight: Node;
  /** b_hh `[G*H]`, where the cell adds it itself; else it is part of the projection. */
  readonly bias: Node | undefined;
}

/** A recurrent cell: all that `lstm`, `gru` and `rnn` differ in. */
export interface Recurrence<Config extends RecurrentConfig = RecurrentConfig> {
  /** G: rows of the weights per hidden unit. */
  readonly gateCount: number;
  /** Dotted outputs of the layer, one per state, the hidden one first. */
  readonly stateNames: readonly string[];
  /** Whether b_hh stays out of the projection, because the cell adds it behind something else. */
  readonly addsHiddenBias: boolean;
  readonly cell: (config: Config) => Cell;
}

/** Shape rule and graph of a recurrent layer. */
export function recurrentLayer<Config extends RecurrentConfig>(
  recurrence: Recurrence<Config>,
): Required<Pick<LayerDefinition<Config, 1>, "inputs" | "plan" | "build" | "stream">> {
  const statesOf = ({ hidden_size: size }: Config): readonly StateFact[] =>
    recurrence.stateNames.map((extra) => ({ extra, size }));
  return {
    inputs: { min: 1, max: 1 },
    stream: streamStepped,
    plan: (config, context) => {
      const plan = planStepped(config, context, statesOf(config), config.hidden_size);
      if (plan === undefined) return undefined;
      const input = context.inputs[0];
      return { ...plan, parameters: recurrentParameters(config, recurrence.gateCount, input.shape[1] as number) };
    },
    build: (config, context) => {
      const { operations: o, parameter } = context;
      const cell = recurrence.cell(config);
      return buildStepped(config, context, {
        states: statesOf(config),
        outputSize: config.hidden_size,
        givesFirstState: true,
        stepping: (run, input) => {
          const projection = o.builder.named(project(config, context, recurrence, run, input), "input_projection");
          const suffix = suffixOf(run);
          const bias = config.bias && recurrence.addsHiddenBias ? parameter(`bias_hh_${suffix}`) : undefined;
          const weights: CellWeights = { weight: parameter(`weight_hh_${suffix}`), bias };
          return {
            slices: [projection],
            step: (states, [slice]) => {
              const next = cell(o, slice as Node, states, weights);
              return { states: next, output: next[0] as Node };
            },
          };
        },
      });
    },
  };
}

/** PyTorch's names and order: weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0, then _reverse, then l1 ... */
function recurrentParameters(config: RecurrentConfig, gateCount: number, inputSize: number): readonly ParameterSpec[] {
  const rows = gateCount * config.hidden_size;
  const initializer = fanInUniform(config.hidden_size);
  return eachRun(config).flatMap((run) => {
    const columns = run.layer === 0 ? inputSize : directionsOf(config) * config.hidden_size;
    const shapes: readonly (readonly [string, readonly number[]])[] = [
      ["weight_ih", [rows, columns]],
      ["weight_hh", [rows, config.hidden_size]],
      ...(config.bias
        ? ([
            ["bias_ih", [rows]],
            ["bias_hh", [rows]],
          ] as const)
        : []),
    ];
    return shapes.map(([name, shape]) => ({ name: `${name}_${suffixOf(run)}`, shape, initializer }));
  });
}

function suffixOf({ layer, direction }: Run): string {
  return `l${layer}${direction === 1 ? "_reverse" : ""}`;
}

/** W_ih x_t + b_ih (+ b_hh, where the cell does not add it) for all steps at once, time first: `[T, B, G*H]`. */
function project<Config extends RecurrentConfig>(
  config: RecurrentConfig,
  { operations: o, parameter }: BuildContext,
  { addsHiddenBias }: Recurrence<Config>,
  run: Run,
  input: Node,
): Node {
  const suffix = suffixOf(run);
  const product = o.contract("btc,gc->tbg", input, parameter(`weight_ih_${suffix}`));
  if (!config.bias) return product;
  const biased = o.add(product, parameter(`bias_ih_${suffix}`));
  return addsHiddenBias ? biased : o.add(biased, parameter(`bias_hh_${suffix}`));
}
