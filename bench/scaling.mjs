// How specloom's time per training step grows with T, B, H and the number of layers, around one base model.
// usage: npm run build; node bench/scaling.mjs [--backend wasm] [--threads 1] [--seconds 1] [--rounds 3] [--axes T,B,H,L]
// `growth` compares with the row above: how much the time grew over how much the operations grew, as exponents
// (ln time / ln operations). 1 is as the operations, below 1 is better; the last line of an axis has it from end to end.
import { mkdtemp, rm } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { compileSpec } from "./lib/compiled.mjs";
import { runJob } from "./lib/job.mjs";
import { median } from "./lib/quantiles.mjs";
import { digits, table } from "./lib/report.mjs";
import { batchOf, workloadOf } from "./lib/workloads.mjs";

const base = { steps: 32, batch: 16, inputs: 32, hidden: 64, layers: 1 };
const axes = {
  T: { key: "steps", values: [4, 8, 16, 32, 64, 128, 256] },
  B: { key: "batch", values: [1, 2, 4, 8, 16, 32, 64, 128] },
  H: { key: "hidden", values: [8, 16, 32, 64, 128, 256] },
  L: { key: "layers", values: [1, 2, 3, 4, 6] },
};

const { values } = parseArgs({
  options: {
    backend: { type: "string", default: "wasm" },
    threads: { type: "string" },
    seconds: { type: "string", default: "1" },
    rounds: { type: "string", default: "3" },
    axes: { type: "string", default: Object.keys(axes).join(",") },
  },
});

const specText = ({ steps, batch, inputs, hidden, layers }) => `
specloom: 1
name: scaling
data: { kind: tensors, file: scaling.safetensors }
inputs:
  x: { shape: [${steps}, ${inputs}] }
  y: { shape: [1] }
layers:
  - { name: lstm, kind: lstm, hidden_size: ${hidden}, num_layers: ${layers} }
  - { name: attention, kind: attention_pool, scope: sequence }
  - { name: fc, kind: linear, out_features: 1 }
loss: { kind: mse, input: fc, target: y }
optimizer: { kind: adam, learning_rate: 0.001 }
train: { batch_size: ${batch}, shuffle: false }
outputs: [fc]
`;

const specloom = {
  family: "specloom",
  file: "specloom.mjs",
  job: { backend: values.backend, ...(values.threads === undefined ? {} : { threads: Number(values.threads) }) },
};

/** Models of one axis, compiled; each is then measured once per round, so that a disturbance hits one round of one size. */
async function measureAxis({ key, values: sizes }, folder) {
  const models = [];
  for (const size of sizes) {
    const model = { ...base, [key]: size };
    const workload = workloadOf(model);
    const shapes = Object.fromEntries(workload.data.map(({ name, shape }) => [name, shape]));
    const batch = batchOf(workload);
    const own = path.join(folder, `${key}-${size}`);
    const compiled = await compileSpec({ stem: "scaling", specText: specText(model), batch, shapes, folder: own });
    if (compiled.missing !== undefined) throw new Error(compiled.missing);
    models.push({ size, workload: { ...workload, argument: model }, compiled, times: [] });
  }
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const { size, workload, compiled, times } of models) {
      const settings = { mode: "train", seconds: Number(values.seconds), patience: 180, module: compiled.module };
      const result = await runJob(specloom, workload, settings);
      if (result.median === undefined) throw new Error(`${key} ${size}: ${result.missing ?? result.failed}`);
      times.push(result.median);
    }
  }
  return models.map(({ size, workload, compiled, times }) => ({
    size,
    ms: median(times),
    flops: workload.flops.train,
    compileMs: compiled.compileMs,
  }));
}

const exponent = (from, to) => Math.log(to.ms / from.ms) / Math.log(to.flops / from.flops);

function axisTable(name, rows) {
  const columns = [
    [name, ({ size }) => String(size)],
    ["ms per step", ({ ms }) => digits(ms)],
    ["MFLOP", ({ flops }) => digits(flops / 1e6)],
    ["GFLOP/s", ({ ms, flops }) => digits(flops / ms / 1e6)],
    ["growth", (row) => (row === rows[0] ? "-" : exponent(rows[rows.indexOf(row) - 1], row).toFixed(2))],
    ["compile ms", ({ compileMs }) => digits(compileMs)],
  ];
  return `${table(columns, rows)}\n\nFrom end to end: ${exponent(rows[0], rows.at(-1)).toFixed(2)}.\n`;
}

const folder = await mkdtemp(path.join(tmpdir(), "specloom-scaling-"));
try {
  console.log(`${cpus()[0].model}, ${cpus().length} cores, Node ${process.version}, backend ${values.backend}`);
  console.log(`base: LSTM(${base.inputs},${base.hidden}), T ${base.steps}, B ${base.batch}, attention pooling, Adam\n`);
  for (const name of values.axes.split(",")) {
    if (axes[name] === undefined) throw new Error(`no axis ${name}; known: ${Object.keys(axes).join(", ")}`);
    console.log(axisTable(name, await measureAxis(axes[name], folder)));
  }
} catch (error) {
  console.error(`error: ${error.message}`);
  process.exitCode = 2;
} finally {
  await rm(folder, { recursive: true, force: true });
}
