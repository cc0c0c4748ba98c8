/** specloom/compiler: a spec's text in, diagnostics or a TypeScript module out. */
export { compile, gpuModule, readSpec, wholeModule } from "./compile.ts";
export type { CompileOptions, CompileResult, ReadSpec, Source, WholeModule } from "./compile.ts";
export type { Place, Span } from "./contracts/document.ts";
export type { Model } from "./contracts/model.ts";
export type { Compilation, ProgramGraphs, TargetName } from "./contracts/programs.ts";
export type { DataFacts } from "./contracts/spec.ts";
export type { ProgramName } from "@specloom/runtime/internal/contract";
export type { Diagnostic } from "./diagnostics/diagnostic.ts";
export { printGraph, printProgram } from "./ir/print.ts";
