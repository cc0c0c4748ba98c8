import { describe, expect, it } from "vitest";
import { backendText, ranText } from "../../../cli/support/backend-text.ts";
import type { BackendReport } from "../../../runtime/contract-backend.ts";

const report: BackendReport = {
  requested: "auto",
  backend: "wasm",
  executorKind: "simd, 2 threads",
  fallbackReason: "no relaxed SIMD",
  adapter: null,
  software: false,
  reason: "a training step is estimated at 1 ms in wasm and 3 ms on a GPU (9 kernel launches)",
};

describe("the backend in a line", () => {
  it("says before the work why it was chosen", () => {
    expect(backendText(report)).toBe(
      `wasm (simd, 2 threads), chosen since: ${report.reason}; fell back: no relaxed SIMD`,
    );
  });

  it("says after it what ran, and not again what training takes", () => {
    expect(ranText(report)).toBe("wasm (simd, 2 threads), chosen automatically; fell back: no relaxed SIMD");
  });

  it("says of one that was named that it was, and of a software adapter that it is one", () => {
    const named: BackendReport = {
      ...report,
      requested: "webgpu",
      backend: "webgpu",
      reason: "asked for",
      fallbackReason: null,
    };
    const soft: BackendReport = { ...named, executorKind: null, adapter: "SwiftShader", software: true };
    for (const text of [backendText(soft), ranText(soft)]) {
      expect(text).toBe("webgpu (on SwiftShader; a software adapter that computes on the CPU), asked for");
    }
  });
});
