import { defineConfig, mergeConfig } from "vitest/config";
import base from "./vitest.config.ts";

const whole = base({ mode: "all", command: "serve" });

export default mergeConfig(
  { ...whole, test: { ...whole.test, include: [], exclude: [] } },
  defineConfig({
    test: {
      include: ["test/browser/**/*.test.ts"],
      testTimeout: 300_000,
      hookTimeout: 120_000,
      fileParallelism: false,
    },
  }),
);
