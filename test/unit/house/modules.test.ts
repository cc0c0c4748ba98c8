import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { circles, importsIn, importsOf, reached } from "../../support/import-walk.ts";

const imports = importsOf(["compiler", "runtime", "cli"]);
const entries = ["compiler/index.ts", "runtime/index.ts", "cli/main.ts"];

interface Levels {
  readonly levelPaths: readonly string[];
  readonly levelOf: (file: string) => object | undefined;
}

/** Files that no entry reaches. */
function unused(walked: typeof imports): readonly string[] {
  const used = reached(walked, entries);
  return [...walked.keys()].filter((file) => !used.has(file));
}

describe("modules", () => {
  it("are reached from an entry, all of them", () => {
    expect(imports.size).toBeGreaterThan(400);
    expect(unused(imports)).toEqual([]);
    expect(unused(new Map([...imports, ["compiler/layers/orphan.ts", ["compiler/layers/define.ts"]]]))).toEqual([
      "compiler/layers/orphan.ts",
    ]);
  });

  it("have a level each, and every path of the list covers some of them", async () => {
    const { levelOf, levelPaths } = (await import(pathToFileURL("lint/levels.mjs").href)) as Levels;
    const files = [...imports.keys()];
    expect(files.filter((file) => levelOf(file) === undefined)).toEqual([]);
    const covers = (path: string): boolean =>
      files.some((file) => file === path || file === `${path}.ts` || file.startsWith(`${path}/`));
    expect(levelPaths.filter((path) => !covers(path))).toEqual(["generated"]);
    expect(levelOf("compiler/orphan.ts")).toBeUndefined();
  });

  it("import each other in no circle, not even for a type", () => {
    expect(circles(imports)).toEqual([]);
  });

  it("are circles where three import each other", () => {
    const walked = new Map(
      Object.entries({ a: ["b", "yaml"], b: ["c"], c: ["a", "d"], d: [], e: ["a"], f: ["g"], g: ["f"] }),
    );
    expect(circles(walked)).toEqual([
      ["a", "b", "c"],
      ["f", "g"],
    ]);
  });

  it("run in a browser where runtime/index.ts reaches them", () => {
    const page = [...reached(imports, ["runtime/index.ts"])];
    const packages = page.filter((name) => !imports.has(name));
    expect(packages).toEqual(["gpu.js"]);
    expect(page.filter((name) => /^(?:compiler|cli)\//.test(name))).toEqual([]);
  });
});

describe("imports of a text", () => {
  it("are those of values, types, and what is loaded later", () => {
    const text = [
      'import { a } from "./a.ts";',
      'import type { B } from "../b.ts";',
      'export * from "./c.ts";',
      'const d = await import("./d.ts");',
      'type E = import("./e.ts").E;',
      'import type { F } from "@specloom/runtime/internal/data/f";',
      'import yaml from "yaml";',
      'import { model } from "@specloom/runtime";',
      '// import { f } from "./f.ts";',
    ].join("\n");
    expect([...importsIn("compiler/ir/x.ts", text)].sort()).toEqual([
      "compiler/b.ts",
      "compiler/ir/a.ts",
      "compiler/ir/c.ts",
      "compiler/ir/d.ts",
      "compiler/ir/e.ts",
      "runtime/data/f.ts",
      "runtime/index.ts",
      "yaml",
    ]);
  });
});
