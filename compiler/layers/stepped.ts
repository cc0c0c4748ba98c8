/** What every layer that steps over time shares: layers and directions, lengths, initial and final states, `return`. */
import type { LayerShape } from "../contracts/layer.ts";
import type { Node } from "../ir/graph.ts";
import type { Keys } from "../keys/define.ts";
import type { Operations } from "../ops/define.ts";
import { mostStacked } from "../keys/limits.ts";
import type {
  BuildContext,
  LayerPlan,
  LayerResult,
  PlanContext,
  StreamContext,
  StreamInput,
  StreamNames,
} from "./define.ts";
import { stepwise, wholeNames } from "./define.ts";
import { dropped } from "./dropout.ts";
import { lengthMask } from "./softmax.ts";

export interface SteppedConfig {
  readonly num_layers: number;
  readonly bidirectional: boolean;
  readonly dropout: number;
  readonly return: "sequence" | "last" | "all";
  readonly initial_state?: string | readonly string[];
}

export const steppedKeys = {
  num_layers: {
    type: "integer",
    minimum: 1,
    maximum: mostStacked,
    default: 1,
    description: "Layers, each reading the one below.",
  },
  bidirectional: { type: "boolean", default: false, description: "Also run backwards in time and concatenate." },
  dropout: {
    type: "number",
    minimum: 0,
    exclusiveMaximum: 1,
    default: 0,
    description: "Dropout on the outputs of every layer but the last, in training.",
  },
  return: {
    type: "string",
    enum: ["sequence", "last", "all"],
    default: "sequence",
    description:
      "sequence: every step of the last layer, [B, T, D*H]. last: what it gives at the last step, both directions " +
      "concatenated, [B, D*H]. all: every step of every layer side by side, [B, T, L*D*H].",
  },
  initial_state: {
    optional: true,
    oneOf: [{ type: "string" }, { type: "array", items: { type: "string" }, minItems: 1 }],
    description:
      "Where the state starts: a recurrent layer of the same kind and size (or its final_state), or one name per state " +
      "tensor, each [B, L*D, H] (or [B, H] with one layer and direction); with one state that name alone. Default zeros.",
  },
} satisfies Keys;

/** A vector that is carried from step to step. */
export interface StateFact {
  /** Dotted output of the layer that holds it after the last step: `final_state`. */
  readonly extra: string;
  readonly size: number;
}

/** One pass over time: a layer of the stack in one direction. */
export interface Run {
  readonly layer: number;
  /** 1: from the last step to the first. */
  readonly direction: number;
}

export function directionsOf({ bidirectional }: Pick<SteppedConfig, "bidirectional">): number {
  return bidirectional ? 2 : 1;
}

/** All passes in PyTorch's order: layer by layer, forwards before backwards. */
export function eachRun(config: Pick<SteppedConfig, "bidirectional" | "num_layers">): readonly Run[] {
  const directions = directionsOf(config);
  return Array.from({ length: config.num_layers * directions }, (_, index) => ({
    layer: Math.floor(index / directions),
    direction: index % directions,
  }));
}

/**
 * Output and extras, or undefined once a mismatch has been reported.
 * @param outputSize what one direction gives at every step
 */
export function planStepped(
  config: SteppedConfig,
  context: PlanContext,
  states: readonly StateFact[],
  outputSize: number,
): LayerPlan | undefined {
  const input = context.inputs[0];
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
  if (!checkInitialState(config, context, states)) return undefined;
  const features = directionsOf(config) * outputSize;
  const [steps] = input.shape as [number, number];
  const [timeAxis] = input.axes as [string];
  // H is the size of a state: what several runs give side by side is wider.
  const named = (size: number): string => (size === states[0]?.size ? "H" : String(size));
  const every = features * config.num_layers;
  const outputs: { readonly [R in SteppedConfig["return"]]: LayerShape } = {
    sequence: { shape: [steps, features], axes: [timeAxis, named(features)], time: true },
    last: { shape: [features], axes: [named(features)], time: false },
    all: { shape: [steps, every], axes: [timeAxis, named(every)], time: true },
  };
  const count = eachRun(config).length;
  const extras = states.map(
    ({ extra, size }) => [extra, { shape: [count, size], axes: ["L", "H"], time: false }] as const,
  );
  return { output: outputs[config.return], extras: Object.fromEntries(extras) };
}

function checkInitialState(config: SteppedConfig, context: PlanContext, states: readonly StateFact[]): boolean {
  const given = config.initial_state;
  if (given === undefined) return true;
  const names = stateSources(given, states, context.has);
  if (names.length !== states.length) {
    context.invalid(
      "initial_state",
      `one recurrent layer, or ${states.length === 1 ? "one name" : `${states.length} names`} (${states.map(({ extra }) => extra).join(", ")})`,
      `name the recurrent layer whose final state this one starts from`,
    );
    return false;
  }
  const layers = eachRun(config).length;
  for (const [index, name] of names.entries()) {
    const size = states[index]?.size as number;
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

/**
 * `encoder` and `encoder.final_state` stand for all states of that layer; a list names them one by one. An input, or a
 * layer that is not recurrent, stands for itself where there is one state.
 */
function stateSources(
  given: string | readonly string[],
  states: readonly StateFact[],
  has: PlanContext["has"],
): readonly string[] {
  if (typeof given !== "string") return given;
  const layer = given.replace(/\.final_state$/, "");
  const names = states.map(({ extra }) => `${layer}.${extra}`);
  return has(given) && !names.some(has) ? [given] : names;
}

/** `[L*D][B, H]` per state tensor, zeros where nothing is given. */
function initialStates(
  config: SteppedConfig,
  { operations: o, lookup, has, batchSize }: BuildContext,
  states: readonly StateFact[],
): readonly (readonly Node[])[] {
  const count = eachRun(config).length;
  const sources = config.initial_state === undefined ? [] : stateSources(config.initial_state, states, has);
  return states.map(({ size, extra }, state) => {
    const source = sources[state];
    if (source === undefined) {
      return new Array<Node>(count).fill(o.builder.named(o.constant(0, [batchSize, size]), "initial_state"));
    }
    const whole = o.reshape(lookup(source).node, [batchSize, count, size]);
    return Array.from({ length: count }, (_unused, index) =>
      o.builder.named(
        o.reshape(o.slice(whole, 1, index, index + 1), [batchSize, size]),
        extra.replace("final_", "initial_"),
      ),
    );
  });
}

/** What one pass does at every step. */
export interface Stepping {
  /** Tensors `[T, B, ...]`, of which each step sees one slice `[B, ...]`. */
  readonly slices: readonly Node[];
  /** States `[B, H]` to the next ones, and what the layer gives `[B, O]`. */
  readonly step: (
    states: readonly Node[],
    slices: readonly Node[],
  ) => { readonly states: readonly Node[]; readonly output: Node };
}

export interface SteppedParts {
  readonly states: readonly StateFact[];
  /** O, what one direction gives at every step. */
  readonly outputSize: number;
  /** Whether that is the first state, so that it need not be carried by itself to be known at the end. */
  readonly givesFirstState: boolean;
  /** @param input what this layer of the stack reads, `[B, T, C]` */
  readonly stepping: (run: Run, input: Node) => Stepping;
}

/** Runs every layer and direction over time. Beyond an example's length the state stands still and the output is 0. */
export function buildStepped(config: SteppedConfig, context: BuildContext, parts: SteppedParts): LayerResult {
  const { operations: o, batchSize } = context;
  const { node: input, lengths } = context.inputs[0];
  const steps = input.shape[1] as number;
  const mask = lengths === undefined ? undefined : o.transpose(lengthMask(o, lengths, steps), [1, 0]);
  const initial = initialStates(config, context, parts.states);
  const carriesOutput = config.return === "last" && !parts.givesFirstState;
  const finals: Node[][] = parts.states.map(() => []);
  const ends: Node[] = [];
  const layers: Node[] = [];
  let below = input;
  for (let layer = 0; layer < config.num_layers; layer++) {
    const outputs = eachRun(config)
      .filter((run) => run.layer === layer)
      .map((run) => {
        const states = initial.map((perRun) => perRun[layer * directionsOf(config) + run.direction] as Node);
        const extra = carriesOutput ? [o.constant(0, [batchSize, parts.outputSize])] : [];
        const result = inRun(o, config, run, () => {
          const stepping = parts.stepping(run, below);
          return context.stream
            ? stepOnce(context, { stream: context.stream, stepping, names: stateNames(config, run, parts), states })
            : runOnce(context, stepping, run, [...states, ...extra], mask);
        });
        result.states.slice(0, states.length).forEach((state, index) => finals[index]?.push(state));
        ends.push(result.states[carriesOutput ? states.length : 0] as Node);
        return result.sequence;
      });
    const joined = o.builder.named(o.concat(outputs, 2), "output");
    layers.push(joined);
    below = layer + 1 < config.num_layers ? dropped(o, joined, config.dropout, context) : joined;
  }
  const stackStates = (states: readonly Node[], label: string): Node => {
    const rows = states.map((state) => o.reshape(state, [state.shape[0] as number, 1, state.shape[1] as number]));
    return o.builder.named(o.concat(rows, 1), label);
  };
  const last = ends.slice(-directionsOf(config));
  const node = { sequence: () => below, last: () => o.concat(last, 1), all: () => o.concat(layers, 2) }[
    config.return
  ]();
  return {
    node,
    lengths: config.return === "last" ? undefined : lengths,
    extras: Object.fromEntries(
      parts.states.map(({ extra }, index) => [extra, () => stackStates(finals[index] ?? [], extra)]),
    ),
  };
}

/** Of several layers and directions each is a part of its own, by the words of its parameters: `l1_reverse`. */
function inRun<Result>(o: Operations, config: SteppedConfig, run: Run, work: () => Result): Result {
  const words = [...(config.num_layers > 1 ? [`l${run.layer}`] : []), ...(run.direction === 1 ? ["reverse"] : [])].join(
    "_",
  );
  return words === "" ? work() : o.builder.inPart(words, work);
}

/** What a stream calls the states between its steps: `state`, `cell`, of several layers `l1 state`. */
function stateNames({ num_layers }: SteppedConfig, { layer }: Run, { states }: SteppedParts): readonly string[] {
  return states.map(({ extra }) => `${num_layers > 1 ? `l${layer} ` : ""}${extra.replace("final_", "")}`);
}

/** The one step of a stream: states come from the step before, and are kept for the next. */
function stepOnce(
  { operations: o }: BuildContext,
  {
    stream,
    stepping: { slices, step },
    names,
    states: initial,
  }: {
    readonly stream: StreamContext;
    readonly stepping: Stepping;
    readonly names: readonly string[];
    readonly states: readonly Node[];
  },
): { readonly sequence: Node; readonly states: readonly Node[] } {
  const before = initial.map((start, state) => stream.previous(names[state] as string, start));
  const { states, output } = step(
    before,
    slices.map((slice) => o.reshape(slice, slice.shape.slice(1))),
  );
  states.forEach((next, state) => {
    stream.keep(names[state] as string, next);
  });
  const [batch, size] = output.shape as [number, number];
  return { sequence: o.reshape(output, [batch, 1, size]), states: [...states] };
}

/** What a stream cannot do. */
export function streamStepped(
  config: SteppedConfig,
  inputs: readonly StreamInput[],
  named: StreamNames,
): string | undefined {
  if (config.bidirectional) return "it also reads backwards";
  if (config.return === "last") return "it gives its last step only (return: last)";
  return wholeNames("initial_state", config.initial_state, named) ?? stepwise(config, inputs);
}

/** The state behind a step: beyond an example's length that before it. It is what the step calls it. */
function kept(o: Operations, inside: Node, state: Node, before: Node): Node {
  const { label, op } = state;
  const selected = o.select(inside, o.builder.named(state, label === op ? label : `stepped_${label}`), before);
  return label === op ? selected : o.builder.named(selected, label);
}

/** @param initial the states, and where it is carried too, the output */
function runOnce(
  { operations: o }: BuildContext,
  { slices, step }: Stepping,
  { direction }: Run,
  initial: readonly Node[],
  mask: Node | undefined,
): { readonly sequence: Node; readonly states: readonly Node[] } {
  const { carries, outputs } = o.scan({
    length: (slices[0] as Node).shape[0] as number,
    reverse: direction === 1,
    initial,
    slices: mask === undefined ? slices : [...slices, mask],
    body: (carried, given) => {
      const { states, output } = step(carried, given.slice(0, slices.length));
      const next = carried.length > states.length ? [...states, output] : states;
      if (mask === undefined) return { carries: next, outputs: [output] };
      const visible = given[slices.length] as Node;
      const inside = (node: Node): Node => o.broadcast(visible, node.shape, [0]);
      return {
        carries: next.map((state, index) => kept(o, inside(state), state, carried[index] as Node)),
        outputs: [o.builder.named(o.select(inside(output), output, o.constant(0)), "masked_output")],
      };
    },
  });
  return { sequence: o.builder.named(o.transpose(outputs[0] as Node, [1, 0, 2]), "output"), states: carries };
}
