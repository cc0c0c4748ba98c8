/** From the path of a spec to its compilation, with everything the compiler itself does not read from the disk. */
import { readFileSync, realpathSync } from "node:fs";
import path from "node:path";
import { check, compile, compileModel, moduleFiles, readSpec, wholeModule } from "../../compiler/compile.ts";
import type { ModuleRequest, PrintedModule, WholeModule } from "../../compiler/compile.ts";
import type { CompileOptions, ReadSpec, Source } from "../../compiler/compile.ts";
import { modelFacts } from "../../compiler/emit/facts.ts";
import { buildTraining } from "../../compiler/stages/4-build.ts";
import { sequenceFacts } from "../../compiler/stages/4-build/sequence-facts.ts";
import type { ReadBase } from "../../compiler/stages/1-parse/inherit.ts";
import type { Document } from "../../compiler/contracts/document.ts";
import type { Compilation, TargetName } from "../../compiler/contracts/programs.ts";
import type { DataFacts, Spec } from "../../compiler/contracts/spec.ts";
import { dataKinds } from "../../compiler/data/index.ts";
import { invariant } from "../../compiler/support/internal-error.ts";
import type { ModelFacts } from "@specloom/runtime/internal/contract";
import type { FileReader } from "../data/byte-source.ts";
import { projectFiles, projectRoot } from "../data/files.ts";
import { readTensorFacts } from "../data/tensors.ts";
import { problemsOf } from "@specloom/runtime/internal/problem";
import { reasonOf } from "../run/atomic-write.ts";
import { checkOrdinaryFile } from "../data/ordinary-file.ts";
import { binaryStore, cacheFolder, type Environment } from "./binary-store.ts";
import { SpecProblem, WrongSpec } from "./faults.ts";
import { readNamedText } from "./read-file.ts";
import { groupedText } from "./table.ts";
import type { Terminal } from "./terminal.ts";

export interface CompiledSpec {
  /** As the user wrote it. */
  readonly file: string;
  readonly document: Document;
  readonly compilation: Compilation;
  /** Folder of the spec, absolute: what its data files are relative to. */
  readonly directory: string;
  readonly files: FileReader;
}

/**
 * @param overrides `path=value`, as after --set
 * @param options.withoutData whether a file of tensors may be missing; the spec then says all shapes itself, or is refused
 * @throws WrongSpec with all its diagnostics, a Mistake about the file, or a SpecProblem about the file of tensors
 */
export async function compileSpec(
  terminal: Terminal,
  file: string,
  overrides: readonly string[] = [],
  request: SpecRequest = {},
): Promise<CompiledSpec> {
  const { source, options, read, document, directory, files } = await openSpecFile(terminal, file, overrides, request);
  const { model, diagnostics } = check(source, options, read);
  if (model === undefined) throw new WrongSpec(diagnostics);
  const { length: depth } = model.layers;
  if (depth >= MANY_LAYERS)
    request.note?.(`compiling ${groupedText(depth)} layers; some seconds for each hundred of them`);
  return { file, document, compilation: compileModel(model, request.targets), directory, files };
}

export interface CheckedSpec extends Pick<CompiledSpec, "document" | "files"> {
  readonly handle: { readonly definition: ModelFacts };
}

/**
 * Finds all that can be wrong with a spec, and compiles nothing.
 * @throws as `compileSpec` does
 */
export async function checkSpec(
  terminal: Terminal,
  file: string,
  overrides: readonly string[] = [],
  request: DataRequest = {},
): Promise<CheckedSpec> {
  const { source, options, read, document, files } = await openSpecFile(terminal, file, overrides, request);
  const { model, diagnostics } = check(source, options, read);
  if (model === undefined) throw new WrongSpec(diagnostics);
  return {
    document,
    files,
    handle: {
      definition: modelFacts(
        model,
        sequenceFacts(model, () => buildTraining(model)),
      ),
    },
  };
}

interface SpecRequest extends DataRequest {
  /** What a module may be written for; default all targets. */
  readonly targets?: readonly TargetName[];
}

interface DataRequest {
  readonly withoutData?: boolean;
  /** Hears what a user who waits should know. */
  readonly note?: (text: string) => void;
}

/** So many layers take longer than anybody waits without a word. */
const MANY_LAYERS = 50;

interface OpenSpec extends Pick<CompiledSpec, "document" | "directory" | "files"> {
  readonly source: Source;
  readonly options: CompileOptions;
  readonly read: ReadSpec;
}

/** A spec whose keys and values are right, with all that the compiler has to be told. */
async function openSpecFile(
  terminal: Terminal,
  file: string,
  overrides: readonly string[],
  { withoutData = false }: DataRequest,
): Promise<OpenSpec> {
  const text = await readNamedText(terminal, file, "a spec", MOST_SPEC);
  const directory = path.dirname(path.resolve(terminal.cwd, file));
  const root = projectRoot(directory, terminal.cwd);
  const files = projectFiles({ directory, root, from: terminal.cwd });
  const options: CompileOptions = {
    overrides,
    directory,
    projectRoot: root,
    readBase: (base) => readInherited(terminal, base, root),
  };
  const read = readSpec({ file, text }, options);
  const { diagnostics, document, spec } = read;
  if (document === undefined || spec === undefined) throw new WrongSpec(diagnostics);
  const dataFacts = await factsOf(document, spec, files, withoutData);
  return {
    source: { file, text },
    options: dataFacts === undefined ? options : { ...options, dataFacts },
    read,
    document,
    directory,
    files,
  };
}

export interface ResolvedOptions {
  readonly name: string;
  /** As messages show it. */
  readonly file: string;
  readonly directory: string;
  readonly root: string;
  /** `path=value`, as after --set. */
  readonly overrides: readonly string[];
}

/** A spec that was resolved before, as a run keeps it: it needs no data to compile. */
export function compileResolved(
  text: string,
  { name, file, directory, root, overrides }: ResolvedOptions,
): Compilation {
  const { compilation, diagnostics } = compile({ file, text, name }, { directory, projectRoot: root, overrides });
  if (compilation === undefined) throw new WrongSpec(diagnostics);
  return compilation;
}

/** The module with all targets in it; what was assembled before is reused. */
export function assembled(compilation: Compilation, environment: Environment): Promise<WholeModule> {
  return wholeModule(compilation, binaryStore(cacheFolder(environment)));
}

/** The files of its module; what was assembled before is reused. */
export function filesOf(
  compilation: Compilation,
  environment: Environment,
  request: Omit<ModuleRequest, "store">,
): Promise<PrintedModule> {
  return moduleFiles(compilation, { ...request, store: binaryStore(cacheFolder(environment)) });
}

/** Bytes. The compiler takes a million characters; what is larger need not be read to be refused. */
const MOST_SPEC = 4 * 2 ** 20;

/** Inherited files must lie in the project, like data files. */
function readInherited(terminal: Terminal, file: string, root: string): ReturnType<ReadBase> {
  try {
    const real = realpathSync(path.resolve(terminal.cwd, file));
    const relative = path.relative(realpathSync(root), real);
    if (relative.startsWith("..") || path.isAbsolute(relative)) return undefined;
    checkOrdinaryFile(real, MOST_SPEC);
    return { file, text: new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(real)) };
  } catch (error) {
    return { unreadable: error instanceof TypeError ? "it is not UTF-8 text" : reasonOf(error) };
  }
}

/** Shapes and types of the tensors in a file; undefined where the spec reads none, or where its path is wrong anyway. */
async function factsOf(
  document: Document,
  spec: Spec,
  files: FileReader,
  mayBeMissing: boolean,
): Promise<DataFacts | undefined> {
  const { kind, file } = spec.data;
  // What a spec declares of its inputs is held against what is in the file; implied inputs need no file.
  if (dataKinds.find((one) => one.kind === kind)?.impliesInputs !== false) return undefined;
  invariant(file !== undefined, `data of kind ${kind} passed the schema without a file`);
  const origin = document.locate("/data/file").file;
  const inherited = origin !== document.file && !origin.startsWith("--");
  const from = inherited ? path.relative(path.dirname(document.file), path.dirname(origin)) : "";
  try {
    return { tensors: await readTensorFacts(path.join(from, file), files) };
  } catch (error) {
    const codes = problemsOf(error)?.problems.map(({ code }) => code) ?? [];
    // The compiler says this with the place in the spec.
    if (codes.includes("data-file-outside")) return undefined;
    // A spec with errors of its own shows those first.
    if (spec.broken !== undefined) return undefined;
    if (mayBeMissing && codes.includes("data-file-missing")) return undefined;
    throw new SpecProblem(error, document);
  }
}
