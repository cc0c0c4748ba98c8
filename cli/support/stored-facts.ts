/** What specloom keeps in the metadata of weights and checkpoints, beside the tensors. */
import { isRecord } from "../../compiler/support/plain.ts";
import { parseJson } from "@specloom/runtime/internal/json-text";
import { Problem } from "@specloom/runtime/internal/problem";
import { readSafetensors } from "@specloom/runtime/internal/safetensors";
import { Mistake } from "./mistake.ts";

export interface StoredFacts {
  /** How the series was scaled; undefined in weights that were not trained here. */
  readonly scaler: unknown;
  /** From the folder of the run to that of the spec. */
  readonly specDirectory: string | undefined;
  /** From the folder of the run to that of the project, which data files must stay inside of. */
  readonly projectDirectory: string | undefined;
}

/** All of a checkpoint's or a weights file's metadata, and what of it is known here. */
export interface ReadFacts extends StoredFacts {
  readonly metadata: Readonly<Record<string, string>>;
}

export function writeMetadata({ scaler, specDirectory, projectDirectory }: StoredFacts): Record<string, string> {
  return {
    ...(scaler === undefined ? {} : { scaler: JSON.stringify(scaler) }),
    ...(specDirectory === undefined ? {} : { spec_directory: specDirectory }),
    ...(projectDirectory === undefined ? {} : { project_directory: projectDirectory }),
  };
}

/** @throws Problem `invalid-safetensors`, or Mistake `unusable-run-file` */
export function readMetadata(bytes: Uint8Array, file: string): ReadFacts {
  const metadata = metadataIn(bytes, file);
  return {
    metadata,
    scaler: parseScaler(metadata["scaler"], file),
    specDirectory: metadata["spec_directory"],
    projectDirectory: metadata["project_directory"],
  };
}

/** Null where it is no JSON. */
export function jsonOrNull(text: string | undefined): unknown {
  try {
    return parseJson(text ?? "null");
  } catch {
    return null;
  }
}

function metadataIn(bytes: Uint8Array, file: string): Readonly<Record<string, string>> {
  try {
    return readSafetensors(bytes).metadata;
  } catch (error) {
    throw error instanceof Problem ? error.at({ file }) : error;
  }
}

function parseScaler(text: string | undefined, file: string): unknown {
  if (text === undefined) return undefined;
  try {
    const value: unknown = parseJson(text);
    if (isRecord(value)) return value;
  } catch {
    // Said below.
  }
  throw new Mistake({
    code: "unusable-run-file",
    message: "the scaler stored in this file is not JSON.",
    help: "the file is damaged or was changed by hand; train again.",
    file,
  });
}
