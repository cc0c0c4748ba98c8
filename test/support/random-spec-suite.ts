/** Random specs through the whole compiler: every level and every target must mean the same. */
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import type { Compilation, ProgramGraphs } from "../../compiler/contracts/programs.ts";
import type { Program } from "../../compiler/ir/program.ts";
import { interpret } from "../../compiler/ops/interpret.ts";
import { gpuModule } from "../../compiler/compile.ts";
import { printGpu, printWasm } from "../../compiler/stages/8-print.ts";
import { emit } from "../../compiler/stages/9-emit.ts";
import { partOf } from "./extent.ts";
import { compileText } from "./fixture-file.ts";
import { planFaults } from "./plan-ledger.ts";
import { prefixed } from "./prefixed-program.ts";
import { relativeDifference } from "./random-case.ts";
import { bindingsFor, faultsOf, liveFaults } from "./random-spec-checks.ts";
import { randomSpec } from "./random-spec.ts";
import type { RandomSpec } from "./random-spec.ts";
import type { Target } from "./targets.ts";
import { testedTargets } from "./targets.ts";
import { typeErrors } from "./type-check.ts";
import { always, wasmModule } from "./wasm-crew.ts";
import { assembling } from "./wasm-program.ts";

/** All of them, in all parts. */
export const specCount = 500;

/** Of how many specs one is done, where all of them would take too long. */
const every = { typed: 2, cpuLive: 5, wasm: 5, wasmText: 8 };

interface Compiled {
  readonly spec: RandomSpec;
  readonly compilation: Compilation;
}

const liveTargets = testedTargets().filter(({ backend }) => backend === "cpu" || backend === "wasm");

/** @param part 0 .. parts - 1; each takes every parts-th spec */
export function describeRandomSpecs(part: number, parts: number): void {
  const all = Array.from({ length: specCount }, (_, seed) => seed).filter((seed) => seed % parts === part);
  const seeds = partOf(all, 6);
  // A module of its own each: what has one example at a time has programs of its own besides.
  const onWasm = [seeds[0], seeds.find((seed) => randomSpec(seed).batchSize === 4)];
  const texts: [string, string][] = [];
  const assembled: Compiled[] = [];

  describe("a random spec", () => {
    it.each(seeds.map((seed, index) => ({ seed, index })))(
      "$seed",
      async ({ seed, index }) => {
        const spec = randomSpec(seed);
        const compilation = compiled(spec);
        const faults: string[] = [];
        for (const [name, check] of Object.entries(faultsOf)) {
          faults.push(...check(compilation).map((fault) => `${name}: ${fault}`));
        }
        faults.push(...(await planFaults(compilation)).map((fault) => `plans: ${fault}`));
        const isLive = ({ backend }: Target): boolean =>
          backend === "wasm" ? onWasm.includes(seed) : index % every.cpuLive === 0;
        for (const target of liveTargets.filter(isLive)) {
          faults.push(...(await liveFaults(compilation, target)).map((fault) => `${target.title}: ${fault}`));
        }
        if (index % every.typed === 0) texts.push([`${spec.name}.ts`, gpuModule(compilation)]);
        if (index % every.wasm === 0) assembled.push({ spec, compilation });
        expectNone(spec, faults);
      },
      120_000,
    );
  });

  it("the modules pass the project's type check, with and without the wasm target", () => {
    const whole = assembled
      .filter((_, index) => index % every.wasmText === 0)
      .map(({ spec, compilation }): [string, string] => {
        // What is in the binaries is no matter of types.
        const wasm = { source: printWasm(compilation), simd: "", relaxed: "" };
        const [file] = emit(compilation, { gpu: printGpu(compilation), wasm }, "one-file");
        return [`${spec.name}-wasm.ts`, file.text];
      });
    expect(typeErrors(Object.fromEntries([...texts, ...whole]))).toEqual([]);
  }, 240_000);

  it(
    "wasm computes the same with one thread and with two, with both kinds of SIMD",
    async () => {
      const faults = await wasmFaults(assembled);
      expect(faults).toEqual([]);
    },
    assembling,
  );
}

function compiled(spec: RandomSpec): Compilation {
  try {
    return compileText(`${spec.name}.yaml`, spec.text);
  } catch (error) {
    throw new Error(told(spec, [String(error)]), { cause: error });
  }
}

function expectNone(spec: RandomSpec, faults: readonly string[]): void {
  if (faults.length > 0) throw new Error(told(spec, faults));
}

/** What is wrong, and all that is needed to see it again. */
function told(spec: RandomSpec, faults: readonly string[]): string {
  const yaml = stringify(JSON.parse(spec.text), { collectionStyle: "any" });
  return `${faults.slice(0, 8).join("\n")}\nof the spec with seed ${spec.seed}:\n${yaml}`;
}

/** All specs in one module: within float32 of the float64 interpreter, and two threads to the bit like one. */
async function wasmFaults(specs: readonly Compiled[]): Promise<readonly string[]> {
  const programs = new Map<string, Program>();
  specs.forEach(({ compilation }, index) => {
    for (const [name, program] of Object.entries(compilation.programs)) {
      programs.set(`p${index}_${name}`, prefixed(program, `p${index}/`));
    }
  });
  const module = await wasmModule(Object.fromEntries(programs), always);
  const crews = {
    alone: await module.open("simd", 1),
    relaxed: await module.open("relaxed", 1),
    together: await module.open("simd", 2),
  };
  const faults: string[] = [];
  specs.forEach(({ spec, compilation }, index) => {
    const found: string[] = [];
    for (const name of Object.keys(compilation.programs) as (keyof ProgramGraphs)[]) {
      const graph = compilation.graphs[name];
      if (graph === undefined) continue;
      const bindings = bindingsFor(compilation, graph);
      const given = Object.fromEntries(Object.entries(bindings).map(([key, values]) => [`p${index}/${key}`, values]));
      const run = (crew: (typeof crews)["alone"]): Record<string, Float32Array> => {
        // What nothing has written yet shows.
        crew.fill(0x7fc00000);
        crew.give(`p${index}_${name}`, given);
        crew.call(`p${index}_${name}`);
        return crew.results(`p${index}_${name}`);
      };
      const [alone, relaxed, together] = [run(crews.alone), run(crews.relaxed), run(crews.together)];
      for (const [result, { data }] of Object.entries(interpret(graph, bindings))) {
        const key = `p${index}/${result}`;
        for (const [variant, results] of Object.entries({ alone, relaxed })) {
          const difference = relativeDifference(results[key] ?? [], data);
          if (!(difference < 1e-4)) found.push(`${name} ${result}, ${variant}: off by ${difference}`);
        }
        const differs = together[key]?.some((value, cell) => !Object.is(value, alone[key]?.[cell]));
        if (differs !== false) found.push(`${name} ${result}: two threads differ from one`);
      }
    }
    if (found.length > 0) faults.push(told(spec, found));
  });
  await Promise.all(Object.values(crews).map((crew) => crew.end()));
  return faults;
}
