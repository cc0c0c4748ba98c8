/** The trained weights a command works with. */
import path from "node:path";
import { latestRunDirectory, readRunFile, runFile } from "../run/directory.ts";
import { Mistake } from "./mistake.ts";
import { readNamedFile } from "./read-file.ts";
import type { Session } from "./session.ts";
import { readMetadata, type StoredFacts } from "./stored-facts.ts";
import type { Subject } from "./subject.ts";
import { reach } from "./terminal.ts";
import { readUnfinished } from "./unfinished-run.ts";

export interface TrainedWeights extends StoredFacts {
  readonly bytes: Uint8Array;
  readonly file: string;
}

/** Those of --weights, of the run itself, or of the latest run of the model. @throws Mistake `no-trained-run` */
export async function findWeights(
  session: Session,
  subject: Subject,
  option: string | undefined,
): Promise<TrainedWeights> {
  const { terminal } = session;
  if (option !== undefined) return read(await readNamedFile(terminal, option, "a weights file"), option);
  if (subject.kind === "run") return ofRun(session, subject.path);
  const root = reach(terminal, "runs");
  const latest = await latestRunDirectory({ root, name: subject.name });
  if (latest === undefined) {
    throw new Mistake({
      code: "no-trained-run",
      message: `"${subject.name}" has not been trained here: there is no run in ${path.join("runs", subject.name)}.`,
      help: `train it with \`specloom run ${subject.path}\`, or name weights with --weights.`,
      file: subject.path,
    });
  }
  const run = path.join("runs", subject.name, path.basename(latest));
  session.note(`weights: ${runFile(run, "weights")}`);
  return ofRun(session, run);
}

async function ofRun(session: Session, run: string): Promise<TrainedWeights> {
  const unfinished = await readUnfinished(session.terminal, run);
  if (unfinished !== undefined) session.note(`note: ${unfinished.text}`);
  return read(await readRunFile(reach(session.terminal, run), "weights"), runFile(run, "weights"));
}

function read(bytes: Uint8Array, file: string): TrainedWeights {
  return { bytes, file, ...readMetadata(bytes, file) };
}
