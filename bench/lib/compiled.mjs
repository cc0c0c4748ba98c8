// From a spec to a module that a peer's process can import: the command line compiles it, esbuild strips its types.
import { spawnSync } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { performance } from "node:perf_hooks";
import { fileURLToPath, pathToFileURL } from "node:url";
import { batchOf } from "./workloads.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const runtime = pathToFileURL(path.join(root, "runtime/dist/index.js")).href;

/**
 * Compiles in a folder of its own, so that nothing of the repository is written to.
 *
 * @param specText a spec named `<stem>` whose data are the tensors of `<stem>.safetensors`
 * @param batch those tensors by name, flat; `shapes` theirs, first axis the example
 * @returns `{ module, compileMs }`, or `{ missing }` with what the compiler said
 */
export async function compileSpec({ stem, specText, batch, shapes, folder }) {
  const { transform } = await import("esbuild");
  const { writeSafetensors } = await import(runtime);
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, `${stem}.yaml`), specText);
  const tensors = Object.entries(batch).map(([name, data]) => {
    return [name, { dtype: data instanceof Int32Array ? "I32" : "F32", shape: shapes[name], data }];
  });
  await writeFile(path.join(folder, `${stem}.safetensors`), writeSafetensors(tensors));
  const start = performance.now();
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [path.join(root, "dist/cli/main.js"), "compile", `${stem}.yaml`, "-o", "generated", "--one-file"],
    { cwd: folder, encoding: "utf8" },
  );
  const compileMs = performance.now() - start;
  if (status !== 0) return { missing: firstLines(stderr || stdout) };
  const text = await readFile(path.join(folder, "generated", `${stem}.ts`), "utf8");
  const { code } = await transform(text, { loader: "ts", format: "esm", target: "es2022" });
  const module = path.join(folder, `${stem}.mjs`);
  await writeFile(module, code.replaceAll('"@specloom/runtime"', JSON.stringify(runtime)));
  return { module, compileMs };
}

/** The spec of a workload, `bench/specs/<name>.yaml`. */
export async function compileWorkload(workload, folder) {
  const stem = workload.name.toLowerCase();
  const specText = await readFile(fileURLToPath(new URL(`../specs/${stem}.yaml`, import.meta.url)), "utf8");
  const shapes =
    workload.name === "W1"
      ? { x: [1, 19, 1], y: [1, 19, 1] }
      : Object.fromEntries(workload.data.map(({ name, shape }) => [name, shape]));
  return compileSpec({ stem, specText, batch: batchOf(workload), shapes, folder: path.join(folder, stem) });
}

/** The diagnostics' own lines, without the excerpts from the spec. */
function firstLines(text) {
  const lines = text.split("\n").filter((line) => /\b(error|Error)\b/.test(line));
  const unique = [...new Set(lines.length > 0 ? lines : text.trim().split("\n").slice(0, 2))];
  return unique.slice(0, 3).join(" ").trim();
}
