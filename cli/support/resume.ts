/** A run that is taken up again: its folder locked, its checkpoint read, and whatever changed since refused or said. */
import { stat } from "node:fs/promises";
import type { ModelDefinition } from "@specloom/runtime/internal/contract";
import type { LiveModel, SimdVariant } from "@specloom/runtime/internal/contract-live";
import type { Backend } from "@specloom/runtime/internal/contract-backend";
import { checkSpecHash } from "@specloom/runtime/internal/model/parameters";
import { Problem } from "@specloom/runtime/internal/problem";
import { readRunFile, RUN_FILES, runFile, runFilesIn } from "../run/directory.ts";
import { lockRun } from "../run/lock.ts";
import type { RunLock } from "../run/lock.ts";
import { readCounters } from "@specloom/runtime/internal/training/state";
import { numbersText } from "./backend-text.ts";
import { createModel, type ModelRequest } from "./create-model.ts";
import { Mistake } from "./mistake.ts";
import { readOrigin, type RanOn, type RunOrigin } from "./run-origin.ts";
import type { Session } from "./session.ts";
import { jsonOrNull, readMetadata, type ReadFacts } from "./stored-facts.ts";
import type { Subject } from "./subject.ts";
import { reach } from "./terminal.ts";

export interface ResumedRun {
  /** As the user wrote it, and for file functions. */
  readonly run: string;
  readonly directory: string;
  readonly lock: RunLock;
  readonly stored: ReadFacts;
  readonly origin: RunOrigin | undefined;
  /** Updates behind the checkpoint. */
  readonly step: number;
}

/** @throws Mistake or Problem about the folder, its checkpoint, or a process that trains there */
export async function takeUp(session: Session, { definition }: Subject["handle"], run: string): Promise<ResumedRun> {
  const directory = reach(session.terminal, run);
  const facts = await stat(directory).catch(() => undefined);
  if (facts?.isDirectory() !== true) {
    throw new Mistake({
      code: "not-a-run",
      message: facts === undefined ? "there is no such run." : "this is a file, but the folder of a run was expected.",
      help: "name the folder that `specloom run` printed, such as runs/next-number/1.",
      file: run,
    });
  }
  const lock = await lockRun(directory);
  try {
    await refuseWithoutCheckpoint(directory, run, lock);
    const file = runFile(run, "checkpoint");
    const stored = readMetadata(await readRunFile(directory, "checkpoint"), file);
    refuseAnotherSpec(definition, stored, file);
    const counters = readCounters(jsonOrNull(stored.metadata["training"]));
    const step = typeof counters === "string" ? 0 : counters.step;
    return { run, directory, lock, stored, origin: readOrigin(stored.metadata), step };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** Of a folder without a checkpoint: a run that did nothing before it was stopped, one that lost its checkpoint, or no run. */
async function refuseWithoutCheckpoint(directory: string, run: string, { wasAbandoned }: RunLock): Promise<void> {
  if (await exists(runFile(directory, "checkpoint"))) return;
  if (!wasAbandoned && !(await exists(runFile(directory, "log")))) {
    throw new Mistake({
      code: "not-a-run",
      message: `this folder holds no run: it has no ${RUN_FILES.checkpoint}.`,
      help: "name the folder of one run, such as runs/next-number/1.",
      file: run,
    });
  }
  if ((await runFilesIn(directory, wasAbandoned)).length === 0) {
    throw new Mistake({
      code: "nothing-to-resume",
      message:
        "this run was stopped before its first checkpoint, so nothing of it is lost and there is nothing to resume.",
      help: `start it again: the same command with --out ${run} instead of --resume ${run}.`,
      file: run,
    });
  }
  throw new Mistake({
    code: "unusable-run-file",
    message: `the ${RUN_FILES.checkpoint} of this run is missing, and without it the run cannot go on.`,
    help: (await exists(runFile(directory, "weights")))
      ? `start a new run from its weights: the same command with --weights ${runFile(run, "weights")} instead of --resume ${run}.`
      : "train again, into another folder.",
    file: run,
  });
}

/**
 * Of a file that could not be written: the same with what is saved all the same, and how to go on from there.
 *
 * @param place.command what starts this training
 */
export async function savedPlace(
  error: unknown,
  { directory, run, command }: { readonly directory: string; readonly run: string; readonly command: string },
): Promise<unknown> {
  if (!(error instanceof Problem) || error.code !== "file-not-written") return error;
  try {
    const { metadata } = readMetadata(await readRunFile(directory, "checkpoint"), run);
    const counters = readCounters(jsonOrNull(metadata["training"]));
    if (typeof counters === "string") return error;
    const { message, file, code, help = "" } = error;
    const saved = `The training is saved up to step ${String(counters.step)}; go on from there with: ${command} --resume ${run}`;
    return new Problem({ code, message, file, help: `${help} ${saved}` });
  } catch {
    // Without a checkpoint nothing is saved.
    return error;
  }
}

async function exists(file: string): Promise<boolean> {
  return (await stat(file).catch(() => undefined)) !== undefined;
}

function refuseAnotherSpec(definition: ModelDefinition, { metadata }: ReadFacts, file: string): void {
  try {
    checkSpecHash(definition, { metadata, tensors: new Map() });
  } catch (error) {
    throw error instanceof Problem ? error.at({ file }) : error;
  }
}

/**
 * The model on what the run ran on: where `auto` would take something else, what the run took; the variant of wasm too.
 *
 * @param mayChange whether another backend is fine
 * @throws Problem `checkpoint-mismatch` where the numbers would be others in their last bits, and that was not asked for
 */
export async function createResumed(
  session: Session,
  subject: Subject,
  resumed: ResumedRun,
  { mayChange, ...request }: ModelRequest & { readonly mayChange: boolean },
): Promise<{ readonly live: LiveModel; readonly ranOn: readonly RanOn[] }> {
  const live = await createModel(subject.handle, request);
  const before = resumed.origin?.ran_on ?? [];
  const last = before.at(-1);
  const now = numbersText(live.report());
  if (last === undefined || last.numbers === now) return { live, ranOn: before.length > 0 ? before : [entry(0, now)] };
  if (mayChange) {
    session.note(
      `note: the run ran on ${last.numbers} so far, and goes on on ${now}: its last bits are not those of either.`,
    );
    return { live, ranOn: [...before, entry(resumed.step, now)] };
  }
  await live.dispose();
  const same = await sameAsBefore(subject, request, last);
  if (same === undefined) throw otherBackend(resumed.run, last.numbers, now);
  session.note(`backend: that of the run, ${last.numbers}`);
  return { live: same, ranOn: before };
}

function entry(step: number, numbers: string): RanOn {
  return { from_step: step, numbers };
}

/** A model whose numbers are those of before; undefined where it was not asked for, or cannot be here. */
async function sameAsBefore(
  subject: Subject,
  request: ModelRequest,
  { numbers }: RanOn,
): Promise<LiveModel | undefined> {
  // What is no backend is refused below, like one that cannot run here.
  const backend = (/^\w+/.exec(numbers)?.[0] ?? "") as Backend;
  if (request.backend !== "auto" && request.backend !== backend) return undefined;
  const simd: SimdVariant | undefined =
    backend !== "wasm" ? undefined : numbers.includes("relaxed-simd") ? "relaxed" : "plain";
  try {
    const live = await createModel(subject.handle, { ...request, backend, simd });
    if (numbersText(live.report()) === numbers) return live;
    await live.dispose();
  } catch (error) {
    // That it cannot run here is what is said then, in one message with what would run instead.
    if (!(error instanceof Problem)) throw error;
  }
  return undefined;
}

function otherBackend(run: string, before: string, now: string): Problem {
  return new Problem({
    code: "checkpoint-mismatch",
    message: `"${run}" ran on ${before}, and would go on on ${now}: the last bits of its numbers would be others.`,
    help:
      "resume it on the machine and with the options (--backend, SPECLOOM_WASM) that it was started with, or add " +
      "--change-backend to go on all the same.",
    file: run,
  });
}
