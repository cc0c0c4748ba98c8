/** A run whose training has not come to its goal: it was stopped, was killed, failed, or goes on at this moment. */
import { existsSync } from "node:fs";
import { readRunFile, runFile } from "../run/directory.ts";
import { KEPT_KEY, NOT_FINITE_KEY } from "../run/session.ts";
import { readCounters, type TrainingCounters } from "@specloom/runtime/internal/training/state";
import { keptText, type KeptPlace } from "./kept-text.ts";
import { Mistake } from "./mistake.ts";
import { readOrigin, type RanOn } from "./run-origin.ts";
import { jsonOrNull, readMetadata } from "./stored-facts.ts";
import { reach, type Terminal } from "./terminal.ts";

export interface UnfinishedRun {
  readonly counters: TrainingCounters;
  readonly kept: KeptPlace;
  readonly ranOn: readonly RanOn[];
  /**
   * `the training of runs/a/1 has not ended (epoch 3, step 12); the last weights are kept, after ...`, or that it ended on a
   * number that is not finite.
   */
  readonly text: string;
}

/** @returns undefined of a run that has ended: it has its metrics */
export async function readUnfinished(terminal: Terminal, run: string): Promise<UnfinishedRun | undefined> {
  const directory = reach(terminal, run);
  if (existsSync(runFile(directory, "metrics"))) return undefined;
  const checkpoint = readMetadata(await readRunFile(directory, "checkpoint"), runFile(run, "checkpoint")).metadata;
  const weights = readMetadata(await readRunFile(directory, "weights"), runFile(run, "weights")).metadata;
  const counters = readCounters(jsonOrNull(checkpoint["training"]));
  // The weights speak for themselves: they can be of a later step than the checkpoint. Weights written by other tools, or by
  // versions before, say nothing. The checksums were right: what is written there is what a run wrote.
  const kept = jsonOrNull(weights[KEPT_KEY] ?? checkpoint[KEPT_KEY]) as KeptPlace | null;
  if (typeof counters === "string" || kept === null) {
    throw new Mistake({
      code: "unusable-run-file",
      message: "this run does not say how far its training has come.",
      help: "resume it with `specloom run SPEC --resume`, or train again.",
      file: run,
    });
  }
  const notFinite = weights[NOT_FINITE_KEY];
  const state =
    notFinite === undefined
      ? `has not ended (epoch ${String(counters.epoch + 1)}, step ${String(counters.step)})`
      : `ended on a number that is not finite: ${notFinite.replace(/\.$/, "")}`;
  const text = `the training of ${run} ${state}; ${keptText(kept, counters)}`;
  return { counters, kept, ranOn: readOrigin(checkpoint)?.ran_on ?? [], text };
}
