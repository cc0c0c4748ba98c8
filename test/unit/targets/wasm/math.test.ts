import { readFileSync } from "node:fs";
import v8 from "node:v8";
import asc from "assemblyscript/asc";
import { beforeAll, describe, expect, it } from "vitest";
import { errorFunction } from "../../../../compiler/elementwise/error-function.ts";

const approximated = ["exp", "log", "tanh", "sigmoid", "erf"] as const;
const unary = [...approximated, "sign", "floor"] as const;
const exact: ReadonlySet<string> = new Set(["sign", "floor"]);
type Unary = (typeof unary)[number];
const block = 1 << 16;
const bytes = 4 * block;

/** A loop over the block for every function: operands at 0 and `bytes`, results at `2 * bytes`. */
const wrapper = `import * as math from "./lib/math";
${[...unary, "power" as const]
  .map((name) => {
    const operands = name === "power" ? `v128.load(i), v128.load(i, ${bytes})` : "v128.load(i)";
    const body = `v128.store(i, math.${name}(${operands}), ${2 * bytes}); i += 16;`;
    return `export function ${name}(size: i32): void { let i = 0; do { ${body} } while (i < size); }`;
  })
  .join("\n")}
`;

async function compile(features: string): Promise<Uint8Array<ArrayBuffer>> {
  const library = new URL("../../../../compiler/targets/wasm/lib/math.ts", import.meta.url);
  const sources = new Map([
    ["entry.ts", wrapper],
    ["lib/math.ts", readFileSync(library, "utf8")],
  ]);
  let binary = new Uint8Array();
  // 112: vectors cannot cross the border to JavaScript, and do not.
  const options = ["-O3", "--noAssert", "--runtime", "stub", "--initialMemory", "16", "--disableWarning", "112"];
  const printed = asc.createMemoryStream();
  const { error } = await asc.main(["entry.ts", "--outFile", "out.wasm", "--enable", features, ...options], {
    readFile: (name) => sources.get(name) ?? null,
    writeFile: (_name, contents) => {
      if (typeof contents !== "string") binary = new Uint8Array(contents);
    },
    listFiles: () => [],
    stdout: printed,
    stderr: printed,
  });
  expect(printed.toString()).toBe("");
  expect(error).toBeNull();
  return binary;
}

class Library {
  readonly input: Float32Array;
  readonly inputBits: Int32Array;
  readonly second: Float32Array;
  readonly output: Float32Array;
  readonly outputBits: Int32Array;
  private readonly functions: WebAssembly.Exports;

  constructor(instance: WebAssembly.Instance) {
    this.functions = instance.exports;
    const { buffer } = instance.exports["memory"] as WebAssembly.Memory;
    this.input = new Float32Array(buffer, 0, block);
    this.inputBits = new Int32Array(buffer, 0, block);
    this.second = new Float32Array(buffer, bytes, block);
    this.output = new Float32Array(buffer, 2 * bytes, block);
    this.outputBits = new Int32Array(buffer, 2 * bytes, block);
  }

  /** Results of the first `count` operands lie in `output`. */
  run(name: Unary | "power", count: number): void {
    (this.functions[name] as (size: number) => void)(4 * count);
  }

  /** f(x), with x in every place of a vector, which must not matter. */
  at(name: Unary | "power", x: number, y = 0): number {
    this.input.fill(x, 0, 4);
    this.second.fill(y, 0, 4);
    this.run(name, 4);
    const [first, ...others] = this.output.subarray(0, 4);
    for (const other of others) expect(other).toBe(first);
    return first as number;
  }
}

const references: { readonly [name in Unary]: (x: number) => number } = {
  exp: Math.exp,
  log: Math.log,
  tanh: Math.tanh,
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  erf: errorFunction,
  sign: Math.sign,
  floor: Math.floor,
};

const wanted = new Float32Array(block);
const wantedBits = new Int32Array(wanted.buffer);

/** Distance of results and right results in float32 steps; a NaN, or a sign, where it should not be is infinitely far. */
function worstOf(library: Library, name: Unary, count: number): { readonly steps: number; readonly at: number } {
  let steps = 0;
  let at = 0;
  library.run(name, count);
  const { output, outputBits, input } = library;
  const reference = references[name];
  for (let i = 0; i < count; i++) wanted[i] = reference(input[i] as number);
  for (let i = 0; i < count; i++) {
    const want = wantedBits[i] as number;
    const got = outputBits[i] as number;
    if (want === got || (Number.isNaN(wanted[i]) && Number.isNaN(output[i]))) continue;
    const comparable = want < 0 === got < 0 && !Number.isNaN(wanted[i]) && !Number.isNaN(output[i]);
    const distance = comparable ? Math.abs(want - got) : Infinity;
    if (distance > steps) {
      steps = distance;
      at = input[i] as number;
    }
  }
  return { steps, at };
}

/** Where a function's range, its reduction or the format changes. */
const thresholds = [
  ...[0, 2 ** -149, 2 ** -126, 2 ** -24, 0.5, 1, 2, 2 ** 23, 2 ** 24, 3.4028234663852886e38, Infinity],
  ...[Math.SQRT1_2, Math.SQRT2, Math.LN2 / 4, Math.LN2 / 2, Math.LN2, 1.5 * Math.LN2, 3 * Math.LN2],
  ...[3.832, 3.93, 9.0109, 9.25, 16.6355, 17.3287, 20, 87.3365, 88.3763, 88.7228, 89, 103.2789, 103.9721, 104],
];

const variants = [
  ["plain", "simd"],
  ["relaxed", "simd,relaxed-simd"],
] as const;

describe.each(variants)("the wasm target's mathematics, %s SIMD", (_variant, features) => {
  let library: Library;

  beforeAll(async () => {
    const binary = await compile(features);
    // Node 20 has relaxed SIMD behind a flag, which may be set at run time.
    if (!WebAssembly.validate(binary)) v8.setFlagsFromString("--experimental-wasm-relaxed-simd");
    const { instance } = await WebAssembly.instantiate(binary, { env: { abort: () => undefined } });
    library = new Library(instance);
  });

  it.each(approximated)("%s is within 2 ulp over all float32 numbers, one in 1009", (name) => {
    const stride = 1009;
    const { inputBits } = library;
    for (let start = 0; start < 2 ** 32; start += stride * block) {
      for (let i = 0; i < block; i++) inputBits[i] = (start + i * stride) | 0;
      const worst = worstOf(library, name, block);
      expect(worst.steps, `${name}(${worst.at})`).toBeLessThanOrEqual(2);
    }
  });

  it.each(unary)("%s is right around its thresholds", (name) => {
    const { input, inputBits } = library;
    const around = 128;
    for (const threshold of thresholds.flatMap((value) => [value, -value])) {
      input[0] = threshold;
      const centre = inputBits[0] as number;
      for (let i = 0; i < 2 * around; i++) inputBits[i] = (centre + i - around) | 0;
      const worst = worstOf(library, name, 2 * around);
      expect(worst.steps, `${name}(${worst.at})`).toBeLessThanOrEqual(exact.has(name) ? 0 : 2);
    }
  });

  it.each<readonly [Unary, number, number]>([
    ["exp", -Infinity, 0],
    ["exp", Infinity, Infinity],
    ["exp", NaN, NaN],
    ["exp", 0, 1],
    ["exp", -0, 1],
    ["exp", 88.72283935546875, Math.fround(Math.exp(88.72283935546875))],
    ["exp", 88.72284698486328, Infinity],
    ["exp", -103.97207641601562, 2 ** -149],
    ["exp", -103.97208404541016, 0],
    ["log", 0, -Infinity],
    ["log", -0, -Infinity],
    ["log", -1, NaN],
    ["log", -(2 ** -149), NaN],
    ["log", -Infinity, NaN],
    ["log", Infinity, Infinity],
    ["log", NaN, NaN],
    ["log", 1, 0],
    ["log", 2 ** -149, Math.fround(Math.log(2 ** -149))],
    ["tanh", 0, 0],
    ["tanh", -0, -0],
    ["tanh", Infinity, 1],
    ["tanh", -Infinity, -1],
    ["tanh", NaN, NaN],
    ["tanh", 2 ** -149, 2 ** -149],
    ["tanh", -(2 ** -40), -(2 ** -40)],
    ["sigmoid", 0, 0.5],
    ["sigmoid", -0, 0.5],
    ["sigmoid", Infinity, 1],
    ["sigmoid", -Infinity, 0],
    ["sigmoid", NaN, NaN],
    ["sigmoid", -103, Math.fround(Math.exp(-103))],
    ["erf", 0, 0],
    ["erf", -0, -0],
    ["erf", Infinity, 1],
    ["erf", -Infinity, -1],
    ["erf", NaN, NaN],
    ["sign", -0, -0],
    ["sign", 2 ** -149, 1],
    ["sign", -Infinity, -1],
    ["sign", NaN, NaN],
    ["floor", -0.5, -1],
    ["floor", NaN, NaN],
  ])("%s(%f) is %f", (name, x, value) => {
    expect(library.at(name, x)).toBe(value);
  });

  it("tanh and erf never leave [-1, 1], sigmoid never leaves [0, 1]", () => {
    const { input, output } = library;
    for (const [name, low] of [["tanh", -1] as const, ["erf", -1] as const, ["sigmoid", 0] as const]) {
      for (let i = 0; i < block; i++) input[i] = ((i - block / 2) / block) * 64;
      library.run(name, block);
      expect(Math.min(...output.subarray(0, block / 2)), name).toBe(low === 0 ? output[0] : low);
      expect(Math.min(...output.subarray(0, block / 2))).toBeGreaterThanOrEqual(low);
      expect(Math.max(...output.subarray(block / 2)), name).toBe(1);
    }
  });

  it("power agrees with Math.pow, special values and all", () => {
    const positive = [0, 2 ** -149, 1e-30, 0.3, 0.5, 1, 1.0000001, 1.5, 2, 3, 7, 1e10, 2 ** 24, 2 ** 127, Infinity];
    const values = [...positive, ...positive.map((value) => -value), NaN].map(Math.fround);
    for (const x of values) {
      for (const y of values) expect(library.at("power", x, y), `power(${x}, ${y})`).toBe(Math.fround(x ** y));
    }
  });

  it("power is within 2 ulp for results of every size", () => {
    const { input, second, output, outputBits } = library;
    for (let i = 0; i < block; i++) {
      input[i] = 2 ** (200 * ((i * 0.6180339887) % 1) - 100);
      second[i] = (280 * ((i * 0.7548776662) % 1) - 150) / Math.log2(input[i] as number);
    }
    library.run("power", block);
    for (let i = 0; i < block; i++) {
      wanted[i] = (input[i] as number) ** (second[i] as number);
      const steps = Math.abs((wantedBits[i] as number) - (outputBits[i] as number));
      if (!(steps <= 2)) expect.fail(`power(${input[i]}, ${second[i]}) = ${output[i]}, not ${wanted[i]}`);
    }
  });
});
