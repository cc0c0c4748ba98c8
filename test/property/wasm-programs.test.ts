/**
 * Programs at random, assembled: both kinds of SIMD find what float64 finds, several threads find the same bits as one, and
 * nobody writes outside of the tensors and the places of the threads.
 *
 * Other programs: `SPECLOOM_TEST_SEED=5000 npx vitest run test/property/wasm-programs.test.ts`.
 */
import { beforeAll, describe, expect, it } from "vitest";
import type { Expression, Program } from "../../compiler/ir/program.ts";
import type { Thresholds } from "../../compiler/targets/plan/machine.ts";
import { wasmMachine } from "../../compiler/targets/wasm/machine.ts";
import { controlBytes } from "../../compiler/targets/wasm/target.ts";
import { countOf } from "../support/extent.ts";
import { awkwardPrograms } from "../support/awkward-programs.ts";
import { runFast } from "../support/fast-program.ts";
import { prefixed } from "../support/prefixed-program.ts";
import { randomBindings, randomProgram } from "../support/random-program.ts";
import { seeded } from "../support/seeded.ts";
import { canary, wasmModule, type Bindings, type WasmCrew, type WasmModuleUnderTest } from "../support/wasm-crew.ts";
import { assembling, variants } from "../support/wasm-program.ts";

const firstSeed = Number(process.env["SPECLOOM_TEST_SEED"] ?? 0);
const perModule = countOf(50, 10);
const repeats = 10;
const sizes = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 49, 64, 65, 100, 257, 300, 1003];
/** Where nearly everything is divided among threads, and where only what is large is. */
const eager = { ...wasmMachine.thresholds, leastToShare: 50, leastForThreads: 0 };
const usual = { ...wasmMachine.thresholds, leastForThreads: 0 };

interface Case {
  readonly program: Program;
  readonly bindings: Bindings;
}

function randomCases(from: number): Record<string, Case> {
  return Object.fromEntries(
    Array.from({ length: perModule }, (_, position) => {
      const name = `p${from + position}`;
      const draw = seeded(from + position);
      const program = randomProgram(draw, { sizes, work: position % 8 === 0 ? 60_000 : 6000, prefix: `${name}/` });
      return [name, { program, bindings: randomBindings(program, draw) }];
    }),
  );
}

function awkwardCases(): Record<string, Case> {
  return Object.fromEntries(
    Object.values(awkwardPrograms).map((own, position) => {
      const name = `a${position}`;
      const program = prefixed(own, `${name}/`);
      return [name, { program, bindings: randomBindings(program, seeded(position)) }];
    }),
  );
}

const groups: readonly (readonly [string, Thresholds, () => Record<string, Case>])[] = [
  ["programs at random", eager, () => randomCases(firstSeed)],
  ["others, divided as usual", usual, () => randomCases(firstSeed + perModule)],
  ["programs by hand", eager, awkwardCases],
];

describe.each(groups)("%s", (_, thresholds, make) => {
  let cases: Record<string, Case>;
  let module: WasmModuleUnderTest;
  beforeAll(async () => {
    cases = make();
    const programs = Object.entries(cases).map(([name, { program }]) => [name, program] as const);
    module = await wasmModule(Object.fromEntries(programs), thresholds);
  }, assembling);

  it("give what float64 gives, and touch nothing else", async () => {
    const crews = await Promise.all(variants.map((variant) => module.open(variant, 1)));
    for (const [name, { program, bindings }] of Object.entries(cases)) {
      const expected = runFast(program, bindings);
      const rounded = runFast(program, bindings, Math.fround);
      const terms = longestSum(program);
      crews.forEach((crew, position) => {
        const found = run(crew, name, bindings);
        expect(errors(found, expected, rounded, terms), `${name}, ${variants[position]}`).toEqual([]);
        expect(strayWrites(module, crew, name, 1), `${name}, ${variants[position]}`).toEqual([]);
      });
    }
  });

  it.each([
    ["simd", 2],
    ["simd", 3],
    ["relaxed", 2],
  ] as const)("give the same bits on one thread and on several (%s, %i), again and again", async (variant, threads) => {
    const alone = await module.open(variant, 1);
    const crew = await module.open(variant, threads);
    try {
      for (const [name, { bindings }] of Object.entries(cases)) {
        const expected = bitsOf(run(alone, name, bindings));
        for (let turn = 0; turn < repeats; turn++) {
          expect(differentBits(bitsOf(run(crew, name, bindings)), expected), `${name}, turn ${turn}`).toEqual([]);
        }
        expect(strayWrites(module, crew, name, threads), name).toEqual([]);
      }
    } finally {
      await crew.end();
    }
  });
});

type Results = Readonly<Record<string, Float32Array>>;

/** Memory is full of numbers that are none when a program begins: reading what nobody has written shows. */
function run(crew: WasmCrew, name: string, bindings: Bindings): Results {
  crew.fill(canary);
  crew.give(name, bindings);
  crew.call(name);
  return crew.results(name);
}

/**
 * Results that are further off than float32 explains: by how much the same program differs when every tensor is rounded,
 * and by what long sums lose.
 */
function errors(
  found: Results,
  expected: Readonly<Record<string, Float64Array>>,
  rounded: Readonly<Record<string, Float64Array>>,
  terms: number,
): string[] {
  return Object.entries(expected).flatMap(([name, values]) => {
    const far = (own: ArrayLike<number> | undefined, cell: number): number => {
      const want = values[cell] as number;
      const is = own?.[cell] as number;
      return Object.is(want, is) ? 0 : Math.abs(is - want) / (1 + Math.abs(want));
    };
    const natural = values.reduce((most, _, cell) => Math.max(most, far(rounded[name], cell)), 0);
    const limit = 1e-5 + 30 * natural + terms * 2 ** -24;
    const bad = values.findIndex((_, cell) => !(far(found[name], cell) <= limit));
    return bad < 0 ? [] : [`${name}[${bad}] is ${found[name]?.[bad]}, not ${values[bad]}`];
  });
}

function longestSum({ kernels }: Program): number {
  const longest = (e: Expression): number => {
    switch (e.kind) {
      case "number":
      case "position":
      case "load":
        return 1;
      case "unary":
        return longest(e.operand);
      case "binary":
        return Math.max(longest(e.left), longest(e.right));
      case "select":
        return Math.max(longest(e.whenTrue), longest(e.whenFalse));
      case "reduce":
        return e.extent * longest(e.body);
      default:
        return e satisfies never;
    }
  };
  return Math.max(...kernels.map(({ body }) => longest(body)));
}

type Bits = Readonly<Record<string, Uint32Array>>;

function bitsOf(results: Results): Bits {
  return Object.fromEntries(
    Object.entries(results).map(([name, { buffer }]) => [name, new Uint32Array(buffer as ArrayBuffer)]),
  );
}

function differentBits(found: Bits, expected: Bits): string[] {
  return Object.entries(expected).flatMap(([name, bits]) => {
    const bad = bits.findIndex((value, cell) => found[name]?.[cell] !== value);
    return bad < 0 ? [] : [`${name}[${bad}]`];
  });
}

/** Places that are no tensor's of this program and no thread's own, and yet were written. */
function strayWrites({ source }: WasmModuleUnderTest, { memory }: WasmCrew, name: string, threads: number): string[] {
  const words = new Uint32Array(memory.buffer);
  const own = new Uint8Array(words.length);
  const mark = (from: number, to: number): void => void own.fill(1, from / 4, to / 4);
  // The threads' own words, and their workspaces behind all tensors.
  mark(0, controlBytes);
  mark(source.memoryBytes - source.threadBytes, source.memoryBytes + (threads - 1) * source.threadBytes);
  for (const { offset, bytes } of source.programs[name]?.plan.memory.placed.values() ?? [])
    mark(offset, offset + bytes);
  const stray = words.findIndex((value, word) => own[word] === 0 && value !== canary);
  return stray < 0 ? [] : [`byte ${stray * 4}`];
}
