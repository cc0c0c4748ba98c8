/** The reference runs of test/fixtures/reference: whole trajectories of two models that PyTorch trained. */
import { describe, expect, it } from "vitest";
import { deviationsOf } from "../support/compare-run.ts";
import type { Precision } from "../support/fixture-file.ts";
import { compileFixture } from "../support/fixture-file.ts";
import { references } from "../support/reference-cases.ts";
import { reportOf, testedTargets } from "../support/targets.ts";
import type { Trainee } from "../support/trainee.ts";
import { interpretedTrainee, liveTrainee } from "../support/trainee.ts";

describe.each(references)("reference $title", ({ spec, initial, comparisonOf }) => {
  const compilation = compileFixture(`reference/${spec}.yaml`);

  const check = async (trainee: Trainee, precision: Precision): Promise<void> => {
    const comparison = comparisonOf(precision);
    if (spec !== "b") {
      const { "attention.weight": weight, "attention.bias": bias } = await trainee.gradients(
        comparison.batches[0] ?? {},
      );
      expect([...Array.from(weight ?? [NaN]), ...Array.from(bias ?? [NaN])].every((value) => value === 0)).toBe(true);
    }
    expect(await deviationsOf(trainee, comparison)).toEqual([]);
    if (spec !== "b") {
      expect(Array.from(trainee.parameters()["attention.weight"] ?? [])).toEqual(
        Array.from(initial["attention.weight"] ?? [NaN]),
      );
    }
  };

  it("interpreted in float64", async () => {
    await check(interpretedTrainee(compilation, initial), "float64");
  });

  it.each(testedTargets())(
    "on $title in float32",
    async (target) => {
      const trainee = await liveTrainee(compilation, initial, target);
      await check(trainee, "float32");
      expect(trainee.report()).toMatchObject(reportOf(target));
      await trainee.dispose();
    },
    300_000,
  );
});
