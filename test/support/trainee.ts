/** One face for what the numeric suite compares: the float64 interpreter and live models on every backend. */
import { deflateSync } from "node:zlib";
import type { Compilation } from "../../compiler/contracts/programs.ts";
import { sizeOf } from "../../compiler/ir/graph.ts";
import { printGpu, printWasm } from "../../compiler/stages/8-print.ts";
import { emit } from "../../compiler/stages/9-emit.ts";
import type { WasmTarget } from "../../runtime/contract.ts";
import { defineModel } from "../../runtime/model.ts";
import { assembledAs } from "./assembled.ts";
import { gpuModule, wholeModule } from "../../compiler/compile.ts";
import type { LiveModel, ModelHandle, TensorInputs } from "../../runtime/contract-live.ts";
import type { BackendReport } from "../../runtime/contract-backend.ts";
import { writeSafetensors } from "../../runtime/safetensors.ts";
import type { Tensors } from "./interpreted-model.ts";
import { InterpretedModel } from "./interpreted-model.ts";
import { loadModule } from "./load-module.ts";
import type { Target } from "./targets.ts";
import { testStore } from "./test-store.ts";

export interface Trainee {
  /** Outputs of one batch. */
  predict(inputs: Tensors): Promise<Tensors>;
  /** Loss in evaluation mode. */
  evaluate(inputs: Tensors): Promise<number>;
  gradients(inputs: Tensors): Promise<Tensors>;
  /** Loss before the update. */
  trainStep(inputs: Tensors): Promise<number>;
  parameters(): Readonly<Tensors>;
  dispose(): Promise<void>;
}

/** @param random see InterpretedModel */
export function interpretedTrainee(
  compilation: Compilation,
  parameters: Tensors,
  random?: (name: string, count: number) => ArrayLike<number>,
): Trainee {
  const model = new InterpretedModel(compilation, parameters, random);
  return {
    predict: (inputs) => Promise.resolve(model.predict(inputs)),
    evaluate: (inputs) => Promise.resolve(model.evaluate(inputs)["loss"]?.[0] ?? NaN),
    gradients: (inputs) => Promise.resolve(model.gradients(inputs)),
    trainStep: (inputs) => Promise.resolve(model.trainStep(inputs)),
    parameters: () => model.parameters,
    dispose: () => Promise.resolve(),
  };
}

export interface LiveTrainee extends Trainee {
  report(): BackendReport;
  readonly live: LiveModel;
}

/** The generated module; with the wasm target where that is asked for. */
export async function moduleText(compilation: Compilation, backend: string): Promise<string> {
  return backend === "wasm" ? (await wholeModule(compilation, testStore)).moduleText : gpuModule(compilation);
}

/** The generated module, transpiled and run; of its WebAssembly only what the engine then asks for is assembled. */
export async function moduleFor(compilation: Compilation, backend: string): Promise<ModelHandle> {
  if (backend !== "wasm") return loadModule(gpuModule(compilation));
  const source = printWasm(compilation);
  const [{ text }] = emit(
    compilation,
    { gpu: printGpu(compilation), wasm: { source, simd: "", relaxed: "" } },
    "one-file",
  );
  const { definition } = loadModule(text);
  const { wasm } = definition;
  if (wasm === undefined) throw new Error("the module has no WebAssembly");
  const target = await wasm.load();
  const binary = async (variant: "simd" | "relaxed"): Promise<string> =>
    deflateSync(await assembledAs(source.text, variant)).toString("base64");
  const load = (): Promise<WasmTarget> =>
    Promise.resolve({ ...target, simd: () => binary("simd"), relaxed: () => binary("relaxed") });
  return defineModel({ ...definition, wasm: { ...wasm, load } });
}

/** A live model of the generated module on the target asked for. */
export async function liveTrainee(
  compilation: Compilation,
  parameters: Tensors,
  { backend, plain = false }: Pick<Target, "backend" | "plain">,
  options: { readonly threads?: number } = {},
): Promise<LiveTrainee> {
  const handle = await moduleFor(compilation, backend);
  const create = (): Promise<LiveModel> =>
    handle.create({ backend, weights: weightsOf(compilation, parameters), ...options });
  const live = await (plain ? withPlainSimd(create) : create());
  const typed = (inputs: Tensors): TensorInputs =>
    Object.fromEntries(Object.entries(inputs).map(([name, values]) => [name, Float32Array.from(values)]));
  // The definition is not known here, so neither are the names of its inputs: `checkInputs` at the border sees to them.
  const trained = typed as (inputs: Tensors) => never;
  return {
    live,
    predict: (inputs) => live.predict(trained(onlyInputs(compilation, inputs))),
    evaluate: async (inputs) => (await live.evaluate(trained(inputs))).loss,
    gradients: (inputs) => live.gradients(trained(inputs)),
    trainStep: async (inputs) => (await live.trainStep(trained(inputs))).loss,
    parameters: () => live.parameters(),
    dispose: () => live.dispose(),
    report: () => live.report(),
  };
}

/** Models made in the meantime keep to plain SIMD. */
async function withPlainSimd<Result>(make: () => Promise<Result>): Promise<Result> {
  const before = process.env["SPECLOOM_WASM"];
  process.env["SPECLOOM_WASM"] = "simd";
  try {
    return await make();
  } finally {
    if (before === undefined) delete process.env["SPECLOOM_WASM"];
    else process.env["SPECLOOM_WASM"] = before;
  }
}

/** What predict takes of all that training takes. */
export function onlyInputs({ model }: Compilation, given: Tensors): Tensors {
  const wanted = model.inputs.filter(({ role }) => role === "input").map(({ name }) => name);
  return Object.fromEntries(Object.entries(given).filter(([name]) => wanted.includes(name.replace(/\.lengths$/, ""))));
}

/** Initial parameters as the bytes that `create` and `load` take. */
export function weightsOf({ model }: Compilation, parameters: Tensors): Uint8Array {
  const tensors = model.parameters.map(({ name, shape }) => {
    const values = parameters[name];
    if (values?.length !== sizeOf(shape)) throw new Error(`no initial ${name} of [${shape.join(", ")}]`);
    return [name, { dtype: "F32", shape, data: Float32Array.from(values) }] as const;
  });
  return writeSafetensors(new Map(tensors));
}
