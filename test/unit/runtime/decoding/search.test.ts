import { describe, expect, it } from "vitest";
import { search } from "../../../../runtime/decoding/search.ts";
import type { Found, Searched, SearchOptions } from "../../../../runtime/decoding/search.ts";
import { seeded } from "../../../support/seeded.ts";

const vocabulary = 4;
const usual: SearchOptions = { first: 0, eos: 3, beamSize: 1, lengthPenalty: 0, maxLength: 5, nBest: 1 };

/** Logits that depend on all tokens so far, by a hash of them. */
function logitsAfter(tokens: readonly number[], seed: number): Float32Array {
  const draw = seeded(tokens.reduce((hash, token) => (hash * 31 + token + 1) % 100003, seed));
  return Float32Array.from({ length: vocabulary }, () => draw.unit() * 4);
}

function model(seed: number, tokens: readonly number[] = []): Searched {
  let read = tokens;
  return {
    step: (token) => {
      read = [...read, token];
      return Promise.resolve(logitsAfter(read, seed));
    },
    fork: () => model(seed, read),
  };
}

/** Every sequence there is, with its score. */
function everything(seed: number, { first, eos, maxLength, lengthPenalty }: SearchOptions): readonly Found[] {
  const found: Found[] = [];
  const visit = (tokens: readonly number[], logProbability: number): void => {
    const logits = logitsAfter([first, ...tokens], seed);
    const total = Math.log(logits.reduce((sum, value) => sum + Math.exp(value), 0));
    logits.forEach((logit, token) => {
      const own = logProbability + logit - total;
      const length = tokens.length + 1;
      const score = own / ((5 + length) / 6) ** lengthPenalty;
      if (token === eos) found.push({ tokens, score, complete: true });
      else if (length === maxLength) found.push({ tokens: [...tokens, token], score, complete: false });
      else visit([...tokens, token], own);
    });
  };
  visit([], 0);
  return found.sort((left, right) => right.score - left.score);
}

const rounded = (found: readonly Found[]) => found.map((one) => ({ ...one, score: Math.round(one.score * 1e9) }));

describe("beam search", () => {
  it.each([0, 0.6, 1.5])("that keeps everything finds what is best of all, with length penalty %s", async (alpha) => {
    for (let seed = 1; seed <= 20; seed++) {
      const options = { ...usual, beamSize: 400, nBest: 7, lengthPenalty: alpha };
      expect(rounded(await search(model(seed), options))).toEqual(rounded(everything(seed, options).slice(0, 7)));
    }
  });

  it("of one sequence is greedy search", async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const [found] = await search(model(seed), usual);
      const tokens = [usual.first];
      for (let length = 0; length < usual.maxLength; length++) {
        const logits = logitsAfter(tokens, seed);
        tokens.push(logits.indexOf(Math.max(...logits)));
        if (tokens[tokens.length - 1] === usual.eos) break;
      }
      const ended = tokens[tokens.length - 1] === usual.eos;
      expect(found?.tokens).toEqual(tokens.slice(1, ended ? -1 : undefined));
      expect(found?.complete).toBe(ended);
    }
  });

  it("of more sequences never finds a worse one than everything it has kept", async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const wide = await search(model(seed), { ...usual, beamSize: 3, nBest: 3 });
      const scores = wide.map(({ score }) => score);
      expect(scores).toEqual([...scores].sort((left, right) => right - left));
      expect(new Set(wide.map(({ tokens, complete }) => `${tokens.join()} ${complete}`)).size).toBe(wide.length);
    }
  });

  it("takes the smallest of equally likely tokens", async () => {
    const even: Searched = { step: () => Promise.resolve(new Float32Array(vocabulary)), fork: () => even };
    expect(await search(even, { ...usual, maxLength: 2 })).toMatchObject([{ tokens: [0, 0], complete: false }]);
  });

  it("stops at the greatest length", async () => {
    const endless: Searched = { step: () => Promise.resolve(Float32Array.of(0, 5, 0, -9)), fork: () => endless };
    expect(await search(endless, { ...usual, maxLength: 3 })).toMatchObject([{ tokens: [1, 1, 1], complete: false }]);
  });
});
