// Compiles both packages: the runtime into runtime/dist/, which the other one takes its types from, and specloom into dist/.
// What an earlier build left is taken away first: all that lies there is published.
import { build } from "esbuild";
import { spawnSync } from "node:child_process";
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const inRoot = (...parts) => path.join(root, ...parts);

for (const [project, output] of [
  ["runtime/tsconfig.build.json", "runtime/dist"],
  ["tsconfig.build.json", "dist"],
]) {
  rmSync(inRoot(output), { recursive: true, force: true });
  const compiler = inRoot("node_modules/typescript/bin/tsc");
  const { status } = spawnSync(process.execPath, [compiler, "-p", project], { cwd: root, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}

// The hand-written AssemblyScript is read by the compiler when it runs; TypeScript's own build leaves it out.
const library = "compiler/targets/wasm/lib";
cpSync(inRoot(library), inRoot("dist", library), { recursive: true });

// AssemblyScript and the Binaryen in it become files of this package: as dependencies they come with 82 MB of Binaryen's tools
// for the command line, which nothing here starts.
const wasm = inRoot("dist/compiler/targets/wasm");
await build({
  entryPoints: [path.join(wasm, "assemble.js")],
  outdir: wasm,
  allowOverwrite: true,
  bundle: true,
  splitting: true,
  chunkNames: "[name]",
  external: ["../../support/*"],
  format: "esm",
  platform: "node",
  target: "node20",
  charset: "utf8",
  legalComments: "none",
  logLevel: "error",
});
const notices = [
  ["AssemblyScript", "assemblyscript/LICENSE"],
  ["AssemblyScript's authors", "assemblyscript/NOTICE"],
  ["Binaryen", "binaryen/LICENSE"],
  ["long.js", "long/LICENSE"],
].map(([name, file]) => `${name}\n\n${readFileSync(inRoot("node_modules", file), "utf8")}`);
writeFileSync(path.join(wasm, "THIRD-PARTY-LICENSES.txt"), notices.join(`\n${"-".repeat(80)}\n\n`));
