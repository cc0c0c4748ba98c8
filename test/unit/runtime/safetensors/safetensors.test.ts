import { describe, expect, it } from "vitest";
import { Problem } from "../../../../runtime/problem.ts";
import { readSafetensors, writeSafetensors } from "../../../../runtime/safetensors.ts";
import type { SafetensorsTensor } from "../../../../runtime/safetensors.ts";

/** A file with this header text (not padded) and this much data. */
function file(header: string | Uint8Array, dataBytes = 0, claimed?: bigint): Uint8Array {
  const text = typeof header === "string" ? new TextEncoder().encode(header) : header;
  const bytes = new Uint8Array(8 + text.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, claimed ?? BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

const entry = (begin: number, end: number, shape: unknown = [(end - begin) / 4], dtype: unknown = "F32"): unknown => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

describe("writeSafetensors", () => {
  it("writes exactly the public format", () => {
    const bytes = writeSafetensors(
      [
        ["b", { dtype: "F32", shape: [2], data: new Float32Array([1, -2]) }],
        ["a", { dtype: "I32", shape: [], data: new Int32Array([7]) }],
      ],
      { format: "pt" },
    );
    const header =
      '{"__metadata__":{"format":"pt"},"a":{"dtype":"I32","shape":[],"data_offsets":[0,4]},' +
      '"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}';
    const padded = Math.ceil(header.length / 8) * 8;
    const expected = file(header.padEnd(padded, " "), 12);
    new DataView(expected.buffer).setInt32(8 + padded, 7, true);
    new DataView(expected.buffer).setFloat32(12 + padded, 1, true);
    new DataView(expected.buffer).setFloat32(16 + padded, -2, true);
    expect([...bytes]).toEqual([...expected]);
  });

  it("refuses data that is not of its shape and reserved names", () => {
    const tensor: SafetensorsTensor = { dtype: "F32", shape: [3], data: new Float32Array(2) };
    expect(() => writeSafetensors([["a", tensor]])).toThrow(/2 elements/);
    const good: SafetensorsTensor = { ...tensor, shape: [2] };
    expect(() => writeSafetensors([["__metadata__", good]])).toThrow(/reserved/);
    expect(() => writeSafetensors([["__proto__", good]])).toThrow(/reserved/);
    expect(() =>
      writeSafetensors([
        ["a", good],
        ["a", good],
      ]),
    ).toThrow(/twice/);
  });
});

describe("readSafetensors", () => {
  it("reads back what was written, from a view at an odd offset too", () => {
    const tensors: [string, SafetensorsTensor][] = [
      ["bits", { dtype: "U8", shape: [3], data: new Uint8Array([1, 2, 3]) }],
      ["big", { dtype: "I64", shape: [1], data: new BigInt64Array([-5n]) }],
      ["empty", { dtype: "F32", shape: [0, 4], data: new Float32Array(0) }],
      ["w", { dtype: "F32", shape: [2, 2], data: new Float32Array([0.1, NaN, -0, 3e38]) }],
    ];
    const bytes = writeSafetensors(tensors, { note: 'ä "quoted"' });
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    for (const view of [bytes, shifted.subarray(3), Buffer.from(bytes)]) {
      const read = readSafetensors(view);
      expect(read.metadata).toEqual({ note: 'ä "quoted"' });
      expect(new Map([...read.tensors].sort())).toEqual(new Map([...tensors].sort()));
    }
  });

  it("gives copies, not views", () => {
    const bytes = Buffer.from(writeSafetensors([["w", { dtype: "F32", shape: [1], data: new Float32Array([5]) }]]));
    const { tensors } = readSafetensors(bytes);
    bytes.fill(0);
    expect([...(tensors.get("w")?.data ?? [])]).toEqual([5]);
  });

  const hostile: [string, Uint8Array, RegExp][] = [
    ["nothing", new Uint8Array(0), /it has 0 bytes/],
    ["seven bytes", new Uint8Array(7), /it has 7 bytes/],
    ["a huge header length", file("{}", 0, 0xffffffffffffffffn), /claims 18446744073709551615 bytes/],
    ["just above the cap", file("{}", 0, 100_000_001n), /at most 100000000/],
    ["a header beyond the file", file("{}", 0, 3n), /claims 3 bytes, but only 2 follow/],
    ["an empty header", file("", 4), /does not start with/],
    ["a list as header", file("[]"), /does not start with/],
    ["broken JSON", file('{"a":'), /not JSON/],
    ["text behind the JSON", file("{} x"), /not JSON/],
    ["a byte order mark", file("\uFEFF{}"), /does not start with/],
    ["broken UTF-8", file(new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d])), /not UTF-8/],
    ["deep nesting", file(`{"a":${"[".repeat(200_000)}`), /nested more than 64 levels deep/],
    ["a tensor twice", file('{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"\\u0061":1}'), /"a" twice/],
    ["a key twice", file('{"a":{"dtype":"F32","dtype":"F32","shape":[0],"data_offsets":[0,0]}}'), /"dtype" twice/],
    ["a number as tensor", file('{"a":1}'), /not described by an object/],
    ["an unknown key", file('{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0],"x":1}}'), /unknown key "x"/],
    ["an unknown dtype", file(JSON.stringify({ a: entry(0, 4, [1], "F31") }), 4), /dtype "F31"; known are BOOL/],
    ["a dtype from the prototype", file(JSON.stringify({ a: entry(0, 4, [1], "toString") }), 4), /dtype "toString"/],
    ["no dtype", file('{"a":{"shape":[0],"data_offsets":[0,0]}}'), /dtype undefined/],
    ["a negative shape", file(JSON.stringify({ a: entry(0, 4, [-1, -1]) }), 4), /has a shape/],
    ["a fractional shape", file(JSON.stringify({ a: entry(0, 4, [0.5, 2]) }), 4), /has a shape/],
    ["no shape", file('{"a":{"dtype":"F32","data_offsets":[0,0]}}'), /has a shape/],
    ["an overflowing shape", file(JSON.stringify({ a: entry(0, 4, [2 ** 52, 2 ** 52]) }), 4), /but data_offsets give/],
    ["three offsets", file('{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0,0]}}'), /no pair/],
    ["negative offsets", file('{"a":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}'), /no pair/],
    ["reversed offsets", file(JSON.stringify({ a: entry(4, 0, [1]) }), 4), /bytes 4 to 0/],
    ["data cut off", file(JSON.stringify({ a: entry(0, 8) }), 7), /has 7 bytes of data \(cut off\?\)/],
    ["a wrong size", file(JSON.stringify({ a: entry(0, 8, [3]) }), 8), /which is 12 bytes, but data_offsets give it 8/],
    ["an overlap", file(JSON.stringify({ a: entry(0, 8), b: entry(4, 12) }), 12), /"b" overlaps/],
    ["the same bytes twice", file(JSON.stringify({ a: entry(0, 4), b: entry(0, 4) }), 4), /"b" overlaps/],
    ["a gap", file(JSON.stringify({ a: entry(0, 4), b: entry(8, 12) }), 12), /4 bytes before tensor "b"/],
    ["hidden bytes", file(JSON.stringify({ a: entry(0, 4) }), 9), /5 bytes at its end/],
    [
      "__proto__",
      file('{"__proto__":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 4),
      /"__proto__" is forbidden/,
    ],
    ["constructor", file('{"constructor":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 4), /forbidden/],
    ["__proto__ in the metadata", file('{"__metadata__":{"__proto__":"x"}}'), /forbidden key/],
    ["numbers in the metadata", file('{"__metadata__":{"a":1}}'), /key "a" is not a text/],
    ["a list as metadata", file('{"__metadata__":[]}'), /not an object of texts/],
  ];
  it.each(hostile)("refuses %s with a clear problem", (_, bytes, message) => {
    let caught: unknown;
    try {
      readSafetensors(bytes);
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(Problem);
    expect((caught as Problem).code).toBe("invalid-safetensors");
    expect((caught as Problem).message).toMatch(message);
    expect(({} as Record<string, unknown>)["dtype"]).toBeUndefined();
  });

  it("refuses every truncation of a real file", () => {
    const bytes = writeSafetensors([["w", { dtype: "F32", shape: [5], data: new Float32Array(5) }]], { a: "b" });
    for (let length = 0; length < bytes.length; length += 1) {
      expect(() => readSafetensors(bytes.subarray(0, length))).toThrow(Problem);
    }
  });
});
