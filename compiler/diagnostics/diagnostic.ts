/** What is wrong with a spec, where, and what to do. Collected, never thrown. */
import type { Place } from "../contracts/document.ts";
import { catalogue } from "./catalogue.ts";
import type { DiagnosticCode, DiagnosticFacts } from "./catalogue.ts";
import type { Wording } from "./catalogue/define.ts";

export interface DiagnosticNote {
  readonly message: string;
  readonly place: Place;
}

export interface Diagnostic {
  readonly code: DiagnosticCode;
  readonly message: string;
  /** Absent when the diagnostic is about a file as a whole. */
  readonly place?: Place | undefined;
  readonly file?: string | undefined;
  readonly help?: string | undefined;
  readonly notes?: readonly DiagnosticNote[] | undefined;
}

export interface DiagnosticWhere {
  readonly place?: Place;
  readonly file?: string;
  readonly notes?: readonly DiagnosticNote[];
}

/** The words of a code; the one place where facts become a sentence. */
function makeDiagnostic<C extends DiagnosticCode>(
  code: C,
  facts: DiagnosticFacts<C>,
  where: DiagnosticWhere,
): Diagnostic {
  const wording = catalogue[code] as (given: DiagnosticFacts<C>) => Wording;
  return { code, ...wording(facts), ...where };
}

/** More than anybody reads; a file of another kind can have an error in every line. */
const mostKept = 100;

export class DiagnosticBag {
  readonly #collected: Diagnostic[] = [];
  #dropped = 0;

  add(diagnostic: Diagnostic): void {
    if (this.#collected.length < mostKept) this.#collected.push(diagnostic);
    else this.#dropped += 1;
  }

  report<C extends DiagnosticCode>(code: C, facts: DiagnosticFacts<C>, where: DiagnosticWhere): void {
    this.add(makeDiagnostic(code, facts, where));
  }

  get count(): number {
    return this.#collected.length + this.#dropped;
  }

  get isEmpty(): boolean {
    return this.#collected.length === 0;
  }

  /** Sorted by place (files in the order of their first diagnostic, file-wide ones first), each once, 100 at most. */
  sorted(): readonly Diagnostic[] {
    const seen = new Set<string>();
    const files = new Map<string, number>();
    for (const diagnostic of this.#collected) {
      const file = fileOf(diagnostic);
      if (!files.has(file)) files.set(file, files.size);
    }
    const shown = this.#collected
      .filter((diagnostic) => {
        const span = diagnostic.place?.span;
        const identity = JSON.stringify([diagnostic.code, fileOf(diagnostic), span?.start, diagnostic.message]);
        return seen.has(identity) ? false : (seen.add(identity), true);
      })
      .sort(
        (left, right) =>
          (files.get(fileOf(left)) ?? 0) - (files.get(fileOf(right)) ?? 0) ||
          (left.place?.span.start ?? -1) - (right.place?.span.start ?? -1),
      );
    if (this.#dropped === 0) return shown;
    return [...shown, makeDiagnostic("more-errors", { count: this.#dropped }, {})];
  }
}

function fileOf(diagnostic: Diagnostic): string {
  return diagnostic.place?.file ?? diagnostic.file ?? "";
}
