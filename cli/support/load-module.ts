/** From the text of a generated module to the model it exports. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { ts } from "ts-morph";
import { InternalError } from "../../compiler/support/internal-error.ts";
import type { ModelHandle } from "@specloom/runtime/internal/contract-live";
import { Problem } from "@specloom/runtime/internal/problem";
import { reasonOf } from "../run/atomic-write.ts";
import { Mistake } from "./mistake.ts";
import type { ModuleFiles } from "../../compiler/emit/module.ts";

/** `.js` where specloom was built, `.ts` where its source runs as it is. */
const extension = path.extname(fileURLToPath(import.meta.url));

/**
 * Imports a module of one file from a folder of its own that only this user can write to; the folder is gone afterwards.
 *
 * @throws Problem `program-mismatch` for a module of another version, or InternalError when the compiler wrote what cannot be imported
 */
export function loadModule(text: string): Promise<ModelHandle> {
  return loadFiles([{ path: "model.ts", text }]);
}

/**
 * The same of a module of the user's own, with the parts that it loads.
 *
 * @param files the module itself first
 * @param named as the user named it, for messages
 * @throws Mistake `not-a-module` too
 */
export async function loadFiles(files: ModuleFiles, named?: string): Promise<ModelHandle> {
  const folder = await writable(() => mkdtemp(path.join(tmpdir(), "specloom-")));
  try {
    for (const { path: file, text } of files) {
      const target = path.join(folder, extension === ".ts" ? file : file.replace(/\.m?ts$/u, ".js"));
      await writable(async () => {
        await mkdir(path.dirname(target), { recursive: true });
        await writeFile(target, importable(text));
      });
    }
    await writable(() => writeFile(path.join(folder, "package.json"), '{ "type": "module" }'));
    const main = path.join(folder, extension === ".ts" ? files[0].path : files[0].path.replace(/\.m?ts$/u, ".js"));
    const loaded = (await import(/* @vite-ignore */ pathToFileURL(main).href)) as { readonly model?: unknown };
    if (isHandle(loaded.model)) return loaded.model;
    throw notAModule(named, "it exports no model");
  } catch (error) {
    if (error instanceof Mistake || error instanceof InternalError) throw error;
    if (error instanceof Problem) throw named === undefined ? error : error.at({ file: named });
    throw notAModule(named, error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error));
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
  const linked = eager(
    text.replace(/(\bfrom\s+)"@specloom\/runtime"/g, (_, from: string) => from + JSON.stringify(address)),
  );
  if (extension === ".ts") return linked;
  return ts.transpileModule(linked, {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022, verbatimModuleSyntax: true },
  }).outputText;
}

/** A part that is loaded when it is needed would be gone by then: here all of them are loaded at once. */
function eager(text: string): string {
  const parts: string[] = [];
  const changed = text.replace(
    /async \(\) => \(await import\(("[^"]+")\)\)\.(\w+)/g,
    (_, from: string, name: string) => {
      parts.push(`import * as loaded${String(parts.length)} from ${from};\n`);
      return `() => Promise.resolve(loaded${String(parts.length - 1)}.${name})`;
    },
  );
  return parts.join("") + changed;
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
