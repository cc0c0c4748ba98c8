/** Reporting by JSON pointer, for the stages that look at values rather than at text. */
import type { Document } from "../contracts/document.ts";
import type { DiagnosticCode, DiagnosticFacts } from "./catalogue.ts";
import type { DiagnosticBag } from "./diagnostic.ts";

export interface PointerNote {
  readonly message: string;
  readonly pointer: string;
  readonly part?: "value" | "key";
}

export interface At {
  readonly pointer: string;
  readonly part?: "value" | "key";
  readonly notes?: readonly PointerNote[];
}

/** Returns undefined, so that a rule can `return report(...)`. */
export type Report = <C extends DiagnosticCode>(code: C, facts: DiagnosticFacts<C>, at: At) => undefined;

export function reportFor(document: Document, diagnostics: DiagnosticBag): Report {
  return (code, facts, at) => {
    const notes = (at.notes ?? []).map((note) => ({
      message: note.message,
      place: document.locate(note.pointer, note.part),
    }));
    const place = document.locate(at.pointer, at.part);
    diagnostics.report(code, facts, notes.length === 0 ? { place } : { place, notes });
    return undefined;
  };
}
