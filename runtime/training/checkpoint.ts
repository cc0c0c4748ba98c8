/**
 * A training's complete state as one safetensors file: `model.<parameter>`, `best.<parameter>`,
 * `optimizer.<parameter>#<slot>`, and the counters as JSON in the metadata.
 */
import type { ModelDefinition } from "../contract.ts";
import { parseJson } from "../json-text.ts";
import { memberOf } from "../shared/member-of.ts";
import { checkSpecHash, expectedSlots, fileEntry, takeTensors, weightsMetadata } from "../model/parameters.ts";
import type { ExpectedTensor, Tensors } from "../model/parameters.ts";
import { Problem } from "../problem.ts";
import { CHECKSUM_KEY } from "../safetensors-checksum.ts";
import { readSafetensors, writeSafetensors } from "../safetensors.ts";
import type { SafetensorsTensor } from "../safetensors.ts";
import { readCounters } from "./state.ts";
import type { TrainingSnapshot } from "./state.ts";

const PREFIXES = { parameters: "model.", best: "best.", slots: "optimizer." } as const;

/** @param metadata further texts to keep with the state */
export function encodeCheckpoint(
  definition: ModelDefinition,
  { counters, parameters, best, slots }: TrainingSnapshot,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const section = (prefix: string, expected: readonly ExpectedTensor[], tensors: Readonly<Tensors>) =>
    expected.map((fact) => fileEntry(fact, memberOf(tensors, fact.name), prefix));
  const tensors = [
    ...section(PREFIXES.parameters, definition.parameters, parameters),
    ...(best === undefined ? [] : section(PREFIXES.best, definition.parameters, best)),
    ...section(PREFIXES.slots, expectedSlots(definition), slots),
  ];
  const own = { ...weightsMetadata(definition), kind: "specloom-checkpoint-1", training: JSON.stringify(counters) };
  return writeSafetensors(tensors, { ...metadata, ...own });
}

/** @throws Problem `invalid-safetensors`, `invalid-checkpoint`, `weights-of-another-spec` or `wrong-weights` */
export function decodeCheckpoint(definition: ModelDefinition, bytes: Uint8Array): TrainingSnapshot {
  const file = readSafetensors(bytes);
  if (file.metadata["kind"] !== "specloom-checkpoint-1") {
    throw invalid("it is a safetensors file, but not a checkpoint of a training.");
  }
  if (!Object.hasOwn(file.metadata, CHECKSUM_KEY)) throw invalid("it lacks its checksum.");
  checkSpecHash(definition, file);
  const counters = readCounters(parse(file.metadata["training"]));
  if (typeof counters === "string") throw invalid(`its training state is damaged (${counters}).`);
  const sections = splitByPrefix(file.tensors);
  return {
    counters,
    parameters: takeTensors(sections.parameters, definition.parameters, "checkpoint's parameters"),
    slots: takeTensors(sections.slots, expectedSlots(definition), "checkpoint's optimizer state"),
    best:
      counters.bestEpoch === null
        ? undefined
        : takeTensors(sections.best, definition.parameters, "checkpoint's best parameters"),
  };
}

function splitByPrefix(
  tensors: ReadonlyMap<string, SafetensorsTensor>,
): Record<keyof typeof PREFIXES, Map<string, SafetensorsTensor>> {
  const sections = {
    parameters: new Map<string, SafetensorsTensor>(),
    best: new Map<string, SafetensorsTensor>(),
    slots: new Map<string, SafetensorsTensor>(),
  };
  for (const [name, tensor] of tensors) {
    const found = (["parameters", "best", "slots"] as const).find((key) => name.startsWith(PREFIXES[key]));
    if (found === undefined) throw invalid(`it has the unexpected tensor ${JSON.stringify(name)}.`);
    sections[found].set(name.slice(PREFIXES[found].length), tensor);
  }
  return sections;
}

function parse(text: string | undefined): unknown {
  try {
    return parseJson(text ?? "null");
  } catch {
    return null;
  }
}

function invalid(reason: string): Problem {
  return new Problem({
    code: "invalid-checkpoint",
    message: `this checkpoint cannot be read: ${reason}`,
    help: "start the run again, or start from its weights with --weights.",
  });
}
