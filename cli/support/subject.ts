/** What a command is about: a spec, a module generated from one, or a run of one. All become a model that can be made. */
import { readdir, stat } from "node:fs/promises";
import { existsSync } from "node:fs";
import path from "node:path";
import { parse } from "yaml";
import type { Document } from "../../compiler/contracts/document.ts";
import { isRecord } from "../../compiler/support/plain.ts";
import { joinWords } from "../../compiler/support/words.ts";
import type { ModelHandle } from "@specloom/runtime/internal/contract-live";
import type { FileReader } from "../data/byte-source.ts";
import { projectFiles, projectRoot } from "../data/files.ts";
import { readRunFile, RUN_FILES, runFile } from "../run/directory.ts";
import { loadFiles, loadModule } from "./load-module.ts";
import type { ModuleFiles } from "../../compiler/emit/module.ts";
import { moduleWithParts } from "./module-parts.ts";
import { Mistake } from "./mistake.ts";
import { missing } from "./read-file.ts";
import { readMetadata } from "./stored-facts.ts";
import { assembled, compileResolved, compileSpec } from "./spec-file.ts";
import { searchAnew } from "./search-anew.ts";
import { reach, type Terminal } from "./terminal.ts";
import { yamlText } from "./yaml-text.ts";

export type SubjectKind = "spec" | "module" | "run";

export interface Subject {
  readonly kind: SubjectKind;
  /** The path as the user wrote it. */
  readonly path: string;
  readonly name: string;
  readonly handle: ModelHandle;
  /** The resolved spec as YAML. */
  readonly specText: string;
  /** Folder that the data files are relative to, absolute. */
  readonly directory: string;
  readonly files: FileReader;
  /** Only of a spec: it alone has places that messages can point to. */
  readonly document?: Document;
  /** Its module with all targets. */
  readonly moduleFiles?: () => ModuleFiles;
}

export interface SubjectRequest {
  readonly accepts: readonly SubjectKind[];
  /** `path=value`, as after --set. */
  readonly overrides?: readonly string[];
  /** Hears what a user who waits should know. */
  readonly note?: (text: string) => void;
}

export async function openSubject(terminal: Terminal, given: string, request: SubjectRequest): Promise<Subject> {
  const { accepts, overrides = [] } = request;
  const kind = await kindOf(terminal, given, accepts);
  if (kind === "module" && overrides.length > 0) {
    throw new Mistake({
      code: "set-without-spec",
      message: "--set changes a spec, but this is a module.",
      help: "name the spec that it was made from.",
      file: given,
    });
  }
  switch (kind) {
    case "spec":
      return openSpec(terminal, given, request);
    case "module":
      return openModule(terminal, given);
    case "run":
      return openRun(terminal, given, overrides);
    default:
      return kind satisfies never;
  }
}

const WORDS: Readonly<Record<SubjectKind, string>> = {
  spec: "a spec (.yaml)",
  module: "a generated module (.ts)",
  run: "the folder of a run",
};

/** @throws Mistake where the path is nothing that is accepted */
export async function kindOf(terminal: Terminal, given: string, accepts: readonly SubjectKind[]): Promise<SubjectKind> {
  const expected = accepts.map((kind) => WORDS[kind]).join(" or ");
  const facts = await stat(reach(terminal, given)).catch(() => undefined);
  if (facts?.isDirectory() === true) {
    if (accepts.includes("run")) return "run";
    throw new Mistake({
      code: "folder-given",
      message: `this is a folder, but ${expected} was expected.`,
      help: "name a file in it.",
      file: given,
    });
  }
  const ending = path.extname(given).toLowerCase();
  if (ending === ".yaml" || ending === ".yml") return "spec";
  if ([".ts", ".mts", ".js", ".mjs"].includes(ending) && accepts.includes("module")) return "module";
  const namesRun = accepts.includes("run") && (ending === "" || accepts.length === 1);
  if (facts === undefined && namesRun) throw await missingRun(terminal, given);
  if (facts === undefined) throw await missing(terminal, given, expected);
  throw new Mistake({
    code: "not-a-spec",
    message: `this is not ${expected}.`,
    help: "a spec ends in .yaml.",
    file: given,
  });
}

async function missingRun(terminal: Terminal, given: string): Promise<Mistake> {
  const folder = path.dirname(given);
  const neighbours = await readdir(reach(terminal, folder)).catch(() => []);
  const runs = neighbours
    .map((name) => path.join(folder, name))
    .filter((run) => existsSync(runFile(reach(terminal, run), "spec")));
  const there = `there ${runs.length === 1 ? "is" : "are"} ${joinWords(runs, "and")}`;
  return new Mistake({
    code: "file-missing",
    message: "there is no such run.",
    help:
      "train the model first: `specloom run SPEC` makes its run and prints the folder" +
      `${runs.length === 0 ? "" : `; ${there}`}.`,
    file: given,
  });
}

async function openSpec(terminal: Terminal, given: string, request: SubjectRequest): Promise<Subject> {
  const { overrides = [], note } = request;
  const asked = note === undefined ? {} : { note };
  const { document, compilation, directory, files } = await compileSpec(terminal, given, overrides, asked);
  const { moduleText, files: moduleFiles } = await assembled(compilation, terminal.env);
  const handle = await loadModule(moduleText);
  return { ...commonFacts(handle), kind: "spec", path: given, handle, directory, files, document, moduleFiles };
}

async function openModule(terminal: Terminal, given: string): Promise<Subject> {
  const handle = await loadFiles(await moduleWithParts(terminal, given), given);
  const directory = specFolder(terminal, path.dirname(path.resolve(terminal.cwd, given)), handle);
  return {
    ...commonFacts(handle),
    kind: "module",
    path: given,
    handle,
    directory,
    files: projectFiles({ directory, from: terminal.cwd }),
  };
}

/** A module does not say where its spec lies; its data is looked for where specs usually do. */
function specFolder(terminal: Terminal, folder: string, { definition }: ModelHandle): string {
  const { file } = definition.data;
  const candidates = [path.join(folder, "..", "specs"), folder, path.join(terminal.cwd, "specs"), terminal.cwd];
  return candidates.find((candidate) => existsSync(path.join(candidate, file))) ?? path.join(folder, "..", "specs");
}

/** What of a spec may be another than the one that the weights were trained with. */
const AFTER_TRAINING = ["decode", "metrics", "outputs", "train.batch_size", "data.test_file", "data.validation_file"];

function checkAfterTraining(overrides: readonly string[], given: string): void {
  for (const override of overrides) {
    const [changed = ""] = override.split("=");
    if (AFTER_TRAINING.some((path) => changed.trim() === path || changed.trim().startsWith(`${path}.`))) continue;
    throw new Mistake({
      code: "set-after-training",
      message: `--set ${override}: the weights of a run were trained with "${changed.trim()}" as it is.`,
      help: `of a run, ${joinWords(AFTER_TRAINING, "and")} may be set; for anything else train again, with the spec.`,
      file: given,
    });
  }
}

async function openRun(terminal: Terminal, given: string, overrides: readonly string[]): Promise<Subject> {
  checkAfterTraining(overrides, given);
  const run = reach(terminal, given);
  if (!existsSync(runFile(run, "spec"))) throw noRun(run, given);
  const text = new TextDecoder().decode(await readRunFile(run, "spec"));
  const file = runFile(given, "spec");
  const name = nameIn(text);
  if (name === undefined) {
    const message = "this is not the spec that a run writes.";
    throw new Mistake({ code: "unusable-run-file", message, help: specHelp(run, given), file });
  }
  const stored = readMetadata(await readRunFile(run, "weights"), runFile(given, "weights"));
  const directory = path.resolve(terminal.cwd, given, stored.specDirectory ?? ".");
  // What `run` could read, the run can: its project is the one it was started in, wherever we are now.
  const root =
    stored.projectDirectory === undefined
      ? projectRoot(directory, terminal.cwd)
      : path.resolve(terminal.cwd, given, stored.projectDirectory);
  const { moduleText } = await assembled(
    compileResolved(searchAnew(text, overrides), { name, file, directory, root, overrides }),
    terminal.env,
  );
  const handle = await loadModule(moduleText);
  const files = projectFiles({ directory, root, from: terminal.cwd });
  const specText = overrides.length === 0 ? text : yamlText(handle.definition.spec);
  return { name, specText, kind: "run", path: given, handle, directory, files };
}

/** Of a folder without a resolved spec: a run that lost it, one that was killed as it began, or none of ours. */
function noRun(run: string, given: string): Mistake {
  if (existsSync(runFile(run, "checkpoint")) || existsSync(runFile(run, "weights"))) {
    return new Mistake({
      code: "unusable-run-file",
      message: `the ${RUN_FILES.spec} of this run is missing.`,
      help: specHelp(run, given),
      file: given,
    });
  }
  const began = existsSync(runFile(run, "log"));
  return new Mistake({
    code: "not-a-run",
    message: began
      ? "this run was stopped before it had trained anything."
      : `this folder holds no run: it has no ${RUN_FILES.spec}.`,
    help: began
      ? `start it again: \`specloom run SPEC --out ${given}\`.`
      : "name the folder of one run, such as runs/next-number/1.",
    file: given,
  });
}

/** How to come by the resolved spec of a run again. */
function specHelp(run: string, given: string): string {
  return existsSync(runFile(run, "checkpoint"))
    ? `\`specloom run SPEC --resume ${given}\` with the spec that it was trained with writes it again.`
    : `name the spec that it was trained with in place of the run, and --weights ${runFile(given, "weights")}.`;
}

/** @returns undefined where the text is no spec */
function nameIn(text: string): string | undefined {
  try {
    const value: unknown = parse(text);
    if (isRecord(value) && typeof value["name"] === "string") return value["name"];
  } catch {
    // It is told with the rest.
  }
  return undefined;
}

function commonFacts(handle: ModelHandle): Pick<Subject, "name" | "specText"> {
  const { name, spec } = handle.definition;
  return { name, specText: yamlText(spec) };
}
