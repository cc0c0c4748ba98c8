// One training, killed at random instants and taken up again until it ends, and what is left of it.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

/** A folder with the spec and its data. */
export function writeCase(folder, { spec, files }) {
  for (const [name, text] of Object.entries({ "package.json": "{}", "specs/case.yaml": spec, ...prefixed(files) })) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}

const prefixed = (files) => Object.fromEntries(Object.entries(files).map(([name, text]) => [`specs/${name}`, text]));

/** Starts the command; `--out` takes a folder over that was left before its first checkpoint. */
function start(dist, cwd, { args }, run) {
  const goes = existsSync(join(cwd, run, "checkpoint.safetensors")) ? "--resume" : "--out";
  const argv = [join(dist, "cli", "main.js"), "run", "specs/case.yaml", "--quiet", ...args, goes, run];
  const child = spawn(process.execPath, argv, { cwd, stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.on("data", (text) => (said += text));
  const ended = new Promise((resolve) => child.once("close", (code, signal) => resolve({ code, signal, said })));
  return { child, ended };
}

/** @returns milliseconds that the unbroken training took, its start included */
export async function runWhole(dist, cwd, one, run) {
  const started = performance.now();
  const { code, said } = await start(dist, cwd, one, run).ended;
  if (code !== 0) throw new Error(`the unbroken run ended with ${code}: ${said}`);
  return performance.now() - started;
}

/**
 * @param random numbers from 0 to 1
 * @returns of each kill the milliseconds of work that it cost at most
 */
export async function runChain(dist, cwd, one, run, { random, whole, mostKills }) {
  const directory = join(cwd, run);
  const losses = [];
  for (;;) {
    const begun = Date.now();
    const { child, ended } = start(dist, cwd, one, run);
    // Half of the instants lie anywhere in a whole run, half of them soon after training has begun.
    const isSoon = random() < 0.5;
    const delay = random() * (isSoon ? whole / 4 : whole);
    if (losses.length < mostKills) {
      const trains = () => (timeOf(join(directory, "spec.yaml")) ?? 0) >= begun;
      while (isSoon && !trains() && child.exitCode === null) await pause(5);
      await Promise.race([pause(delay), ended]);
      if (child.exitCode === null) {
        const killed = Date.now();
        child.kill("SIGKILL");
        const { code } = await ended;
        if (code === null) {
          losses.push(lostWork(directory, begun, killed));
          continue;
        }
      }
    }
    const { code, said } = await ended;
    if (code !== 0) throw new Error(`after ${losses.length} kills the run ended with ${code}: ${said}`);
    return losses;
  }
}

/** From the last save (or the start of training) to the kill, or to the save that was under way then: nothing is done in it. */
function lostWork(directory, begun, killed) {
  const trained = timeOf(join(directory, "spec.yaml"));
  // Killed before it trained: what is on the disk is what it started from.
  if (trained === undefined || trained < begun || existsSync(join(directory, "metrics.json"))) return 0;
  const saved = Math.max(trained, timeOf(join(directory, "checkpoint.safetensors")) ?? 0);
  const underWay = readdirSync(directory)
    .filter((name) => name.startsWith(".writing-"))
    .map((name) => statSync(join(directory, name)).birthtimeMs);
  const weights = timeOf(join(directory, "weights.safetensors")) ?? 0;
  const ends = [killed, ...underWay, ...(weights > saved ? [weights] : [])].filter((time) => time > saved);
  return Math.max(0, Math.min(...ends, killed) - saved);
}

function timeOf(file) {
  try {
    return statSync(file).mtimeMs;
  } catch {
    return undefined;
  }
}

/** What two runs of the same training may not differ in: all but the time it took. */
export async function differences(dist, cwd, first, second) {
  const { readSafetensors } = await import("@specloom/runtime");
  const read = (run, file) => readFileSync(join(cwd, run, file));
  const seconds = /("seconds":\s*)[\d.e-]+/g;
  const texts = ["log.jsonl", "metrics.json", "spec.yaml"].filter(
    (file) => timeless(read(first, file)) !== timeless(read(second, file)),
  );
  function timeless(bytes) {
    return bytes.toString().replace(seconds, "$10");
  }
  const state = (run) => {
    const { tensors, metadata } = readSafetensors(read(run, "checkpoint.safetensors"));
    const { training, ...further } = metadata;
    const rest = { ...further, specloom_crc32: undefined };
    const values = [...tensors].map(([name, { data }]) => [name, Buffer.from(data.buffer).toString("base64")]);
    return JSON.stringify([values, timeless(training), rest]);
  };
  return [
    ...texts,
    ...(read(first, "weights.safetensors").equals(read(second, "weights.safetensors")) ? [] : ["weights.safetensors"]),
    ...(state(first) === state(second) ? [] : ["checkpoint.safetensors"]),
    ...readdirSync(join(cwd, second))
      .filter((name) => name.startsWith("."))
      .map((name) => `${name} was left`),
  ];
}

export function removeRun(cwd, run) {
  rmSync(join(cwd, run), { recursive: true, force: true });
}
