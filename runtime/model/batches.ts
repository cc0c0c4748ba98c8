/** One program call: from checked examples to exactly the arguments a program asks for, and its results checked in turn. */
import type { Executor, ModelDefinition, ProgramName } from "../contract.ts";
import { Problem } from "../problem.ts";
import { dropoutStream, fillUniform } from "../random.ts";
import { sizeOf } from "../tensor.ts";
import type { CheckedInputs } from "./inputs.ts";
import type { Tensors } from "./parameters.ts";

/** Everything a program may read besides the examples. */
export interface ModelState {
  readonly parameters: Readonly<Tensors>;
  readonly slots: Readonly<Tensors>;
  readonly scalars: Readonly<Record<string, number>>;
  readonly seed: number;
  /** The update that the random numbers belong to, 1 for the first. */
  readonly step: number;
}

/** The mask of real examples: 1, and 0 for the rows that fill up a batch. */
const MASK = "batch.mask";

/**
 * Runs a program on the examples `start` up to `end` (at most `batchSize`), padded to a full batch.
 *
 * @returns results by name, of the sizes in the program's facts; padded rows are still in them
 */
export async function runProgram(
  definition: ModelDefinition,
  executor: Executor,
  program: ProgramName,
  state: ModelState,
  inputs: CheckedInputs,
  [start, end]: readonly [number, number],
): Promise<Tensors> {
  const facts = definition.gpu[program];
  const rows = { start, end, batchSize: definition.batchSize };
  const argumentsByName: Tensors = {};
  let randoms = 0;
  for (const { name, shape, role } of facts.arguments) {
    let values: Float32Array | undefined;
    switch (role) {
      case "input":
        values = name === MASK ? mask(rows) : paddedRows(name, inputs.tensors[name], sizeOf(shape), rows);
        break;
      case "parameter":
        values = state.parameters[name];
        break;
      case "state":
        values = state.slots[name];
        break;
      case "scalar":
        values = scalar(state.scalars[name]);
        break;
      case "random":
        values = fillUniform(new Float32Array(sizeOf(shape)), state.seed, dropoutStream(state.step, randoms));
        randoms += 1;
        break;
      default:
        values = role satisfies never;
    }
    argumentsByName[name] = exactly(values, sizeOf(shape), `${program} argument "${name}"`);
  }
  const results = await executor.run(program, argumentsByName);
  for (const { name, shape } of facts.results) exactly(results[name], sizeOf(shape), `${program} result "${name}"`);
  return results;
}

interface Rows {
  readonly start: number;
  readonly end: number;
  readonly batchSize: number;
}

function mask({ start, end, batchSize }: Rows): Float32Array {
  return new Float32Array(batchSize).fill(1, 0, end - start);
}

/** The rows asked for, then zeros; lengths are filled with 1, since no sequence has none. */
function paddedRows(
  name: string,
  values: Float32Array | undefined,
  size: number,
  rows: Rows,
): Float32Array | undefined {
  if (values === undefined) return undefined;
  const rowSize = size / rows.batchSize;
  const part = values.subarray(rows.start * rowSize, rows.end * rowSize);
  if (part.length === size) return part;
  const padded = new Float32Array(size);
  if (name.endsWith(".lengths")) padded.fill(1);
  padded.set(part);
  return padded;
}

function scalar(value: number | undefined): Float32Array | undefined {
  return value === undefined ? undefined : new Float32Array([value]);
}

/** A fault here is ours or the device's, never the caller's: inputs were checked before. */
function exactly(values: Float32Array | undefined, size: number, what: string): Float32Array {
  if (values?.length === size) return values;
  const found = values === undefined ? "is missing" : `has ${String(values.length)} numbers`;
  throw new Problem({
    code: "program-mismatch",
    message: `${what} ${found}; ${String(size)} numbers are expected.`,
    help: "the module and the runtime may be of different versions; compile the spec again.",
  });
}
