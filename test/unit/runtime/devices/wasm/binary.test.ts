import { deflateSync } from "node:zlib";
import { describe, expect, it, vi } from "vitest";
import { memoryImport, unpackedBinary, withoutSharing } from "../../../../../runtime/devices/wasm/binary.ts";

const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const name = (text: string): number[] => [text.length, ...Array.from(text, (character) => character.charCodeAt(0))];
const imports = (...entries: readonly number[][]): Uint8Array<ArrayBuffer> => {
  const content = [entries.length, ...entries.flat()];
  // A custom section first, of 200 bytes: its size takes two bytes.
  const custom = [0, 0xc8, 1, ...name("note"), ...new Array<number>(195).fill(0)];
  const types = [1, 4, 1, 0x60, 0, 0];
  return Uint8Array.from([...header, ...custom, ...types, 2, content.length, ...content]);
};
const others = [
  [...name("env"), ...name("abort"), 0, 0],
  [...name("env"), ...name("table"), 1, 0x70, 1, 2, 5],
  [...name("env"), ...name("zero"), 3, 0x7f, 0],
];
const shared = [...name("env"), ...name("memory"), 2, 3, 0x90, 0x03, 0x80, 0x80, 0x04];

describe("memoryImport", () => {
  it("finds the memory among other imports", () => {
    const bytes = imports(...others, shared);
    const found = memoryImport(bytes);
    expect(found).toEqual({ shared: true, minimum: 400, maximum: 65536, flagsAt: bytes.length - 6 });
    expect(WebAssembly.validate(bytes)).toBe(true);
    const changed = withoutSharing(bytes, found);
    expect(memoryImport(changed)).toEqual({ ...found, shared: false });
    expect(WebAssembly.validate(changed)).toBe(true);
    expect(bytes[found.flagsAt]).toBe(3);
  });

  it("takes a memory without a maximum", () => {
    const bytes = imports([...name("env"), ...name("memory"), 2, 0, 1]);
    expect(memoryImport(bytes)).toMatchObject({ shared: false, minimum: 1, maximum: undefined });
  });

  it("refuses binaries without it, and damaged ones", () => {
    const missing = /does not import env\.memory/;
    expect(() => memoryImport(imports(...others))).toThrow(missing);
    expect(() => memoryImport(imports([...name("other"), ...name("memory"), 2, 0, 1]))).toThrow(missing);
    expect(() => memoryImport(Uint8Array.from(header))).toThrow(missing);
    const whole = imports(...others, shared);
    for (const length of [whole.length - 1, whole.length - 12]) {
      expect(() => memoryImport(whole.subarray(0, length))).toThrow(/damaged/);
    }
    expect(() => memoryImport(imports([...name("env"), ...name("memory"), 9]))).toThrow(/damaged/);
    expect(() => memoryImport(imports([...name("env"), ...name("memory"), 2, 7, 1]))).toThrow(/damaged/);
  });
});

describe("unpackedBinary", () => {
  const bytes = Uint8Array.from({ length: 2560 }, (_, index) => index % 251);
  const packed = deflateSync(bytes);

  it("gives what was packed", async () => {
    expect(await unpackedBinary(packed.toString("base64"))).toEqual(bytes);
  });

  it("sees that a byte was changed, or that the end is missing", async () => {
    const changed = Uint8Array.from(packed, (byte, index) => (index === packed.length - 1 ? byte ^ 1 : byte));
    for (const one of [changed, packed.subarray(0, -5)]) {
      await expect(unpackedBinary(Buffer.from(one).toString("base64"))).rejects.toThrow(/damaged/);
    }
    await expect(unpackedBinary("&")).rejects.toThrow(/damaged/);
  });

  it("says what an engine lacks that cannot unpack", async () => {
    vi.stubGlobal("DecompressionStream", undefined);
    await expect(unpackedBinary(packed.toString("base64"))).rejects.toThrow(/no DecompressionStream/);
    vi.unstubAllGlobals();
  });
});
