/**
 * What the numbers of a run come from beside its spec: its data, and what computes. A checkpoint
 * keeps it, so that a run is never taken up with something else unsaid.
 */
import { createHash } from "node:crypto";
import { isRecord } from "../../compiler/support/plain.ts";
import { memberOf } from "@specloom/runtime/internal/shared/member-of";
import { joinWords } from "../../compiler/support/words.ts";
import type { ModelDefinition } from "@specloom/runtime/internal/contract";
import type { Dataset, Examples } from "../data/dataset.ts";
import { PART_LABELS, PART_NAMES } from "../data/split.ts";
import type { PartName } from "@specloom/runtime/internal/contract-data";
import { parseJson } from "@specloom/runtime/internal/json-text";
import { Problem } from "@specloom/runtime/internal/problem";

export interface RunOrigin {
  readonly data: Readonly<Record<PartName, PartDigest>>;
  /** The kind of the schedule and the length that follows from that of the training; null without one. */
  readonly schedule: unknown;
  /** What computed from which update on: one entry, more where the run was taken up by another backend. */
  readonly ran_on: readonly RanOn[];
}

export interface PartDigest {
  readonly count: number;
  /** sha256 of all tensors of all examples, as the model sees them. */
  readonly sha256: string;
}

export interface RanOn {
  readonly from_step: number;
  readonly numbers: string;
}

/** Name of the metadata in a checkpoint. */
export const ORIGIN_KEY = "origin";

export function originOf({ schedule }: Pick<ModelDefinition, "schedule">, dataset: Dataset): Omit<RunOrigin, "ran_on"> {
  return {
    data: { train: digest(dataset.train), validation: digest(dataset.validation), test: digest(dataset.test) },
    schedule: schedule === undefined ? null : { kind: schedule.kind, ...schedule.planned },
  };
}

/** What a checkpoint says; undefined where it says nothing. */
export function readOrigin(metadata: Readonly<Record<string, string>>): RunOrigin | undefined {
  const text = metadata[ORIGIN_KEY];
  // The checkpoint's checksum was right: what is written there is what a run wrote.
  return text === undefined ? undefined : (parseJson(text) as RunOrigin);
}

/**
 * @returns sentences on what may differ, and does
 * @throws Problem `checkpoint-mismatch` where the training would not be the one that was started
 */
export function compareOrigins(
  before: RunOrigin,
  now: Omit<RunOrigin, "ran_on">,
  { run, file, weights }: { readonly run: string; readonly file: string; readonly weights: string },
): readonly string[] {
  const changed = PART_NAMES.filter((part) => before.data[part].sha256 !== now.data[part].sha256);
  const trained = changed.filter((part) => part !== "test");
  if (trained.length > 0) {
    throw new Problem({
      code: "checkpoint-mismatch",
      message: `"${run}" was started with other data than ${JSON.stringify(file)} gives now: ${joinWords(
        trained.map((part) => difference(part, before.data[part], now.data[part])),
        "and",
      )}.`,
      help: `bring back the data that it was started with, or start a new run from its weights with --weights ${weights}.`,
      file: run,
    });
  }
  return [
    ...(changed.includes("test")
      ? ["note: the examples of the test part are others than when the run was started; training does not see them."]
      : []),
    ...replanned(before.schedule, now.schedule),
  ];
}

/** What the hash of the spec leaves out of a schedule: its length, where it follows from that of the training. */
function replanned(before: unknown, now: unknown): readonly string[] {
  if (!isRecord(before) || !isRecord(now)) return [];
  const keys = Object.keys(now).filter(
    (key) => JSON.stringify(memberOf(before, key)) !== JSON.stringify(memberOf(now, key)),
  );
  return keys.map(
    (key) =>
      `note: the schedule ${String(now["kind"])} is planned anew for the length of this training: ${key} was ` +
      `${String(memberOf(before, key))} and is ${String(memberOf(now, key))}. What is left goes by the new one.`,
  );
}

function difference(part: PartName, before: PartDigest, now: PartDigest): string {
  const label = PART_LABELS[part];
  return before.count === now.count
    ? `other values in the ${label} part (${String(now.count)} examples)`
    : `${String(now.count)} instead of ${String(before.count)} examples in the ${label} part`;
}

/** Numbers that are hashed at a time: examples are copied out, and all at once could take many times the file. */
const NUMBERS_AT_A_TIME = 2 ** 20;

function digest(examples: Examples): PartDigest {
  const { count } = examples;
  const hash = createHash("sha256");
  const step = count === 0 ? 1 : Math.max(1, Math.floor(NUMBERS_AT_A_TIME / numbersOf(examples)));
  for (let start = 0; start < count; start += step) {
    const indices = Array.from({ length: Math.min(step, count - start) }, (_, index) => start + index);
    for (const [name, values] of Object.entries(examples.select(indices)).sort(([a], [b]) => (a < b ? -1 : 1))) {
      hash.update(`${name} ${String(values.length)}\n`);
      hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    }
  }
  return { count, sha256: hash.digest("hex") };
}

/** Of one example. */
function numbersOf(examples: Examples): number {
  const sizes = Object.values(examples.select([0])).map(({ length }) => length);
  return Math.max(
    1,
    sizes.reduce((total, size) => total + size, 0),
  );
}
