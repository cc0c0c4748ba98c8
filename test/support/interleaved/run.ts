/** Makes calls of a live model without waiting for them, and spoils what each was given as soon as it is made. */
import type {
  DecodeOptions,
  LiveModel,
  Stream,
  TrainingState,
  TrainStepOptions,
} from "../../../runtime/contract-live.ts";
import type { Call } from "./calls.ts";
import { pause } from "./calls.ts";
import type { CallInputs } from "./models.ts";
import type { SequenceState } from "./sequence.ts";
import { answerOf, freshState } from "./sequence.ts";

export interface Weights {
  readonly fresh: Uint8Array;
  readonly others: readonly Uint8Array[];
  readonly training: TrainingState;
}

/** What happened: the call, its answer, and what had settled before it. */
export interface Event {
  readonly call: Call;
  readonly answer: Promise<string>;
  /** Of the calls that change the state, how many had settled. */
  readonly settledChanges: number;
  /** Whether a call was under way. */
  readonly busy: boolean;
  /** Of a stream, its step or fork. */
  readonly handle?: Handle | undefined;
  readonly forked?: Handle | undefined;
}

/** A stream of the live model; once it is compared, what it has gone through. */
export interface Handle {
  stream: Stream | undefined;
  readonly start: number;
  origin: SequenceState;
  steps: readonly number[];
}

/** `restore` beside them, where it is not refused. */
export const changing: ReadonlySet<string> = new Set(["trainStep", "trainStepRefused", "load"]);

/** One after the other, waiting between them as they say. */
export async function interleave(
  live: LiveModel,
  inputs: CallInputs,
  weights: Weights,
  calls: readonly Call[],
): Promise<readonly Event[]> {
  const events: Event[] = [];
  const handles: Handle[] = [];
  const underWay = new Set<Promise<unknown>>();
  let settledChanges = 0;
  for (const call of calls) {
    await pause(call.wait, () => Promise.all(underWay));
    const event = { call, settledChanges, busy: underWay.size > 0 };
    const { kind, salt } = call;
    if (kind === "restore") {
      let applied = false;
      const answer = answerOf(() => {
        const told = plainCall(live, inputs, weights, call, spoiling);
        applied = true;
        return told;
      });
      // Eslint and the compiler do not see what a function has done.
      settledChanges += Number(applied);
      events.push({ ...event, answer });
      continue;
    }
    const handle = kind === "stream" ? opened(salt, inputs, handles) : chosen(kind, salt, handles);
    if (["stream", "step", "fork"].includes(kind) && handle === undefined) continue;
    if (kind === "fork" && handle !== undefined) {
      // Behind the steps that are under way.
      const forked = { ...handle, stream: handle.stream?.fork() };
      handles.push(forked);
      events.push({ ...event, answer: Promise.resolve(""), handle, forked });
      continue;
    }
    const answer =
      handle === undefined
        ? answerOf(() => plainCall(live, inputs, weights, call, spoiling))
        : streamCall(live, inputs, call, handle);
    const settled = answer.then(() => {
      underWay.delete(settled);
      if (changing.has(kind)) settledChanges += 1;
    });
    underWay.add(settled);
    events.push({ ...event, answer, handle });
  }
  await Promise.all(underWay);
  return events;
}

function chosen(kind: string, salt: number, handles: readonly Handle[]): Handle | undefined {
  const open = kind === "step" || kind === "fork" ? handles.filter(({ stream }) => stream !== undefined) : [];
  return open[salt % Math.max(1, open.length)];
}

function opened(start: number, inputs: CallInputs, handles: Handle[]): Handle | undefined {
  if (inputs.stream(start) === undefined) return undefined;
  const handle: Handle = { stream: undefined, start, origin: freshState, steps: [] };
  handles.push(handle);
  return handle;
}

function streamCall(live: LiveModel, inputs: CallInputs, { kind, salt }: Call, handle: Handle): Promise<string> {
  const { stream } = handle;
  if (kind === "step" && stream !== undefined) {
    return answerOf(() => spoiling(inputs.step(salt), (given) => stream.step(given)));
  }
  return answerOf(async () => {
    handle.stream = await spoiling(inputs.stream(salt), (given) => live.stream(given));
    return "open";
  });
}

/** How a call is handed what it is given. */
type Hand = <Given, Result>(given: Given, call: (given: Given) => Result) => Result;

/** A call that needs nothing but the model. */
export function plainCall(
  live: LiveModel,
  inputs: CallInputs,
  weights: Weights,
  { kind, salt }: Pick<Call, "kind" | "salt">,
  hand: Hand = (given, call) => call(given),
): unknown {
  const count = [1, 2, 5][salt % 3] ?? 1;
  switch (kind) {
    case "predict":
      return hand(inputs.predict(salt, count), (given) => live.predict(given as never));
    case "evaluate":
      return hand(inputs.training(salt, count), (given) => live.evaluate(given as never));
    case "trainStep":
      return hand(stepOptions(live, salt), (options) =>
        hand(inputs.training(salt, 2), (given) => live.trainStep(given as never, options)),
      );
    case "trainStepRefused":
      return hand(inputs.huge(salt), (given) => live.trainStep(given as never));
    case "trainStepWrong":
      return hand(inputs.predict(salt, 1), (given) => live.trainStep(given as never));
    case "gradients":
      return hand(inputs.training(salt, 2), (given) => live.gradients(given as never));
    case "decode":
      return hand<DecodeOptions, unknown>(salt === 1 ? { kind: "beam", beamSize: 3 } : {}, (options) =>
        hand(inputs.decode(salt, 2), (given) => live.decode(given, options)),
      );
    case "save":
      return live.save();
    case "load":
      return hand((weights.others[salt % weights.others.length] ?? weights.fresh).slice(), (bytes) => live.load(bytes));
    case "loadWrong":
      return live.load(weights.fresh.slice(0, 40));
    case "parameters":
      return live.parameters();
    case "trainingState":
      return live.trainingState();
    case "restore":
      live.restoreTrainingState(weights.training);
      return "restored";
    case "dispose":
      return live.dispose().then(() => "disposed");
    default:
      throw new Error(`no call ${kind}`);
  }
}

function stepOptions(live: LiveModel, salt: number): TrainStepOptions {
  if (salt === 1 && live.definition.accumulation !== undefined) return { update: true };
  return salt === 2 ? { learningRate: 0.01 } : {};
}

/** What is answered of the call must not depend on what becomes of its arguments. */
const spoiling: Hand = (given, call) => {
  try {
    return call(given);
  } finally {
    spoil(given);
  }
};

function spoil(given: unknown): void {
  if (given instanceof Float32Array || given instanceof Uint8Array) given.fill(255);
  else if (Array.isArray(given)) {
    for (const part of given) spoil(part);
    given.fill(99);
  } else if (typeof given === "object" && given !== null) {
    for (const part of Object.values(given)) spoil(part);
    Object.assign(given, { update: 7, learningRate: NaN, kind: "none" });
  }
}
