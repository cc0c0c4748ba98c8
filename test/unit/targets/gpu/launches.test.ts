/** What a module says of its launches is what a runtime makes of its plans. */
import { describe, expect, it } from "vitest";
import { launchesOf } from "../../../../compiler/targets/gpu/launches.ts";
import type { GpuHandle } from "../../../../runtime/contract.ts";
import { walkPlan } from "../../../../runtime/devices/plan-walk.ts";
import { cellPrograms } from "../../../support/cell-programs.ts";
import { definitionOf } from "../../../support/hand-built-program.ts";

describe("launchesOf", () => {
  it.each(Object.entries(cellPrograms))(
    "counts those of %s, loops unrolled and joins among them",
    async (_, program) => {
      const target = await definitionOf(program).gpu?.load();
      const predict = target?.programs.predict;
      if (target === undefined || predict === undefined) throw new Error("the module has no gpu target");
      let launches = 0;
      const call = (): GpuHandle => {
        launches += 1;
        return {} as GpuHandle;
      };
      const tensors = predict.feeds.map((fact) => ({ ...fact, handle: {} as GpuHandle }));
      const { results } = walkPlan(target, predict, tensors, { call, createKernel: () => call });
      expect(launchesOf(program)).toBe(launches);
      expect(results).toEqual(program.results.map(({ name, buffer }) => ({ name, shape: buffer.shape })));
    },
  );
});
