/** What `predict` reads: a file that the user names, wherever it lies, or standard input. */
import path from "node:path";
import type { DataKind, GivenInput } from "../data-kinds/define.ts";
import type { FileReader } from "../data/byte-source.ts";
import { projectFiles } from "../data/files.ts";
import { Mistake } from "./mistake.ts";
import { checkIsFile } from "./read-file.ts";
import type { Session } from "./session.ts";
import type { Terminal } from "./terminal.ts";

/** @throws Mistake `no-input` */
export async function openGiven(
  session: Session,
  file: string | undefined,
  { exampleFile, endingOf }: Pick<DataKind<never>, "exampleFile" | "endingOf">,
): Promise<GivenInput> {
  const given = await openIfGiven(session, file, { endingOf });
  if (given !== undefined) return given;
  throw new Mistake({
    code: "no-input",
    message: "there is nothing to predict from: no file is named and standard input is empty.",
    help: `name a file, or pipe one into the command: \`specloom predict RUN < ${exampleFile}\`.`,
  });
}

/** @returns undefined where no file is named and standard input is a terminal or empty */
export async function openIfGiven(
  session: Session,
  file: string | undefined,
  { endingOf }: Pick<DataKind<never>, "endingOf">,
): Promise<GivenInput | undefined> {
  const { terminal } = session;
  if (file !== undefined && file !== "-") {
    await checkIsFile(terminal, file, "a file of data", "give - as the file, and pipe it into the command.");
    const root = path.parse(path.resolve(terminal.cwd)).root;
    return { path: file, files: projectFiles({ directory: terminal.cwd, root, from: terminal.cwd }) };
  }
  if (terminal.stdin.isTTY === true) return undefined;
  const waiting = setTimeout(() => {
    session.note("waiting for standard input to end (no file is named)");
  }, PATIENCE);
  const bytes = await readAll(terminal).finally(() => {
    clearTimeout(waiting);
  });
  if (bytes.every((byte) => byte <= 32)) return undefined;
  const files: FileReader = { display: () => "<standard input>", read: () => Promise.resolve(bytes) };
  return { path: `standard-input${endingOf(bytes.subarray(0, 64))}`, files };
}

/** Milliseconds after which a user is told what is waited for. */
const PATIENCE = 1000;

/** As much as a text may have (cli/data/text.ts). */
const MOST_BYTES = 500_000_000;

async function readAll(terminal: Terminal): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of terminal.stdin) {
    const bytes = typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk;
    chunks.push(bytes);
    size += bytes.byteLength;
    if (size > MOST_BYTES) {
      throw new Mistake({
        code: "file-unreadable",
        message: `standard input does not end: it has more than ${String(MOST_BYTES / 1e6)} MB.`,
        help: "name a file instead, or give less.",
      });
    }
  }
  return Buffer.concat(chunks);
}
