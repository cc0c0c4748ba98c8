// One job in a process of its own: a peer's just-in-time compiler never sees another peer's code.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const here = (file) => fileURLToPath(new URL(`../${file}`, import.meta.url));
const runtime = pathToFileURL(here("../runtime/dist/index.js")).href;

/**
 * @param patience seconds after which the process is ended
 * @returns the figures that the peer printed, or `{ missing }` or `{ failed }` with the reason
 */
export function runJob(peer, workload, { mode, seconds, patience, module, python }) {
  if (peer.family === "specloom" && module === undefined) return Promise.resolve({ missing: "no module" });
  const job = {
    workload: workload.argument ?? workload.name,
    mode,
    seconds,
    ...peer.job,
    ...(peer.family === "specloom" ? { module: pathToFileURL(module).href, runtime } : {}),
    ...(peer.family === "pytorch" ? pythonJob(workload) : {}),
  };
  const command = peer.family === "pytorch" ? python : process.execPath;
  const parameters = [...(peer.nodeFlags ?? []), here(`peers/${peer.file}`), JSON.stringify(job)];
  return talk(command, parameters, { ...process.env, ...environmentOf(peer) }, patience);
}

/** Python has the hash, but not the tables: they travel with the job. */
function pythonJob({ parameters, data, checkedSteps, steps, batch, inputs, hidden, layers, classes, heads, inner }) {
  return { parameters, data, checkedSteps, sizes: { steps, batch, inputs, hidden, layers, classes, heads, inner } };
}

/** On two threads OpenBLAS's own threads and torch's fight for the cores; the OpenMP build shares one pool. */
function environmentOf(peer) {
  if (peer.family !== "pytorch") return peer.environment ?? {};
  const threads = String(peer.job.threads);
  const limits = { OPENBLAS_NUM_THREADS: threads, OMP_NUM_THREADS: threads, MKL_NUM_THREADS: threads };
  const folder = ["x86_64", "aarch64"].map((name) => `/usr/lib/${name}-linux-gnu/openblas-openmp`).find(existsSync);
  if (peer.job.threads === 1 || folder === undefined) return limits;
  return { ...limits, LD_LIBRARY_PATH: [folder, process.env.LD_LIBRARY_PATH].filter(Boolean).join(path.delimiter) };
}

function talk(command, parameters, environment, patience) {
  return new Promise((resolve) => {
    const child = spawn(command, parameters, { env: environment, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    let errors = "";
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill("SIGKILL");
    }, patience * 1000);
    child.stdout.on("data", (chunk) => (output += chunk));
    child.stderr.on("data", (chunk) => (errors += chunk));
    child.on("error", (error) => {
      clearTimeout(timer);
      resolve({ missing: error.message });
    });
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      if (late) resolve({ failed: `no result within ${patience} s`, late: true });
      else resolve(resultOf(output) ?? { failed: lastLine(errors) ?? `ended with ${signal ?? code} and no result` });
    });
  });
}

/** A peer may print lines of its own (tfjs greets); the last that is an object of ours counts. */
function resultOf(output) {
  for (const line of output.trim().split("\n").reverse()) {
    if (!line.startsWith("{")) continue;
    try {
      return JSON.parse(line);
    } catch {
      continue;
    }
  }
  return undefined;
}

const lastLine = (text) => text.trim().split("\n").filter(Boolean).at(-1);
