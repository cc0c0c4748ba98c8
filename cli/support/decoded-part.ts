/** What a model that writes makes of examples, beside what was to be written. */
import type { DecodeFact } from "@specloom/runtime/internal/contract";
import type { Hypothesis, LiveModel, TensorInputs } from "@specloom/runtime/internal/contract-live";
import type { Examples } from "../data/dataset.ts";
import { memberOf } from "@specloom/runtime/internal/shared/member-of";
import { readsOwnTokensOnly } from "@specloom/runtime/internal/model/decoded-examples";
import { sizeOf } from "@specloom/runtime/internal/tensor";
import { lengthsOf } from "@specloom/runtime/internal/shared/names";

export interface DecodedExample {
  /** Undefined where the model reads no tokens, but frames. */
  readonly source: readonly number[] | undefined;
  readonly truth: readonly number[];
  /** The best hypothesis. */
  readonly written: Hypothesis;
}

export interface DecodedPart {
  /** The output that is searched in, and the target that what is written is compared with. */
  readonly output: string;
  readonly target: string;
  readonly examples: readonly DecodedExample[];
}

/**
 * @param chosen which examples; all where it is left out
 * @returns undefined where the model writes nothing, or goes on from its own tokens, of which no example is the right end
 */
export async function decodedExamplesOf(
  live: LiveModel,
  examples: Examples,
  chosen: readonly number[] = Array.from({ length: examples.count }, (_, index) => index),
): Promise<DecodedPart | undefined> {
  const { definition } = live;
  const { decode } = definition;
  if (decode === undefined || examples.count === 0 || readsOwnTokensOnly(definition)) return undefined;
  const tensors = examples.select(chosen);
  const written = decode.from === "tokens" ? decode.input : undefined;
  const target = definition.losses.find((loss) => loss.input === decode.output)?.target ?? written;
  if (target === undefined) return undefined;
  const decoded = await live.decode(neededOf(live, decode, tensors));
  const truth = tokensIn(live, tensors, target, decode);
  const sourceName = definition.inputs.find(
    ({ name, dtype, shape }) => decode.needs.includes(name) && dtype === "int32" && shape.length === 1,
  )?.name;
  const source = sourceName === undefined ? undefined : tokensIn(live, tensors, sourceName, undefined);
  return {
    output: decode.output,
    target,
    examples: chosen.map((_, index) => ({
      source: source?.[index],
      truth: truth[index] ?? [],
      written: decoded[index]?.[0] ?? { tokens: [], score: Number.NaN, complete: false },
    })),
  };
}

/** What is written depends on, out of all that the data has. */
function neededOf(
  { definition }: LiveModel,
  { needs }: DecodeFact,
  tensors: Readonly<Record<string, Float32Array>>,
): TensorInputs {
  const given = definition.inputs.filter(({ name }) => needs.includes(name));
  const names = given.flatMap(({ name, lengths }) => (lengths ? [name, lengthsOf(name)] : [name]));
  return Object.fromEntries(names.map((name) => [name, memberOf(tensors, name) ?? new Float32Array()]));
}

/** Tokens per example, as long as they are data; of what is written without the token of its end. */
function tokensIn(
  { definition }: LiveModel,
  tensors: Readonly<Record<string, Float32Array>>,
  name: string,
  decode: DecodeFact | undefined,
): number[][] {
  const size = sizeOf(definition.inputs.find((input) => input.name === name)?.shape ?? []);
  const values = memberOf(tensors, name) ?? new Float32Array();
  const lengths = tensors[lengthsOf(name)];
  return Array.from({ length: values.length / size }, (_, example) => {
    const tokens = [...values.subarray(example * size, example * size + (lengths?.[example] ?? size))];
    const end = decode?.from === "tokens" ? tokens.indexOf(decode.eos) : -1;
    return end < 0 ? tokens : tokens.slice(0, end);
  });
}
