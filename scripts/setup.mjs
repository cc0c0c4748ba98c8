// Installs the locked dependencies when node_modules does not match package-lock.json; does nothing otherwise.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";

const root = new URL("..", import.meta.url);
const stamp = new URL("node_modules/.specloom-lock", root);
const lock = createHash("sha256")
  .update(readFileSync(new URL("package-lock.json", root)))
  .digest("hex");

if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== lock) {
  console.log("Installing dependencies (npm ci) ...");
  // Spelled out although .npmrc says it too: nothing here may compile native code.
  const { status } = spawnSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: "inherit",
  });
  if (status !== 0) {
    console.error("The dependencies could not be installed: npm ci says why above.");
    process.exit(1);
  }
  writeFileSync(stamp, lock);
}
