/** The numbers of one tensor of a file: what its input cannot take, told once for each way of being wrong. */
import { isWithin, LARGEST_WHOLE, limitsText, type Expectation } from "@specloom/runtime/internal/expectation";
import type { ProblemFacts } from "@specloom/runtime/internal/problem";
import { indicesOf, sizeOf } from "@specloom/runtime/internal/tensor";
import { indexText } from "./tensor-file.ts";
import type { FileTensor } from "./file-tensor.ts";

/** How many of them a message names. */
const MOST_NAMED = 3;

export interface ValueFault extends Pick<ProblemFacts, "code" | "message" | "help"> {
  /** Of the first. */
  readonly indices: readonly number[];
}

/** A way of being wrong, with the first positions and the number of all. */
interface Found {
  readonly first: { readonly position: number; readonly value: number }[];
  count: number;
}

type Kind = "not-finite" | "not-exact" | "out-of-limits";

/** Looks at the numbers of a tensor [examples, ...shape of the expectation] as they are read. */
export class ValueCheck {
  readonly #expectation: Expectation;
  readonly #tensor: Pick<FileTensor, "shape" | "numbers">;
  readonly #kinds = new Map<Kind, Found>();

  constructor(expectation: Expectation, tensor: Pick<FileTensor, "shape" | "numbers">) {
    this.#expectation = expectation;
    this.#tensor = tensor;
  }

  /** @param start position of the first of them in the tensor */
  readonly see = (values: ArrayLike<number>, start: number): void => {
    const { numbers } = this.#tensor;
    for (let index = 0; index < values.length; index += 1) {
      const value = values[index] ?? Number.NaN;
      const kind = faultOf(value, this.#expectation, numbers);
      if (kind === undefined) continue;
      const found = this.#kinds.get(kind) ?? { first: [], count: 0 };
      if (found.count < MOST_NAMED) found.first.push({ position: start + index, value });
      found.count += 1;
      this.#kinds.set(kind, found);
    }
  };

  faults(): readonly ValueFault[] {
    const { shape } = this.#tensor;
    return [...this.#kinds].map(([kind, { first, count }]) => {
      const named = first.map(({ position, value }) => {
        const indices = indicesOf(position, shape);
        return { indices, text: `${this.#expectation.name}${indexText(indices)} is ${String(value)}` };
      });
      const texts = named.map(({ text }) => text).join(", ");
      const { code, expected, help } = wordingOf(kind, this.#expectation);
      return {
        code,
        message:
          count === 1
            ? `${texts}, but ${expected} was expected.`
            : `${String(count)} of the ${String(sizeOf(shape))} numbers of "${this.#expectation.name}" are wrong: ` +
              `${texts}${count > first.length ? ", ..." : ""}; ${expected} was expected.`,
        help,
        indices: named[0]?.indices ?? [],
      };
    });
  }
}

function faultOf(value: number, { limits }: Expectation, numbers: FileTensor["numbers"]): Kind | undefined {
  if (!Number.isFinite(Math.fround(value))) return "not-finite";
  if (limits !== undefined) return isWithin(limits, value) ? undefined : "out-of-limits";
  return numbers === "whole" && Math.abs(value) > LARGEST_WHOLE ? "not-exact" : undefined;
}

function wordingOf(
  kind: Kind,
  expectation: Expectation,
): Pick<ProblemFacts, "code" | "help"> & { readonly expected: string } {
  const { limits } = expectation;
  if (kind === "not-finite") {
    return {
      code: "not-finite",
      expected: "a finite number within float32",
      help: "leave out the examples with such numbers or fill them in, and scale what float32 cannot hold (beyond 3.4e38).",
    };
  }
  if (kind === "not-exact" || limits === undefined) {
    return {
      code: "tensor-value",
      expected: `a whole number that float32 holds exactly (up to ${String(LARGEST_WHOLE)})`,
      help: "save it as floating point numbers if their last digits do not matter.",
    };
  }
  return { code: "tensor-value", expected: limitsText(limits), help: limitsHelp(expectation, limits) };
}

function limitsHelp({ lengthsOf }: Expectation, { whole, from, to }: NonNullable<Expectation["limits"]>): string {
  if (lengthsOf !== undefined) {
    return `a length counts the steps of "${lengthsOf}" that are data; those behind them are padding.`;
  }
  if (!whole)
    return "its loss compares probabilities: 0 is no, 1 is yes; correct the file, or take another loss, such as mse.";
  if (from < 0) return "correct the file, or leave out dtype: int32 if it holds measurements.";
  const count = to + 1;
  return `tokens and classes are numbered from 0, and the model has ${String(count)} of them: correct the file, or give the model more.`;
}
