/** Says at the end of a run which tests were skipped, their titles say why; and what a part of the suite leaves out. */
import type { Reporter, TestModule, Vitest } from "vitest/node";

export default class SkippedReporter implements Reporter {
  #isFiltered = false;
  #isWhole = false;

  onInit(vitest: Vitest): void {
    this.#isFiltered = vitest.config.testNamePattern !== undefined;
    this.#isWhole = vitest.config.env["SPECLOOM_TEST_ALL"] === "1";
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    // Whoever asks for tests by name knows that there are others.
    if (this.#isFiltered) return;
    for (const module of modules) {
      for (const test of module.children.allTests("skipped")) console.log(`skipped: ${test.fullName}`);
    }
    if (!this.#isWhole) console.log("Matrices were gone through in part; `npm run test:all` goes through all of them.");
  }
}
