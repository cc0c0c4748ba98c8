/** Streams of a model: one example, one step at a time. */
import type {
  Executor,
  InputFact,
  ModelDefinition,
  Stream,
  StreamFact,
  StreamProgramName,
  TensorInput,
  TensorInputs,
  TensorOutputs,
} from "../contract.ts";
import { memberOf } from "../member-of.ts";
import { Problem } from "../problem.ts";
import { sizeOf } from "../tensor.ts";
import { checkFacts } from "./inputs.ts";
import type { Queue } from "./turns.ts";

type Tensors = Readonly<Record<string, Float32Array>>;

/** Argument of a step: how many went before. */
const positionName = "stream.position";

export class Streams {
  readonly #definition: ModelDefinition;
  readonly #executor: Executor;
  readonly #queue: Queue;
  readonly #refuseDisposed: () => void;

  /** @param refuseDisposed throws once the model was disposed: a stream may outlive it */
  constructor(definition: ModelDefinition, executor: Executor, queue: Queue, refuseDisposed: () => void) {
    this.#definition = definition;
    this.#executor = executor;
    this.#queue = queue;
    this.#refuseDisposed = refuseDisposed;
  }

  /** @throws Problem `no-stream` */
  async start(inputs: TensorInputs): Promise<Stream> {
    const { stream, streamObstacle = "it was compiled by another version", name, inputs: facts } = this.#definition;
    if (stream === undefined) {
      throw new Problem({
        code: "no-stream",
        message: `model "${name}" cannot be run step by step: ${streamObstacle}.`,
        help: "use predict with whole sequences, or layers that look back only (causal, scope: prefix, one direction).",
      });
    }
    const whole = facts.filter((fact) => stream.whole.includes(fact.name));
    const readsNone = whole.length === 0 && typeof inputs === "object" && (inputs as unknown) !== null;
    const checked = readsNone ? noInputs(inputs) : checkFacts(this.#definition, inputs, whole, "stream");
    if (checked.count !== 1) {
      throw new Problem({
        code: "wrong-inputs",
        message: `a stream runs one example, but ${String(checked.count)} were given.`,
        help: "start a stream for each; they do not disturb one another.",
      });
    }
    const hasStart = this.#definition.gpu.stream_start !== undefined;
    const context = hasStart ? await this.#run("stream_start", checked.tensors) : {};
    const states = Object.fromEntries(
      stream.states.map(({ name: state, shape }) => [state, new Float32Array(sizeOf(shape))]),
    );
    return new RunningStream(this.#definition, stream, (given) => this.#run("stream_step", given), context, states, 0);
  }

  /** Only what the program reads: an executor refuses anything else. */
  #run(program: StreamProgramName, given: Tensors): Promise<Tensors> {
    this.#refuseDisposed();
    const wanted = (this.#definition.gpu[program]?.arguments ?? []).filter(({ role }) => role === "input");
    const argumentsByName = Object.fromEntries(
      wanted.map(({ name }) => [name, memberOf(given, name) ?? new Float32Array(0)]),
    );
    return this.#queue.run(async () => (await this.#executor.run(program, argumentsByName, 1)).results);
  }
}

class RunningStream implements Stream {
  readonly #definition: ModelDefinition;
  readonly #fact: StreamFact;
  readonly #run: (given: Tensors) => Promise<Tensors>;
  readonly #context: Tensors;
  #states: Tensors;
  #position: number;
  #isStepping = false;

  constructor(
    definition: ModelDefinition,
    fact: StreamFact,
    run: (given: Tensors) => Promise<Tensors>,
    context: Tensors,
    states: Tensors,
    position: number,
  ) {
    this.#definition = definition;
    this.#fact = fact;
    this.#run = run;
    this.#context = context;
    this.#states = states;
    this.#position = position;
  }

  get position(): number {
    return this.#position;
  }

  async step(inputs: TensorInputs): Promise<TensorOutputs> {
    const { steps, stepped, states, outputs } = this.#fact;
    if (this.#isStepping) {
      throw new Problem({
        code: "wrong-inputs",
        message: "a step of this stream is still under way.",
        help: "await it before the next: each step reads what the one before has left.",
      });
    }
    if (steps !== undefined && this.#position >= steps) {
      throw new Problem({
        code: "stream-too-long",
        message: `this stream has room for ${String(steps)} steps, the length of the model's sequences.`,
        help: "start another one, or compile the model for longer sequences.",
      });
    }
    const facts = this.#definition.inputs.filter(({ name }) => stepped.includes(name)).map(oneStep);
    const checked = checkFacts(this.#definition, listed(inputs), facts, "stream");
    if (checked.count !== 1) {
      throw new Problem({
        code: "wrong-inputs",
        message: `a stream takes one step of one example at a time, but ${String(checked.count)} were given.`,
        help: "call step for each step; of other examples, in streams of their own.",
      });
    }
    this.#isStepping = true;
    try {
      const position = Float32Array.of(this.#position);
      const results = await this.#run({
        ...this.#context,
        ...this.#states,
        ...checked.tensors,
        [positionName]: position,
      });
      this.#states = Object.fromEntries(
        states.map(({ name }) => [name, memberOf(results, name) ?? new Float32Array(0)]),
      );
      this.#position += 1;
      return Object.fromEntries(outputs.map((name) => [name, memberOf(results, name) ?? new Float32Array(0)]));
    } finally {
      this.#isStepping = false;
    }
  }

  /** States are never changed, only replaced: both may share them. */
  fork(): Stream {
    return new RunningStream(this.#definition, this.#fact, this.#run, this.#context, this.#states, this.#position);
  }
}

function oneStep(fact: InputFact): InputFact {
  return { ...fact, shape: fact.shape.slice(1), axes: fact.axes.slice(1), lengths: false };
}

/** A step of tokens is a number. */
function listed(inputs: TensorInputs): TensorInputs {
  if (typeof inputs !== "object" || inputs === null) return inputs;
  return Object.fromEntries(
    Object.entries(inputs as Readonly<Record<string, TensorInput | number>>).map(([name, value]) => [
      name,
      typeof value === "number" ? [value] : value,
    ]),
  );
}

function noInputs(inputs: TensorInputs): { readonly count: number; readonly tensors: Tensors } {
  const names = Object.keys(inputs);
  if (names.length === 0) return { count: 1, tensors: {} };
  throw new Problem({
    code: "wrong-inputs",
    message: `this model's stream starts without inputs, but ${names.join(", ")} ${names.length === 1 ? "was" : "were"} given.`,
    help: "hand them over step by step: stream.step({ ... }).",
  });
}
