import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { exportedValues, usedValues } from "../../support/exports.ts";
import { importsOf } from "../../support/import-walk.ts";

interface Facts {
  readonly exported: readonly string[];
  readonly used: readonly string[];
}

const factsOf = (file: string, text: string): Facts => ({
  exported: exportedValues(file, text).map((name) => `${file}#${name}`),
  used: usedValues(file, text),
});

/** Exported values that no other file takes. */
function unused(modules: ReadonlyMap<string, Facts>): readonly string[] {
  const used = new Set([...modules.values()].flatMap((facts) => facts.used));
  return [...modules]
    .filter(([file]) => !file.startsWith("test/") && !used.has(`${file}#*`))
    .flatMap(([, facts]) => facts.exported.filter((name) => !used.has(name)));
}

describe("exports", () => {
  it("are values that another file takes", () => {
    // Modules among the fixtures are long, and take nothing but the runtime.
    const all = [...importsOf(["compiler", "runtime", "cli", "test"]).keys()];
    const files = all.filter((file) => !file.startsWith("test/fixtures/"));
    const modules = new Map(files.map((file) => [file, factsOf(file, readFileSync(file, "utf8"))]));
    expect(unused(modules)).toEqual([]);
    const planted = "export const zeroIndex = 0;\nexport function left(): void {}\nexport type Right = 0;\n";
    const file = "compiler/ir/planted.ts";
    expect(unused(new Map([...modules, [file, factsOf(file, planted)]]))).toEqual([
      `${file}#zeroIndex`,
      `${file}#left`,
    ]);
  });

  it("are taken by imports, by what passes them on, and by what loads all of them", () => {
    const text = [
      'import { a, type B, c as d } from "./x.ts";',
      'export { e } from "../y.ts";',
      'export * from "./z.ts";',
      'import { f } from "@specloom/runtime/internal/model/u";',
      'const later = await import("./w.ts");',
      "export { later };",
    ].join("\n");
    expect(usedValues("compiler/ir/v.ts", text)).toEqual([
      "compiler/ir/x.ts#a",
      "compiler/ir/x.ts#B",
      "compiler/ir/x.ts#c",
      "compiler/y.ts#e",
      "compiler/ir/z.ts#*",
      "runtime/model/u.ts#f",
      "compiler/ir/w.ts#*",
      "#later",
    ]);
  });
});
