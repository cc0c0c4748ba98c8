/** JSON that nests too deeply for what walks it. */
import { describe, expect, it } from "vitest";
import { parseJson } from "../../../runtime/json-text.ts";
import { readSafetensors } from "../../../runtime/safetensors.ts";
import { suggestedShape } from "../../../runtime/tensor.ts";

const nested = (depth: number, open = "[", close = "]"): string => open.repeat(depth) + close.repeat(depth);

describe("parseJson", () => {
  it("reads what JSON.parse reads, 64 levels deep", () => {
    expect(parseJson(nested(64))).toEqual(JSON.parse(nested(64)));
    expect(parseJson('{"a": "[[\\"[[", "b": [1, {"c": null}]}')).toEqual({ a: '[["[[', b: [1, { c: null }] });
  });

  it.each([
    ["lists", nested(65), 64],
    ["a million lists", nested(1_000_000), 64],
    ["what never ends", "[".repeat(9_000), 64],
    ["objects", `${'{"a":'.repeat(65)}1${"}".repeat(65)}`, 64 * 5],
  ])("says where %s get too deep", (_, text, offset) => {
    expect(() => parseJson(text)).toThrow(expect.objectContaining({ name: "JsonTooDeep", offset }));
  });

  it("throws a SyntaxError at anything else that is wrong", () => {
    for (const text of ["", '"', '{"a', "[1,]", "]", '"\\']) expect(() => parseJson(text)).toThrow(SyntaxError);
  });
});

it("a header of safetensors that nests deeply is no valid one", () => {
  const header = new TextEncoder().encode(`{"a":{"dtype":${nested(9_000)},"shape":[],"data_offsets":[0,0]}}`);
  const bytes = new Uint8Array(8 + header.byteLength);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.byteLength), true);
  bytes.set(header, 8);
  expect(() => readSafetensors(bytes)).toThrow(/in its header lists and objects are nested more than 64 levels deep/);
});

it("a list that holds itself has a shape that ends", () => {
  const list: unknown[] = [];
  list.push(list);
  expect(suggestedShape(list)).toHaveLength(64);
});
