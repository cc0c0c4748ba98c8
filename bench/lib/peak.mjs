// The machine's single-thread peak, measured in this run: native code where there is a C compiler, and WebAssembly.
import { execFile, spawnSync } from "node:child_process";
import path from "node:path";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import v8 from "node:v8";
import { median } from "./quantiles.mjs";

const CHAINS = 12;
const names = Array.from({ length: CHAINS }, (_, i) => `a${i}`);

/** AssemblyScript: independent chains of multiply-adds, `fused` with relaxed SIMD's instruction. */
const wasmSource = (fused) => `
export function run(rounds: i32, seed: f32): f32 {
  const factor = f32x4.splat(seed);
  ${names.map((name, i) => `let ${name} = f32x4.splat(seed * ${i + 1}.0);`).join("\n  ")}
  for (let round = 0; round < rounds; round++) {
    ${names
      .map((name) =>
        fused
          ? `${name} = f32x4.relaxed_madd(${name}, factor, factor);`
          : `${name} = f32x4.add(f32x4.mul(${name}, factor), factor);`,
      )
      .join("\n    ")}
  }
  let sum: f32 = 0;
  ${names.map((name) => `sum += f32x4.extract_lane(${name}, 0);`).join("\n  ")}
  return sum;
}`;

async function wasmPeak(fused) {
  const { default: asc } = await import("assemblyscript/asc");
  let binary;
  const features = fused ? ["--enable", "simd", "--enable", "relaxed-simd"] : ["--enable", "simd"];
  const { error } = await asc.main(["peak.ts", "-O3", "--runtime", "stub", "--outFile", "peak.wasm", ...features], {
    readFile: (name) => (name === "peak.ts" ? wasmSource(fused) : null),
    writeFile: (name, contents) => {
      if (name === "peak.wasm") binary = contents;
    },
    listFiles: () => [],
  });
  if (error !== null) throw error;
  if (!WebAssembly.validate(binary)) return undefined;
  const { instance } = await WebAssembly.instantiate(binary);
  const rounds = 500_000;
  instance.exports.run(rounds, 0.999);
  const rates = Array.from({ length: 7 }, () => {
    const start = performance.now();
    instance.exports.run(rounds, 0.999);
    return (2 * 4 * CHAINS * rounds) / (performance.now() - start) / 1e6;
  });
  return median(rates);
}

/** Compiles peak.c into a folder; undefined where there is no C compiler. */
function compileNative(folder) {
  const source = fileURLToPath(new URL("peak.c", import.meta.url));
  const program = path.join(folder, "peak");
  const flags = ["-O2", "-march=native", "-ffp-contract=fast"];
  const { status } = spawnSync(process.env.CC ?? "cc", [...flags, source, "-o", program]);
  return status === 0 ? program : undefined;
}

/**
 * What brackets every job.
 *
 * @returns `measure()` in GFLOP/s, what it measures, `measureTwo()` (two processes at once, the best sum of three:
 *   virtual cores can share a real one), and WebAssembly's own peaks, which are measured once
 */
export async function openPeak(folder) {
  v8.setFlagsFromString("--experimental-wasm-relaxed-simd");
  const wasm = { simd: await wasmPeak(false), relaxed: await wasmPeak(true) };
  const program = compileNative(folder);
  if (program === undefined) {
    const fused = wasm.relaxed !== undefined;
    const what = `wasm ${fused ? "relaxed madd" : "mul + add"}, 128 bit`;
    return { what, wasm, measure: () => wasmPeak(fused), measureTwo: () => Promise.resolve(undefined) };
  }
  const measure = async () => Number((await promisify(execFile)(program)).stdout);
  const both = async () => (await Promise.all([measure(), measure()])).reduce((sum, rate) => sum + rate);
  const measureTwo = async () => Math.max(await both(), await both(), await both());
  return { what: "native multiply-add, 256 bit", wasm, measure, measureTwo };
}
