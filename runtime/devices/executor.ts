/** Runs the programs of a model on one opened backend: one gpu.js pipeline per program, made when it is first needed. */
import type {
  GpuHandle,
  GpuKernelCall,
  GpuPlanContext,
  GpuProgram,
  ModelDefinition,
  AnyProgramName,
} from "../contract.ts";
import type { BackendReport, Executor, ProgramRun } from "../contract-backend.ts";
import { memberOf } from "../shared/member-of.ts";
import { Problem } from "../problem.ts";
import { sizeOf } from "../tensor.ts";
import { failureOf } from "./failure.ts";
import { createKernel, gpuSize, planWith, type Pipeline, type PipelineResult, type SizedInput } from "./library.ts";
import { assertBackend, type OpenBackend } from "./open.ts";
import { batchesOf, misfit, Residents, wrongBatch } from "./residents.ts";
import { createStack } from "./stack.ts";

export class GpuExecutor implements Executor {
  readonly #pipelines = new Map<AnyProgramName, Pipeline>();
  readonly #stack: GpuPlanContext["stack"];
  /** Programs of one model share kernels, so equal kernels are compiled under one name. */
  readonly #kernels = new Map<string, GpuKernelCall>();
  readonly #residents: Residents;
  readonly write: Executor["write"];
  readonly read: Executor["read"];
  #last: Pipeline | undefined;
  #disposed = false;

  constructor(
    private readonly definition: ModelDefinition,
    private readonly open: OpenBackend,
    private readonly choice: Pick<BackendReport, "requested" | "reason">,
  ) {
    this.#stack = createStack(open.gpu);
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
    const program = this.definition.gpu[name];
    if (program === undefined) throw misfit(`The module has no program ${name}.`);
    const values = program.arguments.map(({ name: argument, shape }) => {
      const value = this.#residents.get(argument) ?? memberOf(argumentsByName, argument);
      const size = sizeOf(shape);
      if (value?.length !== size) throw mismatch(name, argument, size, value?.length);
      const { library } = this.open;
      return library.input(value, gpuSize(shape));
    });
    const { pipeline, results } = await this.#launch(name, program, values);
    assertBackend(pipeline, this.open.backend);
    this.#last = pipeline;
    const flat = program.results.map(({ name: result, shape }) => {
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
    program: GpuProgram,
    values: readonly SizedInput[],
  ): Promise<{ readonly pipeline: Pipeline; readonly results: Awaited<ReturnType<Pipeline>> }> {
    try {
      const pipeline = this.#pipelines.get(name) ?? this.#create(name, program);
      return { pipeline, results: await pipeline(...values) };
    } catch (error) {
      throw failureOf(error, this.open.backend, `the program ${name}`);
    }
  }

  #create(name: AnyProgramName, program: GpuProgram): Pipeline {
    const kernels = this.#lazyKernels(program);
    const plan = planWith(program.arguments.length, (handles) => {
      const tensors = program.arguments.map(
        ({ name: argument }, position) => [argument, handles[position] as GpuHandle] as const,
      );
      return program.plan({ kernels, stack: this.#stack, tensors: Object.fromEntries(tensors) });
    });
    // gpu.js's WebAssembly workers meet at a barrier after every kernel. With two of them a training step of 350 small
    // kernels took 15 ms instead of 5, one of large kernels 121 instead of 165; on a busy machine they only lose.
    const pipeline = this.open.gpu.createPipeline(plan, { threads: false });
    this.#pipelines.set(name, pipeline);
    return pipeline;
  }

  /** Kernels as calls; gpu.js gets to know those that a plan uses. */
  #lazyKernels(program: GpuProgram): Readonly<Record<string, GpuKernelCall>> {
    return Object.fromEntries(
      Object.entries(program.kernels).map(([name, { source, output }]) => [
        name,
        (...inputs: readonly (GpuHandle | number | undefined)[]): GpuHandle => {
          if (inputs.includes(undefined)) throw misfit(`${name} reads a slot that no step has written.`);
          // Kernels of one text are apart where they differ in sizes: WebGL2 has these as constants of a shader.
          const key = JSON.stringify([name, output, source]);
          let kernel = this.#kernels.get(key);
          if (kernel === undefined) {
            kernel = createKernel(this.open.gpu, { source, output });
            this.#kernels.set(key, kernel);
          }
          return kernel(...inputs);
        },
      ]),
    );
  }
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
