/** specloom/compiler: a spec's text in, diagnostics or a TypeScript module out. */
export { compile, readSpec } from "./compile.ts";
export type { CompileOptions, CompileResult, ReadSpec, Source } from "./compile.ts";
export type { Compilation, DataFacts, Model, Place, ProgramGraphs, ProgramName, Span } from "./contracts.ts";
export type { Diagnostic } from "./diagnostics/diagnostic.ts";
export { printGraph, printProgram } from "./ir/print.ts";
