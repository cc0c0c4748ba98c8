/** The header of a safetensors file: what it claims of its tensors, held against the bytes there are. */
import { duplicateKey } from "./duplicate-key.ts";
import { JsonTooDeep, parseJson } from "./json-text.ts";
import { Problem } from "./problem.ts";

export const ARRAY_OF_DTYPE = {
  BOOL: Uint8Array,
  U8: Uint8Array,
  I8: Int8Array,
  F8_E5M2: Uint8Array,
  F8_E4M3: Uint8Array,
  I16: Int16Array,
  U16: Uint16Array,
  F16: Uint16Array,
  BF16: Uint16Array,
  I32: Int32Array,
  U32: Uint32Array,
  F32: Float32Array,
  F64: Float64Array,
  I64: BigInt64Array,
  U64: BigUint64Array,
} as const;

export type SafetensorsDType = keyof typeof ARRAY_OF_DTYPE;

/** Of the header's length, which a file begins with. */
export const HEADER_LENGTH_BYTES = 8;
const LONGEST_HEADER = 100_000_000;
export const FORBIDDEN_NAMES = ["__proto__", "constructor", "prototype"];

/** A tensor: `begin` and `end` count bytes from the start of the data. */
export interface SafetensorsEntry {
  readonly name: string;
  readonly dtype: SafetensorsDType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  readonly entries: readonly SafetensorsEntry[];
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Where the data begins, behind the header.
 * @param start of the file: its first eight bytes at least, if it has as many
 * @param size bytes of the whole file
 * @throws Problem `invalid-safetensors`
 */
export function dataStart(start: Uint8Array, size: number): number {
  if (start.byteLength < HEADER_LENGTH_BYTES) {
    throw invalidFile(`it has ${String(size)} bytes; the header length alone takes 8.`);
  }
  const length = new DataView(start.buffer, start.byteOffset).getBigUint64(0, true);
  if (length > BigInt(LONGEST_HEADER)) {
    throw invalidFile(`its header claims ${String(length)} bytes; at most ${String(LONGEST_HEADER)} are allowed.`);
  }
  const headerLength = Number(length);
  if (HEADER_LENGTH_BYTES + headerLength > size) {
    throw invalidFile(
      `its header claims ${String(headerLength)} bytes, but only ${String(size - HEADER_LENGTH_BYTES)} follow.`,
    );
  }
  return HEADER_LENGTH_BYTES + headerLength;
}

/**
 * @param bytes of the header alone
 * @param available bytes of data behind it
 * @throws Problem `invalid-safetensors` for anything that is not complete and consistent
 */
export function readHeader(bytes: Uint8Array, available: number): SafetensorsHeader {
  const text = decodeHeader(bytes);
  if (!text.startsWith("{")) throw invalidFile("its header does not start with {.");
  const value = parseHeader(text);
  const repeated = duplicateKey(text);
  if (repeated !== undefined) throw invalidFile(`its header has the key ${JSON.stringify(repeated)} twice.`);
  const items = new Map<string, unknown>(Object.entries(value));
  const metadata = readMetadata(items.get("__metadata__"));
  const entries = [...items]
    .filter(([name]) => name !== "__metadata__")
    .map(([name, item]) => readEntry(name, item, available));
  checkLayout(entries, available);
  return { entries, metadata };
}

function decodeHeader(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw invalidFile("its header is not UTF-8 text.");
  }
}

function parseHeader(text: string): object {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (error) {
    throw invalidFile(error instanceof JsonTooDeep ? `in its header ${error.message}.` : "its header is not JSON.");
  }
  // It starts with "{", so it is an object.
  return value as object;
}

function readMetadata(value: unknown): Record<string, string> {
  if (value === undefined) return {};
  if (!isRecord(value)) throw invalidFile("__metadata__ is not an object of texts.");
  const metadata = Object.entries(value).map(([key, text]) => {
    if (FORBIDDEN_NAMES.includes(key)) throw invalidFile(`__metadata__ has the forbidden key "${key}".`);
    if (typeof text !== "string") throw invalidFile(`__metadata__ key ${JSON.stringify(key)} is not a text.`);
    return [key, text] as const;
  });
  return Object.fromEntries(metadata);
}

function readEntry(name: string, value: unknown, available: number): SafetensorsEntry {
  const label = `tensor ${JSON.stringify(name)}`;
  if (FORBIDDEN_NAMES.includes(name)) throw invalidFile(`"${name}" is forbidden as the name of a tensor.`);
  if (!isRecord(value)) throw invalidFile(`${label} is not described by an object.`);
  const unknownKey = Object.keys(value).find((key) => !["dtype", "shape", "data_offsets"].includes(key));
  if (unknownKey !== undefined) throw invalidFile(`${label} has the unknown key ${JSON.stringify(unknownKey)}.`);
  const { dtype, shape, data_offsets: offsets } = value;
  if (!isDType(dtype)) {
    throw invalidFile(
      `${label} has the dtype ${JSON.stringify(dtype) ?? "undefined"}; known are ${Object.keys(ARRAY_OF_DTYPE).join(", ")}.`,
    );
  }
  if (!isCountList(shape)) throw invalidFile(`${label} has a shape that is no list of whole numbers from 0.`);
  if (!isCountList(offsets) || offsets.length !== 2) {
    throw invalidFile(`${label} has data_offsets that are no pair of whole numbers from 0.`);
  }
  const [begin = 0, end = 0] = offsets;
  if (begin > end || end > available) {
    throw invalidFile(
      `${label} claims bytes ${String(begin)} to ${String(end)}, but the file has ${String(available)} bytes of data` +
        `${end > available ? " (cut off?)" : ""}.`,
    );
  }
  const expected = shape.reduce((product, length) => product * length, elementBytes(dtype));
  if (expected !== end - begin) {
    throw invalidFile(
      `${label} is ${dtype} of shape [${shape.join(", ")}], which is ${String(expected)} bytes, ` +
        `but data_offsets give it ${String(end - begin)}.`,
    );
  }
  return { name, dtype, shape, begin, end };
}

/** Tensors must cover the data exactly: nothing shared, nothing hidden between them or behind them. */
function checkLayout(entries: readonly SafetensorsEntry[], available: number): void {
  let covered = 0;
  for (const { name, begin, end } of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin < covered) throw invalidFile(`tensor ${JSON.stringify(name)} overlaps the one before it.`);
    if (begin > covered)
      throw invalidFile(`${String(begin - covered)} bytes before tensor ${JSON.stringify(name)} belong to none.`);
    covered = end;
  }
  if (covered !== available) throw invalidFile(`${String(available - covered)} bytes at its end belong to no tensor.`);
}

export function elementBytes(dtype: SafetensorsDType): number {
  return ARRAY_OF_DTYPE[dtype].BYTES_PER_ELEMENT;
}

function isDType(value: unknown): value is SafetensorsDType {
  return typeof value === "string" && Object.hasOwn(ARRAY_OF_DTYPE, value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCountList(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && (item as number) >= 0);
}

function invalidFile(reason: string): Problem {
  return new Problem({
    code: "invalid-safetensors",
    message: `this is not a valid safetensors file: ${reason}`,
    help: "it may be cut off, of another format, or made by hand; save it again.",
  });
}
