/**
 * The checksum of a safetensors file, in its metadata: the CRC-32 of the whole file, its own eight digits taken as zeros. Files of
 * others do not have it, and are taken without.
 */
import { checksumText, CRC32_PLACEHOLDER } from "./checksum.ts";
import { Problem } from "./problem.ts";
import { HEADER_LENGTH_BYTES } from "./safetensors-header.ts";

export const CHECKSUM_KEY = "specloom_crc32";

/** The metadata with zeros where the checksum will be, in a file that is to have one. */
export function withPlaceholder(metadata: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.hasOwn(metadata, CHECKSUM_KEY) ? { ...metadata, [CHECKSUM_KEY]: CRC32_PLACEHOLDER } : metadata;
}

/** Fills the checksum in, where the header has the key. @param end of the header */
export function writeChecksum(bytes: Uint8Array, end: number): void {
  const place = checksumPlace(bytes, end);
  if (place !== undefined) bytes.set(new TextEncoder().encode(checksumText(bytes, place)), place);
}

/** @throws Problem `invalid-safetensors` where a file says another checksum than it has */
export function refuseDamage(bytes: Uint8Array, end: number, metadata: Readonly<Record<string, string>>): void {
  const said = metadata[CHECKSUM_KEY];
  if (said === undefined) return;
  const found = checksumText(bytes, checksumPlace(bytes, end) ?? 0);
  if (found === said) return;
  throw new Problem({
    code: "invalid-safetensors",
    message: `this safetensors file is damaged: its checksum is ${JSON.stringify(said)}, but its bytes give "${found}".`,
    help:
      "bytes were changed since it was written; take a copy that is whole. A program that changes tensors on purpose must " +
      `leave ${CHECKSUM_KEY} out of the metadata.`,
  });
}

/** Where in the file the digits are; a value that contains such a text has its quotes escaped. */
function checksumPlace(bytes: Uint8Array, end: number): number | undefined {
  const before = `"${CHECKSUM_KEY}":"`;
  const header = new TextDecoder().decode(bytes.subarray(HEADER_LENGTH_BYTES, end));
  const index = header.indexOf(before);
  if (index < 0) return undefined;
  return HEADER_LENGTH_BYTES + new TextEncoder().encode(header.slice(0, index)).length + before.length;
}
