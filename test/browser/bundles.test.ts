/** A generated module in production bundles: what minifiers make of it computes the same, on every backend a page has. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { model } from "../../generated/seed-literal.ts";

import { bundle, bundlers } from "./bundle.ts";
import { openPage, type OpenPage } from "./page.ts";

const backends = ["wasm", "webgl2", "webgpu", "webasm", "cpu"] as const;

const program = `
import { model } from "./generated/seed-literal.ts";
globalThis.run = async (backend, trains, series, next) => {
  const live = await model.create({ backend, seed: 7 });
  try {
    const { fc } = await live.predict({ series });
    const { loss } = trains ? await live.trainStep({ series, next }) : { loss: null };
    const after = trains ? (await live.evaluate({ series, next })).loss : null;
    return { fc: Array.from(fc), loss, after, backend: live.report().backend };
  } finally {
    await live.dispose();
  }
};
`;

const series = Array.from({ length: 19 }, (_, step) => Math.sin(step / 3));
const next = Array.from({ length: 19 }, (_, step) => Math.sin((step + 1) / 3));

interface Answer {
  readonly fc: readonly number[];
  readonly loss: number | null;
  readonly after: number | null;
  readonly backend: string;
}

/** Of the module as it was written, in Node. */
let expected: Answer;
beforeAll(async () => {
  const live = await model.create({ backend: "wasm", seed: 7, simd: "plain" });
  const { fc } = await live.predict({ series });
  const { loss } = await live.trainStep({ series, next });
  const { loss: after } = await live.evaluate({ series, next });
  expected = { fc: Array.from(fc), loss, after, backend: "wasm" };
  await live.dispose();
});

describe.each(bundlers)("a bundle of %s", (bundler) => {
  let open: OpenPage;
  beforeAll(async () => {
    open = await openPage(await bundle(program, bundler));
  });
  afterAll(async () => {
    await open.close();
  });

  it.each(backends)("predicts and trains on %s", async (backend) => {
    // A software renderer takes minutes to compile the shaders of a training step for WebGL 2.
    const trains = backend !== "webgl2";
    const found = await open.page.evaluate(
      ([name, learns, given, truth]) => {
        type Run = (
          name: string,
          learns: boolean,
          given: readonly number[],
          truth: readonly number[],
        ) => Promise<Answer>;
        return (globalThis as unknown as { readonly run: Run }).run(name, learns, given, truth);
      },
      [backend, trains, series, next] as const,
    );
    expect(found.backend).toBe(backend);
    found.fc.forEach((value, position) => {
      expect(value).toBeCloseTo(expected.fc[position] ?? Number.NaN, 4);
    });
    expect(found.fc).toHaveLength(expected.fc.length);
    if (!trains) return;
    expect(found.loss).toBeCloseTo(expected.loss ?? Number.NaN, 4);
    expect(found.after).toBeCloseTo(expected.after ?? Number.NaN, 4);
    expect(found.after).toBeLessThan(found.loss ?? Number.NaN);
  });
});
