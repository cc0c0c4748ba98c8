/** Runs the programs of a model on one opened backend: one gpu.js pipeline per program, made when it is first needed. */
import type { AnyProgramName, GpuProgram, GpuTarget, ModelDefinition, TensorFact } from "../contract.ts";
import type { BackendReport, Executor, ProgramFacts, ProgramRun } from "../contract-backend.ts";
import { memberOf } from "../shared/member-of.ts";
import { Problem } from "../problem.ts";
import { sizeOf } from "../tensor.ts";
import { failureOf } from "./failure.ts";
import { createKernel, gpuSize, planWith } from "./library.ts";
import type { KernelCall, Pipeline, PipelineResult, SizedInput } from "./library.ts";
import { assertBackend, type OpenBackend } from "./open.ts";
import { batchesOf, misfit, Residents, shapesOf, wrongBatch } from "./residents.ts";
import { factsOf, walkPlan, type PlanFacts } from "./plan-walk.ts";

export class GpuExecutor implements Executor {
  readonly #pipelines = new Map<AnyProgramName, Pipeline>();
  /** What is known of each program: small models are called many times a second. */
  readonly #facts = new Map<AnyProgramName, GpuFacts>();
  /** Programs of one model share kernels, so equal kernels are compiled under one name. */
  readonly #kernels = new Map<string, KernelCall>();
  readonly #shapes: Readonly<Record<string, readonly number[]>>;
  readonly #residents: Residents;
  readonly write: Executor["write"];
  readonly read: Executor["read"];
  #last: Pipeline | undefined;
  #disposed = false;

  constructor(
    private readonly definition: ModelDefinition,
    private readonly target: GpuTarget,
    private readonly open: OpenBackend,
    private readonly choice: Pick<BackendReport, "requested" | "reason">,
  ) {
    this.#shapes = shapesOf(definition);
    this.#residents = new Residents(definition);
    this.write = this.#residents.write;
    this.read = this.#residents.read;
  }

  readonly report = (): BackendReport => ({
    ...this.choice,
    backend: this.open.backend,
    executorKind: this.#last?.executorKind ?? null,
    // What fell back was refused. gpu.js gives a reason for its generic executor also where there is no other.
    fallbackReason: null,
    adapter: this.open.adapter.name,
    software: this.open.adapter.software,
  });

  readonly facts = (name: AnyProgramName): GpuFacts | undefined => {
    const known = this.#facts.get(name);
    const program = this.target.programs[name];
    if (known !== undefined || program === undefined) return known;
    const { arguments: given, results } = factsOf(this.target, program, this.#shapes);
    const facts = {
      program,
      arguments: given,
      feeds: program.feeds,
      all: results,
      results: results.filter((result) => this.#residents.get(result.name) === undefined),
    };
    this.#facts.set(name, facts);
    return facts;
  };

  readonly batches = (program: AnyProgramName): readonly [number, ...number[]] =>
    batchesOf(program, this.definition.batchSize, false);

  readonly run = async (
    name: AnyProgramName,
    argumentsByName: Readonly<Record<string, Float32Array>>,
    batch: number,
    taken?: (program: AnyProgramName) => void,
  ): Promise<ProgramRun> => {
    if (this.#disposed) throw new Problem({ code: "model-disposed", message: "This model was disposed of already." });
    if (batch !== this.batches(name)[0]) throw wrongBatch(name, batch, this.batches(name));
    const facts = this.facts(name);
    if (facts === undefined) throw misfit(`The module has no program ${name}.`);
    const values = facts.arguments.map(({ name: argument, shape }) => {
      const value = this.#residents.get(argument) ?? memberOf(argumentsByName, argument);
      const size = sizeOf(shape);
      if (value?.length !== size) throw mismatch(name, argument, size, value?.length);
      const { library } = this.open;
      return library.input(value, gpuSize(shape));
    });
    const { pipeline, results } = await this.#launch(name, facts, values);
    assertBackend(pipeline, this.open.backend);
    this.#last = pipeline;
    const flat = facts.all.map(({ name: result, shape }) => {
      const value = memberOf(results, result);
      const size = sizeOf(shape);
      if (value === undefined) throw mismatch(name, result, size, undefined);
      return [result, flatten(value, size, { program: name, result })] as const;
    });
    return this.#residents.settle(Object.fromEntries(flat), () => taken?.(name));
  };

  readonly dispose = async (): Promise<void> => {
    if (this.#disposed) return;
    this.#disposed = true;
    await Promise.all([...this.#pipelines.values()].map((pipeline) => pipeline.destroy()));
    // Not the WebGPU device: every instance of gpu.js in this process shares it, and it does not keep Node alive.
    await this.open.gpu.destroy();
  };

  /** What gpu.js and a driver throw is theirs to say; that it reaches the caller as a Problem is ours. */
  async #launch(
    name: AnyProgramName,
    facts: GpuFacts,
    values: readonly SizedInput[],
  ): Promise<{ readonly pipeline: Pipeline; readonly results: Awaited<ReturnType<Pipeline>> }> {
    try {
      const pipeline = this.#pipelines.get(name) ?? this.#create(name, facts);
      return { pipeline, results: await pipeline(...values) };
    } catch (error) {
      throw failureOf(error, this.open.backend, `the program ${name}`);
    }
  }

  #create(name: AnyProgramName, { program, arguments: facts }: GpuFacts): Pipeline {
    const plan = planWith(facts.length, (handles) => {
      const tensors = facts.flatMap((fact, position) => {
        const handle = handles[position];
        return handle === undefined ? [] : [{ ...fact, handle }];
      });
      const { gpu } = this.open;
      return walkPlan(this.target, program, tensors, {
        createKernel: (kernel) => createKernel(gpu, kernel),
        call: (kernel, shape, given, inputs) => this.#kernel(kernel, shape, given)(...inputs),
      }).handles;
    });
    // gpu.js's WebAssembly workers meet at a barrier after every kernel. With two of them a training step of 350 small
    // kernels took 15 ms instead of 5, one of large kernels 121 instead of 165; on a busy machine they only lose.
    const pipeline = this.open.gpu.createPipeline(plan, { threads: false });
    this.#pipelines.set(name, pipeline);
    return pipeline;
  }

  /** gpu.js gets to know those that a plan uses. Kernels of one text are apart where they differ in sizes: WebGL2 has these as constants of a shader. */
  #kernel(name: string, shape: readonly number[], given: readonly (readonly number[])[]): KernelCall {
    const key = JSON.stringify([name, shape, given]);
    let kernel = this.#kernels.get(key);
    if (kernel === undefined) {
      const source = memberOf(this.target.kernels, name);
      if (source === undefined) throw misfit(`The module has no kernel ${name}.`);
      kernel = createKernel(this.open.gpu, { source, output: gpuSize(shape) });
      this.#kernels.set(key, kernel);
    }
    return kernel;
  }
}

/** A program with all that is known of it. */
interface GpuFacts extends ProgramFacts, Pick<PlanFacts, "arguments"> {
  readonly program: GpuProgram;
  /** Resident ones too. */
  readonly all: readonly TensorFact[];
}

function mismatch(program: AnyProgramName, tensor: string, expected: number, found: number | undefined): Problem {
  return new Problem({
    code: "program-mismatch",
    message: `The program ${program} expects ${expected} numbers for "${tensor}" and has ${found ?? "none"}.`,
    help: "compile the module again; its parts do not fit together.",
  });
}

/** Rows of rows to one flat array that is the caller's own. */
function flatten(
  value: PipelineResult,
  size: number,
  place: { readonly program: AnyProgramName; readonly result: string },
): Float32Array {
  if (value instanceof Float32Array && value.length === size) return value.slice();
  const flat = new Float32Array(size);
  let offset = 0;
  const append = (part: PipelineResult): void => {
    if (part instanceof Float32Array) {
      if (offset + part.length <= size) flat.set(part, offset);
      offset += part.length;
    } else for (const inner of part) append(inner);
  };
  append(value);
  if (offset !== size) throw mismatch(place.program, place.result, size, offset);
  return flat;
}
