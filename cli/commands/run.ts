/** `specloom run SPEC|MODULE`: compile, train, score on the test part, report. */
import path from "node:path";
import { Option, type Command } from "commander";
import type { LiveModel } from "@specloom/runtime/internal/contract-live";
import type { Backend } from "@specloom/runtime/internal/contract-backend";
import type { Dataset } from "../data/dataset.ts";
import { claimRunDirectory, runFile, type RunDirectory } from "../run/directory.ts";
import { listenForInterrupt } from "../run/interrupt.ts";
import { createProgress } from "../run/progress.ts";
import { interruptedMessage, runTraining } from "../run/session.ts";
import { backendText, numbersText } from "../support/backend-text.ts";
import { createModel } from "../support/create-model.ts";
import { EXIT } from "../support/faults.ts";
import { GENERATED, isFresh, modulePath, moduleState, writeModule } from "../support/module-file.ts";
import {
  backendOption,
  jsonOption,
  quietOption,
  setOption,
  threadsOption,
  weightsOption,
  wholeNumber,
} from "../support/options.ts";
import { readNamedFile } from "../support/read-file.ts";
import { finishRun } from "../support/finish-run.ts";
import { createResumed, savedPlace, takeUp, type ResumedRun } from "../support/resume.ts";
import { compareOrigins, ORIGIN_KEY, originOf, type RunOrigin } from "../support/run-origin.ts";
import type { Session } from "../support/session.ts";
import { keptText } from "../support/kept-text.ts";
import { projectRoot } from "../data/files.ts";
import { loadData } from "../support/load-data.ts";
import { writeMetadata } from "../support/stored-facts.ts";
import { openSubject, type Subject } from "../support/subject.ts";
import { reach } from "../support/terminal.ts";
import { trainSettings } from "../support/train-settings.ts";

interface RunFlags {
  readonly epochs?: number;
  readonly backend: Backend;
  readonly threads?: number;
  readonly seed?: number;
  readonly weights?: string;
  readonly resume?: string;
  readonly changeBackend?: boolean;
  readonly set: readonly string[];
  readonly out?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

export function addRun(program: Command, session: Session): void {
  program
    .command("run")
    .summary("compile, train and score a model")
    .description(
      "Compiles the spec if its module is stale, trains, scores the kept weights on the test part beside a naive " +
        "baseline, and writes weights, checkpoint, log, metrics and report into runs/<name>/<n>/. " +
        "Ctrl-C saves and stops; --resume takes the run up again.",
    )
    .argument("<spec|module>", "a spec, or a module generated from one")
    .addOption(new Option("--epochs <n>", "passes over the training part").argParser(wholeNumber(0)))
    .addOption(backendOption())
    .addOption(threadsOption())
    .addOption(
      new Option("--seed <n>", "seed of weights, shuffling and dropout").argParser(wholeNumber(0)).conflicts("resume"),
    )
    .addOption(weightsOption("start from these weights").conflicts("resume"))
    .addOption(new Option("--resume <run>", "continue the run in this folder").conflicts("out"))
    .addOption(
      new Option(
        "--change-backend",
        "with --resume: go on also where the backend computes other last bits than the run's",
      ),
    )
    .addOption(setOption())
    .addOption(new Option("--out <dir>", "folder of the run instead of runs/<name>/<n>"))
    .addOption(jsonOption("epochs and metrics"))
    .addOption(quietOption())
    .action((given: string, flags: RunFlags) =>
      session.run(flags, () => toTheEnd(session, () => run(session, given, flags))),
    );
}

/** Files are the result: a reader of the output that goes away ends nothing half way. */
async function toTheEnd(session: Session, work: () => Promise<number>): Promise<number> {
  const output = session.terminal.output.listen(() => undefined);
  try {
    return await work();
  } finally {
    output.release();
  }
}

async function run(session: Session, given: string, flags: RunFlags): Promise<number> {
  const subject = await openSubject(session.terminal, given, {
    accepts: ["spec", "module"],
    overrides: flags.set,
    note: session.note,
  });
  await keepModuleFresh(session, subject, flags.set.length > 0);
  const resumed = flags.resume === undefined ? undefined : await takeUp(session, subject.handle, flags.resume);
  try {
    return await runIn(session, subject, flags, resumed);
  } finally {
    await resumed?.lock.release();
  }
}

async function runIn(
  session: Session,
  subject: Subject,
  flags: RunFlags,
  resumed: ResumedRun | undefined,
): Promise<number> {
  const { definition } = subject.handle;
  const dataset = await loadData(subject, resumed?.stored.scaler);
  const settings = trainSettings(subject, flags, dataset);
  dataset.notes.forEach((note) => {
    session.note(`note: ${note}`);
  });
  const source = originOf(definition, dataset);
  if (resumed?.origin !== undefined) {
    const { run, origin } = resumed;
    compareOrigins(origin, source, { run, file: dataFile(subject), weights: runFile(run, "weights") }).forEach(
      (note) => {
        session.note(note);
      },
    );
  }
  const weights =
    flags.weights === undefined
      ? undefined
      : { bytes: await readNamedFile(session.terminal, flags.weights, "a weights file"), file: flags.weights };
  const { backend, threads, changeBackend: mayChange = false } = flags;
  const request = { backend, threads, seed: settings.seed, weights };
  const { live, ranOn } =
    resumed === undefined
      ? {
          live: await createModel(subject.handle, request, session.note),
          ranOn: undefined,
        }
      : await createResumed(session, subject, resumed, { ...request, mayChange });
  try {
    session.note(`backend: ${backendText(live.report())}`);
    const origin = { ...source, ran_on: ranOn ?? [{ from_step: 0, numbers: numbersText(live.report()) }] };
    return await trainAndScore(session, { subject, dataset, live, settings, flags, origin, resumed });
  } finally {
    await live.dispose();
  }
}

/** The data's file as messages show it. */
function dataFile({ handle, files }: Subject): string {
  const { file } = handle.definition.data;
  return files.display?.(file) ?? file;
}

/** With --set the module would not be that of the spec, so nothing is written then. */
async function keepModuleFresh(
  session: Session,
  { kind, path: spec, name, moduleFiles }: Subject,
  changed: boolean,
): Promise<void> {
  if (kind !== "spec" || moduleFiles === undefined) return;
  if (changed) {
    session.note(`${spec} compiled with --set; ${GENERATED}/ is left as it is`);
    return;
  }
  const state = await moduleState(session.terminal, GENERATED, moduleFiles());
  if (isFresh(state)) return;
  await writeModule(session.terminal, GENERATED, state);
  session.note(`${spec} -> ${modulePath(GENERATED, name)}`);
}

interface Training {
  readonly subject: Subject;
  readonly dataset: Dataset;
  readonly live: LiveModel;
  readonly settings: ReturnType<typeof trainSettings>;
  readonly flags: RunFlags;
  readonly origin: RunOrigin;
  readonly resumed: ResumedRun | undefined;
}

async function trainAndScore(session: Session, training: Training): Promise<number> {
  const { subject, flags, resumed } = training;
  const { terminal } = session;
  if (resumed !== undefined) return trainIn(session, training, resumed, resumed.run);
  const place = await claimRunDirectory({
    root: reach(terminal, "runs"),
    name: subject.name,
    out: flags.out === undefined ? undefined : reach(terminal, flags.out),
  });
  try {
    const run = flags.out ?? path.join("runs", subject.name, path.basename(place.directory));
    return await trainIn(session, training, place, run);
  } finally {
    await place.lock.release();
  }
}

/** @param run the folder as the user knows it */
async function trainIn(
  session: Session,
  training: Training,
  { directory, lock }: RunDirectory,
  run: string,
): Promise<number> {
  const { subject, dataset, live, settings, flags, origin } = training;
  const { terminal } = session;
  const fromRun = (folder: string): string =>
    path.relative(path.resolve(terminal.cwd, run), folder).replaceAll("\\", "/");
  const progress = createProgress(terminal.stderr, { quiet: session.quiet });
  const interrupt = listenForInterrupt(() => {
    progress.note("stopping after this step; press Ctrl-C again to stop at once, without saving");
  }, terminal.signals);
  let isTraining = true;
  // What is trained is worth more than what is printed of it: saved, it can be taken up. Behind that it is drawn and stored.
  const output = terminal.output.listen(() => {
    if (isTraining) interrupt.stop();
  });
  try {
    const { outcome, counters, kept } = await runTraining({
      ...settings,
      model: live,
      train: dataset.train,
      validation: dataset.validation,
      directory,
      resume: flags.resume !== undefined,
      spec: subject.specText,
      metadata: writeMetadata({
        scaler: dataset.scaler,
        specDirectory: fromRun(subject.directory),
        projectDirectory: fromRun(projectRoot(subject.directory, terminal.cwd)),
      }),
      checkpointMetadata: { [ORIGIN_KEY]: JSON.stringify(origin) },
      lock,
      signal: interrupt.signal,
      progress,
      onEpoch: (record) => {
        session.emit(record);
      },
      onSalvage: (salvaged, reached) => {
        session.note(`${run}: ${keptText(salvaged, reached)}`);
      },
    });
    isTraining = false;
    if (outcome === "interrupted") {
      session.note(keptText(kept, counters));
      session.note(interruptedMessage(counters, `${terminal.program} ${wordsOf(subject, flags)}`, run));
      return terminal.output.mistake === undefined ? EXIT.interrupted : EXIT.mistake;
    }
    await finishRun(session, { subject, dataset, live, directory, run, outcome, counters, kept, ranOn: origin.ran_on });
    return EXIT.ok;
  } catch (error) {
    throw await savedPlace(error, { directory, run, command: `${terminal.program} ${wordsOf(subject, flags)}` });
  } finally {
    interrupt.release();
    output.release();
  }
}

/** What takes the run up again, without --resume. */
function wordsOf({ path: given }: Subject, { set, epochs, backend, threads }: RunFlags): string {
  const words = ["run", given, ...set.flatMap((change) => ["--set", change])];
  if (epochs !== undefined) words.push("--epochs", String(epochs));
  if (backend !== "auto") words.push("--backend", backend);
  if (threads !== undefined) words.push("--threads", String(threads));
  return words.map((word) => (/^[\w./=-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(" ");
}
