/** The end of a training: scores of the kept weights, `metrics.json`, the report, and what the user reads of them. */
import path from "node:path";
import type { LiveModel } from "@specloom/runtime/internal/contract-live";
import type { Dataset } from "../data/dataset.ts";
import { writeMetrics } from "../run/directory.ts";
import type { Kept } from "@specloom/runtime/internal/training/kept";
import type { TrainingCounters } from "@specloom/runtime/internal/training/state";
import type { TrainingOutcome } from "@specloom/runtime/internal/training/trainer";
import { ranText } from "./backend-text.ts";
import { gatherMetrics } from "./gather-metrics.ts";
import { keptText, placeOf } from "./kept-text.ts";
import type { RunMetrics } from "./run-metrics.ts";
import { samplesOf } from "./report-samples.ts";
import type { RanOn } from "./run-origin.ts";
import { readLog, writeReport } from "./run-report.ts";
import { scoreText } from "./score-text.ts";
import type { Session } from "./session.ts";
import type { Subject } from "./subject.ts";

export interface FinishedTraining {
  readonly subject: Subject;
  readonly dataset: Dataset;
  readonly live: LiveModel;
  /** The run's folder, for file functions and for messages. */
  readonly directory: string;
  readonly run: string;
  readonly outcome: TrainingOutcome;
  readonly counters: TrainingCounters;
  readonly kept: Kept;
  readonly ranOn: readonly RanOn[];
}

export async function finishRun(session: Session, finished: FinishedTraining): Promise<void> {
  const { subject, dataset, live, directory, run, outcome, counters, kept, ranOn } = finished;
  const log = await readLog(directory);
  const place = placeOf(kept);
  const { metrics, test } = await gatherMetrics({
    subject,
    dataset,
    live,
    outcome,
    counters,
    kept: place,
    ranOn,
    log,
  });
  await writeMetrics(directory, { ...metrics });
  session.emit(metrics);
  session.remark(`${outcomeText(metrics, counters.position > 0)}; ${keptText(place, counters)}`);
  session.remark(`ran on: ${ranText(metrics.backend)}`);
  session.print(
    test === undefined ? "the data has no test part, so nothing is scored" : scoreText("test", test.scores),
  );
  await writeReport({ subject, dataset, log, metrics, test, samples: await samplesOf(live, dataset), directory });
  session.print(`run: ${run}`);
  session.print(`report: ${path.join(run, "report.html")}`);
}

/** `trained for 3 epochs and a part of epoch 4 (17 steps, 0.3 s)` */
function outcomeText({ outcome, epochs, steps, seconds }: RunMetrics, isCut: boolean): string {
  const end = outcome === "stopped_early" ? "stopped early after" : "trained for";
  const whole = `${String(epochs)} ${epochs === 1 ? "epoch" : "epochs"}`;
  const cut = `a part of epoch ${String(epochs + 1)}`;
  const span = !isCut ? whole : epochs === 0 ? cut : `${whole} and ${cut}`;
  return `${end} ${span} (${String(steps)} ${steps === 1 ? "step" : "steps"}, ${seconds.toFixed(1)} s)`;
}
