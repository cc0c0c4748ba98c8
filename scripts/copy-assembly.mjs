// The hand-written AssemblyScript is read by the compiler when it runs; TypeScript's own build leaves it out.
// node scripts/copy-assembly.mjs [folder of the build, default dist]
import { cpSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const library = "compiler/targets/wasm/lib";
cpSync(path.join(root, library), path.join(path.resolve(root, process.argv[2] ?? "dist"), library), {
  recursive: true,
});
