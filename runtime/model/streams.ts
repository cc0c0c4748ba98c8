/** Streams of a model: one example, one step at a time. */
import type { InputFact, ModelDefinition, StreamFact } from "../contract.ts";
import type { Stream, TensorInput, TensorInputs, TensorOutputs } from "../contract-live.ts";
import { memberOf } from "../shared/member-of.ts";
import { Problem } from "../problem.ts";
import { sizeOf } from "../tensor.ts";
import { checkFacts } from "./inputs.ts";
import type { ModelState } from "./state.ts";
import type { Turn } from "./turns.ts";
import { streamPosition } from "../shared/names.ts";

type Tensors = Readonly<Record<string, Float32Array>>;

/**
 * @param turn when the stream and each of its steps may read the state
 * @throws Problem `no-stream`, `wrong-inputs`
 */
export async function startStream(model: ModelState, inputs: TensorInputs, turn: Turn): Promise<Stream> {
  const { definition } = model;
  const { stream, name, inputs: facts } = definition;
  if ("reason" in stream) {
    throw new Problem({
      code: "no-stream",
      message: `model "${name}" cannot be run step by step: ${stream.reason}.`,
      help: "use predict with whole sequences, or layers that look back only (causal, scope: prefix, one direction).",
    });
  }
  const whole = facts.filter((fact) => stream.whole.includes(fact.name));
  const readsNone = whole.length === 0 && typeof inputs === "object" && (inputs as unknown) !== null;
  const checked = readsNone ? noInputs(inputs) : checkFacts(definition, inputs, whole, "stream");
  if (checked.count !== 1) {
    throw new Problem({
      code: "wrong-inputs",
      message: `a stream runs one example, but ${String(checked.count)} were given.`,
      help: "start a stream for each; they do not disturb one another.",
    });
  }
  const states = Object.fromEntries(
    stream.states.map(({ name: state, shape }) => [state, new Float32Array(sizeOf(shape))]),
  );
  return turn(async () => {
    const version = model.parametersVersion;
    const hasStart = definition.programs.includes("stream_start");
    const context = hasStart ? await model.runStream("stream_start", checked.tensors) : {};
    return new RunningStream({ model, fact: stream, turn, version, context }, { states, position: 0 });
  });
}

/** What a stream and its forks have in common. */
interface Course {
  readonly model: ModelState;
  readonly fact: StreamFact;
  readonly turn: Turn;
  /** That of the parameters which the context and the states were computed with. */
  readonly version: number;
  readonly context: Tensors;
}

/** What a step leaves for the next. */
interface Reached {
  readonly states: Tensors;
  /** How many steps went before. */
  readonly position: number;
}

class RunningStream implements Stream {
  readonly #course: Course;
  #reached: Reached;
  /** Behind all steps that were asked for; what fails leaves what was before it. */
  #last: Promise<Reached>;

  constructor(course: Course, reached: Reached, last: Promise<Reached> = Promise.resolve(reached)) {
    this.#course = course;
    this.#reached = reached;
    this.#last = last;
    void last.then((state) => (this.#reached = state));
  }

  get position(): number {
    return this.#reached.position;
  }

  async step(inputs: TensorInputs): Promise<TensorOutputs> {
    const { model, fact, turn } = this.#course;
    const facts = model.definition.inputs.filter(({ name }) => fact.stepped.includes(name)).map(oneStep);
    const checked = checkFacts(model.definition, listed(inputs), facts, "stream");
    if (checked.count !== 1) {
      throw new Problem({
        code: "wrong-inputs",
        message: `a stream takes one step of one example at a time, but ${String(checked.count)} were given.`,
        help: "call step for each step; of other examples, in streams of their own.",
      });
    }
    const before = this.#last;
    const taken = turn(async () => this.#taken(await before, checked.tensors));
    this.#last = taken.then(
      ({ reached }) => (this.#reached = reached),
      () => before,
    );
    return (await taken).outputs;
  }

  /** States are never changed, only replaced: both may share them. */
  fork(): Stream {
    return new RunningStream(this.#course, this.#reached, this.#last);
  }

  async #taken({ states, position }: Reached, given: Tensors): Promise<{ outputs: TensorOutputs; reached: Reached }> {
    const { model, fact, version, context } = this.#course;
    if (fact.steps !== undefined && position >= fact.steps) {
      throw new Problem({
        code: "stream-too-long",
        message: `this stream has room for ${String(fact.steps)} steps, the length of the model's sequences.`,
        help: "start another one, or compile the model for longer sequences.",
      });
    }
    if (model.parametersVersion !== version) throw outdated(model.definition);
    const results = await model.runStream("stream_step", {
      ...context,
      ...states,
      ...given,
      [streamPosition]: Float32Array.of(position),
    });
    const resultOf = (name: string): [string, Float32Array] => [name, memberOf(results, name) ?? new Float32Array(0)];
    return {
      outputs: Object.fromEntries(fact.outputs.map(resultOf)),
      reached: { states: Object.fromEntries(fact.states.map(({ name }) => resultOf(name))), position: position + 1 },
    };
  }
}

/** States of the old parameters and a step of the new ones would give what neither model says. */
function outdated({ name }: ModelDefinition): Problem {
  return new Problem({
    code: "stream-outdated",
    message: `the parameters of model "${name}" have changed since this stream was started: what it remembers is of the old ones.`,
    help: "start another stream, and give it the steps that went before.",
  });
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
