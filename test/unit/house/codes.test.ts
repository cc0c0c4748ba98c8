import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { mistakeCatalogue } from "../../../cli/support/mistake.ts";
import { problemCatalogue } from "../../../runtime/problems.ts";
import { importsOf } from "../../support/import-walk.ts";

const catalogues = [
  ["runtime/problems.ts", problemCatalogue],
  ["cli/support/mistake.ts", mistakeCatalogue],
] as const;

describe("codes of problems and mistakes", () => {
  it.each(catalogues)("of %s are given by some file each", (table, catalogue) => {
    const texts = [...importsOf(["runtime", "cli"]).keys()]
      .filter((file) => file !== table)
      .map((file) => readFileSync(file, "utf8"));
    const isGiven = (code: string): boolean => texts.some((text) => text.includes(`"${code}"`));
    expect(Object.keys(catalogue).filter((code) => !isGiven(code))).toEqual([]);
    expect(isGiven("planted-code")).toBe(false);
  });
});
