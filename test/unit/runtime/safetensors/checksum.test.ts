/** Files that specloom writes carry a checksum: bytes that were changed, cut off or zeroed later are found. */
import { describe, expect, it } from "vitest";
import { crc32, crc32ByTables } from "../../../../runtime/checksum.ts";
import { CHECKSUM_KEY } from "../../../../runtime/safetensors-checksum.ts";
import { readSafetensors, writeSafetensors } from "../../../../runtime/safetensors.ts";

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

describe("crc32", () => {
  it.each([crc32, crc32ByTables])("has the published value, whole and in parts", (checksum) => {
    expect(checksum(text("123456789"))).toBe(0xcbf43926);
    expect(checksum(text(""))).toBe(0);
    const bytes = Uint8Array.from({ length: 1003 }, (_, index) => (index * index) % 251);
    const whole = checksum(bytes);
    for (const cut of [0, 1, 7, 8, 9, 500, 1002]) {
      expect(checksum(bytes.subarray(cut), checksum(bytes.subarray(0, cut)))).toBe(whole);
    }
    expect(crc32ByTables(bytes)).toBe(crc32(bytes));
  });
});

describe("a file with a checksum", () => {
  const values = { dtype: "F32", shape: [3], data: Float32Array.of(1, 2, 3) } as const;
  const metadata = { note: `"${CHECKSUM_KEY}":"12345678"`, [CHECKSUM_KEY]: "anything", é: "ü" };
  const bytes = writeSafetensors([["a", values]], metadata);

  it("reads back, and the checksum is that of the file with zeros in its place", () => {
    const read = readSafetensors(bytes);
    expect(read.tensors.get("a")?.data).toEqual(values.data);
    const digits = read.metadata[CHECKSUM_KEY] ?? "";
    expect(digits).toMatch(/^[\da-f]{8}$/);
    const place = Buffer.from(bytes).lastIndexOf(digits);
    const zeroed = bytes.slice();
    zeroed.set(text("00000000"), place);
    expect(crc32(zeroed).toString(16).padStart(8, "0")).toBe(digits);
  });

  it("is refused after a change of any bit, except in the checksum's own name", () => {
    const found: number[] = [];
    for (let bit = 0; bit < 8 * bytes.length; bit += 1) {
      const damaged = bytes.slice();
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      try {
        // Without its name the file is one of those that never had a checksum; all else in it is as it was.
        if (Object.hasOwn(readSafetensors(damaged).metadata, CHECKSUM_KEY)) found.push(bit);
      } catch (error) {
        expect(error).toMatchObject({ code: "invalid-safetensors" });
      }
    }
    expect(found).toEqual([]);
  });

  it("is refused when its end is cut off or zeroed", () => {
    expect(() => readSafetensors(bytes.subarray(0, bytes.length - 1))).toThrow(/cut off/);
    expect(() => readSafetensors(bytes.slice().fill(0, bytes.length - 4))).toThrow(
      /is damaged: its checksum is "[\da-f]{8}", but its bytes give "[\da-f]{8}"/,
    );
  });

  it("is what others' files need not have", () => {
    expect(readSafetensors(writeSafetensors([["a", values]])).metadata).toEqual({});
  });
});
