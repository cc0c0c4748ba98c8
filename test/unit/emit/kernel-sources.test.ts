/** The text that gpu.js reads is the kernel that the module shows, without its types; and nothing else is. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { runInThisContext } from "node:vm";
import { build } from "esbuild";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { kernelSource } from "../../../compiler/emit/kernel-sources.ts";

const modules = ["minimal-gated", "next-number", "seasons", "seed-literal"] as const;

function textOf(name: string, part: string): string {
  return readFileSync(fileURLToPath(new URL(`../../../generated/${name}${part}.ts`, import.meta.url)), "utf8");
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
      .map((statement) => [statement.name?.text ?? "", statement.getText(file).replace(/^export /u, "")]),
  );
}

/** What gpu.js gets, by name. */
function textsOf(name: string): Readonly<Record<string, string>> {
  const code = ts.transpileModule(textOf(name, "/gpu-text"), { compilerOptions: { module: ts.ModuleKind.CommonJS } });
  const exported: { kernelTexts?: Readonly<Record<string, string>> } = {};
  (runInThisContext(`(function (exports) {${code.outputText}\n})`) as (exports: object) => void)(exported);
  return exported.kernelTexts ?? {};
}

describe.each(modules)("%s", (name) => {
  const functions = functionsOf(textOf(name, "/kernels"));
  const texts = textsOf(name);

  it("has of every kernel the text of the function that it shows", () => {
    expect(Object.keys(texts).length).toBeGreaterThan(10);
    for (const source of Object.values(texts)) expect(source).not.toContain("\n");
    expect([...functions.keys()]).toEqual(Object.keys(texts));
    expect(printed(Object.values(texts))).toEqual(printed([...functions.values()]));
  });

  it("has the kernels once in a bundle: the functions are types alone there, and left out", async () => {
    const bundle = await build({
      entryPoints: [fileURLToPath(new URL(`../../../generated/${name}.ts`, import.meta.url))],
      bundle: true,
      write: false,
      format: "esm",
      external: ["@specloom/runtime"],
    });
    const code = bundle.outputFiles[0]?.text ?? "";
    for (const kernel of functions.keys()) {
      expect(code).toContain(`${kernel}: "function ${kernel}(`);
      expect(code).not.toMatch(new RegExp(`^ *function ${kernel}\\(`, "mu"));
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
