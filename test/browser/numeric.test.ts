/** The PyTorch fixtures and references on webgl2 and webgpu, in headless Chromium. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deviationsOf } from "../support/compare-run.ts";
import { compileFixture, flatAll, readFixture } from "../support/fixture-file.ts";
import type { PytorchFixture } from "../support/pytorch-cases.ts";
import { pytorchCases, pytorchComparison } from "../support/pytorch-cases.ts";
import { references } from "../support/reference-cases.ts";
import { browserTrainee, pageProgram } from "./browser-trainee.ts";
import { openPage } from "./page.ts";
import type { OpenPage } from "./page.ts";

const backends = ["webgl2", "webgpu"] as const;

/** WebGL draws each kernel on its own: on a CPU that renders in software, whole training curves take minutes. */
const stepsOn = { webgl2: Number.POSITIVE_INFINITY, webgpu: Number.POSITIVE_INFINITY };

let open: OpenPage;
beforeAll(async () => {
  open = await openPage(pageProgram);
});
afterAll(async () => {
  await open.close();
});

describe.each(backends)("%s", (backend) => {
  it.each(pytorchCases)("%s", async (name) => {
    const fixture = readFixture<PytorchFixture>(`pytorch/${name}.json`);
    const trainee = await browserTrainee(
      open.page,
      compileFixture(`pytorch/${name}.yaml`),
      flatAll(fixture.init),
      backend,
    );
    const found = await deviationsOf(trainee, pytorchComparison(fixture, "float32"), stepsOn[backend]);
    expect((await trainee.report()).backend).toBe(backend);
    await trainee.dispose();
    expect(found).toEqual([]);
  });

  it.each(references)("reference $title", async ({ spec, initial, comparisonOf }) => {
    const trainee = await browserTrainee(open.page, compileFixture(`reference/${spec}.yaml`), initial, backend);
    // The whole of reference a is 480 updates: in Node it is run to the end, here its start.
    const found = await deviationsOf(trainee, comparisonOf("float32"), stepsOn[backend]);
    expect((await trainee.report()).backend).toBe(backend);
    await trainee.dispose();
    expect(found).toEqual([]);
  });
});
