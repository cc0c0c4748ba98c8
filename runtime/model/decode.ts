/** Decodes what a model says of its inputs: the options, and the way from a model to a search. */
import type { AlignmentDecodeFact, DecodeFact, ModelDefinition, TokenDecodeFact } from "../contract.ts";
import type { DecodeOptions, Hypothesis, Stream, TensorInputs, TensorOutputs } from "../contract-live.ts";
import { checkFromZero, checkOneOf, checkOptions, checkWhole, invalidOption } from "../arguments.ts";
import { decodeCtc } from "../decoding/ctc.ts";
import { search } from "../decoding/search.ts";
import type { Searched, SearchOptions } from "../decoding/search.ts";
import { misfit } from "../devices/residents.ts";
import { memberOf } from "../shared/member-of.ts";
import { Problem } from "../problem.ts";
import { stepsOf } from "./sequence-steps.ts";
import { decodedExamples, namesOf } from "./decoded-examples.ts";
import { checkFacts } from "./inputs.ts";
import type { CheckedInputs } from "./inputs.ts";
import { streamFactOf } from "./stream-fact.ts";
import { predictedInputs, withStandIns } from "./stand-ins.ts";
import { Breather } from "./turns.ts";
import type { Turn } from "./turns.ts";

/** What decoding asks of a model. */
export interface Decodable {
  readonly definition: ModelDefinition;
  /** When the model may be asked. A decoding has one turn from its first step to its last: all of them see one state. */
  readonly turn: Turn;
  /** Within the turn. */
  readonly stream: (inputs: TensorInputs) => Promise<Stream>;
  readonly predict: (inputs: CheckedInputs) => Promise<TensorOutputs>;
}

/** @throws Problem `nothing-to-decode`, `invalid-option`, `wrong-inputs`, `stream-too-long` */
export async function decode(
  model: Decodable,
  inputs: TensorInputs,
  options: DecodeOptions,
): Promise<readonly (readonly Hypothesis[])[]> {
  const { definition } = model;
  const fact = definition.decode;
  if (fact === undefined) {
    throw new Problem({
      code: "nothing-to-decode",
      message: `model "${definition.name}" decodes nothing.`,
      help: "add a decoder layer or a ctc loss to the spec, or the key decode with the input and the output that it is about.",
    });
  }
  if (fact.from === "alignment") return alignment(model, fact, inputs, alignmentSettings(fact, options));
  return tokens(model, fact, inputs, tokenSettings(fact, options, roomOf(definition)));
}

interface Settings extends Pick<SearchOptions, "beamSize" | "nBest"> {
  readonly kind: "greedy" | "beam";
}

interface TokenSettings extends Settings, Pick<SearchOptions, "lengthPenalty" | "maxLength"> {}

const known = ["kind", "beamSize", "lengthPenalty", "maxLength", "nBest"] as const;

/** Most tokens of a sequence, its beginning and all. */
function roomOf(definition: ModelDefinition): number {
  return streamFactOf(definition)?.steps ?? Number.POSITIVE_INFINITY;
}

function alignmentSettings(fact: AlignmentDecodeFact, options: DecodeOptions): Settings {
  checkOptions("decode", options, known);
  const foreign = (["lengthPenalty", "maxLength"] as const).find((key) => options[key] !== undefined);
  if (foreign !== undefined) {
    throw invalidOption(
      `${foreign} is not for labels that are read off the steps (ctc): they are as many as they are.`,
    );
  }
  return settingsOf(fact, options);
}

function tokenSettings(fact: TokenDecodeFact, options: DecodeOptions, room: number): TokenSettings {
  checkOptions("decode", options, known);
  const settings = settingsOf(fact, options);
  // Undefined is left out; null is a mistake, which is told.
  const { lengthPenalty = fact.lengthPenalty, maxLength = fact.maxLength } = options;
  checkWhole("maxLength", maxLength, 1);
  if (options.maxLength !== undefined && maxLength > room) {
    throw invalidOption(
      `maxLength ${String(maxLength)} is more than the ${String(room)} tokens that this model has room for; ` +
        "compile it for longer sequences.",
    );
  }
  checkFromZero("lengthPenalty", lengthPenalty);
  return { ...settings, lengthPenalty, maxLength };
}

function settingsOf(fact: DecodeFact, options: DecodeOptions): Settings {
  const { kind = fact.kind } = options;
  checkOneOf("kind", kind, ["greedy", "beam"]);
  if (kind === "greedy") {
    if (options.beamSize !== undefined || options.nBest !== undefined) {
      throw invalidOption("beamSize and nBest are for kind: beam; greedy search finds one sequence.");
    }
    return { kind, beamSize: 1, nBest: 1 };
  }
  const { beamSize = Math.max(fact.beamSize, options.nBest ?? 1) } = options;
  const { nBest = Math.min(fact.nBest, beamSize) } = options;
  checkWhole("beamSize", beamSize, 1);
  checkWhole("nBest", nBest, 1);
  if (nBest > beamSize) throw invalidOption(`nBest ${String(nBest)} is more than the beamSize of ${String(beamSize)}.`);
  return { kind, beamSize, nBest };
}

/** Example by example, each in a stream of its own: nothing but the example itself has a say in what comes out. */
async function tokens(
  model: Decodable,
  fact: TokenDecodeFact,
  inputs: TensorInputs,
  settings: TokenSettings,
): Promise<readonly (readonly Hypothesis[])[]> {
  const { definition } = model;
  const room = roomOf(definition);
  // Before the turn: the caller may change what was given while it waits.
  const examples = decodedExamples(definition, fact, inputs);
  return model.turn(async () => {
    const breather = new Breather();
    const results: (readonly Hypothesis[])[] = [];
    for (const { whole, prompt } of examples) {
      const start = searched(await model.stream(whole), fact, breather);
      for (const token of prompt.slice(0, -1)) await start.step(token);
      // The last token that is written is not read any more.
      const maxLength = Math.min(settings.maxLength, room - prompt.length + 1);
      const first = prompt[prompt.length - 1] ?? fact.bos;
      results.push(await search(start, { ...settings, maxLength, first, eos: fact.eos }));
    }
    return results;
  });
}

function searched(stream: Stream, fact: Pick<TokenDecodeFact, "input" | "output">, breather: Breather): Searched {
  const { input, output } = fact;
  return {
    step: async (token) => {
      const logits = memberOf(await stream.step({ [input]: [token] }), output);
      if (logits === undefined) throw misfit(`A step of the stream gives no "${output}".`);
      await breather.pause();
      return logits;
    },
    fork: () => searched(stream.fork(), fact, breather),
  };
}

async function alignment(
  model: Decodable,
  { output, blank, needs }: AlignmentDecodeFact,
  inputs: TensorInputs,
  { kind, beamSize, nBest }: Settings,
): Promise<readonly (readonly Hypothesis[])[]> {
  const { definition } = model;
  // What the labels do not depend on, such as the tokens of a decoder beside them, may be given all the same, or left out.
  const predicted = predictedInputs(definition);
  const given = namesOf(inputs) ?? [];
  const facts = predicted.filter(({ name }) => needs.includes(name) || given.includes(name));
  const { count, tensors } = checkFacts(definition, inputs, facts, "decode");
  const all = withStandIns(tensors, predicted, count);
  const logits =
    memberOf(await model.turn(() => model.predict({ count, tensors: all })), output) ?? new Float32Array(0);
  const [steps = 1, classes = 1] = definition.outputs.find(({ name }) => name === output)?.shape ?? [];
  const fact = definition.alignments?.find(({ input }) => input === output);
  const lengths = Array.from({ length: count }, (_, example) =>
    fact === undefined ? steps : stepsOf(fact, tensors, example),
  );
  const options = kind === "greedy" ? { kind, blank } : { kind, blank, beamSize, nBest };
  const found = decodeCtc(logits, [count, steps, classes], lengths, options);
  return found.map((hypotheses) => hypotheses.map((one) => ({ ...one, complete: true })));
}
