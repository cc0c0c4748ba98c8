/**
 * Reads and writes the safetensors format: u64 little-endian header length, JSON header, row-major little-endian data.
 * A file from outside is not trusted: every claim of the header is checked before a byte of data is used.
 *
 * Source: https://github.com/huggingface/safetensors, README "Format".
 */
import { duplicateKey } from "./duplicate-key.ts";
import { Problem } from "./problem.ts";

export type SafetensorsData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array;

/** `data` holds raw bits for F16 and BF16 (Uint16Array), for F8 and BOOL (Uint8Array). */
export interface SafetensorsTensor {
  readonly dtype: SafetensorsDType;
  readonly shape: readonly number[];
  readonly data: SafetensorsData;
}

export interface SafetensorsFile {
  readonly tensors: ReadonlyMap<string, SafetensorsTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

const ARRAY_OF_DTYPE = {
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

const HEADER_LENGTH_BYTES = 8;
const LONGEST_HEADER = 100_000_000;
const FORBIDDEN_NAMES = ["__proto__", "constructor", "prototype"];

interface Entry {
  readonly name: string;
  readonly dtype: SafetensorsDType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/**
 * The bytes of a file. Names are written in sorted order, larger element types first so that all data is aligned.
 *
 * @throws Problem `invalid-tensor` when a tensor's data is not of its shape and dtype, or a name cannot be written.
 */
export function writeSafetensors(
  tensors: Iterable<readonly [string, SafetensorsTensor]>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const sorted = [...tensors].sort(([a, first], [b, second]) => {
    const widths = elementBytes(second.dtype) - elementBytes(first.dtype);
    if (widths !== 0) return widths;
    return a < b ? -1 : 1;
  });
  const header = new Map<string, unknown>();
  const metadataEntries = Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1));
  if (metadataEntries.length > 0) header.set("__metadata__", Object.fromEntries(metadataEntries));
  let end = 0;
  for (const [name, tensor] of sorted) {
    if (header.has(name) || name === "__metadata__" || FORBIDDEN_NAMES.includes(name)) {
      throw invalidTensor(`"${name}" cannot be the name of a tensor here: it is reserved or used twice.`);
    }
    const size = tensor.shape.reduce((product, length) => product * length, 1);
    if (!(tensor.data instanceof ARRAY_OF_DTYPE[tensor.dtype]) || tensor.data.length !== size) {
      throw invalidTensor(
        `tensor "${name}" is ${tensor.dtype} of shape [${tensor.shape.join(", ")}] = ${String(size)} elements, ` +
          `but its data has ${String(tensor.data.length)} elements in a ${tensor.data.constructor.name}.`,
      );
    }
    const begin = end;
    end += tensor.data.byteLength;
    header.set(name, { dtype: tensor.dtype, shape: tensor.shape, data_offsets: [begin, end] });
  }
  const text = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  const padded = Math.ceil(text.length / 8) * 8;
  const bytes = new Uint8Array(HEADER_LENGTH_BYTES + padded + end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(padded), true);
  bytes.fill(0x20, HEADER_LENGTH_BYTES, HEADER_LENGTH_BYTES + padded);
  bytes.set(text, HEADER_LENGTH_BYTES);
  let position = HEADER_LENGTH_BYTES + padded;
  for (const [, { data }] of sorted) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), position);
    position += data.byteLength;
  }
  return bytes;
}

/**
 * The tensors (copies) and the metadata of a file.
 *
 * @throws Problem `invalid-safetensors` saying what is wrong and where, for anything that is not a complete, consistent file.
 */
export function readSafetensors(bytes: Uint8Array): SafetensorsFile {
  const header = readHeader(bytes);
  const dataStart = HEADER_LENGTH_BYTES + header.length;
  const available = bytes.byteLength - dataStart;
  const metadata = readMetadata(header.value.get("__metadata__"));
  const entries = [...header.value]
    .filter(([name]) => name !== "__metadata__")
    .map(([name, value]) => readEntry(name, value, available));
  checkLayout(entries, available);
  const tensors = new Map<string, SafetensorsTensor>();
  for (const { name, dtype, shape, begin, end } of entries) {
    // A copy has a buffer of its own, so any alignment of the file will do. (`slice` of a Node Buffer would share.)
    const copy = new Uint8Array(end - begin);
    copy.set(bytes.subarray(dataStart + begin, dataStart + end));
    tensors.set(name, { dtype, shape, data: new ARRAY_OF_DTYPE[dtype](copy.buffer) });
  }
  return { tensors, metadata };
}

function readHeader(bytes: Uint8Array): { readonly length: number; readonly value: ReadonlyMap<string, unknown> } {
  if (bytes.byteLength < HEADER_LENGTH_BYTES) {
    throw invalidFile(`it has ${String(bytes.byteLength)} bytes; the header length alone takes 8.`);
  }
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  if (length > BigInt(LONGEST_HEADER)) {
    throw invalidFile(`its header claims ${String(length)} bytes; at most ${String(LONGEST_HEADER)} are allowed.`);
  }
  const headerLength = Number(length);
  if (HEADER_LENGTH_BYTES + headerLength > bytes.byteLength) {
    throw invalidFile(
      `its header claims ${String(headerLength)} bytes, but only ${String(bytes.byteLength - HEADER_LENGTH_BYTES)} follow.`,
    );
  }
  const text = decodeHeader(bytes.subarray(HEADER_LENGTH_BYTES, HEADER_LENGTH_BYTES + headerLength));
  if (!text.startsWith("{")) throw invalidFile("its header does not start with {.");
  const value = parseHeader(text);
  const repeated = duplicateKey(text);
  if (repeated !== undefined) throw invalidFile(`its header has the key ${JSON.stringify(repeated)} twice.`);
  return { length: headerLength, value: new Map(Object.entries(value)) };
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
    value = JSON.parse(text);
  } catch {
    throw invalidFile("its header is not JSON.");
  }
  // It starts with "{", so it is an object.
  return value as object;
}

function readMetadata(value: unknown): Record<string, string> {
  if (value === undefined) return {};
  if (!isRecord(value)) throw invalidFile("__metadata__ is not an object of texts.");
  const metadata: Record<string, string> = {};
  for (const [key, text] of Object.entries(value)) {
    if (FORBIDDEN_NAMES.includes(key)) throw invalidFile(`__metadata__ has the forbidden key "${key}".`);
    if (typeof text !== "string") throw invalidFile(`__metadata__ key ${JSON.stringify(key)} is not a text.`);
    metadata[key] = text;
  }
  return metadata;
}

function readEntry(name: string, value: unknown, available: number): Entry {
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
function checkLayout(entries: readonly Entry[], available: number): void {
  let covered = 0;
  for (const { name, begin, end } of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin < covered) throw invalidFile(`tensor ${JSON.stringify(name)} overlaps the one before it.`);
    if (begin > covered)
      throw invalidFile(`${String(begin - covered)} bytes before tensor ${JSON.stringify(name)} belong to none.`);
    covered = end;
  }
  if (covered !== available) throw invalidFile(`${String(available - covered)} bytes at its end belong to no tensor.`);
}

function elementBytes(dtype: SafetensorsDType): number {
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

function invalidTensor(message: string): Problem {
  return new Problem({ code: "invalid-tensor", message });
}
