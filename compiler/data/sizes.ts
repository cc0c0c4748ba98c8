/** Words in shapes: `shape: [time, 3]` with `sizes: {time: 20}`, or with the size that the data has. */
import type { DataFacts, InputSpec } from "../contracts/spec.ts";
import type { Report } from "../diagnostics/report.ts";
import { memberOf } from "@specloom/runtime/internal/shared/member-of";
import { pointerTo } from "../support/pointer.ts";
import type { DataContext } from "./define.ts";

interface KnownSize {
  readonly size: number;
  readonly pointer: string;
  readonly source: string;
}

/** The size of every word, and shapes in which all words are replaced. */
export class Sizes {
  readonly #known = new Map<string, KnownSize>();
  readonly #used = new Set<string>();
  readonly #spec: DataContext["spec"];
  readonly #facts: DataFacts | undefined;
  readonly #report: Report;

  constructor(spec: DataContext["spec"], facts: DataFacts | undefined, report: Report) {
    this.#spec = spec;
    this.#facts = facts;
    this.#report = report;
    for (const [word, size] of Object.entries(spec.sizes ?? {})) {
      const pointer = pointerTo("/sizes", word);
      this.#known.set(word, { size, pointer, source: `sizes says ${word}: ${size}.` });
      if (spec.inputs && Object.hasOwn(spec.inputs, word)) report("size-is-input", { word }, { pointer, part: "key" });
    }
    for (const [name, input] of Object.entries(spec.inputs ?? {})) this.#learn(name, input, facts);
  }

  /** What the data says of the words in one shape; a rank that does not fit is reported elsewhere. */
  #learn(name: string, input: InputSpec, facts: DataFacts | undefined): void {
    const found = tensorOf(facts, name)?.shape.slice(1);
    if (found?.length !== input.shape.length) return;
    input.shape.forEach((word, axis) => {
      const size = found[axis];
      if (typeof word !== "string" || size === undefined) return;
      const pointer = pointerTo("/inputs", name, "shape", axis);
      const known = this.#known.get(word);
      if (!known) {
        this.#known.set(word, { size, pointer, source: `${name} has ${word} = ${size} in the data.` });
      } else if (known.size !== size) {
        const notes = [{ message: known.source, pointer: known.pointer }];
        this.#report("conflicting-sizes", { word, found: size, expected: known.size }, { pointer, notes });
      }
    });
  }

  /** Undefined when a word has no size; it has been reported then. */
  resolve(name: string, shape: InputSpec["shape"]): readonly number[] | undefined {
    const sizes = shape.map((entry, axis) => {
      if (typeof entry === "number") return entry;
      this.#used.add(entry);
      const known = this.#known.get(entry);
      if (known) return known.size;
      // Nobody reads the data of a spec that is wrong already; the size may well be there.
      if (this.#spec.broken && !this.#facts) return undefined;
      const pointer = pointerTo("/inputs", name, "shape", axis);
      return this.#report("unknown-size", { word: entry, known: Array.from(this.#known.keys()) }, { pointer });
    });
    return sizes.every((size) => size !== undefined) ? sizes : undefined;
  }

  reportUnused(): void {
    reportUnusedSizes(this.#spec, this.#used, this.#report);
  }
}

export function reportUnusedSizes(spec: DataContext["spec"], used: ReadonlySet<string>, report: Report): void {
  for (const word of Object.keys(spec.sizes ?? {})) {
    if (!used.has(word)) report("unused-size", { word }, { pointer: pointerTo("/sizes", word), part: "key" });
  }
}

export function tensorOf(facts: DataFacts | undefined, name: string): TensorFact | undefined {
  return facts?.tensors && memberOf(facts.tensors, name);
}

type TensorFact = NonNullable<DataFacts["tensors"]>[string];
