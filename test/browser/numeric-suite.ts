/**
 * The PyTorch fixtures, the references and some random specs on one backend, in a headless Chromium of its own: Node compiles one
 * case while the page of another backend computes.
 */
import { afterAll, beforeAll, expect, it } from "vitest";
import { deviationsOf } from "../support/compare-run.ts";
import { compileFixture, compileText, flatAll, readFixture } from "../support/fixture-file.ts";
import type { PytorchFixture } from "../support/pytorch-cases.ts";
import { casesOn, pytorchCases, pytorchComparison, pytorchTopics } from "../support/pytorch-cases.ts";
import { disagreements, randomParameters } from "../support/random-case.ts";
import { randomSpec } from "../support/random-spec.ts";
import { references } from "../support/reference-cases.ts";
import { reportOf } from "../support/targets.ts";
import { browserTrainee, pageProgram } from "./browser-trainee.ts";
import { openPage } from "./page.ts";
import type { OpenPage } from "./page.ts";

/**
 * @param part of the cases, from 0 on, where `parts` files share them
 */
export function describeNumbers(backend: "wasm" | "webgl2" | "webgpu", part = 0, parts = 1): void {
  const mine = <Item>(items: readonly Item[]): readonly Item[] => items.filter((_, index) => index % parts === part);
  let open: OpenPage;
  beforeAll(async () => {
    open = await openPage(pageProgram);
  });
  afterAll(async () => {
    await open.close();
  });

  // All of `basics` also where renderers are slow.
  const casesOf = (topic: string): readonly string[] =>
    topic === "basics" ? pytorchCases(topic) : casesOn(backend, topic);

  it.each(mine(pytorchTopics.flatMap(casesOf)))("%s", async (name) => {
    const fixture = readFixture<PytorchFixture>(`pytorch/${name}.json`);
    const trainee = await browserTrainee(
      open.page,
      compileFixture(`pytorch/${name}.yaml`),
      flatAll(fixture.init),
      backend,
    );
    const found = await deviationsOf(trainee, pytorchComparison(fixture, "float32"));
    expect(await trainee.report()).toMatchObject(reportOf({ title: "", backend }));
    await trainee.dispose();
    expect(found).toEqual([]);
  });

  it.each(mine(references))("reference $title", async ({ spec, initial, comparisonOf }) => {
    const trainee = await browserTrainee(open.page, compileFixture(`reference/${spec}.yaml`), initial, backend);
    const found = await deviationsOf(trainee, comparisonOf("float32"));
    expect(await trainee.report()).toMatchObject(reportOf({ title: "", backend }));
    await trainee.dispose();
    expect(found).toEqual([]);
  });

  it.each(mine([randomSpec(12), randomSpec(36)]))("$name", async ({ name, text }) => {
    const compilation = compileText(`${name}.yaml`, text);
    const trainee = await browserTrainee(open.page, compilation, randomParameters(compilation), backend);
    const found = await disagreements(trainee, compilation);
    await trainee.dispose();
    expect(found).toEqual([]);
  });
}
