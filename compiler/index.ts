/** specloom/compiler: a spec's text in, diagnostics or a TypeScript module out. */
export { compile, readSpec } from "./compile.ts";
export type { CompileOptions, CompileResult, ReadSpec, Source } from "./compile.ts";
export type { Place, Span } from "./contracts/document.ts";
export type { Model } from "./contracts/model.ts";
export type { Compilation, ProgramGraphs } from "./contracts/programs.ts";
export type { DataFacts } from "./contracts/spec.ts";
export type { ProgramName } from "../runtime/contract.ts";
export type { Diagnostic } from "./diagnostics/diagnostic.ts";
export { printGraph, printProgram } from "./ir/print.ts";
