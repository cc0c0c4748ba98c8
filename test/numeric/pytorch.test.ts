/** Every case of test/fixtures/pytorch: the interpreter in float64, and each backend in float32, against PyTorch. */
import { describe, expect, it } from "vitest";
import type { Compilation } from "../../compiler/contracts.ts";
import { deviationsOf } from "../support/compare-run.ts";
import { compileFixture, flatAll, readFixture } from "../support/fixture-file.ts";
import type { PytorchFixture } from "../support/pytorch-cases.ts";
import { pytorchCases, pytorchComparison } from "../support/pytorch-cases.ts";
import { reportOf, testedTargets } from "../support/targets.ts";
import { interpretedTrainee, liveTrainee } from "../support/trainee.ts";

it("there are eleven cases", () => {
  expect(pytorchCases).toHaveLength(11);
});

describe.each(pytorchCases)("%s", (name) => {
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
    const trainee = interpretedTrainee(compilation(), flatAll(fixture.init));
    expect(await deviationsOf(trainee, pytorchComparison(fixture, "float64"))).toEqual([]);
  });

  it.each(testedTargets())(
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
