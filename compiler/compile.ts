/**
 * The compiler: nine stages, each a pure function from one level to the next.
 *
 *   text -> document -> spec -> model -> graphs -> training graphs -> optimised graphs -> programs -> code of each target -> module
 */
import type { AnyProgramName } from "@specloom/runtime/internal/contract";
import type { Document } from "./contracts/document.ts";
import type { Model } from "./contracts/model.ts";
import type { Compilation, Lowered, TargetName } from "./contracts/programs.ts";
import type { DataFacts, Spec } from "./contracts/spec.ts";
import type { Diagnostic } from "./diagnostics/diagnostic.ts";
import { DiagnosticBag } from "./diagnostics/diagnostic.ts";
import { parse } from "./stages/1-parse.ts";
import type { ParseOptions } from "./stages/1-parse.ts";
import { validate } from "./stages/2-validate.ts";
import { resolve } from "./stages/3-resolve.ts";
import { build } from "./stages/4-build.ts";
import { differentiate } from "./stages/5-differentiate.ts";
import { optimise } from "./stages/6-optimise.ts";
import { lower } from "./stages/7-lower.ts";
import { printGpu, printWasm } from "./stages/8-print.ts";
import { emit, type Layout, type ModuleFiles, type Printed } from "./stages/9-emit.ts";
import { sequenceFacts } from "./stages/4-build/sequence-facts.ts";
import { streamFact } from "./stages/4-build/stream.ts";
import { assembleWasm, type BinaryStore } from "./stages/8-print/assemble.ts";
import { gpuLimits } from "./targets/gpu/limits.ts";

export interface Source {
  /** The spec's path as the user wrote it. */
  readonly file: string;
  readonly text: string;
  /** The spec's name, where its file is not called after it: the `spec.yaml` of a run. */
  readonly name?: string;
}

export interface CompileOptions extends ParseOptions {
  /** Folder that data files must stay inside of; default the spec's own folder. */
  readonly projectRoot?: string;
  /** The spec's folder, where its relative paths start; default the folder part of `file`. */
  readonly directory?: string;
  /** What only the data can tell: see `DataFacts`. The compiler reads no files itself. */
  readonly dataFacts?: DataFacts;
  /** What a module may be written for; default all targets. */
  readonly targets?: readonly TargetName[];
}

const allTargets: readonly TargetName[] = ["gpu", "wasm"];

export interface ReadSpec {
  readonly diagnostics: readonly Diagnostic[];
  /** Where the further stages add theirs. */
  readonly bag: DiagnosticBag;
  readonly document?: Document;
  readonly spec?: Spec;
}

export interface CompileResult {
  /** All errors of the spec at once, sorted by place; empty exactly when there is a compilation. */
  readonly diagnostics: readonly Diagnostic[];
  readonly compilation?: Compilation;
}

/** Stages 1 and 2: what a caller needs to find the data before it compiles. */
export function readSpec(source: Source, options: CompileOptions = {}): ReadSpec {
  const bag = new DiagnosticBag();
  const document = parse(source, options, bag);
  const spec = document && validate(document, bag);
  return {
    diagnostics: bag.sorted(),
    bag,
    ...(document === undefined ? {} : { document }),
    ...(spec === undefined ? {} : { spec }),
  };
}

export interface CheckResult {
  /** All errors of the spec at once, sorted by place; empty exactly when there is a model. */
  readonly diagnostics: readonly Diagnostic[];
  readonly model?: Model;
}

/**
 * Stages 1 to 3: all that can be wrong with a spec, at a small part of what it costs to compile it. Never throws for one.
 *
 * @param read the spec, where stages 1 and 2 have been gone through
 */
export function check(source: Source, options: CompileOptions = {}, read = readSpec(source, options)): CheckResult {
  const { document, spec, bag } = read;
  const model = document && spec && resolve(document, spec, options, bag);
  return model === undefined || !bag.isEmpty ? { diagnostics: bag.sorted() } : { diagnostics: [], model };
}

/** Stages 1 to 7. Never throws for a wrong spec; an `InternalError` is a mistake of the compiler. */
export function compile(source: Source, options: CompileOptions = {}, read?: ReadSpec): CompileResult {
  const { model, diagnostics } = check(source, options, read);
  return model === undefined ? { diagnostics } : { diagnostics: [], compilation: compileModel(model, options.targets) };
}

/**
 * Stages 4 to 7, of a model that is right: some milliseconds for small ones, a tenth of a second for each layer of others.
 *
 * @param targets what a module of it may be written for
 */
export function compileModel(model: Model, targets: readonly TargetName[] = allTargets): Compilation {
  const forward = build(model, { one: targets.includes("wasm") });
  const graphs = optimise(differentiate(model, forward));
  // All targets print the same programs, and gpu.js can take least.
  const programs = lower(graphs, gpuLimits);
  const stream = streamFact(forward.stream);
  const sequences = sequenceFacts(model, () => forward.training);
  return { model, stream, sequences, graphs, programs };
}

export interface ModuleRequest {
  readonly layout: Layout;
  readonly targets: readonly TargetName[];
  /** The programs that it shall have; default all. */
  readonly programs?: readonly AnyProgramName[];
  /** Where WebAssembly binaries are kept. */
  readonly store?: BinaryStore | undefined;
}

export interface PrintedModule {
  readonly files: ModuleFiles;
  /** Its WebAssembly had been assembled before. */
  readonly reused: boolean;
}

/** Stages 8 and 9: a module for these targets, in the files of its layout. */
export async function moduleFiles(compilation: Lowered, request: ModuleRequest): Promise<PrintedModule> {
  const { layout, targets, programs, store } = request;
  const lowered = programs === undefined ? compilation : withPrograms(compilation, programs);
  const { printed, reused } = await print(lowered, targets, store);
  return { files: emit(lowered, printed, layout), reused };
}

/** The same as one text, of a module that runs on the gpu target alone. */
export function gpuModule(compilation: Lowered): string {
  return emit(compilation, { gpu: printGpu(compilation) }, "one-file")[0].text;
}

export interface WholeModule {
  readonly moduleText: string;
  /** The same in several files, of what the targets printed for the text. */
  readonly files: () => ModuleFiles;
  readonly reused: boolean;
}

/** The same as one text, of all targets. */
export async function wholeModule(compilation: Lowered, store?: BinaryStore): Promise<WholeModule> {
  const { printed, reused } = await print(compilation, allTargets, store);
  const [{ text: moduleText }] = emit(compilation, printed, "one-file");
  return { moduleText, files: () => emit(compilation, printed, "files"), reused };
}

/** Stage 8 of all targets that are asked for. */
async function print(
  lowered: Lowered,
  targets: readonly TargetName[],
  store: BinaryStore | undefined,
): Promise<{ readonly printed: Printed; readonly reused: boolean }> {
  const wasm = targets.includes("wasm") ? await assembleWasm(printWasm(lowered), store) : undefined;
  const gpu = targets.includes("gpu") ? printGpu(lowered) : undefined;
  const printed = { ...(gpu === undefined ? {} : { gpu }), ...(wasm === undefined ? {} : { wasm }) };
  return { printed, reused: wasm?.reused ?? false };
}

/** The compilation as if it had these programs alone. */
function withPrograms(given: Lowered, names: readonly AnyProgramName[]): Lowered {
  const isKept = (name: string): boolean =>
    names.some((wanted) => wanted === name || (wanted === "predict" && name === "predict_one"));
  return { ...given, programs: Object.fromEntries(Object.entries(given.programs).filter(([name]) => isKept(name))) };
}
