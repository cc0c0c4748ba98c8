// How long a spec takes to become a module, and how that grows with the number of layers.
// usage: npm run --silent build && node bench/compile-time.mjs
// Each row is the median of five compilations in one process, after one that is not counted; the first row is also measured
// as a whole process (node start, loading the compiler, compiling). The last rows are `specloom compile` with both targets, as a
// user runs it: with an empty cache, and again with the WebAssembly that is in it by then.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const nextNumber = readFileSync(`${root}specs/next-number.yaml`, "utf8");

const layer = (index) => {
  const kinds = [
    `{kind: lstm, hidden_size: ${8 + (index % 5)}}`,
    `{kind: linear, out_features: ${6 + (index % 3)}, activation: tanh}`,
    `{kind: dropout, p: 0.1}`,
    `{kind: attention_pool, scope: prefix}`,
    `{kind: activation, function: gelu}`,
  ];
  return `  - ${kinds[index % kinds.length]}`;
};

const deep = (count) => `
specloom: 1
data: {kind: series, file: x.csv, columns: [a], window: 24, horizon: next}
layers:
${Array.from({ length: count - 1 }, (_, index) => layer(index)).join("\n")}
  - {name: forecast, kind: linear, out_features: 1}
loss: {kind: mse, input: forecast, target: next}
optimizer: {kind: adam}
`;

const shown = (name) => [name, `${name}.yaml`, readFileSync(`${root}bench/specs/${name}.yaml`, "utf8")];

const cases = [
  ["next-number", "next-number.yaml", nextNumber],
  ...[5, 10, 20, 50].map((count) => [`${count} layers`, "deep.yaml", deep(count)]),
  shown("transformer-12"),
  shown("encoder-decoder-4"),
];

if (process.argv[2] === "--once") {
  const { compile, gpuModule } = await import(`${root}dist/compiler/index.js`);
  gpuModule(compile({ file: "next-number.yaml", text: nextNumber }, { targets: ["gpu"] }).compilation);
  process.exit(0);
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
const { compile, gpuModule } = await import(`${root}dist/compiler/index.js`);
console.log(`${cpus()[0].model}, ${cpus().length} cores, Node ${process.version}`);
console.log(`${"spec".padEnd(18)}${"ms".padStart(8)}${"module kB".padStart(12)}${"kernels".padStart(10)}`);
for (const [name, file, text] of cases) {
  const times = [];
  let result;
  let moduleText;
  for (let run = 0; run < 6; run++) {
    const start = performance.now();
    result = compile({ file, text }, { targets: ["gpu"] });
    moduleText = result.compilation && gpuModule(result.compilation);
    if (run > 0) times.push(performance.now() - start);
  }
  if (result.compilation === undefined) throw new Error(JSON.stringify(result.diagnostics));
  const { programs } = result.compilation;
  const kernels = new Set(Object.values(programs).flatMap((program) => program.kernels.map((kernel) => kernel.name)));
  console.log(
    `${name.padEnd(18)}${median(times).toFixed(0).padStart(8)}${(moduleText.length / 1000).toFixed(0).padStart(12)}${String(kernels.size).padStart(10)}`,
  );
}
const whole = Array.from({ length: 5 }, () => {
  const start = performance.now();
  const { status } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), "--once"]);
  if (status !== 0) throw new Error("the compilation failed");
  return performance.now() - start;
});
console.log(`next-number as a whole process: ${median(whole).toFixed(0)} ms`);

/** Two examples of what a spec reads: first tokens of the vocabulary, whole lengths. */
function dataFor(text) {
  const inputs = [
    ...text.matchAll(/^ {2}(\w+): \{ shape: \[(\d+)\], dtype: int32, vocabulary: \d+(, lengths: true)? \}$/gm),
  ];
  const tensors = inputs.flatMap(([, name, steps, lengths]) => [
    [name, Array.from({ length: 2 }, () => Array(Number(steps)).fill(4))],
    ...(lengths === undefined ? [] : [[`${name}.lengths`, [Number(steps), Number(steps)]]]),
  ]);
  return JSON.stringify(Object.fromEntries(tensors));
}

console.log("");
console.log(
  `${"specloom compile".padEnd(18)}${"cold ms".padStart(8)}${"warm ms".padStart(8)}${"module kB".padStart(12)}`,
);
for (const name of ["next-number", "transformer-12", "encoder-decoder-4"]) {
  const folder = mkdtempSync(join(tmpdir(), "specloom-compile-time-"));
  const isOwn = name === "next-number";
  const text = isOwn ? nextNumber : readFileSync(`${root}bench/specs/${name}.yaml`, "utf8");
  const spec = isOwn ? `${root}specs/${name}.yaml` : join(folder, `${name}.yaml`);
  if (!isOwn) {
    writeFileSync(spec, text.replace(`${name}.safetensors`, "data.json"));
    writeFileSync(join(folder, "data.json"), dataFor(text));
  }
  const [cold, warm] = ["cold", "warm"].map((out) => {
    const start = performance.now();
    const { status, stderr } = spawnSync(
      process.execPath,
      [`${root}dist/cli/main.js`, "compile", spec, "-o", join(folder, out)],
      { cwd: isOwn ? root : folder, env: { ...process.env, SPECLOOM_CACHE: join(folder, "cache") } },
    );
    if (status !== 0) throw new Error(String(stderr));
    return performance.now() - start;
  });
  const files = readdirSync(join(folder, "cold"), { recursive: true, withFileTypes: true }).filter((one) =>
    one.isFile(),
  );
  const kilobytes = files.reduce((total, one) => total + statSync(join(one.parentPath, one.name)).size, 0) / 1000;
  console.log(
    `${name.padEnd(18)}${cold.toFixed(0).padStart(8)}${warm.toFixed(0).padStart(8)}${kilobytes.toFixed(0).padStart(12)}`,
  );
  rmSync(folder, { recursive: true });
}
