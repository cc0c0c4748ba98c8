/**
 * The model for one example and one step of time: what it keeps from step to step goes in and comes out. What does not
 * depend on the steps (an encoder, and even the keys that a decoder makes of it) is computed once, by a graph of its own.
 */
import type { LayerShape, ModelInput } from "../../contracts/layer.ts";
import type { Model, ResolvedLayer } from "../../contracts/model.ts";
import type { StreamFact, StreamObstacle } from "@specloom/runtime/internal/contract";
import { inputShape } from "../../data/input-shape.ts";
import { GraphBuilder } from "../../ir/builder.ts";
import type { Graph, Node } from "../../ir/graph.ts";
import { dependencies, sizeOf, topological } from "../../ir/graph.ts";
import { copyNode, rewriteGraph } from "../../ir/rewrite.ts";
import type { StreamContext } from "../../layers/define.ts";
import type { Operations } from "../../ops/index.ts";
import { operations } from "../../ops/index.ts";
import { copiedScan } from "../../ops/operations.ts";
import { InternalError } from "../../support/internal-error.ts";
import { buildLayer } from "./layer.ts";
import { inputValue, Values } from "./values.ts";
import { layersFor, movingLayers, ownerOf, streamObstacle } from "../3-resolve/stream-obstacle.ts";
import { lengthsOf, streamPosition } from "@specloom/runtime/internal/shared/names";

export interface StreamTensor {
  readonly name: string;
  readonly shape: readonly number[];
}

export interface StreamGraphs {
  /** Inputs that come step by step; each step has `[1, 1, ...]`. */
  readonly stepped: readonly string[];
  /** Inputs that come whole, before the first step. */
  readonly whole: readonly string[];
  readonly states: readonly StreamTensor[];
  /** What `start` gives and every step reads. */
  readonly context: readonly StreamTensor[];
  /** Most steps of a stream; undefined where there is no limit. */
  readonly steps: number | undefined;
  /** Undefined where nothing is to be computed before the first step. */
  readonly start: Graph | undefined;
  /** Outputs by name, then the states by theirs. */
  readonly step: Graph;
}

/**
 * The stream of a model: step by step comes what is decoded, else every input that has time.
 * @returns why not, where a layer needs whole sequences or nothing is kept from step to step
 */
export function modelStream(model: Model): StreamGraphs | StreamObstacle {
  const decoded = model.decode?.from === "tokens" ? model.decode.input : undefined;
  const stepped = model.inputs.filter((input) =>
    decoded === undefined
      ? input.role === "input" && input.trainingOnly !== true && inputShape(input).time
      : input.name === decoded,
  );
  const stream = buildStream(withoutTraining(model), new Set(stepped.map(({ name }) => name)));
  if ("reason" in stream || stream.states.length > 0 || decoded !== undefined) return stream;
  return { reason: "no layer keeps anything from step to step" };
}

/** Without the layers that are there for a loss alone. */
function withoutTraining(model: Model): Model {
  const ends = [...model.outputs.map(({ name }) => name), ...(model.decode === undefined ? [] : [model.decode.output])];
  const names = new Set(model.layers.map(({ name }) => name));
  return { ...model, layers: layersFor(model.layers, ...ends.map((name) => ownerOf(name, names))) };
}

/**
 * Of a model that decodes, layers that the decoded one does not need may look ahead: the stream is then without them.
 *
 * @param stepped names of the inputs that come step by step; all of them have time
 */
export function buildStream(given: Model, stepped: ReadonlySet<string>): StreamGraphs | StreamObstacle {
  const whole: Model = { ...given, batchSize: 1 };
  const reason = streamObstacle(whole, stepped);
  if (reason === undefined) return graphsOf(whole, stepped);
  if (given.decode?.from !== "tokens") return { reason };
  const part: Model = { ...whole, layers: layersFor(whole.layers, given.decode.output) };
  return streamObstacle(part, stepped) === undefined ? graphsOf(part, stepped) : { reason };
}

function graphsOf(model: Model, stepped: ReadonlySet<string>): StreamGraphs {
  return new StreamBuilding(model, stepped, movingLayers(model, stepped)).graphs();
}

interface KeptState {
  readonly shape: readonly number[];
  readonly before: Node;
  next: Node | undefined;
}

class StreamBuilding {
  readonly #model: Model;
  readonly #stepped: ReadonlySet<string>;
  readonly #moving: ReadonlySet<string>;
  readonly #o: Operations = operations(new GraphBuilder());
  readonly #values = new Values();
  readonly #states = new Map<string, KeptState>();
  readonly #position: Node;
  #isLimited = false;

  constructor(model: Model, stepped: ReadonlySet<string>, moving: ReadonlySet<string>) {
    this.#model = model;
    this.#stepped = stepped;
    this.#moving = moving;
    this.#position = this.#o.argument("input", streamPosition, [1]);
  }

  graphs(): StreamGraphs {
    const outputs = this.#build();
    const states = [...this.#states].map(([name, { shape, next }]) => {
      if (next === undefined) throw new InternalError(`${name} is read and never kept`);
      return { name, shape, node: next };
    });
    const whole = { name: "stream_step", outputs: [...outputs, ...states.map(({ name, node }) => ({ name, node }))] };
    const { start, step } = split(whole, new Set([streamPosition, ...this.#stepped, ...this.#states.keys()]));
    const reads = new Set(start === undefined ? [] : argumentsOf(start));
    return {
      stepped: this.#model.inputs.map(({ name }) => name).filter((name) => this.#stepped.has(name)),
      whole: this.#model.inputs.map(({ name }) => name).filter((name) => reads.has(name) || reads.has(lengthsOf(name))),
      states: states.map(({ name, shape }) => ({ name, shape })),
      context: (start?.outputs ?? []).map(({ name, node }) => ({ name, shape: node.shape })),
      steps: this.#isLimited ? this.#steps() : undefined,
      start,
      step,
    };
  }

  #steps(): number {
    return this.#model.inputs.find(({ name }) => this.#stepped.has(name))?.shape[0] ?? 0;
  }

  #build(): Graph["outputs"] {
    const o = this.#o;
    const parameters = new Map(
      this.#model.parameters.map(({ name, shape }) => [name, o.argument("parameter", name, shape)] as const),
    );
    for (const input of this.#model.inputs) {
      this.#values.set(
        input.name,
        this.#stepped.has(input.name) ? inputValue(o, oneStepOf(input), 1) : inputValue(o, input, 1),
      );
    }
    const never = (): Node => {
      throw new InternalError("a stream has no random numbers");
    };
    for (const layer of this.#model.layers) {
      const isMoving = this.#moving.has(layer.name);
      o.builder.within({ phase: "forward", layer: layer.name, kind: layer.kind, note: "" }, () => {
        buildLayer(isMoving ? oneStepOfLayer(layer) : layer, {
          o,
          values: this.#values,
          parameters,
          training: false,
          batchSize: 1,
          exampleMask: o.constant(1, [1]),
          random: never,
          stream: isMoving ? this.#contextOf(layer) : undefined,
        });
      });
    }
    const { outputs, decode } = this.#model;
    const decoded = this.#model.layers.filter(({ name }) => name === decode?.output);
    const more = decoded.map(({ name, output }) => ({ name, shape: output }));
    return [...new Map([...outputs, ...more].map((output) => [output.name, output])).values()]
      .filter(({ name, shape }) => shape.time && this.#isStepName(name) && this.#values.has(name))
      .map(({ name }) => ({ name, node: this.#values.get(name).node }));
  }

  #isStepName(name: string): boolean {
    return this.#moving.has(ownerOf(name, this.#moving));
  }

  #contextOf(layer: ResolvedLayer): StreamContext {
    const o = this.#o;
    const position = this.#position;
    const full = (name: string): string => `${layer.name}:${name}`;
    return {
      position,
      steps: () => {
        this.#isLimited = true;
        return this.#steps();
      },
      isStep: ({ node }) => dependsOn(node, this.#stepped),
      previous: (name, initial) => {
        const start = Array.isArray(initial) ? o.constant(0, initial as number[]) : (initial as Node);
        const { shape } = start;
        const kept = o.argument("input", full(name), shape);
        const isFirst = o.broadcast(o.equal(position, o.constant(0, [1])), shape, [0]);
        const before = o.builder.named(o.select(isFirst, start, kept), `previous_${name.replaceAll(" ", "_")}`);
        this.#states.set(full(name), { shape, before, next: undefined });
        return before;
      },
      keep: (name, value) => {
        const state = this.#states.get(full(name));
        if (state?.shape.join() !== value.shape.join()) throw new InternalError(`${full(name)} is not a state`);
        state.next = value;
        // As in a scan: readers know it by what the step before called it.
        if (value.label !== value.op) o.builder.named(state.before, `previous_${value.label}`);
      },
    };
  }
}

function dependsOn(node: Node, names: ReadonlySet<string>): boolean {
  return topological([node]).some((one) => one.op === "argument" && names.has(one.attributes.name));
}

function oneStepOf(input: ModelInput): ModelInput {
  return { ...input, shape: [1, ...input.shape.slice(1)], lengths: false };
}

function oneStep(shape: LayerShape): LayerShape {
  return shape.time ? { ...shape, shape: [1, ...shape.shape.slice(1)] } : shape;
}

function oneStepOfLayer(layer: ResolvedLayer): ResolvedLayer {
  return {
    ...layer,
    output: oneStep(layer.output),
    extras: Object.fromEntries(Object.entries(layer.extras).map(([name, shape]) => [name, oneStep(shape)])),
  };
}

function argumentsOf(graph: Graph): readonly string[] {
  return topological(graph.outputs.map(({ node }) => node)).flatMap((node) =>
    node.op === "argument" ? [node.attributes.name] : [],
  );
}

/** Operations whose result is no smaller than what they read: their operands are handed over instead. */
const growing: ReadonlySet<string> = new Set(["broadcast", "reshape", "transpose"]);

/** `encoder:key_projection`: the layer that made it and what it is called there. */
function contextNames(cut: ReadonlySet<Node>): ReadonlyMap<Node, string> {
  const taken = new Set<string>();
  return new Map(
    [...cut].map((node) => {
      const wish = `${node.origin.layer}:${node.label}`;
      let name = wish;
      for (let count = 2; taken.has(name); count++) name = `${wish} ${count}`;
      taken.add(name);
      return [node, name];
    }),
  );
}

/**
 * Cuts the graph where the values that change from step to step meet those that do not.
 * @param moving names of the arguments that change
 */
function split(graph: Graph, moving: ReadonlySet<string>): { readonly start: Graph | undefined; readonly step: Graph } {
  const order = topological(graph.outputs.map(({ node }) => node));
  const changes = new Set<Node>();
  const dependsOnInput = new Set<Node>();
  for (const node of order) {
    const reads = dependencies(node);
    const isInput = node.op === "argument" && node.attributes.role === "input";
    if ((isInput && moving.has(node.attributes.name)) || reads.some((one) => changes.has(one))) changes.add(node);
    else if (isInput || reads.some((one) => dependsOnInput.has(one))) dependsOnInput.add(node);
  }
  const cut = new Set<Node>();
  const handOver = (node: Node): void => {
    if (!dependsOnInput.has(node)) return;
    if (growing.has(node.op)) node.inputs.forEach(handOver);
    else cut.add(node);
  };
  for (const node of order) if (changes.has(node)) dependencies(node).forEach(handOver);
  for (const { node } of graph.outputs) if (!changes.has(node)) handOver(node);
  if (cut.size === 0) return { start: undefined, step: graph };
  const names = contextNames(cut);
  const step = rewriteGraph(graph, (builder) => ({
    replace: (old) => {
      const name = names.get(old);
      const { shape, dtype, label } = old;
      const attributes = { role: "input", name: name ?? "" } as const;
      return name === undefined
        ? undefined
        : builder.make({ op: "argument", inputs: [], attributes, shape, dtype, label });
    },
    node: (old, inputs) => copyNode(old, inputs, builder),
    scan: (_old, rebuilt) => copiedScan(builder, rebuilt),
  }));
  if ([...cut].some((node) => sizeOf(node.shape) === 0)) throw new InternalError("an empty value is handed over");
  const start = { name: "stream_start", outputs: [...names].map(([node, name]) => ({ name, node })) };
  return { start, step: { ...step, name: "stream_step" } };
}

/** What the module says of its stream. */
export function streamFact(stream: StreamGraphs | StreamObstacle): StreamFact | StreamObstacle {
  if ("reason" in stream) return stream;
  const { stepped, whole, states, context, steps, step } = stream;
  const kept = new Set(states.map(({ name }) => name));
  const outputs = step.outputs.map(({ name }) => name).filter((name) => !kept.has(name));
  return { stepped, whole, states, context, outputs, ...(steps === undefined ? {} : { steps }) };
}
