/** The names of a cell: what each is, its shape, and whether anything reads it. */
import type { Shape, Span } from "./define.ts";

export interface NameFact {
  readonly what: "key" | "size" | "input" | "state" | "parameter" | "name";
  /** Undefined where the shape is not known because of a mistake that is reported already. */
  readonly shape: Shape | undefined;
  /** Whether it differs from step to step, or from example to example. */
  readonly varies: boolean;
  readonly pointer?: string;
  readonly span?: Span;
}

export class Scope {
  readonly #facts = new Map<string, NameFact>();
  readonly #used = new Set<string>();

  define(name: string, fact: NameFact): void {
    this.#facts.set(name, fact);
  }

  get(name: string): NameFact | undefined {
    return this.#facts.get(name);
  }

  use(name: string): void {
    this.#used.add(name);
  }

  get names(): readonly string[] {
    return [...this.#facts.keys()];
  }

  unused(): readonly (readonly [string, NameFact])[] {
    return [...this.#facts].filter(([name]) => !this.#used.has(name));
  }
}
