/** Runs the programs of a model as the wasm target compiled them: one call into WebAssembly each, in one linear memory. */
import type {
  AnyProgramName,
  ModelDefinition,
  SomePrograms,
  WasmProgram,
  WasmTarget,
  WasmTensor,
} from "../contract.ts";
import type { SimdVariant } from "../contract-live.ts";
import type { Backend, BackendReport, Executor, ProgramFacts, ProgramRun } from "../contract-backend.ts";
import { memberOf, setMember } from "../shared/member-of.ts";
import { gradientOf } from "../shared/names.ts";
import { Problem } from "../problem.ts";
import { sizeOf } from "../tensor.ts";
import { failureOf, loadedPart } from "./failure.ts";
import { batchesOf, misfit, residentOf, shapesOf, spoils, wrongBatch } from "./residents.ts";
import { wasmMachine, type WasmMachine } from "./wasm/machine.ts";
import { call, exported, openWasm, type OpenWasm } from "./wasm/open.ts";
import { Pace } from "./wasm/pace.ts";

export interface WasmOptions {
  readonly requested: Backend;
  /** Why this backend, for the report. */
  readonly reason: string;
  /** Most threads; undefined: as many as pay. */
  readonly threads?: number | undefined;
  /** Undefined: relaxed SIMD where there is any. */
  readonly simd?: SimdVariant | undefined;
}

/**
 * @param machine what the engine offers, where it is known already
 * @throws Problem when the module was compiled without this target, or the engine cannot run it
 */
export async function createWasmExecutor(
  definition: ModelDefinition,
  options: WasmOptions,
  machine?: WasmMachine,
): Promise<Executor> {
  const { wasm } = definition;
  if (wasm === undefined) {
    throw new Problem({
      code: "backend-unavailable",
      message: `The backend wasm cannot run "${definition.name}": the module was compiled for the gpu target alone.`,
      help: "compile the spec again for the wasm target too, or choose another backend.",
    });
  }
  const { threads: limit = Infinity, simd } = options;
  const target = await loadedPart("wasm", wasm.load);
  const open = await openWasm(target, machine ?? (await wasmMachine()), { limit, simd });
  try {
    return new WasmExecutor(definition, target, open, options);
  } catch (error) {
    await close(open);
    throw error;
  }
}

/** A tensor in the linear memory. */
interface Place {
  readonly name: string;
  readonly view: Float32Array;
}

/** A program with its places, worked out once. */
interface Bound {
  readonly call: (force: number) => number;
  /** Only where it could use several threads. */
  readonly pace: Pace | undefined;
  readonly facts: ProgramFacts;
  /** Arguments that come with each call. */
  readonly feeds: readonly Place[];
  /** Results that are not resident. */
  readonly results: readonly Place[];
  /** Resident tensors that a call changes. */
  readonly updates: readonly Place[];
}

class WasmExecutor implements Executor {
  readonly #open: OpenWasm;
  readonly #batchSize: number;
  readonly #choice: WasmOptions;
  readonly #residents: ReadonlyMap<string, Float32Array>;
  readonly #programs: SomePrograms<Bound>;
  readonly #predictOne: Bound | undefined;
  #disposal: Promise<void> | undefined;

  constructor(definition: ModelDefinition, wasm: WasmTarget, open: OpenWasm, choice: WasmOptions) {
    this.#open = open;
    this.#batchSize = definition.batchSize;
    this.#choice = choice;
    const shapes = shapesOf(definition);
    this.#residents = new Map(
      placesOf(wasm).map(({ name, offset }) => {
        const shape = memberOf(shapes, name);
        if (shape === undefined) throw misfit(`The model has no tensor "${name}".`);
        return [name, viewOf(open.memory, name, offset, sizeOf(shape))];
      }),
    );
    for (const name of Object.keys(shapes)) residentOf(this.#residents, name);
    const bind = (exportName: string, program: WasmProgram): Bound =>
      bound(open, this.#residents, shapes, exportName, program);
    this.#programs = Object.fromEntries(
      Object.entries(wasm.programs).map(([name, program]) => [name, bind(name, program)]),
    );
    this.#predictOne = wasm.predictOne && bind("predict_one", wasm.predictOne);
  }

  readonly report = (): BackendReport => {
    const { variant, threads, fallbackReason } = this.#open;
    const { requested, reason } = this.#choice;
    const executorKind = threads === 1 ? variant : `${variant}, ${String(threads)} threads`;
    return { requested, reason, backend: "wasm", executorKind, fallbackReason, adapter: null, software: false };
  };

  readonly write = (tensors: Readonly<Record<string, Float32Array>>): void => {
    for (const [name, values] of Object.entries(tensors)) residentOf(this.#residents, name, values).set(values);
  };

  readonly read = (name: string): Float32Array => residentOf(this.#residents, name).slice();

  readonly facts = (program: AnyProgramName): ProgramFacts | undefined => this.#programs[program]?.facts;

  readonly batches = (program: AnyProgramName): readonly [number, ...number[]] =>
    batchesOf(program, this.#batchSize, this.#predictOne !== undefined);

  readonly run = (
    name: AnyProgramName,
    argumentsByName: Readonly<Record<string, Float32Array>>,
    batch: number,
    taken?: (program: AnyProgramName) => void,
  ): Promise<ProgramRun> => {
    try {
      return Promise.resolve(this.#runNow(name, argumentsByName, batch, taken));
    } catch (error) {
      // An engine's own errors: a trap, no stack left.
      return Promise.reject(failureOf(error, "wasm", `the program ${name}`));
    }
  };

  readonly dispose = (): Promise<void> => {
    this.#disposal ??= close(this.#open);
    return this.#disposal;
  };

  #runNow(
    name: AnyProgramName,
    argumentsByName: Readonly<Record<string, Float32Array>>,
    batch: number,
    taken?: (program: AnyProgramName) => void,
  ): ProgramRun {
    if (this.#disposal !== undefined) {
      throw new Problem({ code: "model-disposed", message: "This model was disposed of already." });
    }
    const failure = this.#open.crew?.failure();
    if (failure !== undefined) {
      throw new Problem({
        code: "backend-unavailable",
        message: `The threads of the backend wasm cannot go on: ${failure}.`,
        help: "create the model again; with the option threads: 1 it needs none.",
      });
    }
    const program = this.#programOf(name, batch);
    fill(name, program.feeds, argumentsByName);
    if (callPaced(program) === 0) return refusal(name, program, argumentsByName);
    if (program.updates.length > 0) taken?.(name);
    const results = copies(program.results);
    if (program.updates.length > 0) refuseSpoilt(name, program.results);
    return { results };
  }

  #programOf(name: AnyProgramName, batch: number): Bound {
    const program = this.#programs[name];
    const [usual] = this.batches(name);
    if (batch === usual && program !== undefined) return program;
    if (batch === 1 && name === "predict" && this.#predictOne !== undefined) return this.#predictOne;
    throw wrongBatch(name, batch, this.batches(name));
  }
}

function viewOf(memory: WebAssembly.Memory, name: string, offset: number, size: number): Float32Array {
  try {
    return new Float32Array(memory.buffer, offset, size);
  } catch {
    throw misfit(`The tensor "${name}" does not lie in the module's memory.`);
  }
}

/** Bits of a call's mode. */
const FORCE = 1;
const ALONE = 2;

function callPaced({ call: run, pace }: Bound): number {
  if (pace === undefined) return run(0);
  const { alone } = pace.start();
  const answer = run(alone ? ALONE : 0);
  pace.stop(alone);
  return answer;
}

/** Of every resident tensor. */
function placesOf({ residents }: WasmTarget): readonly { readonly name: string; readonly offset: number }[] {
  return residents.flatMap(({ suffixes, offsets }) =>
    Object.entries(offsets).flatMap(([owner, places]) =>
      places.map((offset, position) => ({ name: `${owner}${suffixes[position] ?? ""}`, offset })),
    ),
  );
}

function bound(
  { memory, exports, threads }: OpenWasm,
  residents: ReadonlyMap<string, Float32Array>,
  shapes: Readonly<Record<string, readonly number[]>>,
  exportName: string,
  program: WasmProgram,
): Bound {
  const placeOf = ({ name, offset, shape }: WasmTensor): Place => ({
    name,
    view: viewOf(memory, name, offset, sizeOf(shape)),
  });
  const feeds = program.feeds.map(placeOf);
  const gradients = Object.entries(program.gradients ?? {}).map(([parameter, offset]): WasmTensor => {
    const shape = memberOf(shapes, parameter);
    if (shape === undefined) throw misfit(`The model has no parameter "${parameter}".`);
    return { name: gradientOf(parameter), shape, offset };
  });
  const facts = { feeds: program.feeds, results: [...program.results, ...gradients] };
  const results = facts.results.map(placeOf);
  const updates = updatedBy(program, residents).map((name) => ({ name, view: residentOf(residents, name) }));
  const pace = threads > 1 && program.threads > 1 ? new Pace() : undefined;
  return { call: exported(exports, exportName), pace, facts, feeds, results, updates };
}

function updatedBy({ updates }: WasmProgram, residents: ReadonlyMap<string, Float32Array>): readonly string[] {
  if (!("allBut" in updates)) return updates;
  const kept = new Set(updates.allBut);
  return [...residents.keys()].filter((name) => !kept.has(name));
}

function fill(
  program: AnyProgramName,
  feeds: readonly Place[],
  argumentsByName: Readonly<Record<string, Float32Array>>,
): void {
  for (const { name, view } of feeds) {
    const values = memberOf(argumentsByName, name);
    if (values?.length !== view.length) {
      const found = values === undefined ? "none" : String(values.length);
      throw misfit(`The program ${program} expects ${String(view.length)} numbers for "${name}" and has ${found}.`);
    }
    view.set(values);
  }
}

/** Arrays of the caller's own, which no later call changes. */
function copies(places: readonly Place[]): Record<string, Float32Array> {
  const copied: Record<string, Float32Array> = {};
  for (const { name, view } of places) setMember(copied, name, view.slice());
  return copied;
}

/** What a refused update would have made of the resident tensors: it is made by force, read, and taken back. */
function refusal(
  name: AnyProgramName,
  program: Bound,
  argumentsByName: Readonly<Record<string, Float32Array>>,
): ProgramRun {
  if (program.updates.length === 0) throw misfit(`The program ${name} refuses to run.`);
  const before = program.updates.map(({ view }) => view.slice());
  try {
    // The first call may have used the arguments' memory for something else.
    fill(name, program.feeds, argumentsByName);
    program.call(FORCE);
    return { results: copies(program.results), refused: copies(program.updates) };
  } finally {
    program.updates.forEach(({ view }, index) => {
      view.set(before[index] ?? []);
    });
  }
}

/** An update with such a result must not be taken over; by now it has been, so the module is at fault. */
function refuseSpoilt(name: AnyProgramName, results: readonly Place[]): void {
  const spoilt = results.find(({ name, view }) => spoils(name, view));
  if (spoilt === undefined) return;
  throw misfit(`The program ${name} took over an update although its result "${spoilt.name}" is not finite.`);
}

async function close({ crew, exports }: OpenWasm): Promise<void> {
  if (crew === undefined) return;
  call(exports, "leave");
  await crew.end();
}
