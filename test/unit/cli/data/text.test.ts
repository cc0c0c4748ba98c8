/** What a file that is no UTF-8 text is told, and where it stops being some. */
import { describe, expect, it } from "vitest";
import type { Problem } from "../../../../runtime/problem.ts";
import { checkedText, decodeText } from "../../../../cli/data/text.ts";

const utf8 = (text: string): readonly number[] => [...new TextEncoder().encode(text)];

function told(read: typeof checkedText | typeof decodeText, bytes: readonly number[]): Partial<Problem> {
  try {
    read(Uint8Array.from(bytes), "a.csv");
  } catch (error) {
    return error as Problem;
  }
  throw new Error("it is text");
}

describe.each([checkedText, decodeText])("%o", (read) => {
  it.each([
    ["Latin-1", [...utf8("größe,b\n1,"), 0xe9, ...utf8("t\n")], 2, 3, /byte 13 is e9 in hexadecimal/],
    ["a stray byte", [0xff, ...utf8("a\n1\n")], 1, 1, /byte 1 is ff/],
    ["a character cut off at the end", [...utf8("a\n1"), 0xe2, 0x82], 2, 2, /byte 4 is e2/],
    ["a zero byte", [...utf8("ä\n1\n2"), 0, ...utf8("\n")], 3, 2, /holds a zero byte here/],
  ])("%s has its place", (_, bytes, line, column, message) => {
    const problem = told(read, bytes);
    expect(problem).toMatchObject({ code: "not-text", file: "a.csv", line, column });
    expect(problem.message).toMatch(message);
    expect(problem.help).toMatch(/UTF-8|remove it/);
  });

  it.each([
    ["little-endian, with a mark", [0xff, 0xfe, 0x61, 0, 10, 0]],
    ["big-endian, with a mark", [0xfe, 0xff, 0, 0x61, 0, 10]],
    ["little-endian", [...utf8("value\n1\n")].flatMap((byte) => [byte, 0])],
    ["big-endian", [...utf8("value\n1\n")].flatMap((byte) => [0, byte])],
  ])("UTF-16 is called so: %s", (_, bytes) => {
    expect(told(read, bytes)).toMatchObject({ message: "the file is UTF-16 text, but UTF-8 was expected." });
  });
});
