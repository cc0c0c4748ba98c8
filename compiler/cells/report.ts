/** How the parts of a cell's check report: at a piece of its text, or at a key of its definition. */
import type { DiagnosticCode, DiagnosticFacts } from "../diagnostics/catalogue.ts";
import type { Span } from "./define.ts";

/** A key below the cell's definition: `/state/h`. */
export interface KeyPlace {
  readonly pointer: string;
  readonly part?: "value" | "key";
}

export interface CellNote {
  readonly message: string;
  readonly at: Span | KeyPlace;
}

/** Returns undefined, so that a rule can `return report(...)`. */
export type CellReport = <C extends DiagnosticCode>(
  code: C,
  facts: DiagnosticFacts<C>,
  at: Span | KeyPlace,
  notes?: readonly CellNote[],
) => undefined;
