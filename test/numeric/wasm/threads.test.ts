/** One thread and several give the same bits, and so does another process. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { beforeAll, describe, expect, it } from "vitest";
import { wholeModule } from "../../../compiler/compile.ts";
import type { ModelDefinition } from "../../../runtime/contract.ts";
import { partOf } from "../../support/extent.ts";
import { loadModule, moduleCode } from "../../support/load-module.ts";
import { testStore } from "../../support/test-store.ts";
import { compileThreaded, threadedModels } from "../../support/threaded-models.ts";
import { bitDifferences, trainOnWasm, type Trained, type WasmSetting } from "../../support/train-on-wasm.ts";
import { assembling, variants } from "../../support/wasm-program.ts";

describe.each(partOf(threadedModels, 1))("%s", (model) => {
  let moduleText: string;
  let definition: ModelDefinition;
  beforeAll(async () => {
    ({ moduleText } = await wholeModule(compileThreaded(model), testStore));
    ({ definition } = loadModule(moduleText));
  }, assembling);

  it("is large enough for threads", () => {
    expect(definition.wasm?.threads).toBeGreaterThan(1);
  });

  describe.each(variants)("%s", (variant) => {
    const name = variant === "relaxed" ? "relaxed-simd" : "simd";

    it("one thread and several give the same bits", async () => {
      const one = await trainOnWasm(definition, { variant, threads: 1 });
      expect(one.kind).toBe(name);
      expect(Object.values(one.all).flat().every(Number.isFinite)).toBe(true);
      for (const threads of [2, 3]) {
        const several = await trainOnWasm(definition, { variant, threads });
        expect(several.kind).toBe(`${name}, ${threads} threads`);
        expect(bitDifferences(one.all, several.all), `${threads} threads`).toEqual([]);
      }
    });

    it("another process gives the same bits", async () => {
      const setting: WasmSetting = { variant, threads: 2 };
      const here = await trainOnWasm(definition, setting);
      const there = await trainElsewhere(moduleText, setting);
      expect(there.kind).toBe(here.kind);
      expect(bitDifferences(here.all, there.all)).toEqual([]);
    });
  });
});

/** Trains in a Node process of its own, which has nothing but the module, the runtime and the setting. */
async function trainElsewhere(moduleText: string, setting: WasmSetting): Promise<Trained> {
  const root = fileURLToPath(new URL("../../../", import.meta.url));
  const entry = `
import { defineModel } from "./runtime/model.ts";
import { trainOnWasm } from "./test/support/train-on-wasm.ts";
const module = { exports: {} };
((module, require) => {${moduleCode(moduleText)}
})(module, () => ({ defineModel }));
trainOnWasm(module.exports.model.definition, ${JSON.stringify(setting)}).then((trained) => {
  process.stdout.write(JSON.stringify(trained));
});
`;
  const folder = await mkdtemp(path.join(tmpdir(), "specloom-test-"));
  try {
    const { outputFiles } = await build({
      stdin: { contents: entry, resolveDir: root, loader: "ts" },
      bundle: true,
      write: false,
      format: "cjs",
      platform: "node",
      logLevel: "silent",
    });
    const file = path.join(folder, "train.cjs");
    await writeFile(file, outputFiles[0]?.contents ?? "");
    const { stdout } = await promisify(execFile)(process.execPath, [file], { maxBuffer: 2 ** 26 });
    return JSON.parse(stdout) as Trained;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
