/** What a model that writes makes of some test examples, for a report. */
import type { DecodeFact, LiveModel, TensorInputs } from "../../runtime/contract.ts";
import type { Dataset } from "../../runtime/data/dataset.ts";
import { readsOwnTokensOnly } from "../../runtime/model/decoded-examples.ts";
import { sizeOf } from "../../runtime/tensor.ts";
import type { SamplesFacts } from "../../runtime/report/facts.ts";
import { memberOf } from "../../runtime/member-of.ts";
import { lossesOf } from "./spec-facts.ts";

const MOST_SAMPLES = 12;

/** @returns undefined where the model writes nothing, or there is no test part to write from */
export async function samplesOf(live: LiveModel, dataset: Dataset): Promise<SamplesFacts | undefined> {
  const { definition } = live;
  const { decode } = definition;
  const { test } = dataset;
  if (decode === undefined || test.count === 0) return undefined;
  const search = decode.kind === "greedy" ? "greedy search" : `beam search, beam_size ${String(decode.beamSize)}`;
  if (readsOwnTokensOnly(definition)) {
    const [[best] = []] = await live.decode({});
    if (best === undefined) return undefined;
    const row = { example: 1, source: undefined, truth: [], written: best.tokens, score: best.score };
    return { search: `${search}; from nothing`, rows: [{ ...row, complete: best.complete }] };
  }
  const chosen = Array.from({ length: Math.min(MOST_SAMPLES, test.count) }, (_, index) => index);
  const tensors = test.select(chosen);
  const decoded = await live.decode(neededOf(live, decode, tensors));
  const truth = tokensIn(live, tensors, truthOf(live, decode), decode);
  const sourceName = definition.inputs.find(
    ({ name, role, dtype, shape }) =>
      role === "input" && name !== decode.input && dtype === "int32" && shape.length === 1,
  )?.name;
  const source = sourceName === undefined ? undefined : tokensIn(live, tensors, sourceName, undefined);
  return {
    search,
    rows: chosen.flatMap((example) => {
      const [best] = decoded[example] ?? [];
      if (best === undefined) return [];
      const { tokens, score, complete } = best;
      const row = { example: example + 1, source: source?.[example], truth: truth[example] ?? [] };
      return [{ ...row, written: tokens, score, complete }];
    }),
  };
}

/** What is read, without what is to be written. */
function neededOf(
  { definition }: LiveModel,
  decode: DecodeFact,
  tensors: Readonly<Record<string, Float32Array>>,
): TensorInputs {
  const given = definition.inputs.filter(({ name, role }) => role === "input" && name !== decode.input);
  const names = given.flatMap(({ name, lengths }) => (lengths ? [name, `${name}.lengths`] : [name]));
  return Object.fromEntries(names.map((name) => [name, memberOf(tensors, name) ?? new Float32Array()]));
}

/** The target that what is decoded is compared with in training. */
function truthOf({ definition }: LiveModel, { output, input }: DecodeFact): string {
  return lossesOf(definition).find((loss) => loss.input === output)?.target ?? input;
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
  const lengths = tensors[`${name}.lengths`];
  return Array.from({ length: values.length / size }, (_, example) => {
    const tokens = [...values.subarray(example * size, example * size + (lengths?.[example] ?? size))];
    const end = decode?.from === "tokens" ? tokens.indexOf(decode.eos) : -1;
    return end < 0 ? tokens : tokens.slice(0, end);
  });
}
