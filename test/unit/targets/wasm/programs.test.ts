/** Programs written by hand on the wasm target; test/numeric/wasm has those that the compiler makes. */
import { beforeAll, expect, it } from "vitest";
import type { Program } from "../../../../compiler/ir/program.ts";
import { sizeOf } from "../../../../compiler/ir/graph.ts";
import { cellPrograms } from "../../../support/cell-programs.ts";
import { asFloat32, float32Difference, testNumbers } from "../../../support/numbers.ts";
import { runProgram } from "../../../support/run-program.ts";
import { assembling, separateRunner, variants, type WasmRunner } from "../../../support/wasm-program.ts";

let run: WasmRunner["run"];

beforeAll(async () => {
  run = await separateRunner(cellPrograms);
}, assembling);

it.each(Object.keys(cellPrograms))("%s", (name) => {
  const program = cellPrograms[name] as Program;
  const bindings = Object.fromEntries(
    program.buffers
      .filter(({ role }) => role !== "intermediate")
      .map(({ external = "", shape }, index) => [external, asFloat32(testNumbers(sizeOf(shape), index + 3))]),
  );
  const expected = runProgram(program, bindings);
  for (const variant of variants) {
    const found = run(name, bindings, variant);
    for (const [result, values] of Object.entries(expected)) {
      expect(float32Difference(found[result] ?? [], values), `${variant} ${result}`).toBeLessThan(1e-5);
    }
  }
});
