/** Programs on the wasm target with any number of threads, and with a view of all their memory. */
import type { Program } from "../../compiler/ir/program.ts";
import type { Thresholds } from "../../compiler/targets/plan/machine.ts";
import { wasmMachine } from "../../compiler/targets/wasm/machine.ts";
import { controlBytes, printWasmModule, type WasmSource } from "../../compiler/targets/wasm/target.ts";
import { startWorkers } from "../../runtime/devices/wasm/workers.ts";
import { assembled, type Variant } from "./wasm-program.ts";

export type Bindings = Readonly<Record<string, ArrayLike<number>>>;

/** Everything that can be divided is, and every call wakes the others. */
export const always: Thresholds = { ...wasmMachine.thresholds, leastToShare: 1, leastForThreads: 0 };

export interface WasmModuleUnderTest {
  readonly source: WasmSource;
  readonly open: (variant: Variant, threads: number) => Promise<WasmCrew>;
}

export interface WasmCrew {
  readonly memory: WebAssembly.Memory;
  /** All of memory that does not belong to the threads becomes this, bit by bit. */
  readonly fill: (pattern: number) => void;
  readonly give: (program: string, bindings: Bindings) => void;
  /** @returns 0 where an update was refused */
  readonly call: (program: string, force?: 0 | 1) => number;
  readonly results: (program: string) => Record<string, Float32Array>;
  readonly end: () => Promise<void>;
}

/** The bits of a NaN that no arithmetic gives. */
export const canary = 0x7fc0babe;

export async function wasmModule(
  programs: Readonly<Record<string, Program>>,
  thresholds?: Thresholds,
): Promise<WasmModuleUnderTest> {
  const source = printWasmModule(programs, thresholds);
  const binaries = await assembled(source.text);
  return {
    source,
    open: async (variant, threads) => {
      const bytes = source.memoryBytes + (threads - 1) * source.threadBytes;
      const pages = Math.ceil(bytes / 65536);
      const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
      const module = await WebAssembly.compile(binaries[variant] as Uint8Array<ArrayBuffer>);
      const { exports } = await WebAssembly.instantiate(module, { env: { memory, abort: () => undefined } });
      const exported = exports as Record<string, (...values: number[]) => number>;
      const crew = threads > 1 ? await startWorkers(module, memory, threads) : undefined;
      exported["enter"]?.(0, threads);
      const factsOf = (name: string): WasmSource["programs"][string] => {
        const facts = source.programs[name];
        if (facts === undefined) throw new Error(`no program ${name}`);
        return facts;
      };
      return {
        memory,
        fill: (pattern) => {
          new Uint32Array(memory.buffer, controlBytes).fill(pattern);
        },
        give: (program, bindings) => {
          for (const { buffer, offset } of factsOf(program).arguments) {
            const values = bindings[buffer.external ?? ""];
            if (values !== undefined) new Float32Array(memory.buffer, offset, values.length).set(values);
          }
        },
        call: (program, force = 1) => (exported[program] as (force: number) => number)(force),
        results: (program) =>
          Object.fromEntries(
            factsOf(program).results.map(({ name, shape, offset }) => {
              const size = shape.reduce((product, dimension) => product * dimension, 1);
              return [name, new Float32Array(memory.buffer, offset, size).slice()];
            }),
          ),
        end: async () => {
          if (crew === undefined) return;
          exported["leave"]?.();
          await crew.end();
        },
      };
    },
  };
}
