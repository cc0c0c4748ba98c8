/** The model that a module exports: its facts for the runtime, and how its other parts are loaded. */
import type { StreamFact, StreamObstacle } from "@specloom/runtime/internal/contract";
import { dataLiteral, numberLiteral, stringLiteral } from "../code-text/literals.ts";
import { programOrder } from "../code-text/program-order.ts";
import { invariant } from "../support/internal-error.ts";
import { inputFacts, lossFacts, modelFacts, outputFacts } from "./facts.ts";
import { gpuName } from "./gpu.ts";
import type { Links } from "./layout.ts";
import { parametersName, parametersPart } from "./parameters.ts";
import type { ModuleParts } from "./parts.ts";
import { specHash } from "./spec-hash.ts";
import { constant, section, type Statement } from "./statements.ts";
import {
  accumulationMember,
  initialSlots,
  scalarsFunction,
  scheduleFunction,
  scheduleLiteral,
  scheduleName,
  slotsOf,
} from "./training.ts";
import { borderTypes, handleType } from "./types.ts";
import { compilerVersion } from "./version.ts";
import { wasmName } from "./webassembly.ts";

/** Names that this part uses for itself; kernels must not take them. */
export const modelNames: readonly string[] = ["model", parametersName, "optimizerScalars", scheduleName];

export function modelPart(parts: ModuleParts, links: Links): readonly Statement[] {
  const { model, optimizer, schedule } = parts;
  return [
    ...borderTypes(modelFacts(model, parts.sequences), (symbol) => links.use(symbol)),
    section("Parameters: PyTorch's names and layouts"),
    ...parametersPart(model, modelNames, links),
    section("The model"),
    modelStatement(parts, links),
    scalarsFunction(model, optimizer, links),
    ...(schedule === undefined ? [] : [scheduleFunction(model, schedule, links)]),
  ];
}

function modelStatement(parts: ModuleParts, links: Links): string {
  const { model, programs, optimizer, schedule, sequences } = parts;
  const { alignments } = sequences;
  const learningRate = model.optimizer.config["learning_rate"];
  invariant(typeof learningRate === "number", "the resolved optimizer has no learning rate");
  const present = programOrder.filter((name) => programs[name] !== undefined);
  const text = [
    "{\n",
    `  name: ${stringLiteral(model.name)},\n`,
    model.description === undefined ? "" : `  description: ${stringLiteral(model.description)},\n`,
    `  specHash: ${stringLiteral(specHash(model.spec, model.schedule))},\n`,
    `  compilerVersion: ${stringLiteral(compilerVersion)},\n`,
    `  batchSize: ${model.batchSize},\n`,
    `  inputs: ${dataLiteral(inputFacts(model, sequences), "  ")},\n`,
    `  outputs: ${dataLiteral(outputFacts(model, sequences), "  ")},\n`,
    "  parameters,\n",
    `  losses: ${dataLiteral(lossFacts(model), "  ")},\n`,
    `  metrics: ${dataLiteral(model.metrics, "  ")},\n`,
    `  training: ${dataLiteral(model.training, "  ")},\n`,
    `  data: ${dataLiteral(model.data, "  ")},\n`,
    "  optimizer: {\n",
    `    kind: ${stringLiteral(model.optimizer.kind)},\n`,
    `    learningRate: ${numberLiteral(learningRate)},\n`,
    `    slots: ${dataLiteral(slotsOf(model, optimizer))},\n`,
    initialSlots(model, optimizer),
    "    scalars: optimizerScalars,\n  },\n",
    accumulationMember(model, programs),
    schedule === undefined ? "" : `  schedule: ${scheduleLiteral(model, schedule)},\n`,
    `  stream: ${dataLiteral(streamOf(parts), "  ")},\n`,
    model.decode === undefined ? "" : `  decode: ${dataLiteral(model.decode, "  ")},\n`,
    alignments.length === 0 ? "" : `  alignments: ${dataLiteral(alignments, "  ")},\n`,
    `  programs: ${dataLiteral(present, "  ")},\n`,
    gpuMember(parts, links),
    wasmMember(parts, links),
    `  spec: ${dataLiteral(model.spec, "  ")},\n`,
    `} as const satisfies ${links.use("ModelDefinition")}`,
  ].join("");
  const value = `${links.use("defineModel")}(${text})`;
  return constant("model", { value, type: handleType(model.name, (symbol) => links.use(symbol)), exported: "export " });
}

function streamOf({ stream, programs }: ModuleParts): StreamFact | StreamObstacle {
  if (programs.stream_step !== undefined || "reason" in stream) return stream;
  return { reason: "it was compiled without the program stream_step" };
}

/** What tells how much there is to do is that of a training step, where there is one. */
function gpuMember({ gpu }: ModuleParts, links: Links): string {
  if (gpu === undefined) return "";
  const { train_step: step, predict } = gpu.plans;
  const launches = (step ?? predict)?.launches ?? 0;
  return `  gpu: {\n    launches: ${launches},\n    load: ${links.lazily("gpu", gpuName)},\n  },\n`;
}

function wasmMember({ wasm }: ModuleParts, links: Links): string {
  if (wasm === undefined) return "";
  const { train_step: step, predict } = wasm.source.programs;
  const { flops, threads } = step ?? predict ?? { flops: 0, threads: 1 };
  return [
    `  wasm: {\n    flops: ${flops},\n    threads: ${threads},\n`,
    `    load: ${links.lazily("wasm", wasmName)},\n  },\n`,
  ].join("");
}
