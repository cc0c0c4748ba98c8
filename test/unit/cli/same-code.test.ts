/** Modules that a formatter went over are still what their specs give; modules that were changed are not. */
import { readFile } from "node:fs/promises";
import { format } from "prettier";
import { describe, expect, it } from "vitest";
import { isSameCode } from "../../../cli/support/same-code.ts";

const module = await readFile(new URL("../../../generated/seed-literal.ts", import.meta.url), "utf8");

describe("isSameCode", () => {
  it.each([
    ["with Prettier's own defaults", {}],
    [
      "of another style",
      { semi: false, singleQuote: true, printWidth: 60, tabWidth: 4, trailingComma: "none" as const },
    ],
  ])("takes a module formatted %s for the same", { timeout: 60_000 }, async (_, style) => {
    const formatted = await format(module, { parser: "typescript", ...style });
    expect(formatted).not.toBe(module);
    expect(isSameCode(formatted, module)).toBe(true);
  });

  it.each([
    ["a number", "const a = 1;", "const a = 2;"],
    ["an operator", "const a = b + c;", "const a = b - c;"],
    ["a sign", "const a = -b;", "const a = +b;"],
    ["a grouping", "const a = (b + c) * d;", "const a = b + c * d;"],
    ["a name", "const a = b;", "const a = c;"],
    ["a text", 'const a = "b";', 'const a = "c";'],
    ["a keyword", "const a = b;", "let a = b;"],
    ["a comment", "// sha256: 1\nconst a = b;", "// sha256: 2\nconst a = b;"],
    ["a statement more", "const a = b;", "const a = b; a();"],
  ])("tells %s", (_, left, right) => {
    expect(isSameCode(left, right)).toBe(false);
    expect(isSameCode(left, ` ${left}\n`)).toBe(true);
  });
});
