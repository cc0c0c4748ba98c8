import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";

const text = (file: string): Promise<string> => readFile(new URL(`../../../${file}`, import.meta.url), "utf8");

describe("what is not seen", () => {
  it("is made visible alike by the compiler and the runtime, neither of which may import the other", async () => {
    expect(await text("runtime/visible-text.ts")).toBe(await text("compiler/support/visible-text.ts"));
  });
});
