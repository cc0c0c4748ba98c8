/** One program call: from checked examples to exactly the arguments a program asks for, and its results checked in turn. */
import type { AnyProgramName, FeedFact, ModelDefinition } from "../contract.ts";
import type { Executor, ProgramFacts, ProgramRun } from "../contract-backend.ts";
import { misfit } from "../devices/residents.ts";
import { memberOf, setMember } from "../shared/member-of.ts";
import { Problem } from "../problem.ts";
import { dropoutStream, fillUniform } from "../random.ts";
import { sizeOf } from "../tensor.ts";
import type { CheckedInputs } from "./inputs.ts";
import { batchMask, isLengths } from "../shared/names.ts";

/** Everything a program may read besides the examples and what the executor keeps. */
export interface CallState {
  readonly scalars: Readonly<Record<string, number>>;
  readonly seed: number;
  /** The training batch that the random numbers belong to, 1 for the first. */
  readonly draw: number;
}

/** Which examples a call is for, and in which of the program's batch sizes: at least as many. */
export interface Rows {
  readonly start: number;
  readonly end: number;
  readonly batch: number;
}

/** An argument that comes with each call. */
interface Feed {
  readonly name: string;
  readonly kind: "rows" | "lengths" | "mask" | "scalar" | "random";
  /** Numbers per example for `rows` and `lengths`; in all for the others. */
  readonly size: number;
  /** Position among the program's random arguments. */
  readonly random: number;
}

/** The calls of one model's programs. What they need is worked out once: small models are called many times a second. */
export class ProgramCalls {
  readonly #definition: ModelDefinition;
  readonly #executor: Executor;
  readonly #programs = new Map<AnyProgramName, Call>();

  constructor(definition: ModelDefinition, executor: Executor) {
    this.#definition = definition;
    this.#executor = executor;
  }

  /**
   * @param taken see `Executor.run`
   * @throws Problem `program-missing` where the module was compiled without the program
   * @returns results that are not resident, of the sizes in the program's facts; padded rows are still in them
   */
  async run(
    program: AnyProgramName,
    state: CallState,
    inputs: CheckedInputs,
    rows: Rows,
    taken: (program: AnyProgramName) => void,
  ): Promise<ProgramRun> {
    const { feeds, results: sizes } = this.#programOf(program);
    const given: Record<string, Float32Array> = {};
    for (const feed of feeds) setMember(given, feed.name, argument(program, feed, state, inputs, rows));
    const run = await this.#executor.run(program, given, rows.batch, taken);
    for (const { name, fixed, perExample } of sizes) {
      const size = fixed + perExample * rows.batch;
      const values = memberOf(run.results, name);
      if (values?.length !== size) throw wrongSize(`${program} result "${name}"`, values, size);
    }
    return run;
  }

  #programOf(program: AnyProgramName): Call {
    const known = this.#programs.get(program);
    if (known !== undefined) return known;
    const facts = this.#executor.facts(program);
    if (facts === undefined) throw absent(this.#definition, program);
    const call = { feeds: feedsOf(facts.feeds, this.#definition.batchSize), results: sizesOf(this.#definition, facts) };
    this.#programs.set(program, call);
    return call;
  }
}

interface Call {
  readonly feeds: readonly Feed[];
  readonly results: Sizes;
}

type Sizes = readonly { readonly name: string; readonly fixed: number; readonly perExample: number }[];

function feedsOf(facts: readonly FeedFact[], batchSize: number): readonly Feed[] {
  const feeds: Feed[] = [];
  let randoms = 0;
  for (const { name, shape, role } of facts) {
    const size = sizeOf(shape);
    switch (role) {
      case "input": {
        const kind = name === batchMask ? "mask" : isLengths(name) ? "lengths" : "rows";
        feeds.push({ name, kind, size: size / batchSize, random: 0 });
        break;
      }
      case "scalar":
        feeds.push({ name, kind: "scalar", size, random: 0 });
        break;
      case "random":
        feeds.push({ name, kind: "random", size, random: randoms });
        randoms += 1;
        break;
      default:
        role satisfies never;
    }
  }
  return feeds;
}

/** The model's outputs have a row per example, whatever the batch; everything else that is not resident has one size. */
function sizesOf({ batchSize, outputs }: ModelDefinition, { results }: ProgramFacts): Sizes {
  return results.map(({ name, shape }) => {
    const size = sizeOf(shape);
    const isOutput = outputs.some((output) => output.name === name);
    return isOutput ? { name, fixed: 0, perExample: size / batchSize } : { name, fixed: size, perExample: 0 };
  });
}

function argument(
  program: AnyProgramName,
  { name, kind, size, random }: Feed,
  { scalars, seed, draw }: CallState,
  { tensors }: CheckedInputs,
  rows: Rows,
): Float32Array {
  switch (kind) {
    case "rows":
    case "lengths":
      return paddedRows(memberOf(tensors, name) ?? missing(program, name), size, rows, kind === "lengths" ? 1 : 0);
    case "mask":
      return new Float32Array(rows.batch).fill(1, 0, rows.end - rows.start);
    case "scalar": {
      const values = new Float32Array(1);
      values[0] = memberOf(scalars, name) ?? missing(program, name);
      return values;
    }
    case "random":
      return fillUniform(new Float32Array(size), seed, dropoutStream(draw, random));
    default:
      return kind satisfies never;
  }
}

/** The rows asked for, then the filler: lengths are filled with 1, since no sequence has none. */
function paddedRows(values: Float32Array, rowSize: number, { start, end, batch }: Rows, filler: number): Float32Array {
  const size = batch * rowSize;
  if (start === 0 && values.length === size) return values;
  const part = values.subarray(start * rowSize, end * rowSize);
  if (part.length === size) return part;
  const padded = new Float32Array(size);
  if (filler !== 0) padded.fill(filler);
  padded.set(part);
  return padded;
}

/** A module can be compiled for some programs alone. */
function absent({ name, programs }: ModelDefinition, program: AnyProgramName): Problem {
  return new Problem({
    code: "program-missing",
    message: `the module of model "${name}" has no program ${program}; it was compiled with ${programs.join(", ")} alone.`,
    help: "compile the spec again without --programs, or with this program among them.",
  });
}

function missing(program: AnyProgramName, name: string): never {
  throw misfit(`${program} argument "${name}" is missing.`);
}

function wrongSize(what: string, found: Float32Array | undefined, size: number): Problem {
  const has = found === undefined ? "is missing" : `has ${String(found.length)} numbers`;
  return misfit(`${what} ${has}; ${String(size)} numbers are expected.`);
}

/**
 * How to run `count` examples in the batch sizes that a program has. Full batches of the largest; what is left over is
 * run one by one (in the smallest size) when it is at most a quarter of a full batch, else as one padded batch: a padded
 * row costs what a real one does, and a call for one example is less efficient than a row of a batch.
 *
 * @param sizes the program's batch sizes, largest first
 */
export function planBatches(count: number, sizes: readonly [number, ...number[]]): readonly Rows[] {
  const [largest] = sizes;
  const smallest = sizes.at(-1) ?? largest;
  const plan: Rows[] = [];
  let start = 0;
  while (start < count) {
    const rest = count - start;
    const batch = rest > largest / 4 ? largest : smallest;
    const end = Math.min(start + batch, count);
    plan.push({ start, end, batch });
    start = end;
  }
  return plan;
}
