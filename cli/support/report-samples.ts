/** What a model that writes makes of some test examples, for a report. */
import type { LiveModel } from "@specloom/runtime/internal/contract-live";
import type { Dataset } from "../data/dataset.ts";
import { readsOwnTokensOnly } from "@specloom/runtime/internal/model/decoded-examples";
import type { SamplesFacts } from "../report/facts.ts";
import { decodedExamplesOf } from "./decoded-part.ts";

const MOST_SAMPLES = 12;

/** @returns undefined where the model writes nothing, or there is no test part to write from */
export async function samplesOf(live: LiveModel, { test }: Dataset): Promise<SamplesFacts | undefined> {
  const { decode } = live.definition;
  if (decode === undefined || test.count === 0) return undefined;
  const search = decode.kind === "greedy" ? "greedy search" : `beam search, beam_size ${String(decode.beamSize)}`;
  if (readsOwnTokensOnly(live.definition)) {
    const [[best] = []] = await live.decode({});
    if (best === undefined) return undefined;
    const row = { example: 1, source: undefined, truth: [], written: best.tokens, score: best.score };
    return { search: `${search}; from nothing`, rows: [{ ...row, complete: best.complete }] };
  }
  const chosen = Array.from({ length: Math.min(MOST_SAMPLES, test.count) }, (_, index) => index);
  const decoded = await decodedExamplesOf(live, test, chosen);
  if (decoded === undefined) return undefined;
  return {
    search,
    rows: decoded.examples.map(({ source, truth, written: { tokens, score, complete } }, index) => ({
      example: (chosen[index] ?? 0) + 1,
      source,
      truth,
      written: tokens,
      score,
      complete,
    })),
  };
}
