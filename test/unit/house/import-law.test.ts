import { ESLint } from "eslint";
import { describe, expect, it } from "vitest";

/** The project's own lint with one of its rules, which needs no types: files that do not exist can be asked about. */
const eslint = new ESLint({
  ruleFilter: ({ ruleId }) => ruleId === "specloom/import-levels",
  overrideConfig: { languageOptions: { parserOptions: { projectService: false } } },
});

async function complaints(filePath: string, text: string): Promise<readonly string[]> {
  const [result] = await eslint.lintText(text, { filePath });
  return (result?.messages ?? []).map(({ message }) => message);
}

const refused: readonly (readonly [file: string, imported: string])[] = [
  ["runtime/contract.ts", "./tensor.ts"],
  ["runtime/contract.ts", "./contract-live.ts"],
  ["runtime/contract-live.ts", "./model/live.ts"],
  ["runtime/shared/planted.ts", "../contract.ts"],
  ["runtime/shared/planted.ts", "../problem.ts"],
  ["runtime/contract-live.ts", "../compiler/index.ts"],
  ["compiler/metrics/planted.ts", "../losses/index.ts"],
  ["compiler/metrics/planted.ts", "../ir/graph.ts"],
  ["cli/run/planted.ts", "../../compiler/support/words.ts"],
  ["compiler/support/planted.ts", "../ir/graph.ts"],
  ["compiler/contracts/document.ts", "../diagnostics/diagnostic.ts"],
  ["compiler/contracts/spec.ts", "./layer.ts"],
  ["compiler/contracts/layer.ts", "../layers/define.ts"],
  ["compiler/diagnostics/planted.ts", "../ir/graph.ts"],
  ["compiler/diagnostics/catalogue/planted.ts", "../../stages/1-parse.ts"],
  ["compiler/ir/planted.ts", "../ops/index.ts"],
  ["compiler/ir/planted.ts", "../contracts/model.ts"],
  ["compiler/ops/planted.ts", "../layers/index.ts"],
  ["compiler/ops/planted.ts", "../schedules/index.ts"],
  ["compiler/ops/planted.ts", "../contracts/programs.ts"],
  ["compiler/keys/planted.ts", "../layers/index.ts"],
  ["compiler/layers/planted.ts", "../cells/layer.ts"],
  ["compiler/layers/planted.ts", "../schema/common.ts"],
  ["compiler/layers/planted.ts", "../stages/3-resolve/layer-definition.ts"],
  ["compiler/cells/planted.ts", "../losses/index.ts"],
  ["compiler/losses/planted.ts", "../emit/module.ts"],
  ["compiler/losses/planted.ts", "../data/index.ts"],
  ["compiler/losses/planted.ts", "../metrics/index.ts"],
  ["compiler/optimizers/planted.ts", "../passes/index.ts"],
  ["compiler/schedules/planted.ts", "../optimizers/index.ts"],
  ["compiler/data/planted.ts", "../code-text/names.ts"],
  ["compiler/schema/planted.ts", "../stages/1-parse.ts"],
  ["compiler/schema/planted.ts", "../contracts/model.ts"],
  ["compiler/contracts/model.ts", "./programs.ts"],
  ["compiler/contracts/programs.ts", "../stages/4-build.ts"],
  ["compiler/stages/1-parse.ts", "./2-validate.ts"],
  ["compiler/stages/1-parse/planted.ts", "../2-validate/explain.ts"],
  ["compiler/stages/2-validate/planted.ts", "../3-resolve/names.ts"],
  ["compiler/stages/3-resolve/planted.ts", "../4-build.ts"],
  ["compiler/stages/4-build/planted.ts", "../5-differentiate/pullback.ts"],
  ["compiler/stages/5-differentiate.ts", "../passes/index.ts"],
  ["compiler/passes/planted.ts", "../layers/index.ts"],
  ["compiler/passes/planted.ts", "../stages/4-build.ts"],
  ["compiler/stages/6-optimise.ts", "../targets/gpu/target.ts"],
  ["compiler/code-text/planted.ts", "../schema/names.ts"],
  ["compiler/targets/gpu/planted.ts", "../../stages/3-resolve/layer-definition.ts"],
  ["compiler/targets/gpu/planted.ts", "../../emit/symbols.ts"],
  ["compiler/targets/plan/planted.ts", "../wasm/machine.ts"],
  ["compiler/targets/plan/planted.ts", "../gpu/limits.ts"],
  ["compiler/targets/gpu/planted.ts", "../plan/plan.ts"],
  ["compiler/targets/wasm/planted.ts", "../gpu/limits.ts"],
  ["compiler/targets/wasm/print/planted.ts", "../../../layers/index.ts"],
  ["compiler/targets/wasm/planted.ts", "../../optimizers/index.ts"],
  ["compiler/emit/planted.ts", "../targets/gpu/target.ts"],
  ["compiler/emit/planted.ts", "../layers/index.ts"],
  ["compiler/stages/7-lower/planted.ts", "../8-print.ts"],
  ["compiler/stages/8-print/planted.ts", "../9-emit.ts"],
  ["compiler/stages/9-emit.ts", "../compile.ts"],
  ["compiler/compile.ts", "./index.ts"],
  ["compiler/index.ts", "../cli/main.ts"],
  ["compiler/stages/4-build/planted.ts", "@specloom/runtime/internal/problem"],
  ["compiler/stages/4-build/planted.ts", "@specloom/runtime/internal/contract-live"],
  ["compiler/targets/gpu/planted.ts", "../../metrics/index.ts"],
  ["runtime/model/planted.ts", "../../compiler/index.ts"],
  ["runtime/model/planted.ts", "../../compiler/support/words.ts"],
  ["runtime/model/planted.ts", "specloom/compiler"],
  ["runtime/model/planted.ts", "../../cli/data/files.ts"],
  ["runtime/model/planted.ts", "../../compiler/metrics/index.ts"],
  ["cli/data/planted.ts", "../scoring/scores.ts"],
  ["cli/scoring/planted.ts", "../run/lock.ts"],
  ["cli/scoring/planted.ts", "../../compiler/losses/index.ts"],
  ["runtime/model/planted.ts", "../../cli/support/table.ts"],
  ["cli/run/planted.ts", "../support/table.ts"],
  ["cli/report/planted.ts", "../../compiler/support/words.ts"],
  ["cli/support/planted.ts", "../../generated/next-number.ts"],
  ["generated/planted.ts", "../compiler/index.ts"],
  ["generated/planted.ts", "../cli/main.ts"],
  ["generated/planted.ts", "../cli/run/lock.ts"],
];

const accepted: readonly (readonly [file: string, imported: string])[] = [
  ["runtime/contract-live.ts", "./contract.ts"],
  ["compiler/ir/planted.ts", "@specloom/runtime/internal/contract"],
  ["compiler/ir/planted.ts", "@specloom/runtime/internal/shared/names"],
  ["compiler/ops/planted.ts", "../ir/graph.ts"],
  ["compiler/losses/planted.ts", "../layers/softmax.ts"],
  ["compiler/schema/planted.ts", "../metrics/index.ts"],
  ["compiler/stages/3-resolve/planted.ts", "../2-validate/taken-kinds.ts"],
  ["compiler/targets/gpu/planted.ts", "../../code-text/names.ts"],
  ["compiler/emit/planted.ts", "../optimizers/define.ts"],
  ["compiler/stages/8-print.ts", "../targets/gpu/target.ts"],
  ["compiler/targets/wasm/planted.ts", "node:fs"],
  ["runtime/model/planted.ts", "../contract.ts"],
  ["runtime/model/planted.ts", "gpu.js"],
  ["cli/run/planted.ts", "@specloom/runtime/internal/model/live"],
  ["cli/data/files.ts", "node:fs/promises"],
  ["cli/scoring/planted.ts", "../../compiler/metrics/index.ts"],
  ["cli/support/planted.ts", "../../compiler/index.ts"],
  ["cli/support/planted.ts", "@specloom/runtime"],
  ["generated/planted.ts", "@specloom/runtime"],
];

describe("the import law", () => {
  it.each(refused)("refuses what %s may not know: %s", async (file, imported) => {
    expect(await complaints(file, `import { planted } from "${imported}";\n`)).toEqual([
      expect.stringMatching(/^\S+ does not know \S+: imports go up the list in lint\/levels\.mjs\.$/),
    ]);
  });

  it.each(accepted)("lets %s know %s", async (file, imported) => {
    expect(await complaints(file, `import { planted } from "${imported}";\n`)).toEqual([]);
  });

  it.each([
    'import type { Planted } from "../ops/index.ts";',
    'export { planted } from "../ops/index.ts";',
    'export * from "../ops/index.ts";',
    'const planted = import("../ops/index.ts");',
    'type Planted = import("../ops/index.ts").Planted;',
    'import "../ops/index.ts";',
  ])("sees every kind of import: %s", async (text) => {
    expect(await complaints("compiler/ir/planted.ts", text)).toHaveLength(1);
  });

  it.each(["node:fs", "fs", "fs/promises", "node:path"])("keeps %s out of what a page loads", async (imported) => {
    for (const file of [
      "runtime/planted.ts",
      "runtime/model/planted.ts",
      "runtime/contract.ts",
      "generated/planted.ts",
    ]) {
      expect(await complaints(file, `import { planted } from "${imported}";\n`)).toEqual([
        expect.stringContaining(`runs in a browser, which has no module ${imported}.`),
      ]);
    }
  });

  it("has the runtime imported as the package that it is", async () => {
    for (const [file, imported, name] of [
      ["cli/support/planted.ts", "../../runtime/problem.ts", "@specloom/runtime/internal/problem"],
      ["compiler/ir/planted.ts", "../../runtime/contract.ts", "@specloom/runtime/internal/contract"],
      ["generated/planted.ts", "../runtime/index.ts", "@specloom/runtime"],
    ] as const) {
      expect(await complaints(file, `import { planted } from "${imported}";\n`)).toEqual([
        `The runtime is a package of its own: what lies outside of it imports it as ${name}.`,
      ]);
    }
  });

  it("knows no folder that has no level", async () => {
    const message = "compiler/planted/planted.ts has no level: give its folder a line in lint/levels.mjs.";
    expect(await complaints("compiler/planted/planted.ts", 'import "../ir/graph.ts";\n')).toEqual([message]);
    expect(await complaints("compiler/compile.ts", 'import "./planted/planted.ts";\n')).toEqual([message]);
  });
});
