/** CRC-32, the checksum of zip, gzip and PNG: finds a file that was damaged after it was written. Runs in a browser as it is. */

/** The digits that stand for themselves while a checksum is computed. */
export const CRC32_PLACEHOLDER = "00000000";

/** The eight digits for bytes that hold them themselves, from `place` on. */
export function checksumText(bytes: Uint8Array, place: number): string {
  const zeros = new TextEncoder().encode(CRC32_PLACEHOLDER);
  const before = crc32(bytes.subarray(0, place));
  const whole = crc32(bytes.subarray(place + zeros.length), crc32(zeros, before));
  return whole.toString(16).padStart(zeros.length, "0");
}

type Crc32 = (bytes: Uint8Array, before?: number) => number;

/** @param before the checksum of what stands before these bytes; 0 at the start */
export function crc32(bytes: Uint8Array, before = 0): number {
  known ??= ofNode() ?? crc32ByTables;
  return known(bytes, before);
}

let known: Crc32 | undefined;

/** Node's own, several times as fast, from 20.16 on. */
function ofNode(): Crc32 | undefined {
  const { process } = globalThis as { readonly process?: Partial<Pick<NodeJS.Process, "getBuiltinModule">> };
  const zlib = process?.getBuiltinModule?.("node:zlib") as { readonly crc32?: Crc32 } | undefined;
  return zlib?.crc32;
}

/** Eight bytes at a time: table k holds the checksums of a byte with k zero bytes behind it. */
export function crc32ByTables(bytes: Uint8Array, before = 0): number {
  tables ??= makeTables();
  const [t0, t1, t2, t3, t4, t5, t6, t7] = tables;
  const at = (table: Int32Array, index: number): number => table[index & 0xff] ?? 0;
  const byte = (index: number): number => bytes[index] ?? 0;
  let crc = ~before;
  let index = 0;
  for (; index + 8 <= bytes.length; index += 8) {
    const low = crc ^ (byte(index) | (byte(index + 1) << 8) | (byte(index + 2) << 16) | (byte(index + 3) << 24));
    crc =
      at(t7, low) ^
      at(t6, low >>> 8) ^
      at(t5, low >>> 16) ^
      at(t4, low >>> 24) ^
      at(t3, byte(index + 4)) ^
      at(t2, byte(index + 5)) ^
      at(t1, byte(index + 6)) ^
      at(t0, byte(index + 7));
  }
  for (; index < bytes.length; index += 1) crc = (crc >>> 8) ^ at(t0, crc ^ byte(index));
  return ~crc >>> 0;
}

type Tables = [Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array];
let tables: Tables | undefined;

/** Of the polynomial of IEEE 802.3, bits reversed. */
function makeTables(): Tables {
  const first = Int32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 1) === 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
    return crc;
  });
  const next = (table: Int32Array): Int32Array => table.map((crc) => (crc >>> 8) ^ (first[crc & 0xff] ?? 0));
  const all: Int32Array[] = [first];
  for (let k = 1; k < 8; k += 1) all.push(next(all[k - 1] ?? first));
  return all as Tables;
}
