/** `specloom report RUN`: the run as one HTML file. */
import path from "node:path";
import type { Command } from "commander";
import type { Backend } from "@specloom/runtime/internal/contract-backend";
import { isRecord } from "../../compiler/support/plain.ts";
import { parseJson } from "@specloom/runtime/internal/json-text";
import { readRunFile, runFile } from "../run/directory.ts";
import { logFault } from "../run/log.ts";
import { createModel } from "../support/create-model.ts";
import { evaluatePart } from "../support/evaluation.ts";
import { EXIT } from "../support/faults.ts";
import { gatherMetrics } from "../support/gather-metrics.ts";
import { Mistake } from "../support/mistake.ts";
import { backendOption, jsonOption, threadsOption } from "../support/options.ts";
import { samplesOf } from "../support/report-samples.ts";
import type { StoredMetrics } from "../support/run-metrics.ts";
import { readLog, writeReport } from "../support/run-report.ts";
import type { Session } from "../support/session.ts";
import { loadData } from "../support/load-data.ts";
import { openSubject } from "../support/subject.ts";
import { reach } from "../support/terminal.ts";
import { readUnfinished } from "../support/unfinished-run.ts";
import { findWeights } from "../support/weights.ts";

interface ReportFlags {
  readonly backend: Backend;
  readonly threads?: number;
  readonly json?: boolean;
}

export function addReport(program: Command, session: Session): void {
  program
    .command("report")
    .summary("draw a run as an HTML file")
    .description(
      "Writes report.html into the folder of a run: loss curves, forecasts beside truth and baseline, attention over " +
        "time, scores, what ran, and the spec. The file stands alone and loads nothing.",
    )
    .argument("<run>", "the folder of a run, such as runs/next-number/1")
    .addOption(backendOption())
    .addOption(threadsOption())
    .addOption(jsonOption("the path of the report"))
    .action((given: string, flags: ReportFlags) => session.run(flags, () => report(session, given, flags)));
}

async function report(session: Session, given: string, flags: ReportFlags): Promise<number> {
  const subject = await openSubject(session.terminal, given, { accepts: ["run"] });
  const directory = reach(session.terminal, given);
  const run = (await readUnfinished(session.terminal, given)) ?? {
    metrics: readMetrics(await readRunFile(directory, "metrics"), runFile(given, "metrics")),
  };
  const weights = await findWeights(session, subject, undefined);
  const dataset = await loadData(subject, weights.scaler);
  const live = await createModel(subject.handle, { ...flags, weights });
  try {
    const log = await readLog(directory);
    const epochs = "metrics" in run ? run.metrics.epochs : run.counters.epoch;
    const fault = await logFault(runFile(directory, "log"), epochs);
    if (fault !== undefined) session.note(`note: ${fault}`);
    // Of a run that has not ended, the scores of the weights that it has kept so far.
    const { metrics, test } =
      "metrics" in run
        ? { ...run, test: await evaluatePart(live, dataset, "test") }
        : await gatherMetrics({ ...run, subject, dataset, live, outcome: "interrupted", log });
    await writeReport({
      subject,
      dataset,
      log,
      metrics,
      test,
      samples: await samplesOf(live, dataset),
      directory,
      notes: [...("text" in run ? [`${run.text}.`] : []), ...(fault === undefined ? [] : [fault])],
    });
  } finally {
    await live.dispose();
  }
  const file = path.join(given, "report.html");
  session.emit({ report: file });
  session.print(file);
  return EXIT.ok;
}

function readMetrics(bytes: Uint8Array, file: string): StoredMetrics {
  try {
    const value: unknown = parseJson(new TextDecoder().decode(bytes));
    if (isRecord(value) && isRecord(value["backend"]) && isRecord(value["examples"]))
      return value as unknown as StoredMetrics;
  } catch {
    // Said below.
  }
  throw new Mistake({
    code: "unusable-run-file",
    message: "these are not the metrics that a run writes.",
    help: "the file is damaged or was changed by hand; run again.",
    file,
  });
}
