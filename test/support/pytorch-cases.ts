/** The cases of test/fixtures/pytorch: what each is trained on and compared with. */
import { readdirSync } from "node:fs";
import type { Comparison } from "./compare-run.ts";
import type { Fixture, Precision, TensorTexts } from "./fixture-file.ts";
import { partOf } from "./extent.ts";
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

/** Whether all cases run on a backend, be it WebGL2 or WebGPU, which here are software renderers that take seconds for each. */
export function runsAll(backend: string): boolean {
  const isSlow = backend === "webgl2" || backend === "webgpu";
  return !isSlow || process.env["SPECLOOM_TEST_CASES"] === "all";
}

/** The cases of a topic that run on a backend: all, or some; on a slow one the first. */
export function casesOn(backend: string, topic: string): readonly string[] {
  const cases = pytorchCases(topic);
  return runsAll(backend) ? partOf(cases, 1) : cases.slice(0, 1);
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
