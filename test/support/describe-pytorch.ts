/** The tests of one topic of test/fixtures/pytorch: the interpreter in float64, and each backend in float32, against PyTorch. */
import { describe, expect, it } from "vitest";
import type { Compilation } from "../../compiler/contracts/programs.ts";
import { deviationsOf } from "./compare-run.ts";
import { compileFixture, flatAll, readFixture } from "./fixture-file.ts";
import type { PytorchFixture } from "./pytorch-cases.ts";
import { casesOn, pytorchCases, pytorchComparison } from "./pytorch-cases.ts";
import { reportOf, testedTargets } from "./targets.ts";
import { interpretedTrainee, liveTrainee } from "./trainee.ts";

/**
 * @param least cases that there are at least: a folder that is not found must not pass
 * @param random numbers of the interpreter, for models whose results do not depend on them
 */
export function describePytorch(
  topic: string,
  least: number,
  random?: (name: string, count: number) => ArrayLike<number>,
): void {
  it("finds its cases", () => {
    expect(pytorchCases(topic).length).toBeGreaterThanOrEqual(least);
  });

  describe.each(pytorchCases(topic))("%s", (name) => {
    const fixture = readFixture<PytorchFixture>(`pytorch/${name}.json`);
    let compiled: Compilation | undefined;
    const compilation = (): Compilation => (compiled ??= compileFixture(`pytorch/${name}.yaml`));

    it("has the parameters that PyTorch has, by name and shape", () => {
      const { model } = compilation();
      const shapes = (entries: readonly (readonly [string, readonly number[]])[]): string[] =>
        entries.map(([parameter, shape]) => `${parameter} [${shape.join(", ")}]`).sort();
      expect(shapes(model.parameters.map(({ name: parameter, shape }) => [parameter, shape]))).toEqual(
        shapes(Object.entries(fixture.init).map(([parameter, { shape }]) => [parameter, shape])),
      );
    });

    it("interpreted in float64", async () => {
      const trainee = interpretedTrainee(compilation(), flatAll(fixture.init), random);
      expect(await deviationsOf(trainee, pytorchComparison(fixture, "float64"))).toEqual([]);
    });

    it.each(testedTargets().filter(({ backend }) => casesOn(backend, topic).includes(name)))(
      "on $title in float32",
      async (target) => {
        const trainee = await liveTrainee(compilation(), flatAll(fixture.init), target);
        const found = await deviationsOf(trainee, pytorchComparison(fixture, "float32"));
        expect(trainee.report()).toMatchObject(reportOf(target));
        await trainee.dispose();
        expect(found).toEqual([]);
      },
      120_000,
    );
  });
}
