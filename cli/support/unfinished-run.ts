/** A run whose training has not ended: it was stopped, was killed, or goes on at this moment. */
import { existsSync } from "node:fs";
import { readRunFile, runFile } from "../../runtime/run/directory.ts";
import { KEPT_KEY } from "../../runtime/run/session.ts";
import { readCounters, type TrainingCounters } from "../../runtime/training/state.ts";
import { keptText, type KeptPlace } from "./kept-text.ts";
import { Mistake } from "./mistake.ts";
import { readOrigin, type RanOn } from "./run-origin.ts";
import { jsonOrNull, readMetadata } from "./stored-facts.ts";
import { reach, type Terminal } from "./terminal.ts";

export interface UnfinishedRun {
  readonly counters: TrainingCounters;
  readonly kept: KeptPlace;
  readonly ranOn: readonly RanOn[];
  /** `the training of runs/a/1 has not ended (epoch 3, step 12); the last weights are kept, after ...` */
  readonly text: string;
}

/** @returns undefined of a run that has ended: it has its metrics */
export async function readUnfinished(terminal: Terminal, run: string): Promise<UnfinishedRun | undefined> {
  const directory = reach(terminal, run);
  if (existsSync(runFile(directory, "metrics"))) return undefined;
  const checkpoint = readMetadata(await readRunFile(directory, "checkpoint"), runFile(run, "checkpoint")).metadata;
  const counters = readCounters(jsonOrNull(checkpoint["training"]));
  // The checkpoint's checksum was right: what is written there is what a run wrote.
  const kept = jsonOrNull(checkpoint[KEPT_KEY]) as KeptPlace | null;
  if (typeof counters === "string" || kept === null) {
    throw new Mistake({
      code: "unusable-run-file",
      message: "this run does not say how far its training has come.",
      help: "resume it with `specloom run SPEC --resume`, or train again.",
      file: run,
    });
  }
  const place = `epoch ${String(counters.epoch + 1)}, step ${String(counters.step)}`;
  const text = `the training of ${run} has not ended (${place}); ${keptText(kept, counters)}`;
  return { counters, kept, ranOn: readOrigin(checkpoint)?.ran_on ?? [], text };
}
