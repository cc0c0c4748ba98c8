/** Sixty seeded random specs through the whole compiler: every level and every target must mean the same. */
import { beforeAll, describe, expect, it } from "vitest";
import type { Compilation, ProgramName } from "../../compiler/contracts.ts";
import { layers } from "../../compiler/layers/index.ts";
import { interpret } from "../../compiler/ops/interpret.ts";
import { build } from "../../compiler/stages/4-build.ts";
import { differentiate } from "../../compiler/stages/5-differentiate.ts";
import { emit } from "../../compiler/stages/8-emit.ts";
import { wasmSource } from "../../compiler/webassembly.ts";
import { compileText } from "../support/fixture-file.ts";
import type { Tensors } from "../support/interpreted-model.ts";
import { asFloat32, testBindings } from "../support/numbers.ts";
import { disagreements, randomInputs, randomParameters, relativeDifference } from "../support/random-case.ts";
import { growers, randomSpec } from "../support/random-spec.ts";
import { runProgram } from "../support/run-program.ts";
import { reportOf, testedTargets } from "../support/targets.ts";
import { liveTrainee } from "../support/trainee.ts";
import { typeErrors } from "../support/type-check.ts";
import { assembling, separateRunner, variants, type WasmRunner } from "../support/wasm-program.ts";

const specs = Array.from({ length: 60 }, (_, seed) => randomSpec(seed));
const compiled = new Map<string, Compilation>();
const compilationOf = ({ name, text }: (typeof specs)[number]): Compilation => {
  const compilation = compiled.get(name) ?? compileText(`${name}.yaml`, text);
  compiled.set(name, compilation);
  return compilation;
};

it("every layer kind is grown and used", () => {
  const kinds = layers.map(({ kind }) => kind).sort();
  expect(Object.keys(growers).sort()).toEqual(kinds);
  expect([...new Set(specs.flatMap((spec) => spec.kinds))].sort()).toEqual(kinds);
});

it("the modules pass the project's type check, with and without the wasm target", () => {
  const modules = specs.flatMap((spec, index): [string, string][] => {
    const compilation = compilationOf(spec);
    const { model, programs, moduleText } = compilation;
    const plain: [string, string] = [`${spec.name}.ts`, moduleText];
    if (index % 3 !== 0) return [plain];
    // What is in the binaries is no matter of types.
    const whole = emit(model, programs, { source: wasmSource(compilation), simd: "", relaxed: "" });
    return [plain, [`${spec.name}-wasm.ts`, whole]];
  });
  expect(typeErrors(Object.fromEntries(modules))).toEqual([]);
}, 120_000);

/** Arguments of every program, exact in float32. */
function bindingsFor(compilation: Compilation): Readonly<Record<string, Float64Array>> {
  const { model } = compilation;
  const before = differentiate(model, build(model));
  const bindings = { ...testBindings(Object.values(before), 7), ...randomInputs(compilation, model.batchSize, 3) };
  return Object.fromEntries(Object.entries(bindings).map(([name, values]) => [name, asFloat32(values)]));
}

describe.each(specs)("$name", (spec) => {
  it(`${spec.kinds.join(", ")}: passes and lowering keep the meaning`, () => {
    const compilation = compilationOf(spec);
    const { model, graphs, programs } = compilation;
    const before = differentiate(model, build(model));
    const bindings = bindingsFor(compilation);
    for (const name of Object.keys(programs) as ProgramName[]) {
      const expected = interpret(before[name], bindings);
      const optimised = interpret(graphs[name], bindings);
      const lowered = runProgram(programs[name], bindings);
      expect(Object.keys(optimised)).toEqual(Object.keys(expected));
      for (const [result, { data }] of Object.entries(expected)) {
        expect(data.every(Number.isFinite), `${name} ${result} is finite`).toBe(true);
        expect(relativeDifference(optimised[result]?.data ?? [], data), `${name} ${result}, passes`).toBeLessThan(
          1e-10,
        );
        expect(relativeDifference(lowered[result] ?? [], data), `${name} ${result}, lowered`).toBeLessThan(1e-10);
      }
    }
  });
});

/** So many specs share a WebAssembly module. */
const together = 20;

describe.each(specs.flatMap((_, first) => (first % together === 0 ? [first] : [])))(
  "from number %i on, in wasm",
  (first) => {
    const part = specs.slice(first, first + together);
    let run: WasmRunner["run"];

    beforeAll(async () => {
      const programs = part.flatMap((spec) =>
        Object.entries(compilationOf(spec).programs).map(([name, program]) => [`${spec.name} ${name}`, program]),
      );
      run = await separateRunner(Object.fromEntries(programs) as Parameters<typeof separateRunner>[0]);
    }, assembling);

    it.each(part)("$name: every program, with both kinds of SIMD", (spec) => {
      const compilation = compilationOf(spec);
      const bindings = bindingsFor(compilation);
      for (const name of Object.keys(compilation.graphs) as ProgramName[]) {
        const expected = interpret(compilation.graphs[name], bindings);
        for (const variant of variants) {
          const found = run(`${spec.name} ${name}`, bindings, variant);
          for (const [result, { data }] of Object.entries(expected)) {
            const difference = relativeDifference(found[result] ?? [], data);
            expect(difference, `${name} ${result}, ${variant}`).toBeLessThan(1e-4);
          }
        }
      }
    });
  },
);

const liveTargets = testedTargets().filter(({ backend }) => backend === "cpu" || backend === "wasm");
/** A module per spec is to be assembled for wasm, so fewer of them. */
const liveCases = liveTargets.flatMap((target) =>
  specs
    .filter((_, index) => index % (target.backend === "wasm" ? 12 : 3) === 0)
    .map((spec) => ({ ...spec, on: target.title, target })),
);

describe.each(liveCases)("$name on $on", ({ target, ...spec }) => {
  it("computes what the float64 interpreter does, within float32", async () => {
    const compilation = compilationOf(spec);
    const live = await liveTrainee(compilation, randomParameters(compilation), target);
    const slots = (): Tensors => live.live.trainingState().slots;
    expect(await disagreements(live, compilation, slots)).toEqual([]);
    expect(live.report()).toMatchObject(reportOf(target));
    await live.dispose();
  }, 120_000);
});

it("a batch of four is among the models on wasm: there one example has a program of its own", () => {
  const sizes = liveCases
    .filter(({ target }) => target.backend === "wasm")
    .map((one) => compilationOf(one).model.batchSize);
  expect(sizes).toContain(4);
});
