/** What was measured of the backends, as plain facts. */
import type { Compilation } from "../../../compiler/contracts/programs.ts";
import type { ModelDefinition, WasmTarget } from "@specloom/runtime/internal/contract";
import type { BackendReport } from "@specloom/runtime/internal/contract-backend";
import { programCost } from "../cost.ts";
import { quantile, type Bout } from "./bout.ts";

/** Plain JSON; times in milliseconds. */
export interface Figures {
  readonly name: string;
  readonly backend: BackendReport;
  readonly threads: number;
  readonly steps: number;
  readonly step_ms: Spread | null;
  readonly steps_per_second: number | null;
  /** Of matrix products; null for models without. */
  readonly gflops: number | null;
  readonly predict_one_ms: Spread | null;
  /** Null where a batch is one example. */
  readonly predict_batch_ms: Spread | null;
  /** Before the first and before the second update. */
  readonly losses: readonly number[];
  /** Planned: of wasm its linear memory, of gpu.js all buffers of a training step. */
  readonly memory_bytes: number;
  /** Creating the model and its first step. */
  readonly start_ms: number;
  /** How far the rounds' middles are apart: largest / smallest; null before the second round. */
  readonly rounds_apart: number | null;
}

export interface Spread {
  readonly median: number;
  readonly p10: number;
  readonly p90: number;
}

export function figuresOf(bout: Bout, definition: ModelDefinition, memory: MemoryNeeds): Figures {
  const { samples, report, losses, startMs } = bout;
  const step = spreadOf(samples.step.all);
  const flops = definition.wasm?.flops ?? 0;
  const threads = threadsOf(report);
  const { rounds } = samples.step;
  return {
    name: nameOf(report),
    backend: report,
    threads,
    steps: samples.step.all.length,
    step_ms: step,
    steps_per_second: step === null ? null : 1000 / step.median,
    gflops: step === null || flops === 0 ? null : flops / step.median / 1e6,
    predict_one_ms: spreadOf(samples.one.all),
    predict_batch_ms: spreadOf(samples.batch.all),
    losses,
    memory_bytes: memoryOf(report, threads, memory),
    start_ms: startMs,
    rounds_apart: rounds.length < 2 ? null : Math.max(...rounds) / Math.min(...rounds),
  };
}

function spreadOf(samples: readonly number[]): Spread | null {
  if (samples.length === 0) return null;
  return { median: quantile(samples, 0.5), p10: quantile(samples, 0.1), p90: quantile(samples, 0.9) };
}

/** What ran, never what was asked for: `wasm, relaxed SIMD, 2 threads`, `gpu.js webasm`. */
export function nameOf({ backend, executorKind }: BackendReport): string {
  if (backend !== "wasm") return `gpu.js ${backend}`;
  const kind = (executorKind ?? "").replace("relaxed-simd", "relaxed SIMD").replace(/^simd/, "plain SIMD");
  return `wasm, ${kind}`;
}

function threadsOf({ executorKind }: BackendReport): number {
  return Number(/(\d+) threads/.exec(executorKind ?? "")?.[1] ?? 1);
}

/** What a training step needs on each target, in bytes. */
export interface MemoryNeeds {
  readonly programs: Compilation["programs"];
  readonly wasm: Pick<WasmTarget, "memoryBytes" | "threadBytes"> | undefined;
}

function memoryOf({ backend }: BackendReport, threads: number, { wasm, programs }: MemoryNeeds): number {
  if (backend !== "wasm" || wasm === undefined) return programCost(programs.train_step).memory;
  return wasm.memoryBytes + (threads - 1) * wasm.threadBytes;
}

/** Backends round differently; more than this apart they compute something else. */
const TOLERANCE = 1e-4;

export interface Agreement {
  readonly agree: boolean;
  /** Largest difference of two losses, as a share of their size. */
  readonly apart: number;
}

/** Whether all backends had the same losses before the first and, after an update, before the second step. */
export function agreementOf(all: readonly Pick<Figures, "losses">[]): Agreement {
  let apart = 0;
  for (const position of [0, 1]) {
    const losses = all.map(({ losses: own }) => own[position] ?? Number.NaN);
    const [least, most] = [Math.min(...losses), Math.max(...losses)];
    const size = Math.max(Math.abs(least), Math.abs(most), 1e-30);
    apart = Math.max(apart, (most - least) / size);
  }
  return { agree: apart <= TOLERANCE, apart };
}
