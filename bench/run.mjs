// Measures specloom and its peers in one run, from the same starting numbers.
// usage: (cd bench && npm ci); npm run build; node bench/run.mjs [--rounds 3] [--seconds 2] [--workloads W1,W3]
//        [--peers specloom-wasm,pytorch] [--mode train|predict] [--patience 180] [--out bench/results] [--dry]
// What the figures mean: bench/README.md.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { cpus, loadavg, tmpdir, type, release } from "node:os";
import path from "node:path";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { compileWorkload } from "./lib/compiled.mjs";
import { disagreements, rowsOf } from "./lib/figures.mjs";
import { runJob } from "./lib/job.mjs";
import { openPeak } from "./lib/peak.mjs";
import { choosePeers, findPython } from "./lib/peers.mjs";
import { median } from "./lib/quantiles.mjs";
import { digits, heading, section } from "./lib/report.mjs";
import { workloadNames, workloadOf } from "./lib/workloads.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
/** A peer whose job took so long in one round is not run again: its row is an indication. */
const SLOW_SECONDS = 45;

function optionsOf() {
  const { values } = parseArgs({
    options: {
      rounds: { type: "string", default: "3" },
      seconds: { type: "string", default: "2" },
      patience: { type: "string", default: "180" },
      workloads: { type: "string", default: workloadNames.join(",") },
      peers: { type: "string" },
      mode: { type: "string" },
      out: { type: "string", default: path.join(here, "results") },
      dry: { type: "boolean", default: false },
    },
  });
  const positive = (name) => {
    const number = Number(values[name]);
    if (!(number > 0)) throw new Error(`--${name} ${values[name]}: expected a positive number`);
    return number;
  };
  if (!["train", "predict", undefined].includes(values.mode)) {
    throw new Error(`--mode ${values.mode}: expected train or predict`);
  }
  return {
    rounds: Math.ceil(positive("rounds")),
    seconds: positive("seconds"),
    patience: positive("patience"),
    workloads: values.workloads.split(",").map(workloadOf),
    peers: choosePeers(values.peers?.split(",")),
    modes: values.mode === undefined ? ["train", "predict"] : [values.mode],
    out: values.out,
    dry: values.dry,
  };
}

function machineFacts() {
  const git = spawnSync("git", ["-C", here, "describe", "--always", "--dirty"], { encoding: "utf8" });
  return {
    cpu: cpus()[0].model.trim(),
    cores: cpus().length,
    system: `${type()} ${release()}`,
    node: process.version,
    commit: git.status === 0 ? `commit ${git.stdout.trim()}` : "no repository",
    date: new Date().toISOString().slice(0, 10),
    load: loadavg()
      .map((load) => load.toFixed(2))
      .join(" "),
  };
}

const say = (line) => process.stderr.write(`${line}\n`);

/** All jobs of the run, round robin; peers that are not there, fail or are slow are asked once. */
async function measureAll(options, { compiled, peak, python }) {
  const jobs = [];
  const settled = new Set();
  for (let round = 1; round <= options.rounds; round++) {
    for (const workload of options.workloads) {
      for (const mode of options.modes) {
        const all = options.peers.filter((peer) => peer[mode].includes(workload.name));
        // Each round starts with another peer, so that no peer always runs in the shadow of the same neighbour.
        const turn = all.length === 0 ? 0 : (round - 1) % all.length;
        for (const peer of [...all.slice(turn), ...all.slice(0, turn)]) {
          const key = `${peer.name} ${workload.name} ${mode}`;
          if (settled.has(key)) continue;
          const start = performance.now();
          const job = await measureOne({ peer, workload, mode, round, options, compiled, peak, python });
          jobs.push(job);
          const slow = performance.now() - start > SLOW_SECONDS * 1000;
          if (slow || job.result.median === undefined) settled.add(key);
          const { missing, failed } = job.result;
          const text = failed ? `FAILED: ${failed}` : (missing ?? `${digits(job.result.median)} ms`);
          say(`round ${round} ${workload.name} ${mode} ${peer.name}: ${text}`);
        }
      }
    }
  }
  return jobs;
}

async function measureOne({ peer, workload, mode, round, options, compiled, peak, python }) {
  const facts = { peer: peer.name, workload: workload.name, mode, round };
  const lacking = lackOf(peer, workload, compiled, python);
  if (lacking !== undefined) return { ...facts, result: { missing: lacking } };
  const before = await peak.measure();
  const { seconds, patience } = options;
  const module = compiled[workload.name]?.module;
  const result = await runJob(peer, workload, { mode, seconds, patience, module, python });
  return { ...facts, before, after: await peak.measure(), result };
}

function lackOf({ family }, workload, compiled, python) {
  if (family === "specloom") {
    const { missing } = compiled[workload.name];
    return missing === undefined ? undefined : `not yet: the spec uses what specloom does not know: ${missing}`;
  }
  if (family === "pytorch")
    return python === undefined ? "no python3 with torch and numpy ($PYTHON names one)" : undefined;
  return existsSync(path.join(here, "node_modules")) ? undefined : "not installed: run `npm ci` in bench/";
}

async function compileAll({ workloads, peers }, folder) {
  const compiled = {};
  if (!peers.some(({ family }) => family === "specloom")) return compiled;
  for (const workload of workloads) {
    compiled[workload.name] = await compileWorkload(workload, folder);
    const { missing, compileMs } = compiled[workload.name];
    say(
      `${workload.name}: ${missing === undefined ? `compiled in ${digits(compileMs)} ms` : `not compiled: ${missing}`}`,
    );
  }
  return compiled;
}

async function main() {
  const options = optionsOf();
  if (!existsSync(path.join(here, "../dist/cli/main.js")))
    throw new Error("there is no dist/: run `npm run build` first");
  const begin = performance.now();
  const machine = machineFacts();
  const folder = await mkdtemp(path.join(tmpdir(), "specloom-bench-"));
  try {
    const peak = await openPeak(folder);
    const two = await peak.measureTwo();
    const python = options.peers.some(({ family }) => family === "pytorch") ? findPython() : undefined;
    const compiled = await compileAll(options, folder);
    const jobs = await measureAll(options, { compiled, peak, python });
    const peaks = jobs.flatMap(({ before, after }) => (before === undefined ? [] : [before, after]));
    if (peaks.length === 0) peaks.push(await peak.measure());
    const facts = {
      what: peak.what,
      wasm: peak.wasm,
      two,
      reference: median(peaks),
      lowest: Math.min(...peaks),
      highest: Math.max(...peaks),
    };
    const sections = sectionsOf(options, jobs, facts.reference);
    const wallMinutes = (performance.now() - begin) / 60_000;
    const warnings = sections.flatMap((one) => disagreements(`${one.name} ${one.mode}`, one));
    const shouted = warnings.map((line) => `**DISAGREEMENT** ${line}`).join("\n\n");
    const text = [
      heading({ machine, peak: facts, options, compiled, wallMinutes }),
      ...(warnings.length > 0 ? [`${shouted}\n`] : []),
      ...sections.map(section),
    ].join("\n");
    console.log(text);
    if (!options.dry) await store(options, machine, text, { machine, peak: facts, sections, jobs });
    if (warnings.length > 0) {
      say(`\n!!! ${warnings.length} DISAGREEMENTS: the peers do not do the same work\n${warnings.join("\n")}`);
      process.exitCode = 1;
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function sectionsOf({ workloads, modes, peers }, jobs, reference) {
  return workloads
    .flatMap((workload) => modes.map((mode) => ({ workload, mode })))
    .map(({ workload, mode }) => {
      const { name, title, flops, batch } = workload;
      const own = jobs.filter((job) => job.workload === name && job.mode === mode);
      const operations = mode === "train" ? flops.train : flops.forward / batch;
      return { name, mode, title, flops: operations, ...rowsOf(own, { peers, flops: operations, reference }) };
    })
    .filter(({ rows }) => rows.length > 0);
}

async function store({ out, rounds, seconds }, machine, text, everything) {
  await mkdir(out, { recursive: true });
  const slug = machine.cpu
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
  const stem = path.join(out, `${machine.date}-${slug}`);
  await writeFile(`${stem}.md`, text);
  await writeFile(`${stem}.json`, `${JSON.stringify({ rounds, seconds, ...everything }, undefined, 1)}\n`);
  say(`wrote ${stem}.md and .json`);
}

try {
  await main();
} catch (error) {
  console.error(`error: ${error.message}`);
  process.exitCode = 2;
}
