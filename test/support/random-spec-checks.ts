/** What must hold of every random spec: each check gives one line per fault. */
import type { Model } from "../../compiler/contracts/model.ts";
import type { Compilation, ProgramGraphs } from "../../compiler/contracts/programs.ts";
import type { Graph } from "../../compiler/ir/graph.ts";
import { sizeOf } from "../../compiler/ir/graph.ts";
import { DiagnosticBag } from "../../compiler/diagnostics/diagnostic.ts";
import { interpret } from "../../compiler/ops/interpret.ts";
import { parse } from "../../compiler/stages/1-parse.ts";
import { validate } from "../../compiler/stages/2-validate.ts";
import { resolve } from "../../compiler/stages/3-resolve.ts";
import { build } from "../../compiler/stages/4-build.ts";
import { differentiate } from "../../compiler/stages/5-differentiate.ts";
import { modelStream } from "../../compiler/stages/4-build/stream.ts";
import { streamPosition } from "../../runtime/shared/names.ts";
import { slopeAlong, verdict } from "./central-direction.ts";
import type { Tensors } from "./interpreted-model.ts";
import { asFloat32, testBindings, testNumbers } from "./numbers.ts";
import { disagreements, randomInputs, randomParameters, relativeDifference } from "./random-case.ts";
import { runProgram } from "./run-program.ts";
import { interpretStream } from "./stream-runner.ts";
import type { Target } from "./targets.ts";
import { liveTrainee } from "./trainee.ts";

export type Bindings = Readonly<Record<string, Float64Array>>;

/** Arguments of a program, exact in float32; what optimizers keep is not negative. */
export function bindingsFor(compilation: Compilation, graph: Graph, salt = 7): Bindings {
  const { model } = compilation;
  const isStream = graph.name.startsWith("stream_");
  const batchSize = graph.name === "predict_one" ? 1 : model.batchSize;
  const inputs = isStream ? streamInputs(compilation) : randomInputs(compilation, batchSize, 3);
  return Object.fromEntries(
    Object.entries({ ...testBindings([graph], salt), ...inputs }).map(([name, values]) => {
      const kept = name.includes("#") ? Array.from(values, (value) => Math.abs(value) + 0.1) : values;
      return [name, asFloat32(kept)];
    }),
  );
}

/** One example; of what comes step by step, the step in the middle. */
function streamInputs(compilation: Compilation): Tensors {
  const { model, stream } = compilation;
  if ("reason" in stream) return {};
  const inputs = randomInputs(compilation, 1, 3);
  const steps = model.inputs.find(({ name }) => stream.stepped.includes(name))?.shape[0] ?? 1;
  for (const name of stream.stepped)
    inputs[name] = Array.from(inputs[name] ?? []).slice(0, (inputs[name]?.length ?? 0) / steps);
  return { ...inputs, [streamPosition]: [Math.floor(steps / 2)] };
}

/** The graphs before any pass. */
function plainGraphs({ model }: Compilation): ProgramGraphs {
  return differentiate(model, build(model, { one: true }));
}

/** The resolved spec is a spec of the same model. */
function roundTrip({ model }: Compilation): readonly string[] {
  const diagnostics = new DiagnosticBag();
  const text = JSON.stringify(model.spec);
  const document = parse({ file: `${model.name}.yaml`, text }, {}, diagnostics);
  const spec = document && validate(document, diagnostics);
  const again = document && spec && resolve(document, spec, {}, diagnostics);
  if (again === undefined) return [`the resolved spec is refused: ${diagnostics.sorted()[0]?.message ?? ""}`];
  return factsOf(again) === factsOf(model) ? [] : ["the resolved spec is another model"];
}

/** Without the places where things are written. */
function factsOf(model: Model): string {
  return JSON.stringify(model, (key, value: unknown) => (key === "pointer" || key === "span" ? undefined : value));
}

const outputsOf = (results: ReturnType<typeof interpret>): [string, Float64Array][] =>
  Object.entries(results).map(([name, { data }]) => [name, data]);

/** Passes and lowering keep the meaning. */
function levels(compilation: Compilation): readonly string[] {
  const { graphs, programs } = compilation;
  const plain = plainGraphs(compilation);
  const faults: string[] = [];
  for (const name of new Set([...Object.keys(plain), ...Object.keys(graphs)]) as Set<keyof ProgramGraphs>) {
    const [before, after, program] = [plain[name], graphs[name], programs[name]];
    if (before === undefined || after === undefined || program === undefined) {
      faults.push(`${name} is not everywhere`);
      continue;
    }
    const bindings = bindingsFor(compilation, before);
    const optimised = interpret(after, bindings);
    const lowered = runProgram(program, bindings);
    for (const [result, data] of outputsOf(interpret(before, bindings))) {
      if (!data.every(Number.isFinite)) faults.push(`${name} ${result} is not finite`);
      const passes = relativeDifference(optimised[result]?.data ?? [], data);
      if (!(passes < 1e-10)) faults.push(`${name} ${result}: passes change it by ${passes}`);
      const lowering = relativeDifference(lowered[result] ?? [], data);
      if (!(lowering < 1e-10)) faults.push(`${name} ${result}: lowering changes it by ${lowering}`);
    }
  }
  return faults;
}

/** Gradients are what differences say, at one point of several at least; at a kink neither is right. */
function slopes(compilation: Compilation): readonly string[] {
  const { model, graphs } = compilation;
  for (const salt of [7, 11, 13, 17, 19]) {
    const slope = slopeAlong(model, graphs.gradients, bindingsFor(compilation, graphs.gradients, salt), salt);
    const found = verdict(slope);
    if (found === "right") return [];
    if (found === "wrong")
      return [`slope ${slope.derived} by gradients, ${slope.left} and ${slope.right} by differences`];
  }
  return ["no point without a kink"];
}

/** Step by step comes what comes of whole sequences. */
function streams({ model }: Compilation): readonly string[] {
  const stream = modelStream(model);
  if ("reason" in stream) return [];
  const oneExample: Model = { ...model, batchSize: 1 };
  const { predict } = build(oneExample);
  const bindings: Record<string, ArrayLike<number>> = { "batch.mask": [1] };
  model.parameters.forEach(({ name, shape, statistic }, index) => {
    const numbers = testNumbers(sizeOf(shape), 50 + index);
    bindings[name] = statistic === undefined ? numbers : numbers.map((value) => Math.abs(value) + 0.5);
  });
  for (const [index, { name, shape, dtype, vocabulary = 1, lengths }] of model.inputs.entries()) {
    const numbers = testNumbers(sizeOf(shape), 3 + index);
    bindings[name] = dtype === "int32" ? numbers.map((_, cell) => (cell * 3 + 1) % vocabulary) : numbers;
    const steps = shape[0] ?? 1;
    if (lengths) bindings[`${name}.lengths`] = [stream.stepped.includes(name) ? steps : Math.max(1, steps - 1)];
  }
  const whole = interpret(predict, bindings);
  const stepped = interpretStream(oneExample, stream, { ...bindings, ...tokensBefore(model, bindings) });
  return Object.entries(stepped).flatMap(([name, values]) => {
    const difference = relativeDifference(values, whole[name]?.data ?? []);
    // What is decoded is streamed whether it is an output or not.
    return name in whole && !(difference < 1e-9) ? [`stream of ${name}: off by ${difference}`] : [];
  });
}

/** A decoder reads the tokens one step behind. */
function tokensBefore({ decode, layers }: Model, bindings: Tensors): Tensors {
  const decoder = layers.find(({ name, kind }) => kind === "decoder" && name === decode?.output);
  if (decode?.from !== "tokens" || decoder === undefined) return {};
  return { [decode.input]: [Number(decoder.config["bos"]), ...Array.from(bindings[decode.input] ?? []).slice(0, -1)] };
}

/** A generated module computes what the float64 interpreter does, within float32. */
export async function liveFaults(compilation: Compilation, target: Target): Promise<readonly string[]> {
  const trainee = await liveTrainee(compilation, randomParameters(compilation), target);
  const faults = await disagreements(trainee, compilation, () => trainee.live.trainingState().slots);
  const { backend } = trainee.report();
  await trainee.dispose();
  return backend === target.backend ? faults : [...faults, `it ran on ${backend}`];
}

/** By what they are about. */
export const faultsOf: Readonly<Record<string, (compilation: Compilation) => readonly string[]>> = {
  "round trip": roundTrip,
  levels,
  slopes,
  streams,
};
