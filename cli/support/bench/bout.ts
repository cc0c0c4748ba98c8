/** One backend of a bench: a live model, what its calls took, and what came out of them. */
import type { LiveModel } from "@specloom/runtime/internal/contract-live";
import type { BackendReport } from "@specloom/runtime/internal/contract-backend";
import { Breather } from "@specloom/runtime/internal/model/turns";
import type { SyntheticExamples } from "./synthetic.ts";
import type { Variant } from "./variants.ts";

export interface Bench {
  readonly batch: SyntheticExamples;
  readonly one: SyntheticExamples;
  readonly signal: AbortSignal;
}

/** Times in milliseconds. */
export interface Samples {
  /** Of all rounds, in order. */
  readonly all: number[];
  /** The middle of each round. */
  readonly rounds: number[];
}

/** Shares of a backend's time. */
const SHARES = { step: 0.7, one: 0.15, batch: 0.15 } as const;
export type Timed = keyof typeof SHARES;

export class Bout {
  readonly samples: Readonly<Record<Timed, Samples>> = {
    step: { all: [], rounds: [] },
    one: { all: [], rounds: [] },
    batch: { all: [], rounds: [] },
  };
  /** Before the first and before the second update. */
  readonly losses: number[] = [];
  readonly #breather = new Breather();
  #report: BackendReport | undefined;

  /** @param startMs creating the model and its first step, for which a backend compiles what it needs */
  private constructor(
    readonly variant: Variant,
    private readonly live: LiveModel,
    private readonly bench: Bench,
    readonly startMs: number,
  ) {}

  /** Takes over the model: `dispose` ends it. */
  static async start(
    variant: Variant,
    bench: Bench,
    create: () => Promise<LiveModel>,
    accept: (report: BackendReport) => void,
  ): Promise<Bout> {
    const began = performance.now();
    const live = await create();
    try {
      accept(live.report());
      const { loss } = await live.trainStep(bench.batch.train);
      const bout = new Bout(variant, live, bench, performance.now() - began);
      bout.losses.push(loss);
      await bout.#secondStep();
      return bout;
    } catch (error) {
      await live.dispose();
      throw error;
    }
  }

  /** What ran; known for good when it has. */
  get report(): BackendReport {
    return this.#report ?? this.live.report();
  }

  async dispose(): Promise<void> {
    this.#report = this.report;
    await this.live.dispose();
  }

  /** Measures steps and predictions for about that many seconds; each once at the least, unless it is to stop. */
  async round(seconds: number): Promise<void> {
    const { batch, one } = this.bench;
    // Nothing is learnt any more: overtrained, a model ends in numbers so small that processors get slow with them.
    await this.#measure("step", seconds, () => this.live.trainStep(batch.train, { learningRate: 0 }));
    await this.#measure("one", seconds, () => this.live.predict(one.predict));
    if (this.live.definition.batchSize === 1) return;
    await this.#measure("batch", seconds, () => this.live.predict(batch.predict));
  }

  async #secondStep(): Promise<void> {
    const began = performance.now();
    const { loss } = await this.live.trainStep(this.bench.batch.train);
    this.losses.push(loss);
    // One that takes seconds need not be repeated to be known.
    this.samples.step.all.push(performance.now() - began);
  }

  async #measure(what: Timed, seconds: number, call: () => Promise<unknown>): Promise<void> {
    const { all, rounds } = this.samples[what];
    const limit = seconds * SHARES[what] * 1000;
    const isKnown = all.length > 0 && Math.min(...all) > limit;
    if (isKnown) return;
    if (what !== "step" && all.length === 0) await call();
    const own: number[] = [];
    const end = performance.now() + limit;
    do {
      if (this.bench.signal.aborted) break;
      const began = performance.now();
      await call();
      own.push(performance.now() - began);
      await this.#breather.pause();
    } while (performance.now() < end);
    if (own.length === 0) return;
    // The second step of all was still cold.
    if (what === "step" && rounds.length === 0) all.length = 0;
    for (const sample of own) all.push(sample);
    rounds.push(quantile(own, 0.5));
  }
}

/** Between the two neighbours where it falls between samples. @param share 0 .. 1 */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = Float64Array.from(samples).sort();
  const place = (sorted.length - 1) * share;
  const low = sorted[Math.floor(place)] ?? Number.NaN;
  const high = sorted[Math.ceil(place)] ?? Number.NaN;
  return low + (high - low) * (place - Math.floor(place));
}
