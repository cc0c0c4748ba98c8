/** The reference runs of test/fixtures/reference: whole trajectories of models that PyTorch trained. */
import { describe, expect, it } from "vitest";
import type { Comparison } from "../support/compare-run.ts";
import { deviationsOf } from "../support/compare-run.ts";
import type { Precision } from "../support/fixture-file.ts";
import { compileFixture } from "../support/fixture-file.ts";
import { runsAll } from "../support/pytorch-cases.ts";
import { references } from "../support/reference-cases.ts";
import { reportOf, testedTargets } from "../support/targets.ts";
import type { LiveTrainee, Trainee } from "../support/trainee.ts";
import { interpretedTrainee, liveTrainee } from "../support/trainee.ts";

describe.each(references)("reference $title", ({ spec, initial, comparisonOf, greedy }) => {
  const compilation = compileFixture(`reference/${spec}.yaml`);
  // Attention over one step alone: its weight is 1 whatever the parameters are, which so have no gradient.
  const attendsToOne = spec.startsWith("a");

  const check = async (trainee: Trainee, precision: Precision): Promise<void> => {
    const comparison = comparisonOf(precision);
    if (attendsToOne) {
      const { "attention.weight": weight, "attention.bias": bias } = await trainee.gradients(
        comparison.batches[0] ?? {},
      );
      expect([...Array.from(weight ?? [NaN]), ...Array.from(bias ?? [NaN])].every((value) => value === 0)).toBe(true);
    }
    expect(await deviationsOf(trainee, comparison)).toEqual([]);
    if (attendsToOne) {
      expect(Array.from(trainee.parameters()["attention.weight"] ?? [])).toEqual(
        Array.from(initial["attention.weight"] ?? [NaN]),
      );
    }
  };

  it("interpreted in float64", async () => {
    await check(interpretedTrainee(compilation, initial), "float64");
  });

  // Whole trajectories on a software WebGPU are the browser suite's.
  it.each(testedTargets().filter(({ backend }) => runsAll(backend)))(
    "on $title in float32",
    async (target) => {
      const trainee = await liveTrainee(compilation, initial, target);
      await check(trainee, "float32");
      expect(trainee.report()).toMatchObject(reportOf(target));
      if (greedy !== undefined) expect(await decoded(trainee, comparisonOf("float32"))).toEqual(greedy);
      await trainee.dispose();
    },
    300_000,
  );
});

/** Tokens of every example of the first batch. */
async function decoded({ live }: LiveTrainee, { batches }: Comparison): Promise<readonly (readonly number[])[]> {
  const { source = [], "source.lengths": lengths = [] } = batches[0] ?? {};
  const inputs = { source: Float32Array.from(source), "source.lengths": Float32Array.from(lengths) };
  return (await live.decode(inputs)).map(([best]) => best?.tokens ?? []);
}
