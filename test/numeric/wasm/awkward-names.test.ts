/** Names of inputs and layers that mean something in AssemblyScript, in the library or in the module: they change nothing. */
import { beforeAll, describe, expect, it } from "vitest";
import type { Compilation } from "../../../compiler/contracts/programs.ts";
import type { ProgramName } from "../../../runtime/contract.ts";
import { sizeOf } from "../../../compiler/ir/graph.ts";
import { partOf } from "../../support/extent.ts";
import { awkwardNames, awkwardOptimizers, compileWith, scalarNames, wasmNames } from "../../support/awkward-names.ts";
import { InterpretedModel } from "../../support/interpreted-model.ts";
import type { Tensors } from "../../support/interpreted-model.ts";
import { testNumbers } from "../../support/numbers.ts";
import { liveTrainee } from "../../support/trainee.ts";
import { assembling, separateRunner, type WasmRunner } from "../../support/wasm-program.ts";

const adam = "{kind: adam, learning_rate: 0.1}";
const all = [...awkwardNames, ...wasmNames, ...scalarNames];

interface Case {
  readonly title: string;
  readonly input: string;
  readonly compilation: Compilation;
  /** Key of the case with plain names. */
  readonly plain: string;
}

const caseOf = (input: string, optimizer: string, layer = "recurrent"): Case => ({
  title: `${input}, ${layer}, ${optimizer}`,
  input,
  compilation: compileWith(input, optimizer, layer),
  plain: `plain, recurrent, ${optimizer}`,
});
const plainCases = [adam, ...awkwardOptimizers].map((optimizer) => caseOf("plain", optimizer));
const cases = [
  ...partOf(all, 6).map((name) => caseOf(name, adam)),
  ...partOf(all, 6).map((name) => caseOf("plain", adam, name)),
  ...partOf(awkwardOptimizers, 1).flatMap((optimizer) => partOf(scalarNames, 2).map((name) => caseOf(name, optimizer))),
];

/** The same numbers whatever things are called. */
function parametersFor({ model }: Compilation): Tensors {
  return Object.fromEntries(
    model.parameters.map(({ name, shape }, index) => [name, Float32Array.from(testNumbers(sizeOf(shape), 50 + index))]),
  );
}

const batch = (input: string): Tensors => ({
  [input]: Float32Array.from(testNumbers(16, 1)),
  target: Float32Array.from(testNumbers(6, 2)),
});

describe("programs", () => {
  let run: WasmRunner["run"];

  beforeAll(async () => {
    const programs = [...plainCases, ...cases].flatMap(({ title, compilation }) => [
      [`${title} train_step`, compilation.programs.train_step],
      [`${title} predict`, compilation.programs.predict],
    ]);
    run = await separateRunner(Object.fromEntries(programs) as Parameters<typeof separateRunner>[0]);
  }, assembling);

  const resultsOf = ({ title, input, compilation }: Case, program: ProgramName): readonly Float32Array[] => {
    const exact = new InterpretedModel(compilation, parametersFor(compilation));
    return Object.values(run(`${title} ${program}`, exact.bindings(program, batch(input))));
  };

  it.each(cases)("$title", (one) => {
    const plain = plainCases.find(({ title }) => title === one.plain) as Case;
    for (const program of ["train_step", "predict"] as const) {
      const results = resultsOf(one, program);
      expect(results).toEqual(resultsOf(plain, program));
      expect(results.every((values) => values.every(Number.isFinite))).toBe(true);
    }
  });
});

it(
  "a whole module",
  async () => {
    const train = async (input: string, layer: string): Promise<readonly number[]> => {
      const compilation = compileWith(input, adam, layer);
      const trainee = await liveTrainee(compilation, parametersFor(compilation), { backend: "wasm" });
      const losses = [await trainee.trainStep(batch(input)), await trainee.trainStep(batch(input))];
      await trainee.dispose();
      return losses;
    };
    expect(await train("simdBinary", "webAssembly")).toEqual(await train("plain", "recurrent"));
  },
  assembling,
);
