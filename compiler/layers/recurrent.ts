/** What the recurrent layers share: keys, shapes, parameters, layers and directions, lengths, dropout between layers. */
import type { LayerShape } from "../contracts.ts";
import type { Node } from "../ir/graph.ts";
import type { Operations } from "../ops/define.ts";
import type { Keys } from "../schema/keys.ts";
import { fanInUniform } from "./affine.ts";
import type { BuildContext, LayerPlan, LayerResult, LayerValue, ParameterSpec, PlanContext } from "./define.ts";
import { dropped } from "./dropout.ts";
import { lengthMask } from "./softmax.ts";

export interface RecurrentConfig {
  readonly hidden_size: number;
  readonly num_layers: number;
  readonly bidirectional: boolean;
  readonly dropout: number;
  readonly bias: boolean;
  readonly return: "sequence" | "last" | "all";
  readonly initial_state?: string | readonly string[];
}

export const recurrentKeys = {
  hidden_size: { type: "integer", minimum: 1, description: "Size H of the hidden state." },
  num_layers: { type: "integer", minimum: 1, default: 1, description: "Layers, each reading the one below." },
  bidirectional: { type: "boolean", default: false, description: "Also run backwards in time and concatenate." },
  dropout: {
    type: "number",
    minimum: 0,
    exclusiveMaximum: 1,
    default: 0,
    description: "Dropout on the outputs of every layer but the last, in training.",
  },
  bias: { type: "boolean", default: true, description: "Whether b_ih and b_hh are there." },
  return: {
    type: "string",
    enum: ["sequence", "last", "all"],
    default: "sequence",
    description:
      "sequence: every step of the last layer, [B, T, D*H]. last: its final hidden state, both directions " +
      "concatenated, [B, D*H]. all: every step of every layer side by side, [B, T, L*D*H].",
  },
  initial_state: {
    optional: true,
    oneOf: [{ type: "string" }, { type: "array", items: { type: "string" }, minItems: 1, maxItems: 2 }],
    description:
      "Where the state starts: a recurrent layer of the same kind and size (or its final_state), or one name per state " +
      "tensor, each [B, L*D, H] (or [B, H] with one layer and direction). Default zeros.",
  },
} satisfies Keys;

function directionsOf(config: RecurrentConfig): number {
  return config.bidirectional ? 2 : 1;
}

/** Output and extras, or undefined once a mismatch has been reported. */
export function planRecurrent(
  config: RecurrentConfig,
  context: PlanContext,
  stateNames: readonly string[],
): LayerPlan | undefined {
  const input = context.inputs[0] as LayerShape;
  if (!input.time || input.shape.length !== 2) {
    return context.mismatch(
      "a sequence [B, T, C]",
      "read an input or layer that keeps its time axis (return: sequence)",
    );
  }
  if (config.dropout > 0 && config.num_layers === 1) {
    return context.invalid(
      "dropout",
      "no dropout with one layer: it acts between layers",
      "set num_layers to 2 or more, or add a dropout layer after this one",
    );
  }
  const stateShape = [config.num_layers * directionsOf(config), config.hidden_size];
  if (!checkInitialState(config, context, stateNames, stateShape)) return undefined;
  const features = directionsOf(config) * config.hidden_size;
  const [steps] = input.shape as [number, number];
  const [timeAxis] = input.axes as [string];
  const outputs: { readonly [R in RecurrentConfig["return"]]: LayerShape } = {
    sequence: { shape: [steps, features], axes: [timeAxis, "H"], time: true },
    last: { shape: [features], axes: ["H"], time: false },
    all: { shape: [steps, features * config.num_layers], axes: [timeAxis, "H"], time: true },
  };
  return {
    output: outputs[config.return],
    extras: Object.fromEntries(stateNames.map((name) => [name, { shape: stateShape, axes: ["L", "H"], time: false }])),
  };
}

function checkInitialState(
  config: RecurrentConfig,
  context: PlanContext,
  stateNames: readonly string[],
  stateShape: readonly number[],
): boolean {
  const given = config.initial_state;
  if (given === undefined) return true;
  const names = stateSources(given, stateNames);
  if (names.length !== stateNames.length) {
    context.invalid(
      "initial_state",
      `one layer, or ${stateNames.length} names (${stateNames.join(", ")})`,
      `name the recurrent layer whose final state this one starts from`,
    );
    return false;
  }
  const [layers, size] = stateShape as [number, number];
  for (const name of names) {
    const found = context.lookup(name, "initial_state");
    if (found === undefined) return false;
    const { shape } = found.shape;
    const flat = layers === 1 && shape.length === 1 && shape[0] === size;
    if (!flat && !(shape.length === 2 && shape[0] === layers && shape[1] === size)) {
      context.invalid(
        "initial_state",
        `a state [B, L*D, H] with [L*D, H] = [${layers}, ${size}]; ${name} has [${shape.join(", ")}]`,
        "give both layers the same hidden_size, num_layers and bidirectional, or bridge them with a linear layer",
      );
      return false;
    }
  }
  return true;
}

/** `encoder` and `encoder.final_state` stand for all states of that layer; a list names them one by one. */
function stateSources(given: string | readonly string[], stateNames: readonly string[]): readonly string[] {
  if (typeof given !== "string") return given;
  const layer = given.replace(/\.final_state$/, "");
  return stateNames.map((state) => `${layer}.${state}`);
}

/** `[L*D][B, H]` per state tensor, zeros where nothing is given. */
export function initialStates(
  config: RecurrentConfig,
  { operations: o, lookup, batchSize }: BuildContext,
  stateNames: readonly string[],
): readonly (readonly Node[])[] {
  const count = config.num_layers * directionsOf(config);
  const size = config.hidden_size;
  const sources = config.initial_state === undefined ? [] : stateSources(config.initial_state, stateNames);
  return stateNames.map((_, state) => {
    const source = sources[state];
    if (source === undefined) return new Array<Node>(count).fill(o.constant(0, [batchSize, size]));
    const whole = o.reshape(lookup(source).node, [batchSize, count, size]);
    return Array.from({ length: count }, (_unused, index) =>
      o.reshape(o.slice(whole, 1, index, index + 1), [batchSize, size]),
    );
  });
}

/** PyTorch's names and order: weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0, then _reverse, then l1 ... */
export function recurrentParameters(
  config: RecurrentConfig,
  gateCount: number,
  inputSize: number,
): readonly ParameterSpec[] {
  const rows = gateCount * config.hidden_size;
  const initializer = fanInUniform(config.hidden_size);
  return eachRun(config).flatMap(({ layer, suffix }) => {
    const columns = layer === 0 ? inputSize : directionsOf(config) * config.hidden_size;
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
    return shapes.map(([name, shape]) => ({ name: `${name}_${suffix}`, shape, initializer }));
  });
}

interface Run {
  readonly layer: number;
  readonly direction: number;
  readonly suffix: string;
}

function eachRun(config: RecurrentConfig): readonly Run[] {
  const runs: Run[] = [];
  for (let layer = 0; layer < config.num_layers; layer++) {
    for (let direction = 0; direction < directionsOf(config); direction++) {
      runs.push({ layer, direction, suffix: `l${layer}${direction === 1 ? "_reverse" : ""}` });
    }
  }
  return runs;
}

/** One step: projection `[B, G*H]` and states `[B, H]` to the next states, the hidden one first. */
export type Cell = (projection: Node, states: readonly Node[], weight: Node) => readonly Node[];

/** Runs every layer and direction over time. Beyond an example's length the state stands still and the output is 0. */
export function runRecurrent(
  config: RecurrentConfig,
  context: BuildContext,
  stateNames: readonly string[],
  initial: readonly (readonly Node[])[],
  cell: Cell,
): LayerResult {
  const { operations: o } = context;
  const { node: input, lengths } = context.inputs[0] as LayerValue;
  const steps = input.shape[1] as number;
  const mask = lengths === undefined ? undefined : o.transpose(lengthMask(o, lengths, steps), [1, 0]);
  const finals: Node[][] = stateNames.map(() => []);
  const layers: Node[] = [];
  let below = input;
  for (let layer = 0; layer < config.num_layers; layer++) {
    const directions = eachRun(config).filter((run) => run.layer === layer);
    const outputs = directions.map((run, position) => {
      const states = initial.map((perRun) => perRun[layer * directions.length + position] as Node);
      const result = runDirection(config, context, run, below, states, mask, cell);
      result.states.forEach((state, index) => finals[index]?.push(state));
      return result.sequence;
    });
    const joined = o.builder.named(o.concat(outputs, 2), "output");
    layers.push(joined);
    below = layer + 1 < config.num_layers ? dropped(o, joined, config.dropout, context) : joined;
  }
  const stackStates = (states: readonly Node[]): Node =>
    o.concat(
      states.map((state) => o.reshape(state, [state.shape[0] as number, 1, state.shape[1] as number])),
      1,
    );
  const last = finals[0]?.slice(-directionsOf(config)) ?? [];
  const node = { sequence: () => below, last: () => o.concat(last, 1), all: () => o.concat(layers, 2) }[
    config.return
  ]();
  return {
    node,
    lengths: config.return === "last" ? undefined : lengths,
    extras: Object.fromEntries(stateNames.map((name, index) => [name, () => stackStates(finals[index] ?? [])])),
  };
}

function runDirection(
  config: RecurrentConfig,
  { operations: o, parameter }: BuildContext,
  { direction, suffix }: Run,
  input: Node,
  initial: readonly Node[],
  mask: Node | undefined,
  cell: Cell,
): { readonly sequence: Node; readonly states: readonly Node[] } {
  const steps = input.shape[1] as number;
  const projection = o.builder.named(project(o, config, input, parameter, suffix), "input_projection");
  const weight = parameter(`weight_hh_${suffix}`);
  const { carries, outputs } = o.scan({
    length: steps,
    reverse: direction === 1,
    initial,
    slices: mask === undefined ? [projection] : [projection, mask],
    body: (states, [slice, visible]) => {
      const next = cell(slice as Node, states, weight);
      if (visible === undefined) return { carries: next, outputs: [next[0] as Node] };
      const inside = o.broadcast(visible, (next[0] as Node).shape, [0]);
      return {
        carries: next.map((state, index) => o.select(inside, state, states[index] as Node)),
        outputs: [o.select(inside, next[0] as Node, o.constant(0))],
      };
    },
  });
  return { sequence: o.builder.named(o.transpose(outputs[0] as Node, [1, 0, 2]), "output"), states: carries };
}

/** W_ih x_t + b_ih + b_hh for all steps at once, time first: `[T, B, G*H]`. */
function project(
  o: Operations,
  config: RecurrentConfig,
  input: Node,
  parameter: BuildContext["parameter"],
  suffix: string,
): Node {
  const product = o.contract("btc,gc->tbg", input, parameter(`weight_ih_${suffix}`));
  if (!config.bias) return product;
  return o.add(o.add(product, parameter(`bias_ih_${suffix}`)), parameter(`bias_hh_${suffix}`));
}
