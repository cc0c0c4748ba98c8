/** Programs on the wasm target without a model around them: assembled together, run one by one. */
import { setFlagsFromString } from "node:v8";
import type { Program } from "../../compiler/ir/program.ts";
import type { Binaries } from "../../compiler/targets/wasm/assemble.ts";
import { controlBytes, printWasmModule, type WasmSource } from "../../compiler/targets/wasm/target.ts";
import { assembledAs } from "./assembled.ts";
import { prefixed } from "./prefixed-program.ts";

setFlagsFromString("--experimental-wasm-relaxed-simd");

export const variants = ["simd", "relaxed"] as const;
export type Variant = (typeof variants)[number];

/** Assembling many programs takes a while where they are not in the store yet, longer on a machine that does more. */
export const assembling = 240_000;

export interface WasmRunner {
  readonly source: WasmSource;
  /** Arguments by outside name in, results by name out. */
  readonly run: (
    program: string,
    bindings: Readonly<Record<string, ArrayLike<number>>>,
    variant?: Variant,
  ) => Record<string, Float32Array>;
}

type ProgramExport = (force: number) => number;

/** Programs by name of their export; a resident tensor has one shape in all of them. */
export async function wasmRunner(programs: Readonly<Record<string, Program>>): Promise<WasmRunner> {
  const source = printWasmModule(programs);
  const binaries = await assembled(source.text);
  const open = async (variant: Variant): Promise<{ memory: WebAssembly.Memory; exports: WebAssembly.Exports }> => {
    const pages = Math.ceil(source.memoryBytes / 65536);
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    const bytes = binaries[variant] as Uint8Array<ArrayBuffer>;
    const { instance } = await WebAssembly.instantiate(bytes, { env: { memory, abort: () => undefined } });
    return { memory, exports: instance.exports };
  };
  const opened = { simd: await open("simd"), relaxed: await open("relaxed") };
  return {
    source,
    run: (program, bindings, variant = "simd") => {
      const { memory, exports } = opened[variant];
      const facts = source.programs[program];
      if (facts === undefined) throw new Error(`no program ${program}`);
      // What nothing has written yet shows.
      new Float32Array(memory.buffer, controlBytes).fill(NaN);
      for (const { buffer, offset } of facts.arguments) {
        const values = bindings[buffer.external ?? ""];
        if (values !== undefined) new Float32Array(memory.buffer, offset, values.length).set(values);
      }
      (exports[program] as ProgramExport)(1);
      return Object.fromEntries(
        facts.results.map(({ name, shape, offset }) => {
          const size = shape.reduce((product, dimension) => product * dimension, 1);
          return [name, new Float32Array(memory.buffer, offset, size).slice()];
        }),
      );
    },
  };
}

/** Programs that share nothing, by any name, in one module. */
export async function separateRunner(programs: Readonly<Record<string, Program>>): Promise<WasmRunner["run"]> {
  const names = Object.keys(programs);
  const entries = Object.values(programs).map((program, index) => [`p${index}`, prefixed(program, `p${index}/`)]);
  const runner = await wasmRunner(Object.fromEntries(entries) as Record<string, Program>);
  return (name, bindings, variant) => {
    const id = `p${names.indexOf(name)}`;
    const given = Object.fromEntries(Object.entries(bindings).map(([key, values]) => [`${id}/${key}`, values]));
    const found = runner.run(id, given, variant);
    return Object.fromEntries(Object.entries(found).map(([key, values]) => [key.slice(id.length + 1), values]));
  };
}

export async function assembled(text: string): Promise<Binaries> {
  return { simd: await assembledAs(text, "simd"), relaxed: await assembledAs(text, "relaxed") };
}
