/** From the text of a generated module to the model it exports. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { ts } from "ts-morph";
import { InternalError } from "../../compiler/support/internal-error.ts";
import type { ModelHandle } from "@specloom/runtime/internal/contract-live";
import { Problem } from "@specloom/runtime/internal/problem";
import { reasonOf } from "../run/atomic-write.ts";
import { Mistake } from "./mistake.ts";

/** `.js` where specloom was built, `.ts` where its source runs as it is. */
const extension = path.extname(fileURLToPath(import.meta.url));

/**
 * Imports a module from a folder of its own that only this user can write to; the folder is gone afterwards.
 *
 * @param file the user's own module, for messages; without it the text was compiled just now
 * @throws Mistake `not-a-module`, Problem `program-mismatch` for a module of another version, or InternalError when the compiler wrote what cannot be imported
 */
export async function loadModule(text: string, file?: string): Promise<ModelHandle> {
  const folder = await writable(() => mkdtemp(path.join(tmpdir(), "specloom-")));
  try {
    const target = path.join(folder, extension === ".ts" ? "model.ts" : "model.mjs");
    await writable(() => writeFile(target, importable(text)));
    const loaded = (await import(/* @vite-ignore */ pathToFileURL(target).href)) as { readonly model?: unknown };
    if (isHandle(loaded.model)) return loaded.model;
    throw notAModule(file, "it exports no model");
  } catch (error) {
    if (error instanceof Mistake || error instanceof InternalError) throw error;
    if (error instanceof Problem) throw file === undefined ? error : error.at({ file });
    throw notAModule(file, error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function writable<Result>(write: () => Promise<Result>): Promise<Result> {
  try {
    return await write();
  } catch (error) {
    throw new Mistake({
      code: "output-folder",
      message: `a module cannot be written into the folder for temporary files, to be run from there: ${reasonOf(error)}.`,
      help: "free some space there, or name another folder with TMPDIR.",
      file: tmpdir(),
    });
  }
}

/** The runtime by its address: the folder of the module knows no packages. */
function importable(text: string): string {
  const address =
    extension === ".ts"
      ? fileURLToPath(new URL("../../runtime/index.ts", import.meta.url))
      : import.meta.resolve("@specloom/runtime");
  const linked = text.replace(/(\bfrom\s+)"@specloom\/runtime"/g, (_, from: string) => from + JSON.stringify(address));
  if (extension === ".ts") return linked;
  return ts.transpileModule(linked, {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022, verbatimModuleSyntax: true },
  }).outputText;
}

function isHandle(value: unknown): value is ModelHandle {
  return typeof value === "object" && value !== null && "definition" in value && "create" in value;
}

function notAModule(file: string | undefined, reason: string): Error {
  if (file === undefined) return new InternalError(`the compiled module cannot be run: ${reason}`);
  return new Mistake({
    code: "not-a-module",
    message: `this is no module that can be run: ${reason}.`,
    help: "name a module that `specloom compile` wrote, or the spec itself.",
    file,
  });
}
