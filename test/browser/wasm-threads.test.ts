/** Threads and variants of the wasm target in pages that allow threads and in pages that do not: the same bits everywhere. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { wholeModule } from "../../compiler/compile.ts";
import type { ModelDefinition } from "../../runtime/contract.ts";
import { loadModule, moduleCode } from "../support/load-module.ts";
import { testStore } from "../support/test-store.ts";
import { compileThreaded } from "../support/threaded-models.ts";
import { bitDifferences, trainOnWasm, type Trained, type WasmSetting } from "../support/train-on-wasm.ts";
import { isolation, openPage, type OpenPage } from "./page.ts";

const program = `
import { defineModel } from "./runtime/index.ts";
import { trainOnWasm } from "./test/support/train-on-wasm.ts";
globalThis.train = (code, setting) => {
  const module = { exports: {} };
  new Function("module", "require", code)(module, () => ({ defineModel }));
  return trainOnWasm(module.exports.model.definition, setting);
};
`;

let code: string;
let definition: ModelDefinition;
let isolated: OpenPage;
let common: OpenPage;
beforeAll(async () => {
  const { moduleText } = await wholeModule(compileThreaded("many rows"), testStore);
  code = moduleCode(moduleText);
  ({ definition } = loadModule(moduleText));
  isolated = await openPage(program, isolation);
  common = await openPage(program);
});
afterAll(async () => {
  await Promise.all([isolated.close(), common.close()]);
});

const trainIn = ({ page }: OpenPage, setting: WasmSetting): Promise<Trained> =>
  page.evaluate(
    ([text, given]) => {
      type Train = (text: string, setting: WasmSetting) => Promise<Trained>;
      return (globalThis as unknown as { readonly train: Train }).train(text, given);
    },
    [code, setting] as const,
  );

const isIsolated = ({ page }: OpenPage): Promise<boolean> => page.evaluate(() => globalThis.crossOriginIsolated);

describe.each(["simd", "relaxed"] as const)("%s", (variant) => {
  const name = variant === "relaxed" ? "relaxed-simd" : "simd";

  it("one thread, two threads, and a page without threads give the same bits", async () => {
    expect([await isIsolated(isolated), await isIsolated(common)]).toEqual([true, false]);
    const two = await trainIn(isolated, { variant, threads: 2 });
    expect(two.kind).toBe(`${name}, 2 threads`);
    const one = await trainIn(isolated, { variant, threads: 1 });
    expect(one.kind).toBe(name);
    expect(bitDifferences(one.all, two.all)).toEqual([]);
    const alone = await trainIn(common, { variant, threads: 2 });
    expect(alone.kind).toBe(name);
    expect(alone.reason).toContain("one thread, since the page is not cross-origin isolated");
    expect(bitDifferences(one.all, alone.all)).toEqual([]);
  });
});

it("plain SIMD gives a page and Node the same bits", async () => {
  const setting = { variant: "simd", threads: 1 } as const;
  const page = await trainIn(common, setting);
  expect(bitDifferences((await trainOnWasm(definition, setting)).all, page.all)).toEqual([]);
});
