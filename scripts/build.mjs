// Compiles both packages: the runtime into runtime/dist/, which the other one takes its types from, and specloom into dist/.
// What an earlier build left is taken away first: all that lies there is published.
import { cpSync, rmSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const compiler = fileURLToPath(new URL("../node_modules/typescript/bin/tsc", import.meta.url));

for (const [project, output] of [
  ["runtime/tsconfig.build.json", "runtime/dist"],
  ["tsconfig.build.json", "dist"],
]) {
  rmSync(new URL(`../${output}`, import.meta.url), { recursive: true, force: true });
  const { status } = spawnSync(process.execPath, [compiler, "-p", project], { cwd: root, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}
// The hand-written AssemblyScript is read by the compiler when it runs; TypeScript's own build leaves it out.
const library = "compiler/targets/wasm/lib";
cpSync(new URL(`../${library}`, import.meta.url), new URL(`../dist/${library}`, import.meta.url), { recursive: true });
