/** The examples that are decoded: what of each comes whole, and the tokens that are read before the first that is written. */
import type { InputFact, ModelDefinition, TokenDecodeFact } from "../contract.ts";
import type { TensorInput, TensorInputs } from "../contract-live.ts";
import { misfit } from "../devices/residents.ts";
import { memberOf } from "../shared/member-of.ts";
import { Problem } from "../problem.ts";
import { isList, sizeOf } from "../tensor.ts";
import { checkFacts } from "./inputs.ts";
import { streamFactOf } from "./stream-fact.ts";
import { predictedInputs, withStandIns } from "./stand-ins.ts";
import { lengthsOf } from "../shared/names.ts";

export interface DecodedExample {
  /** What a stream starts with. */
  readonly whole: TensorInputs;
  /** `bos`, or the beginning that was given. */
  readonly prompt: readonly number[];
}

/** Whether a model reads nothing but its own tokens, as a causal transformer without an encoder does. */
export function readsOwnTokensOnly(definition: ModelDefinition): boolean {
  const { decode } = definition;
  if (decode?.from !== "tokens" || decode.needs.length > 0) return false;
  return predictedInputs(definition).every(({ name }) => name === decode.input);
}

/**
 * @param inputs what is decoded depends on, without the tokens themselves; of these their beginning, where nothing else is
 *   read. Others that `predict` takes may be given too.
 * @throws Problem `wrong-inputs`, and `stream-too-long` for a beginning that the model has no room for
 */
export function decodedExamples(
  definition: ModelDefinition,
  fact: TokenDecodeFact,
  inputs: TensorInputs,
): readonly DecodedExample[] {
  const whole = streamFactOf(definition)?.whole ?? [];
  const given = namesOf(inputs);
  const starts = definition.inputs.filter(({ name }) => whole.includes(name));
  if (fact.needs.length === 0 && given?.length === 0) {
    return [{ whole: withStandIns({}, starts, 1), prompt: [fact.bos] }];
  }
  if (readsOwnTokensOnly(definition)) {
    return promptsOf(definition, fact, inputs).map((prompt) => ({ whole: {}, prompt }));
  }
  // What the tokens do not depend on may be given all the same, or left out.
  const facts = definition.inputs.filter(
    ({ name, role }) => fact.needs.includes(name) || (role === "input" && name !== fact.input && given?.includes(name)),
  );
  const { count, tensors } = checkFacts(definition, inputs, facts, "decode");
  const kept = withStandIns(tensors, starts, count);
  return Array.from({ length: count }, (_, example) => ({
    whole: exampleOf(definition, kept, example),
    prompt: [fact.bos],
  }));
}

/** One example of tensors `[n, ...]`. */
export function exampleOf(
  definition: ModelDefinition,
  tensors: Readonly<Record<string, Float32Array>>,
  example: number,
): Record<string, Float32Array> {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, values]) => {
      const size = sizeOf(definition.inputs.find((input) => input.name === name)?.shape ?? []);
      return [name, values.slice(example * size, (example + 1) * size)];
    }),
  );
}

function promptsOf(
  definition: ModelDefinition,
  { input: name }: TokenDecodeFact,
  inputs: TensorInputs,
): readonly (readonly number[])[] {
  const input = definition.inputs.find((one) => one.name === name);
  if (input === undefined) throw misfit(`The module has no input "${name}".`);
  const hasLengths = namesOf(inputs)?.includes(lengthsOf(name)) === true;
  const width = widthOf(inputs, name) ?? input.shape[0] ?? 1;
  const { count, tensors } = checkFacts(definition, inputs, [promptFact(input, width, hasLengths)], "decode");
  const prompts = Array.from({ length: count }, (_, example) =>
    Array.from(
      (memberOf(tensors, name) ?? []).slice(
        example * width,
        example * width + (tensors[lengthsOf(name)]?.[example] ?? width),
      ),
    ),
  );
  const room = streamFactOf(definition)?.steps ?? Number.POSITIVE_INFINITY;
  prompts.forEach(({ length }, example) => {
    if (length <= room) return;
    throw new Problem({
      code: "stream-too-long",
      message: `${name}[${String(example)}] has ${String(length)} tokens, but this model has room for ${String(room)}.`,
      help: `give the last ${String(room)} at most, or compile the model for longer sequences.`,
    });
  });
  return prompts;
}

/** An input as a beginning of `width` tokens: any number of them, with or without lengths. */
export function promptFact(input: InputFact, width: number, lengths: boolean): InputFact {
  return { ...input, shape: [width], axes: ["tokens"], lengths };
}

/** Tokens of each beginning; a flat list is one, or as many as there are lengths. */
function widthOf(inputs: TensorInputs, name: string): number | undefined {
  if (namesOf(inputs)?.includes(name) !== true) return undefined;
  const named = inputs as Readonly<Record<string, TensorInput | undefined>>;
  const given = memberOf(named, name);
  const lengths = memberOf(named, lengthsOf(name));
  if (!isList(given) || given.length === 0) return undefined;
  const [first] = given;
  const count = isList(lengths) ? Math.max(1, lengths.length) : 1;
  return Math.max(1, Math.floor(isList(first) ? first.length : given.length / count));
}

/** Undefined of what is no object: `checkFacts` says so. */
export function namesOf(inputs: unknown): readonly string[] | undefined {
  return typeof inputs === "object" && inputs !== null ? Object.keys(inputs) : undefined;
}
