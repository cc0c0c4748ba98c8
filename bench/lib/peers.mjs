// Who is measured, in which process, with which options.
import { spawnSync } from "node:child_process";

const training = ["W1", "W2", "W3", "W4", "W5"];
const prediction = ["W1", "W2", "W3"];

/** The WebAssembly target in its variants; the environment takes relaxed SIMD away from the runtime. */
const wasm = (name, variant, threads) => ({
  name,
  family: "specloom",
  file: "specloom.mjs",
  threads,
  job: { backend: "wasm", wasm: variant, threads },
  environment: variant === "simd" ? { SPECLOOM_WASM: "simd" } : {},
  train: training,
  predict: prediction,
});

const gpu = (mode) => ({
  name: `specloom-gpu-${mode}`,
  family: "specloom",
  file: "specloom.mjs",
  threads: 1,
  job: { backend: mode },
  train: training,
  predict: prediction,
});

const tensorflow = (backend) => ({
  name: `tfjs-${backend}`,
  family: "tfjs",
  javascript: true,
  file: "tfjs.mjs",
  threads: 1,
  job: { backend },
  train: training,
  predict: [],
});

const onnxruntime = (name, threads, atOnce) => ({
  name,
  family: "onnxruntime",
  javascript: true,
  file: "onnxruntime.mjs",
  threads,
  job: { threads, atOnce },
  train: [],
  predict: atOnce ? ["W1"] : prediction,
});

const pytorch = (name, threads, atOnce) => ({
  name,
  family: "pytorch",
  file: "pytorch.py",
  threads,
  job: { threads, atOnce },
  train: atOnce ? ["W1"] : training,
  predict: atOnce ? ["W1"] : threads === 1 ? prediction : [],
});

export const BASELINE = "pytorch";

/** `-whole`: W1 with one call for the whole sequence, where the seed program calls once per input. */
export const peers = [
  pytorch(BASELINE, 1, false),
  wasm("specloom-wasm-relaxed", "relaxed", 1),
  wasm("specloom-wasm-simd", "simd", 1),
  {
    name: "jax-js",
    family: "jax",
    javascript: true,
    file: "jax.mjs",
    threads: 1,
    job: { backend: "wasm" },
    train: training,
    predict: [],
  },
  tensorflow("wasm"),
  tensorflow("cpu"),
  onnxruntime("onnxruntime", 1, false),
  onnxruntime("onnxruntime-whole", 1, true),
  onnxruntime("onnxruntime-2t", 2, false),
  pytorch("pytorch-whole", 1, true),
  wasm("specloom-wasm-relaxed-2t", "relaxed", 2),
  wasm("specloom-wasm-simd-2t", "simd", 2),
  pytorch("pytorch-2t", 2, false),
  gpu("webasm"),
  gpu("cpu"),
  gpu("webgpu"),
];

/** @param wanted names or their beginnings: `specloom-wasm` is four of them; undefined is all */
export function choosePeers(wanted) {
  if (wanted === undefined) return peers;
  for (const part of wanted) {
    if (peers.some(({ name }) => name.startsWith(part))) continue;
    throw new Error(`no peer begins with "${part}"; known: ${peers.map(({ name }) => name).join(", ")}`);
  }
  return peers.filter(({ name }) => wanted.some((part) => name.startsWith(part)));
}

/** A Python that has torch: `$PYTHON`, the one on the path, or the system's own; undefined where none has. */
export function findPython() {
  const candidates = [process.env.PYTHON, "python3", "/usr/bin/python3"].filter((name) => name !== undefined);
  return candidates.find((name) => spawnSync(name, ["-c", "import torch, numpy"]).status === 0);
}
