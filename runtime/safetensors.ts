/**
 * Reads and writes the safetensors format: u64 little-endian header length, JSON header, row-major little-endian data.
 * A file from outside is not trusted: every claim of the header is checked before a byte of data is used.
 *
 * Source: https://github.com/huggingface/safetensors, README "Format".
 */
import { bytesOf } from "./bytes.ts";
import type { Bytes } from "./contract-live.ts";
import { Problem } from "./problem.ts";
import { refuseDamage, withPlaceholder, writeChecksum } from "./safetensors-checksum.ts";
import { checkContents, checkEntry } from "./safetensors-check.ts";
import {
  ARRAY_OF_DTYPE,
  dataStart,
  elementBytes,
  FORBIDDEN_NAMES,
  HEADER_LENGTH_BYTES,
  readHeader,
  type SafetensorsDType,
} from "./safetensors-header.ts";

export type { SafetensorsDType } from "./safetensors-header.ts";

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

/**
 * The bytes of a file. Names are written in sorted order, larger element types first so that all data is aligned. Metadata that
 * has the key `specloom_crc32` gets the checksum there, whatever it held before.
 *
 * @throws Problem `invalid-tensor` when a tensor's data is not of its shape and dtype, or a name cannot be written.
 */
export function writeSafetensors(
  tensors: Iterable<readonly [string, SafetensorsTensor]>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  checkContents(tensors, metadata);
  const entries = [...tensors];
  entries.forEach(checkEntry);
  const sorted = entries.sort(([a, first], [b, second]) => {
    const widths = elementBytes(second.dtype) - elementBytes(first.dtype);
    if (widths !== 0) return widths;
    return a < b ? -1 : 1;
  });
  const header = new Map<string, unknown>();
  const metadataEntries = Object.entries(withPlaceholder(metadata)).sort(([a], [b]) => (a < b ? -1 : 1));
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
  writeChecksum(bytes, HEADER_LENGTH_BYTES + padded);
  return bytes;
}

/**
 * The tensors (copies) and the metadata of a file.
 *
 * @throws Problem `invalid-safetensors` saying what is wrong and where, for anything that is not a complete, consistent file.
 */
export function readSafetensors(given: Bytes): SafetensorsFile {
  const bytes = bytesOf(given, "the file");
  const start = dataStart(bytes, bytes.byteLength);
  const { entries, metadata } = readHeader(bytes.subarray(HEADER_LENGTH_BYTES, start), bytes.byteLength - start);
  refuseDamage(bytes, start, metadata);
  const tensors = new Map<string, SafetensorsTensor>();
  for (const { name, dtype, shape, begin, end } of entries) {
    // A copy has a buffer of its own, so any alignment of the file will do. (`slice` of a Node Buffer would share.)
    const copy = new Uint8Array(end - begin);
    copy.set(bytes.subarray(start + begin, start + end));
    tensors.set(name, { dtype, shape, data: new ARRAY_OF_DTYPE[dtype](copy.buffer) });
  }
  return { tensors, metadata };
}

function invalidTensor(message: string): Problem {
  return new Problem({ code: "invalid-tensor", message });
}
