/** Threads of the wasm target in pages that allow them, and in pages that do not. */
import { beforeAll, describe, expect, it } from "vitest";
import type { BackendReport } from "../../runtime/contract-backend.ts";
import { wasmDefinition } from "../support/wasm-model.ts";
import { isolation, openPage } from "./page.ts";

const program = `
import { createWasmExecutor } from "./runtime/devices/wasm.ts";
import { wasmMachine } from "./runtime/devices/wasm/machine.ts";
import { createModel } from "./runtime/model/create.ts";
globalThis.train = async (definition, target, binary) => {
  // What a module loads by itself came as text.
  const load = () => Promise.resolve(binary);
  definition.wasm.load = () => Promise.resolve({ ...target, simd: load, relaxed: load });
  definition.optimizer.scalars = (step, learningRate) => ({ learning_rate: learningRate });
  const machine = { ...(await wasmMachine()), cores: 2 };
  const create = (known) => createWasmExecutor(known, { requested: "wasm", reason: "" }, machine);
  const model = await createModel(definition, { seed: 1 }, create);
  const report = model.report();
  for (let step = 0; step < 10; step += 1) await model.trainStep({ x: [1, 2, 3, 4], y: [1, 2] });
  const { loss } = await model.evaluate({ x: [1, 2, 3, 4], y: [1, 2] });
  await model.dispose();
  return { loss, report };
};
`;

let definition: Awaited<ReturnType<typeof wasmDefinition>>;
beforeAll(async () => {
  definition = await wasmDefinition({ threads: 2 });
});

async function trainIn(
  headers: Readonly<Record<string, string>>,
): Promise<{ readonly loss: number; readonly report: BackendReport }> {
  const open = await openPage(program, headers);
  try {
    const target = await definition.wasm.load();
    const text = JSON.stringify([definition, target, await target.relaxed()]);
    return await open.page.evaluate(async (given) => {
      const { train } = globalThis as unknown as { readonly train: (...known: readonly unknown[]) => Promise<never> };
      return train(...(JSON.parse(given) as readonly unknown[]));
    }, text);
  } finally {
    await open.close();
  }
}

describe("threads in a page", () => {
  it("run where it is cross-origin isolated", async () => {
    const { loss, report } = await trainIn(isolation);
    expect(report).toMatchObject({ executorKind: "relaxed-simd, 2 threads", fallbackReason: null });
    expect(loss).toBeLessThan(0.1);
  });

  it("run under a policy that allows them", async () => {
    const policy = { "content-security-policy": "script-src 'self' 'wasm-unsafe-eval'; worker-src blob:" };
    const { report } = await trainIn({ ...isolation, ...policy });
    expect(report).toMatchObject({ executorKind: "relaxed-simd, 2 threads", fallbackReason: null });
  });

  it.each([
    ["it is not", {}, "one thread, since the page is not cross-origin isolated"],
    [
      "workers are forbidden",
      { ...isolation, "content-security-policy": "worker-src 'none'" },
      "one thread, since workers did not start: the page does not allow workers (threads need worker-src blob: too, and the headers " +
        "Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp)",
    ],
  ])("are left out where %s", async (_what, headers, reason) => {
    const { loss, report } = await trainIn(headers);
    expect(report).toMatchObject({ executorKind: "relaxed-simd", fallbackReason: reason });
    expect(loss).toBeLessThan(0.1);
  });
});
