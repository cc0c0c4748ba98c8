/** `specloom bench SPEC`: what a training step and a prediction of this model take here, on every backend. */
import os from "node:os";
import { InvalidArgumentError, Option, type Command } from "commander";
import type { Compilation } from "../../compiler/contracts/programs.ts";
import type { ModelHandle } from "@specloom/runtime/internal/contract-live";
import type { BackendReport } from "@specloom/runtime/internal/contract-backend";
import { problemsOf } from "@specloom/runtime/internal/problem";
import { listenForInterrupt } from "../run/interrupt.ts";
import { benchProgress } from "../support/bench/bench-progress.ts";
import { Bout, type Bench } from "../support/bench/bout.ts";
import { agreementOf, figuresOf, type Figures } from "../support/bench/figures.ts";
import {
  agreementText,
  leftOutText,
  noiseText,
  predictionTable,
  readingText,
  trainingTable,
} from "../support/bench/figures-text.ts";
import { syntheticExamples } from "../support/bench/synthetic.ts";
import {
  BENCH_BACKENDS,
  chooseVariants,
  needsGpu,
  type BenchBackend,
  type LeftOut,
  type Variant,
} from "../support/bench/variants.ts";
import { createModel } from "../support/create-model.ts";
import { EXIT } from "../support/faults.ts";
import { loadModule } from "../support/load-module.ts";
import { jsonOption, quietOption, setOption, wholeNumber } from "../support/options.ts";
import type { Session } from "../support/session.ts";
import { assembled, compileSpec } from "../support/spec-file.ts";
import { scaledText, wrapped } from "../support/table.ts";
import { say } from "../support/terminal.ts";

interface BenchFlags {
  readonly backend: readonly BenchBackend[];
  readonly seconds: number;
  readonly threads?: number;
  readonly set: readonly string[];
  readonly json?: boolean;
  readonly quiet?: boolean;
}

const ROUNDS = 3;

export function addBench(program: Command, session: Session): void {
  program
    .command("bench")
    .summary("measure a model on every backend of this machine")
    .description(
      "Trains and predicts on made-up data of the spec's shapes, on every backend that works here, and says what a step " +
        "takes. The data file is not read. Ctrl-C shows what was measured so far.",
    )
    .argument("<spec>", "a spec file")
    .addOption(
      new Option("--backend <names>", `measure only these (${BENCH_BACKENDS.join(", ")}); may be repeated`)
        .default([], "all that work")
        .argParser(backendNames),
    )
    .addOption(new Option("--seconds <s>", "time for each of them").default(2).argParser(secondsNumber))
    .addOption(
      new Option("--threads <n>", "of wasm: this many (default: one, and as many as pay)").argParser(wholeNumber(1)),
    )
    .addOption(setOption())
    .addOption(jsonOption("the figures"))
    .addOption(quietOption())
    .action((spec: string, flags: BenchFlags) => session.run(flags, () => bench(session, spec, flags)));
}

function backendNames(value: string, before: readonly BenchBackend[]): readonly BenchBackend[] {
  const names = value.split(",").map((name) => name.trim());
  const known = names.flatMap((name) => BENCH_BACKENDS.filter((backend) => backend === name));
  if (known.length < names.length) {
    throw new InvalidArgumentError(`Allowed choices are ${BENCH_BACKENDS.join(", ")}, separated by commas.`);
  }
  return [...before, ...known];
}

function secondsNumber(value: string): number {
  const seconds = /^\d*\.?\d+$/.test(value.trim()) ? Number(value) : Number.NaN;
  if (seconds > 0 && Number.isFinite(seconds)) return seconds;
  throw new InvalidArgumentError("It must be a number above 0.");
}

async function bench(session: Session, spec: string, flags: BenchFlags): Promise<number> {
  const subject = await compileForBench(session, spec, flags.set);
  const { handle, compilation } = subject;
  const { definition } = handle;
  const chosen = await chooseVariants(definition, { backends: flags.backend, threads: flags.threads });
  const { variants } = chosen;
  const seconds = variants.length * flags.seconds;
  session.note(
    `measuring ${String(variants.length)} variants for about ${String(Number(seconds.toPrecision(2)))} s ` +
      "(slow ones take longer)",
  );
  const load = os.loadavg()[0] ?? 0;
  const result = await measure(session, handle, { ...chosen, seconds: flags.seconds });
  const memory = { programs: compilation.programs, wasm: await definition.wasm?.load() };
  const figures = result.bouts.map((bout) => figuresOf(bout, definition, memory));
  const { leftOut, failures, interrupted } = result;
  const agreement = agreementOf(figures);
  figures.forEach((one) => {
    session.emit(one);
  });
  session.emit({
    name: definition.name,
    batch_size: definition.batchSize,
    matrix_flops: definition.wasm?.flops ?? null,
    compile: subject.compile,
    losses_agree: figures.length < 2 ? null : agreement.agree,
    losses_apart: agreement.apart,
    load,
    cores: os.availableParallelism(),
    not_measured: leftOut,
    interrupted,
  });
  if (figures.length > 0) {
    session.print(`\n${trainingTable(figures)}\n\n${predictionTable(figures, definition.batchSize)}\n`);
    session.print(`${readingText(figures)}\n`);
    const isQuiet = agreement.agree || figures.length < 2;
    if (isQuiet) session.print(agreementText(agreement, figures));
    else say(session.terminal.stderr, `${agreementText(agreement, figures)}\n`);
    session.print(noiseText(figures, { load, cores: os.availableParallelism() }));
  }
  for (const line of remarks(figures, flags.threads)) session.print(wrapped(line, { indent: "  " }));
  if (leftOut.length > 0) session.print(leftOutText(leftOut));
  const worst = failures.reduce<number>((code, error) => Math.max(code, session.tell(error)), EXIT.ok);
  if (interrupted) return EXIT.interrupted;
  return figures.length > 1 && !agreement.agree ? EXIT.mistake : worst;
}

interface BenchSubject {
  readonly handle: ModelHandle;
  readonly compilation: Compilation;
  readonly compile: { readonly compile_ms: number; readonly webassembly_ms: number; readonly reused: boolean };
}

async function compileForBench(session: Session, spec: string, overrides: readonly string[]): Promise<BenchSubject> {
  const started = performance.now();
  const { compilation } = await compileSpec(session.terminal, spec, overrides, {
    withoutData: true,
    note: session.note,
  });
  const compiled = performance.now();
  const whole = await assembled(compilation, session.terminal.env);
  const done = performance.now();
  const handle = await loadModule(whole.moduleText);
  const { definition } = handle;
  const flops = definition.wasm?.flops ?? 0;
  const { batchSize, name } = definition;
  session.print(
    wrapped(
      `${name}: one training step of ${batchSize === 1 ? "one example" : `${String(batchSize)} examples`} ` +
        (flops === 0
          ? "has no matrix product that is large enough to count"
          : `is ${scaledText(flops, "FLOP")} of matrix products`),
    ),
  );
  const seconds = (from: number, to: number): string => `${((to - from) / 1000).toFixed(2)} s`;
  session.print(
    `compiled in ${seconds(started, compiled)}; WebAssembly ` +
      (whole.reused ? `from the cache in ${seconds(compiled, done)}` : `assembled in ${seconds(compiled, done)}`),
  );
  return {
    handle,
    compilation,
    compile: { compile_ms: compiled - started, webassembly_ms: done - compiled, reused: whole.reused },
  };
}

interface Plan {
  readonly variants: readonly Variant[];
  readonly leftOut: readonly LeftOut[];
  readonly seconds: number;
}

interface Outcome {
  readonly bouts: readonly Bout[];
  readonly leftOut: readonly LeftOut[];
  /** Of variants that were asked for by name. */
  readonly failures: readonly unknown[];
  readonly interrupted: boolean;
}

/** In rounds, each over all backends: what disturbs the machine for a while disturbs all of them. */
async function measure(session: Session, handle: ModelHandle, plan: Plan): Promise<Outcome> {
  const { definition } = handle;
  const seed = handle.definition.training.seed;
  const { terminal } = session;
  const progress = benchProgress(terminal, plan.variants.length * (1 + ROUNDS), session.quiet);
  const interrupt = listenForInterrupt(() => {
    progress.show("stopping after this call");
  }, terminal.signals);
  const bench: Bench = {
    batch: syntheticExamples(definition, definition.batchSize, seed),
    one: syntheticExamples(definition, 1, seed),
    signal: interrupt.signal,
  };
  const bouts: Bout[] = [];
  const leftOut = [...plan.leftOut];
  const failures: unknown[] = [];
  try {
    for (const variant of plan.variants) {
      if (interrupt.signal.aborted) break;
      progress.show(`starting ${variant.backend}`);
      try {
        const { backend, simd, threads, isAsked } = variant;
        const create = () => createModel(handle, { backend, simd, threads, seed });
        bouts.push(await Bout.start(variant, bench, create, isAsked ? () => undefined : refuseSoftware));
      } catch (error) {
        if (variant.isAsked || !needsGpu(variant.backend)) failures.push(error);
        else leftOut.push({ what: variant.backend, reason: reasonOf(error) });
      }
      progress.advance();
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    for (let round = 1; round <= ROUNDS; round += 1) {
      for (const bout of bouts) {
        if (interrupt.signal.aborted) break;
        progress.show(`round ${String(round)} of ${String(ROUNDS)}: ${bout.variant.backend}`);
        await bout.round(plan.seconds / ROUNDS);
        progress.advance();
      }
    }
  } finally {
    progress.stop();
    interrupt.release();
    for (const bout of bouts) await bout.dispose();
  }
  return { bouts, leftOut, failures, interrupted: interrupt.signal.aborted };
}

class SoftwareAdapter extends Error {}

/** Nobody who asks for all that works here means a renderer that computes on the CPU. */
function refuseSoftware({ software, adapter, backend }: BackendReport): void {
  if (!software) return;
  throw new SoftwareAdapter(
    `${adapter ?? "its adapter"} is software that computes on the CPU; --backend ${backend} measures it all the same`,
  );
}

function reasonOf(error: unknown): string {
  if (error instanceof SoftwareAdapter) return error.message;
  const found = problemsOf(error);
  if (found === undefined) throw error;
  return found.problems.map(({ message }) => message).join(" ");
}

/** What else must be known of what ran. */
function remarks(figures: readonly Figures[], asked = 1): readonly string[] {
  const most = Math.max(0, ...figures.map(({ threads }) => threads));
  const isWasm = figures.some(({ backend }) => backend.backend === "wasm");
  const fewer =
    isWasm && most < asked
      ? [`--threads ${String(asked)}: ${String(most)} ran, for more do not pay or the machine has no more cores`]
      : [];
  const ofEach = figures.flatMap(({ name, backend: { adapter, software, fallbackReason } }) => [
    ...(adapter === null ? [] : [`${name} ran on ${adapter}${software ? ", software that computes on the CPU" : ""}`]),
    ...(fallbackReason === null ? [] : [`${name}: ${fallbackReason}`]),
  ]);
  return [...fewer, ...ofEach];
}
