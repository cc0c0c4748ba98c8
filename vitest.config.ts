import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { filesByExtent } from "./test/support/extent-files.ts";

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** `--mode all`: the exhaustive matrices whole, and nothing that is the same without it (test/support/extent.ts). */
export default defineConfig(({ mode }) => ({
  resolve: {
    alias: [
      { find: "@specloom/runtime/internal", replacement: source("./runtime") },
      { find: "@specloom/runtime", replacement: source("./runtime/index.ts") },
      { find: "specloom/compiler", replacement: source("./compiler/index.ts") },
    ],
  },
  test: {
    reporters: ["default", source("./test/support/skipped-reporter.ts")],
    include: mode === "all" ? [...filesByExtent()] : ["test/**/*.test.ts"],
    exclude: ["test/browser/**", "node_modules/**"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Vitest leaves one core alone; of two that is half the machine.
    maxWorkers: "100%",
    // No module of the project keeps state, so the files of one worker may share what they import: half the time of the
    // suite went into loading the compiler again for every file.
    isolate: false,
    // Tests never touch the user's cache; what they assemble they keep from run to run.
    env: {
      SPECLOOM_CACHE: source("./node_modules/.cache/specloom-tests"),
      SPECLOOM_TEST_ALL: mode === "all" ? "1" : "",
    },
  },
}));
