// How exact the wasm target's mathematics is, measured over all 2^32 float32 inputs, and how fast.
// usage: node bench/accuracy.mjs [--step N] [name ...]     (without names all; --step 1009 takes seconds instead of minutes)
// Columns: the greatest distance in float32 steps from the correctly rounded result; the greatest error in units in the last
// place (0.5 is perfect); the input it was met at; how many results are not the correctly rounded ones; whether every result
// that must be NaN, infinite or a signed zero is (and no other); nanoseconds per four lanes, 1024 numbers in L1.
// `power` is measured over random pairs and all pairs of special values instead.
import { readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import v8 from "node:v8";
import asc from "assemblyscript/asc";

const unary = ["exp", "log", "tanh", "sigmoid", "erf"];
const block = 1 << 16;
const library = readFileSync(fileURLToPath(new URL("../compiler/targets/wasm/lib/math.ts", import.meta.url)), "utf8");
const bytes = block * 4;
const wrapper = `import * as math from "./lib/math";
${[...unary, "power"]
  .map(
    (name) => `export function ${name}(size: i32): void {
  let i = 0;
  do {
    v128.store(i, math.${name}(v128.load(i)${name === "power" ? `, v128.load(i, ${bytes})` : ""}), ${2 * bytes});
    i += 16;
  } while (i < size);
}`,
  )
  .join("\n")}
`;

async function compile(features) {
  const sources = { "entry.ts": wrapper, "lib/math.ts": library };
  let binary;
  const options = ["-O3", "--noAssert", "--runtime", "stub", "--initialMemory", "16", "--disableWarning", "112"];
  const { error, stderr } = await asc.main(["entry.ts", "--outFile", "out.wasm", "--enable", features, ...options], {
    readFile: (name) => sources[name] ?? null,
    writeFile: (_name, contents) => void (binary = contents),
    listFiles: () => [],
  });
  if (error) throw new Error(stderr.toString());
  return binary;
}

async function load(variant, features) {
  const binary = await compile(features);
  // Node 20 has relaxed SIMD behind a flag, which may be set at run time.
  if (!WebAssembly.validate(binary)) v8.setFlagsFromString("--experimental-wasm-relaxed-simd");
  const { instance } = await WebAssembly.instantiate(binary, { env: { abort: () => undefined } });
  const { buffer } = instance.exports.memory;
  return {
    variant,
    run: instance.exports,
    input: new Float32Array(buffer, 0, block),
    inputBits: new Int32Array(buffer, 0, block),
    second: new Float32Array(buffer, bytes, block),
    output: new Float32Array(buffer, 2 * bytes, block),
    outputBits: new Int32Array(buffer, 2 * bytes, block),
  };
}

/** erf in float64: Maclaurin series, then the continued fraction of erfc. */
function erf(x) {
  const size = Math.abs(x);
  if (!(size < 6)) return Number.isNaN(x) ? x : Math.sign(x);
  if (size < 2.5) {
    let term = x;
    let total = x;
    for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(total); n++) {
      term *= (-x * x) / n;
      total += term / (2 * n + 1);
    }
    return (2 / Math.sqrt(Math.PI)) * total;
  }
  let fraction = size;
  for (let n = 120; n >= 1; n--) fraction = size + n / 2 / fraction;
  return Math.sign(x) * (1 - Math.exp(-size * size) / (fraction * Math.sqrt(Math.PI)));
}

const references = {
  exp: Math.exp,
  log: Math.log,
  tanh: Math.tanh,
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  erf,
  power: Math.pow,
};

const newTally = () => ({ steps: 0, error: 0, at: "-", wrong: 0, count: 0, special: "yes" });

const wanted = new Float64Array(block);
const rounded = new Float32Array(block);
const roundedBits = new Int32Array(rounded.buffer);

/** Compares `count` results of one variant with `wanted`. */
function compare({ input, second, output, outputBits }, tally, count, name) {
  for (let i = 0; i < count; i++) {
    const want = roundedBits[i];
    const got = outputBits[i];
    if (want === got) continue;
    const value = rounded[i];
    if (Number.isNaN(value) && Number.isNaN(output[i])) continue;
    const where = name === "power" ? `(${input[i]}, ${second[i]})` : String(input[i]);
    // A zero or an infinity may be a neighbour of the right result, but NaN has none and signs must agree.
    if (Number.isNaN(value) || Number.isNaN(output[i]) || want < 0 !== got < 0 || Math.abs(wanted[i]) === Infinity) {
      tally.special = `NO at ${where}`;
      continue;
    }
    tally.wrong += 1;
    const steps = Math.abs(want - got);
    if (steps < tally.steps) continue;
    // Where float32 overflows, the next number after the greatest would be 2^128.
    const reached = Math.abs(output[i]) === Infinity ? Math.sign(output[i]) * 2 ** 128 : output[i];
    const exponent = Math.max(-126, ((want >>> 23) & 255) - 127);
    const error = Math.abs(reached - wanted[i]) / 2 ** (Math.min(exponent, 127) - 23);
    tally.steps = steps;
    if (error > tally.error) Object.assign(tally, { error, at: where });
  }
  tally.count += count;
}

function scan(name, variants, step) {
  const tallies = variants.map(newTally);
  const reference = references[name];
  const [{ input, inputBits }] = variants;
  for (let start = 0; start < 2 ** 32; start += step * block) {
    const count = Math.min(block, Math.ceil((2 ** 32 - start) / step));
    for (let i = 0; i < count; i++) inputBits[i] = (start + i * step) | 0;
    for (const other of variants.slice(1)) other.inputBits.set(inputBits);
    for (let i = 0; i < count; i++) rounded[i] = wanted[i] = reference(input[i]);
    variants.forEach((variant, v) => {
      variant.run[name](bytes);
      compare(variant, tallies[v], count, name);
    });
  }
  return tallies;
}

/** A counter hash, so that every run draws the same pairs. */
function hash(counter) {
  let bits = Math.imul(counter ^ (counter >>> 16), 0x45d9f3b);
  bits = Math.imul(bits ^ (bits >>> 16), 0x45d9f3b);
  return bits ^ (bits >>> 16);
}

function scanPairs(variants, step) {
  const tallies = variants.map(newTally);
  const special = [0, 1, 2, 3, 0.5, 1.5, 1e-45, 1.1754944e-38, 3.4028235e38, 16777216, 16777217, 8388607, 0.99999994];
  const values = [...special, 1.0000001, 1e5, Infinity].flatMap((value) => [value, -value]).concat(NaN);
  const [{ input, inputBits, second }] = variants;
  const secondBits = new Int32Array(second.buffer, second.byteOffset, block);
  const rounds = Math.max(2, Math.ceil(512 / step));
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < block; i++) {
      const draw = hash(2 * (round * block + i));
      const other = hash(2 * (round * block + i) + 1);
      if (round === 0) {
        input[i] = values[i % values.length];
        second[i] = values[Math.floor(i / values.length) % values.length];
      } else if (round % 4 === 0) {
        inputBits[i] = draw;
        secondBits[i] = other;
      } else if (round % 4 === 1) {
        // A whole exponent, of either sign.
        input[i] = draw / 2 ** 28;
        second[i] = other >> 25;
      } else {
        // The result's logarithm is anywhere between -160 and 136.
        inputBits[i] = draw & 0x7fffffff;
        second[i] = (((other >>> 0) / 2 ** 32) * 296 - 160) / Math.log2(input[i]);
      }
    }
    for (const variant of variants.slice(1)) {
      variant.inputBits.set(inputBits);
      variant.second.set(second);
    }
    for (let i = 0; i < block; i++) rounded[i] = wanted[i] = input[i] ** second[i];
    variants.forEach((variant, v) => {
      variant.run.power(bytes);
      compare(variant, tallies[v], block, "power");
    });
  }
  return tallies;
}

function nanoseconds(name, { run, input, second }) {
  for (let i = 0; i < 1024; i++) {
    input[i] = 4 * Math.sin(12.9898 * i) + (name === "log" || name === "power" ? 4.5 : 0);
    second[i] = 3 * Math.cos(78.233 * i);
  }
  const calls = 2000;
  let best = Infinity;
  for (let trial = 0; trial < 25; trial++) {
    const start = performance.now();
    for (let call = 0; call < calls; call++) run[name](4096);
    best = Math.min(best, performance.now() - start);
  }
  return (best * 1e6) / (calls * 256);
}

const options = process.argv.slice(2);
const at = options.indexOf("--step");
const step = at < 0 ? 1 : Number(options.splice(at, 2)[1]);
const names = options.length > 0 ? options : [...unary, "power"];
const unknown = names.find((name) => !(name in references));
if (unknown !== undefined || !Number.isInteger(step) || step < 1) {
  console.error(`usage: node bench/accuracy.mjs [--step N] [${Object.keys(references).join("|")} ...]`);
  process.exit(2);
}
const variants = [await load("plain", "simd"), await load("relaxed", "simd,relaxed-simd")];
// Compiled code is tiered up in the background; speed is measured first, after a pause.
for (const variant of variants) for (const name of names) nanoseconds(name, variant);
await new Promise((resolve) => setTimeout(resolve, 500));
const times = new Map(names.map((name) => [name, variants.map((variant) => nanoseconds(name, variant))]));

console.log("function  variant  steps    ulp  not nearest  special  ns/4 lanes  worst at");
for (const name of names) {
  const tallies = name === "power" ? scanPairs(variants, step) : scan(name, variants, step);
  tallies.forEach((tally, v) => {
    const cells = [
      name.padEnd(9),
      variants[v].variant.padEnd(8),
      String(tally.steps).padStart(5),
      tally.error.toFixed(3).padStart(6),
      `${((100 * tally.wrong) / tally.count).toFixed(3)}%`.padStart(11),
      tally.special.padStart(7),
      times.get(name)[v].toFixed(2).padStart(11),
      ` ${tally.at}`,
    ];
    console.log(cells.join(" "));
  });
}
