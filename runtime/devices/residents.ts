/** What executors share: where resident tensors are kept outside a device, and when an update may be taken over. */
import type { ModelDefinition, AnyProgramName } from "../contract.ts";
import type { ProgramRun } from "../contract-backend.ts";
import { residentTensors } from "../model/parameters.ts";
import { Problem } from "../problem.ts";
import { firstNotFinite, sizeOf } from "../tensor.ts";
import { lossCount } from "../shared/names.ts";

/** True when an update with this result must not be taken over: nothing is learnt from how many elements counted. */
export function spoils(name: string, values: Float32Array): boolean {
  return name !== lossCount && firstNotFinite(values) >= 0;
}

/** The tensor under that name, which must have that many numbers where a number is given. */
export function residentOf(
  residents: ReadonlyMap<string, Float32Array>,
  name: string,
  given?: { readonly length: number },
): Float32Array {
  const resident = residents.get(name);
  if (resident === undefined) {
    throw misfit(`The model's executor has no tensor "${name}".`);
  }
  if (given !== undefined && given.length !== resident.length) {
    throw misfit(`The tensor "${name}" has ${String(resident.length)} numbers; ${String(given.length)} were given.`);
  }
  return resident;
}

/** Shapes of the resident tensors, by name. */
export function shapesOf(definition: ModelDefinition): Readonly<Record<string, readonly number[]>> {
  return Object.fromEntries(residentTensors(definition).map(({ name, shape }) => [name, shape]));
}

/** Resident tensors for a backend that takes them as arguments and gives them back as results. */
export class Residents {
  readonly #tensors: Map<string, Float32Array>;

  constructor(definition: ModelDefinition) {
    this.#tensors = new Map(
      residentTensors(definition).map(({ name, shape }) => [name, new Float32Array(sizeOf(shape))]),
    );
  }

  readonly write = (tensors: Readonly<Record<string, Float32Array>>): void => {
    for (const [name, values] of Object.entries(tensors)) residentOf(this.#tensors, name, values).set(values);
  };

  readonly read = (name: string): Float32Array => residentOf(this.#tensors, name).slice();

  /** Not a copy; undefined for what is not resident. */
  get(name: string): Float32Array | undefined {
    return this.#tensors.get(name);
  }

  /**
   * Takes over the resident tensors among the results of a call, or none of them where a number is not finite.
   *
   * @param all results by name; the arrays become the executor's own
   * @param taken called where they were taken over
   */
  settle(all: Readonly<Record<string, Float32Array>>, taken?: () => void): ProgramRun {
    const named = Object.entries(all);
    const results = Object.fromEntries(named.filter(([name]) => !this.#tensors.has(name)));
    const updated = named.filter(([name]) => this.#tensors.has(name));
    if (updated.length === 0) return { results };
    if (named.some(([name, values]) => spoils(name, values))) {
      return { results, refused: Object.fromEntries(updated) };
    }
    for (const [name, values] of updated) this.#tensors.set(name, values);
    taken?.();
    return { results };
  }
}

/** A fault of the module, never of the caller. */
export function misfit(message: string): Problem {
  return new Problem({
    code: "program-mismatch",
    message,
    help: "the module and the runtime may be of different versions; compile the spec again.",
  });
}

/** The batch sizes of a program: streams run one example. */
export function batchesOf(
  program: AnyProgramName,
  batchSize: number,
  hasPredictOne: boolean,
): readonly [number, ...number[]] {
  if (program === "stream_start" || program === "stream_step") return [1];
  return program === "predict" && hasPredictOne ? [batchSize, 1] : [batchSize];
}

/** A caller asks `batches` first, so this is a fault of ours. */
export function wrongBatch(program: AnyProgramName, batch: number, batches: readonly number[]): Problem {
  return misfit(`The program ${program} runs ${batches.join(" or ")} examples at a time here, not ${String(batch)}.`);
}
