/** The cases of test/fixtures/pytorch: what each is trained on and compared with. */
import { readdirSync } from "node:fs";
import type { Comparison } from "./compare-run.ts";
import type { Fixture, Precision, TensorTexts } from "./fixture-file.ts";
import { rows } from "./fixture-file.ts";

export interface PytorchFixture extends Fixture {
  readonly batch: number;
  readonly steps: number;
  readonly data: TensorTexts;
}

const folder = new URL("../fixtures/pytorch/", import.meta.url);

/** Folders of test/fixtures/pytorch. */
export const pytorchTopics = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

/** `<topic>/<case>` of every spec of a topic. */
export function pytorchCases(topic: string): readonly string[] {
  return readdirSync(new URL(`${topic}/`, folder))
    .filter((file) => file.endsWith(".yaml"))
    .map((file) => `${topic}/${file.slice(0, -".yaml".length)}`);
}

/**
 * The cases of a topic that run on a backend: all, but on WebGL2 and WebGPU, which here are software renderers that take seconds
 * for each, the first of every topic and all of `basics`. SPECLOOM_TEST_CASES=all runs all of them everywhere.
 */
export function casesOn(backend: string, topic: string): readonly string[] {
  const isSlow = backend === "webgl2" || backend === "webgpu";
  const isAll = !isSlow || topic === "basics" || process.env["SPECLOOM_TEST_CASES"] === "all";
  return pytorchCases(topic).slice(0, isAll ? undefined : 1);
}

export function pytorchComparison(fixture: PytorchFixture, precision: Precision): Comparison {
  const count = Object.values(fixture.data)[0]?.shape[0] ?? 0;
  const batches = Array.from({ length: Math.ceil(count / fixture.batch) }, (_, index) =>
    rows(fixture.data, index * fixture.batch, Math.min((index + 1) * fixture.batch, count)),
  );
  return {
    run: fixture[precision],
    tolerance: fixture.tolerance[precision],
    batches: Array.from({ length: fixture.steps }, (_, step) => batches[step % batches.length] ?? {}),
    // The interpreter runs one batch at a time; adding batches up is the runtime's work.
    ...(precision === "float32" ? { all: rows(fixture.data, 0, count) } : {}),
  };
}
