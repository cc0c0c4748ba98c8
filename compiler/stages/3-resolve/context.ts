/** What the parts of stage 3 share. */
import type { Document } from "../../contracts/document.ts";
import type { DataFacts, Spec } from "../../contracts/spec.ts";
import type { DiagnosticBag } from "../../diagnostics/diagnostic.ts";
import type { Report } from "../../diagnostics/report.ts";
import type { Cell } from "../../cells/define.ts";
import { invariant } from "../../support/internal-error.ts";

export interface ResolveOptions {
  /** Directory that data files must lie in; default the spec's own. Absolute, or relative to the same place as `directory`. */
  readonly projectRoot?: string;
  /** Directory of the spec; default that of the document's path. */
  readonly directory?: string;
  readonly dataFacts?: DataFacts;
}

/** The spec's own cells by name; undefined where something is wrong with the definition, which is reported. */
export type Cells = ReadonlyMap<string, Cell | undefined>;

export interface ResolveContext {
  readonly document: Document;
  readonly spec: Spec;
  readonly options: ResolveOptions;
  readonly diagnostics: DiagnosticBag;
  readonly report: Report;
  readonly batchSize: number;
  readonly cells: Cells;
}

/** Whether stage 2 has already reported an error in this part. */
export function isBroken(spec: Spec, pointer: string): boolean {
  return spec.broken?.has(pointer) ?? false;
}

/** The record of a kind that stage 2 has found in the table. */
export function recordOf<R extends { readonly kind: string }>(table: readonly R[], kind: string): R {
  const record = table.find((candidate) => candidate.kind === kind);
  invariant(record !== undefined, `kind ${kind} passed the schema without a record`);
  return record;
}
