/** Threads in processes of their own: that they end, and that nothing Node-only is needed to load the runtime. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, it } from "vitest";
import { unpackedBinary } from "../../../../../runtime/devices/wasm/binary.ts";
import { startWorkers } from "../../../../../runtime/devices/wasm/workers.ts";
import { wasmDefinition } from "../../../../support/wasm-model.ts";

const root = fileURLToPath(new URL("../../../../..", import.meta.url));

const program = `
import { createWasmExecutor } from "./runtime/devices/wasm.ts";
import { wasmMachine } from "./runtime/devices/wasm/machine.ts";
import { createModel } from "./runtime/model/create.ts";
const [definition, target, binary, call] = JSON.parse(process.argv[2]);
const load = () => Promise.resolve({ ...target, simd: () => Promise.resolve(binary), relaxed: () => Promise.resolve(binary) });
definition.wasm = { ...definition.wasm, load };
definition.optimizer.scalars = (step, learningRate) => ({ learning_rate: learningRate });
const machine = { ...(await wasmMachine()), cores: 2 };
const model = await createModel(definition, {}, (known) => createWasmExecutor(known, { requested: "wasm", reason: "" }, machine));
const { loss } = await model.trainStep({ x: [1, 2, 3, 4], y: [1, 2] });
console.log(model.report().executorKind, Number.isFinite(loss));
if (call === "dispose") await model.dispose();
console.log("end");
`;

let folder: string;
let script: string;
let definition: Awaited<ReturnType<typeof wasmDefinition>>;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "specloom-workers-"));
  script = path.join(folder, "program.mjs");
  definition = await wasmDefinition({ threads: 2 });
  const stdin = { contents: program, resolveDir: root, loader: "ts" } as const;
  // For a browser: a static import of a Node module would fail here.
  const { outputFiles } = await build({ stdin, bundle: true, format: "esm", platform: "browser", write: false });
  await writeFile(script, outputFiles[0]?.contents ?? "");
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

it.each(["dispose", "leave it"])("lets the process end (%s)", async (call) => {
  const target = await definition.wasm.load();
  const given = JSON.stringify([definition, target, await target.simd(), call]);
  const run = promisify(execFile)(process.execPath, [script, given], { timeout: 30_000 });
  const { stdout, stderr } = await run;
  expect(stderr).toBe("");
  expect(stdout).toMatch(/^(relaxed-)?simd, 2 threads true\nend\n$/);
});

it("gives up when workers take too long", async () => {
  const module = await WebAssembly.compile(await unpackedBinary(await (await definition.wasm.load()).simd()));
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  await expect(startWorkers(module, memory, 2, 0)).rejects.toThrow("they did not start within 0 seconds");
});
