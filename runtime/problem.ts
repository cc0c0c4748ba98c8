/** A user's mistake that shows only at run time, with the place it was found at. The CLI prints it like a diagnostic. */
import type { ProblemCode } from "./problems.ts";

/** The lines around a place, for the frame of a message; kept apart so that a problem never holds on to a whole file. */
export interface ProblemFrame {
  /** 1-based number of the first of `lines`. */
  readonly firstLine: number;
  readonly lines: readonly string[];
  /** 1-based column of the mark within the place's line as it stands in `lines` (long lines are cut to a part, with "…"). */
  readonly column: number;
}

/** A place in a data file. Lines and columns count from 1, columns and lengths in UTF-16 code units. */
export interface ProblemPlace {
  readonly file?: string | undefined;
  readonly line?: number | undefined;
  readonly column?: number | undefined;
  readonly length?: number | undefined;
  readonly frame?: ProblemFrame | undefined;
}

export interface ProblemFacts extends ProblemPlace {
  readonly code: ProblemCode;
  /** One sentence: what is wrong and what was expected. */
  readonly message: string;
  /** What to do about it. */
  readonly help?: string | undefined;
  /** JSON pointer into the spec (`/data/columns/0`), where the spec is at odds with the data. */
  readonly pointer?: string | undefined;
  /** How many more of the very kind were found behind this one and are not listed: the other cells of a column of text. */
  readonly more?: number | undefined;
}

export class Problem extends Error implements ProblemFacts {
  override readonly name = "Problem";
  readonly code: ProblemCode;
  readonly help: string | undefined;
  readonly file: string | undefined;
  readonly line: number | undefined;
  readonly column: number | undefined;
  readonly length: number | undefined;
  readonly frame: ProblemFrame | undefined;
  readonly pointer: string | undefined;
  readonly more: number;

  constructor(facts: ProblemFacts) {
    super(facts.message);
    this.code = facts.code;
    this.help = facts.help;
    this.file = facts.file;
    this.line = facts.line;
    this.column = facts.column;
    this.length = facts.length;
    this.frame = facts.frame;
    this.pointer = facts.pointer;
    this.more = facts.more ?? 0;
  }

  /** The same problem with a place, for code that learns the file only further out. A place already known stays. */
  at(place: ProblemPlace): Problem {
    if (this.file !== undefined) return this;
    const { code, message, help, pointer, more } = this;
    return new Problem({ code, message, help, pointer, more, ...place });
  }
}

/** Several problems at once. `omitted` more of them were found and are not listed. */
export class Problems extends Error {
  override readonly name = "Problems";
  readonly problems: readonly Problem[];
  readonly omitted: number;

  constructor(problems: readonly Problem[], omitted: number) {
    super(problems.map((problem) => problem.message).join("\n"));
    this.problems = problems;
    this.omitted = omitted;
  }
}

/** How many problems of one file are listed; the rest is counted. */
const MOST_PROBLEMS = 10;
/** How many of one kind: a column of text is one mistake, not a thousand. */
export const MOST_OF_A_KIND = 3;

/** Gathers problems of one file, keeps the first few, counts the rest. */
export class ProblemList {
  readonly #kept: { readonly facts: ProblemFacts; more: number; readonly kind: string | undefined }[] = [];
  /** Of each kind, how many are listed. */
  readonly #listed = new Map<string, number>();
  #count = 0;
  #omitted = 0;

  /**
   * @param facts are only computed while there is room, so that a million bad cells cost little
   * @param kind of those of one kind the first few are listed, and the rest is counted with the last of them
   * @param times how many of the kind this one stands for
   */
  add(facts: () => ProblemFacts, kind?: string, times = 1): void {
    this.#count += times;
    const listed = kind === undefined ? 0 : (this.#listed.get(kind) ?? 0);
    const last = listed < MOST_OF_A_KIND ? undefined : this.#kept.findLast((one) => one.kind === kind);
    if (last !== undefined) {
      last.more += times;
      return;
    }
    if (this.#kept.length >= MOST_PROBLEMS) {
      this.#omitted += times;
      return;
    }
    this.#kept.push({ facts: facts(), more: times - 1, kind });
    if (kind !== undefined) this.#listed.set(kind, listed + 1);
  }

  get count(): number {
    return this.#count;
  }

  /** @throws Problem for one, Problems for several; returns when there is none. */
  throwIfAny(): void {
    const [first, ...others] = this.#kept.map(({ facts, more }) => new Problem({ ...facts, more }));
    if (first === undefined) return;
    if (others.length === 0) throw first;
    throw new Problems([first, ...others], this.#omitted);
  }
}

/** What an error says to the user: its problems and how many more there are; undefined for an error of another kind. */
export function problemsOf(
  error: unknown,
): { readonly problems: readonly Problem[]; readonly omitted: number } | undefined {
  if (error instanceof Problem) return { problems: [error], omitted: 0 };
  if (error instanceof Problems) return { problems: error.problems, omitted: error.omitted };
  return undefined;
}
