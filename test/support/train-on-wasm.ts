/** Trains a module on the wasm target, in any engine: other processes and pages have it bundled, so it imports little. */
import type { ModelDefinition } from "../../runtime/contract.ts";
import type { LiveModel } from "../../runtime/contract-live.ts";
import { createWasmExecutor } from "../../runtime/devices/wasm.ts";
import { wasmMachine } from "../../runtime/devices/wasm/machine.ts";
import { createModel } from "../../runtime/model/create.ts";

export interface WasmSetting {
  readonly variant: "simd" | "relaxed";
  readonly threads: number;
}

export interface Trained {
  readonly all: Everything;
  /** The report's executorKind and fallbackReason. */
  readonly kind: string | null;
  readonly reason: string | null;
}

/** As if this machine had four cores. */
export async function trainOnWasm(definition: ModelDefinition, { variant, threads }: WasmSetting): Promise<Trained> {
  const machine = { ...(await wasmMachine()), cores: 4 };
  const known = variant === "simd" ? { ...machine, relaxed: false } : machine;
  const model = await createModel(definition, { seed: 7 }, (given) =>
    createWasmExecutor(given, { requested: "wasm", reason: "asked for", threads }, known),
  );
  const all = await everythingOf(model);
  const { executorKind, fallbackReason } = model.report();
  await model.dispose();
  return { all, kind: executorKind, reason: fallbackReason };
}

type Inputs = Readonly<Record<string, readonly number[]>>;

/** The first `count` examples. */
function examples({ inputs }: ModelDefinition, count: number): Inputs {
  return Object.fromEntries(
    inputs.flatMap(({ name, shape, dtype, vocabulary = 1, lengths }) => {
      const size = shape.reduce((product, extent) => product * extent, count);
      const values = Array.from({ length: size }, (_, cell) =>
        dtype === "int32" ? (3 * cell) % vocabulary : Math.fround(((cell * 7919) % 2003) / 1001 - 1),
      );
      const steps = Array.from({ length: count }, (_, row) => 1 + ((5 * row + 7) % (shape[0] ?? 1)));
      return lengths ? [[name, values] as const, [`${name}.lengths`, steps] as const] : [[name, values] as const];
    }),
  );
}

export type Everything = Readonly<Record<string, readonly number[]>>;

/** Every number that a model gives before, in and after some updates, by name. */
async function everythingOf(model: LiveModel): Promise<Everything> {
  const { definition } = model;
  const found: Record<string, readonly number[]> = {};
  const keep = (prefix: string, tensors: Readonly<Record<string, ArrayLike<number>>>): void => {
    for (const [name, values] of Object.entries(tensors)) found[`${prefix} ${name}`] = Array.from(values);
  };
  const predict = async (count: number): Promise<Record<string, Float32Array>> => {
    const targets = definition.inputs.filter(({ role }) => role === "target").map(({ name }) => name);
    const given = Object.entries(examples(definition, count)).filter(([name]) => !targets.includes(name));
    return model.predict(Object.fromEntries(given) as never);
  };
  const batch = examples(definition, definition.batchSize) as never;
  keep("predicted", await predict(definition.batchSize));
  keep("gradient", await model.gradients(batch));
  for (let step = 0; step < 4; step += 1) keep(`step ${step}`, { loss: [(await model.trainStep(batch)).loss] });
  keep("parameter", model.parameters());
  keep("slot", model.trainingState().slots);
  keep("predicted later", await predict(definition.batchSize));
  keep("predicted alone", await predict(1));
  keep("evaluated", { loss: [(await model.evaluate(batch)).loss] });
  return found;
}

/** Names of what differs in any bit. */
export function bitDifferences(left: Everything, right: Everything): readonly string[] {
  const names = [...new Set([...Object.keys(left), ...Object.keys(right)])];
  const differs = (name: string): boolean => {
    const [a, b] = [left[name] ?? [], right[name] ?? [NaN]];
    return a.length !== b.length || a.some((value, index) => !Object.is(value, b[index]));
  };
  return names.filter(differs);
}
