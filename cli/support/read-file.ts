/** Files that the user names on the command line. */
import { readdir, stat } from "node:fs/promises";
import type { Stats } from "node:fs";
import path from "node:path";
import { suggestions } from "../../compiler/diagnostics/suggest.ts";
import { reasonOf } from "../run/atomic-write.ts";
import { otherThanFile, readOrdinaryFile } from "../data/ordinary-file.ts";
import { Mistake } from "./mistake.ts";
import { reach, type Terminal } from "./terminal.ts";

/**
 * @param what `a spec`, `a weights file`, for messages
 * @param most bytes that it may have
 */
export async function readNamedFile(
  terminal: Terminal,
  file: string,
  what: string,
  most?: number,
): Promise<Uint8Array> {
  try {
    await checkIsFile(terminal, file, what);
    return await readOrdinaryFile(reach(terminal, file), most);
  } catch (error) {
    if (error instanceof Mistake) throw error;
    throw unreadable(file, error);
  }
}

/** @throws Mistake `file-missing`, `folder-given`, `not-a-file`, `file-unreadable` */
export async function checkIsFile(
  terminal: Terminal,
  file: string,
  what: string,
  instead = "write what it gives to a file, and name that.",
): Promise<void> {
  let facts: Stats;
  try {
    facts = await stat(reach(terminal, file));
  } catch (error) {
    const { code } = error as { readonly code?: unknown };
    throw code === "ENOENT" || code === "ENOTDIR" ? await missing(terminal, file, what) : unreadable(file, error);
  }
  const other = otherThanFile(facts);
  if (other === undefined) return;
  throw new Mistake({
    code: facts.isDirectory() ? "folder-given" : "not-a-file",
    message: `this is ${other}, but ${what} was expected.`,
    help: facts.isDirectory() ? "name a file in it." : instead,
    file,
  });
}

function unreadable(file: string, error: unknown): Mistake {
  return new Mistake({ code: "file-unreadable", message: `the file cannot be read: ${reasonOf(error)}.`, file });
}

/** Far more than a spec or a module has. */
const MOST_TEXT = 64 * 2 ** 20;

export async function readNamedText(terminal: Terminal, file: string, what: string, most = MOST_TEXT): Promise<string> {
  const bytes = await readNamedFile(terminal, file, what, most);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Mistake({
      code: "not-text",
      message: "the file is not UTF-8 text.",
      help: `${what} is a text file; save it as UTF-8.`,
      file,
    });
  }
}

export async function missing(terminal: Terminal, file: string, what: string): Promise<Mistake> {
  const neighbours = await readdir(path.dirname(path.resolve(terminal.cwd, file))).catch(() => undefined);
  const alike = neighbours?.filter((name) => path.extname(name) === path.extname(file));
  const [nearest] = suggestions(path.basename(file), alike ?? []);
  const help =
    neighbours === undefined
      ? `the folder ${path.dirname(file)} does not exist either.`
      : nearest === undefined
        ? `give the path of ${what}, relative to the current folder.`
        : `did you mean ${path.join(path.dirname(file), nearest)}?`;
  return new Mistake({ code: "file-missing", message: "there is no such file.", help, file });
}
