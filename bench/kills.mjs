// Kills trainings at random instants (SIGKILL), takes them up again until they end, and compares every bit with the unbroken run.
// usage: npm run --silent build && node bench/kills.mjs [--kills 200] [--seed 1] [--cases NAME,NAME] [--chain 8]
//        [--scale 1] [--bits-only] [--dist DIR]
// It ends with status 1 where a bit differs, or where a kill cost more than a second of work.
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { bitsOf } from "./lib/hash.mjs";
import { killCases } from "./lib/kill-cases.mjs";
import { differences, removeRun, runChain, runWhole, writeCase } from "./lib/kill-chain.mjs";

const { values: options } = parseArgs({
  options: {
    kills: { type: "string", default: "200" },
    seed: { type: "string", default: "1" },
    cases: { type: "string", default: "" },
    /** Most kills of one training: then it may end. */
    chain: { type: "string", default: "8" },
    /** Part of their epochs and steps that trainings take. */
    scale: { type: "string", default: "1" },
    /** What was lost is told, but does not decide. */
    "bits-only": { type: "boolean", default: false },
    dist: { type: "string", default: fileURLToPath(new URL("../dist", import.meta.url)) },
  },
});
const dist = resolve(options.dist);
const names = options.cases.split(",").filter((name) => name !== "");
const cases = killCases(Number(options.scale)).filter(({ name }) => names.length === 0 || names.includes(name));
if (cases.length === 0)
  throw new Error(
    `known cases: ${killCases(1)
      .map(({ name }) => name)
      .join(", ")}`,
  );

let draws = 0;
const random = () => bitsOf(Number(options.seed), draws++) / 2 ** 32;

console.log(`${cpus()[0].model}, ${cpus().length} cores, Node ${process.version}, load ${loadavg()[0].toFixed(1)}`);
const folder = mkdtempSync(join(tmpdir(), "specloom-kills-"));
const losses = [];
let wrong = 0;
try {
  const whole = new Map();
  for (const one of cases) {
    const cwd = join(folder, one.name);
    writeCase(cwd, one);
    // The first fills the cache of what is assembled; the second tells how long it takes.
    await runWhole(dist, cwd, one, "first");
    whole.set(one, await runWhole(dist, cwd, one, "whole"));
    const differing = await differences(dist, cwd, "first", "whole");
    if (differing.length > 0) throw new Error(`${one.name}: two unbroken runs differ in ${differing.join(", ")}`);
    console.log(`${one.name}: ${one.says}; ${(whole.get(one) / 1000).toFixed(1)} s unbroken`);
  }
  for (let chain = 1; losses.length < Number(options.kills); chain += 1) {
    const one = cases[(chain - 1) % cases.length];
    const cwd = join(folder, one.name);
    const mostKills = Math.min(Number(options.chain), Number(options.kills) - losses.length);
    const lost = await runChain(dist, cwd, one, "broken", { random, whole: whole.get(one), mostKills });
    const differing = await differences(dist, cwd, "whole", "broken");
    wrong += differing.length > 0 ? 1 : 0;
    losses.push(...lost);
    const most = lost.length === 0 ? "" : `, at most ${(Math.max(...lost) / 1000).toFixed(2)} s lost`;
    const same = differing.length === 0 ? "the same bits" : `DIFFERENT: ${differing.join(", ")}`;
    console.log(`${String(losses.length).padStart(4)}  ${one.name}, ${lost.length} kills${most}: ${same}`);
    removeRun(cwd, "broken");
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
const sorted = [...losses].sort((a, b) => a - b);
const at = (share) => ((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0) / 1000).toFixed(2);
const over = sorted.filter((lost) => lost > 1000).length;
console.log(
  `${losses.length} kills, ${wrong} chains with other bits; work lost: median ${at(0.5)} s, 95 % ${at(0.95)} s, ` +
    `most ${at(1)} s, more than one second ${over} times; load ${loadavg()[0].toFixed(1)}`,
);
process.exitCode = wrong > 0 || (over > 0 && !options["bits-only"]) ? 1 : 0;
