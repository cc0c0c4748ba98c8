// The checks that need no test, side by side: types, lint, formatting. Each tells what it found when it has ended.
import { spawn } from "node:child_process";

const checks = ["typecheck", "lint", "format:check"];

/** @returns the exit status */
function run(name) {
  return new Promise((resolve) => {
    const child = spawn("npm", ["run", "--silent", name], { shell: process.platform === "win32" });
    const said = [];
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => said.push(text));
    child.on("error", (error) => said.push(Buffer.from(`${error.message}\n`)));
    child.on("close", (status) => {
      if (status !== 0) console.error(`npm run ${name}:`);
      process.stderr.write(Buffer.concat(said));
      resolve(status ?? 1);
    });
  });
}

const statuses = await Promise.all(checks.map(run));
process.exitCode = Math.max(...statuses);
