/** The text that gpu.js reads is the kernel that the module shows, without its types; and nothing else is. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { kernelSource } from "../../../compiler/emit/kernel-sources.ts";
import { loadModule } from "../../support/load-module.ts";

const modules = ["minimal-gated", "next-number", "seasons", "seed-literal"] as const;

function textOf(name: string): string {
  return readFileSync(fileURLToPath(new URL(`../../../generated/${name}.ts`, import.meta.url)), "utf8");
}

/** JavaScript as TypeScript's own printer writes it, a function each: two texts of one function are the same then. */
function printed(functions: readonly string[]): readonly string[] {
  const file = ts.createSourceFile("kernels.ts", functions.join("\n"), ts.ScriptTarget.ES2022);
  const options = { compilerOptions: { target: ts.ScriptTarget.ES2022, removeComments: true } };
  const plain = ts.transpileModule(ts.createPrinter({ removeComments: true }).printFile(file), options).outputText;
  return plain.split(/^(?=function )/mu).map((text) => text.replaceAll(/\s+/gu, " ").trim());
}

/** The functions of a module by name. */
function functionsOf(text: string): ReadonlyMap<string, string> {
  const file = ts.createSourceFile("module.ts", text, ts.ScriptTarget.ES2022);
  return new Map(
    file.statements
      .filter(ts.isFunctionDeclaration)
      .map((statement) => [statement.name?.text ?? "", statement.getText(file)]),
  );
}

describe.each(modules)("%s", (name) => {
  const text = textOf(name);
  const { gpu } = loadModule(text).definition;

  it("has of every kernel the text of the function that it shows", () => {
    const functions = functionsOf(text);
    const { kernels } = gpu.predict;
    expect(Object.keys(kernels).length).toBeGreaterThan(10);
    // Kernels that differ in sizes alone have one text.
    const texts = [...new Set(Object.values(kernels).map(({ source }) => source))];
    for (const source of texts) expect(source).not.toContain("\n");
    const shown = texts.map((source) => functions.get(/^function (\w+)\(/u.exec(source)?.[1] ?? "") ?? "");
    expect(printed(texts)).toEqual(printed(shown));
  });

  it("has the kernels once in a bundle: the functions are types alone there, and left out", async () => {
    const bundle = await build({
      stdin: { contents: text, loader: "ts" },
      bundle: true,
      write: false,
      format: "esm",
      external: ["@specloom/runtime"],
    });
    const code = bundle.outputFiles[0]?.text ?? "";
    for (const kernel of functionsOf(text).keys()) {
      if (!text.includes(`source: sources.${kernel},`)) continue;
      expect(code).toContain(`${kernel}: "function ${kernel}(`);
      expect(code).not.toMatch(new RegExp(`^function ${kernel}\\(`, "mu"));
    }
  });
});

describe("kernelSource", () => {
  const kernel = {
    name: "sumOfRows",
    parameters: [
      { name: "x", type: "Tensor2" },
      { name: "t", type: "Index" },
    ],
    output: [1],
    documentation: [],
    origin: { phase: "forward", layer: "", note: "" },
  } as const;

  it("takes the types away, and nothing that reads like one", () => {
    const statements = [
      "const i: Index = t - 1;",
      "let sum = 0;",
      "for (let k: Index = 0; k < 3; k++) {\n  const kPlus1: Index = k + 1;\n  sum += x[i][kPlus1]\n    - (k < 2 ? k : i);\n}",
      "return sum;",
    ];
    expect(kernelSource({ ...kernel, statements })).toBe(
      "function sumOfRows(x, t) { const i = t - 1; let sum = 0; for (let k = 0; k < 3; k++) { const kPlus1 = k + 1; " +
        "sum += x[i][kPlus1] - (k < 2 ? k : i); } return sum; }",
    );
  });
});
