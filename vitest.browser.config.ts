import { defineConfig, mergeConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import base from "./vitest.config.ts";

const whole = base({ mode: "all", command: "serve" });

/** The numeric suites take longest, on webgl2 above all: begun last, they would keep one core waiting for the other. */
const longest = ["webgl2-1", "webgl2-2", "webgpu", "wasm"].map((name) => `numeric/${name}.test.ts`);

class LongestFirst extends BaseSequencer {
  override sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number => {
      const found = longest.findIndex((name) => moduleId.endsWith(name));
      return found < 0 ? longest.length : found;
    };
    return Promise.resolve(files.toSorted((left, right) => place(left) - place(right)));
  }
}

export default mergeConfig(
  { ...whole, test: { ...whole.test, include: [], exclude: [] } },
  defineConfig({
    test: {
      include: ["test/browser/**/*.test.ts"],
      testTimeout: 300_000,
      hookTimeout: 120_000,
      sequence: { sequencer: LongestFirst },
    },
  }),
);
