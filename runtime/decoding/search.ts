/** The likeliest sequence of tokens of a model that reads its own output: greedy and beam search, for one example. */
import { logSoftmaxRow } from "./log-softmax.ts";

/** A model in the middle of a sequence. */
export interface Searched {
  /** Reads a token; gives the logits `[V]` of the next. */
  readonly step: (token: number) => Promise<Float32Array>;
  /** The same, to be gone on from twice. */
  readonly fork: () => Searched;
}

export interface SearchOptions {
  /** What is read before the first token: that of the beginning, or the last of what is gone on from. */
  readonly first: number;
  readonly eos: number;
  /** Sequences kept at each step; 1 is greedy search. */
  readonly beamSize: number;
  /** alpha of ((5 + length) / 6)^alpha (Wu et al. 2016), by which log-probabilities are divided; 0: not at all. */
  readonly lengthPenalty: number;
  /** Most tokens, that of the end included. */
  readonly maxLength: number;
  readonly nBest: number;
}

export interface Found {
  readonly tokens: readonly number[];
  readonly score: number;
  readonly complete: boolean;
}

interface Live {
  readonly tokens: readonly number[];
  readonly logProbability: number;
  readonly state: Searched;
}

/**
 * Keeps the `beamSize` likeliest beginnings at each step (of equal ones the earlier, then the smaller token), and stops when
 * no beginning can become better than the worst of the `nBest` found.
 *
 * @returns best first, without the token of the end; what had not ended by `maxLength` is not complete
 */
export async function search(start: Searched, options: SearchOptions): Promise<readonly Found[]> {
  const { first, eos, beamSize, maxLength, nBest } = options;
  const found: Found[] = [];
  let live: readonly Live[] = [{ tokens: [], logProbability: 0, state: start }];
  for (let length = 1; length <= maxLength && live.length > 0; length += 1) {
    const next: Live[] = [];
    for (const { parent, token, logProbability } of await likeliest(live, beamSize, first)) {
      if (token === eos) {
        const score = logProbability / penalty(length, options);
        found.push({ tokens: parent.tokens, score, complete: true });
      } else {
        next.push({ tokens: [...parent.tokens, token], logProbability, state: parent.state.fork() });
      }
    }
    live = next;
    if (isSettled(found, live, options)) break;
    if (length === maxLength) {
      for (const { tokens, logProbability } of live) {
        found.push({ tokens, score: logProbability / penalty(length, options), complete: false });
      }
    }
  }
  return found.sort(better).slice(0, nBest);
}

interface Candidate {
  readonly parent: Live;
  readonly token: number;
  readonly logProbability: number;
}

async function likeliest(live: readonly Live[], count: number, first: number): Promise<readonly Candidate[]> {
  const kept: Candidate[] = [];
  for (const parent of live) {
    const logits = await parent.state.step(parent.tokens[parent.tokens.length - 1] ?? first);
    const row = logSoftmaxRow(logits);
    for (let token = 0; token < row.length; token += 1) {
      const logProbability = parent.logProbability + (row[token] ?? Number.NEGATIVE_INFINITY);
      const last = kept[kept.length - 1];
      if (kept.length === count && last !== undefined && logProbability <= last.logProbability) continue;
      // Behind all that are as likely: what came first stays first.
      let place = kept.length;
      while (place > 0 && (kept[place - 1]?.logProbability ?? 0) < logProbability) place -= 1;
      kept.splice(place, 0, { parent, token, logProbability });
      if (kept.length > count) kept.pop();
    }
  }
  return kept;
}

/** Longer sequences are divided by more, so what a beginning can still reach is its own log-probability at full length. */
function isSettled(found: readonly Found[], live: readonly Live[], options: SearchOptions): boolean {
  if (found.length < options.nBest) return false;
  const worst = [...found].sort(better)[options.nBest - 1]?.score ?? Number.NEGATIVE_INFINITY;
  const longest = penalty(options.maxLength, options);
  return live.every(({ logProbability }) => logProbability / longest < worst);
}

function penalty(length: number, { lengthPenalty }: SearchOptions): number {
  return ((5 + length) / 6) ** lengthPenalty;
}

/** Equal scores: the shorter, then the one with the smaller first different token. */
function better(left: Found, right: Found): number {
  if (left.score !== right.score) return right.score - left.score;
  if (left.tokens.length !== right.tokens.length) return left.tokens.length - right.tokens.length;
  const place = left.tokens.findIndex((token, index) => token !== right.tokens[index]);
  return (left.tokens[place] ?? 0) - (right.tokens[place] ?? 0);
}
