/** Says at the end of a run which tests were skipped; their titles say why. */
import type { Reporter, TestModule } from "vitest/node";

export default class SkippedReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    for (const module of modules) {
      for (const test of module.children.allTests("skipped")) console.log(`skipped: ${test.fullName}`);
    }
  }
}
