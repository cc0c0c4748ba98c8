import { describe, expect, it } from "vitest";
import { quantile } from "../../../../cli/support/bench/bout.ts";
import { agreementOf, nameOf, type Figures } from "../../../../cli/support/bench/figures.ts";
import {
  agreementText,
  leftOutText,
  noiseText,
  predictionTable,
  readingText,
  trainingTable,
} from "../../../../cli/support/bench/figures-text.ts";
import type { BackendReport } from "../../../../runtime/contract-backend.ts";

const report: BackendReport = {
  requested: "wasm",
  backend: "wasm",
  executorKind: "relaxed-simd, 2 threads",
  fallbackReason: null,
  adapter: null,
  software: false,
  reason: "asked for",
};
const fast: Figures = {
  name: "wasm, relaxed SIMD, 2 threads",
  backend: report,
  threads: 2,
  steps: 100,
  step_ms: { median: 0.25, p10: 0.2, p90: 0.5 },
  steps_per_second: 4000,
  gflops: 12.345,
  predict_one_ms: { median: 0.01, p10: 0.01, p90: 0.01 },
  predict_batch_ms: { median: 0.1, p10: 0.1, p90: 0.1 },
  losses: [0.5, 0.4],
  memory_bytes: 435500,
  start_ms: 12.4,
  rounds_apart: 1.02,
};
const slow: Figures = {
  ...fast,
  name: "gpu.js cpu",
  step_ms: { median: 5, p10: 4, p90: 1234.5 },
  steps_per_second: 200,
  gflops: null,
  rounds_apart: 3,
};

describe("quantile", () => {
  it("lies between neighbours", () => {
    expect(quantile([3, 1, 2], 0.5)).toBe(2);
    expect(quantile([1, 2], 0.5)).toBe(1.5);
    expect(quantile([10, 0], 0.9)).toBe(9);
    expect(quantile([], 0.5)).toBeNaN();
  });
});

describe("figures", () => {
  it("are named by what ran", () => {
    expect(nameOf(report)).toBe("wasm, relaxed SIMD, 2 threads");
    expect(nameOf({ ...report, executorKind: "simd" })).toBe("wasm, plain SIMD");
    expect(nameOf({ ...report, backend: "webasm", executorKind: "fused-sync" })).toBe("gpu.js webasm");
  });

  it("fit a screen", () => {
    expect(trainingTable([fast, slow])).toBe(
      [
        "training step                     ms    p10    p90  steps/s  GFLOP/s",
        "-----------------------------  -----  -----  -----  -------  -------",
        "wasm, relaxed SIMD, 2 threads  0.250  0.200  0.500    4,000     12.3",
        "gpu.js cpu                      5.00   4.00  1,235      200        -",
      ].join("\n"),
    );
    expect(predictionTable([fast], 16)).toBe(
      [
        "prediction                     ms of 1  ms of 16    memory  start ms  first loss",
        "-----------------------------  -------  --------  --------  --------  ----------",
        "wasm, relaxed SIMD, 2 threads   0.0100     0.100  435.5 kB        12    0.500000",
      ].join("\n"),
    );
    expect(predictionTable([fast], 1)).not.toContain("ms of 16");
    expect(readingText([slow, fast])).toContain("fastest: wasm, relaxed SIMD, 2 threads, 20 x gpu.js cpu");
  });

  it("agree or say loudly that they do not", () => {
    const other = { ...slow, losses: [0.5, 0.41] };
    expect(agreementOf([fast, slow])).toEqual({ agree: true, apart: 0 });
    expect(agreementText({ agree: true, apart: 0 }, [fast, slow])).toContain("agree (exactly)");
    const apart = agreementOf([fast, other]);
    expect(apart.agree).toBe(false);
    expect(apart.apart).toBeCloseTo(0.01 / 0.41, 6);
    const text = agreementText(apart, [fast, other]);
    expect(text).toContain("!!! THE LOSSES DISAGREE by 2e-2 of their size");
    expect(text).toContain("!!!   gpu.js cpu: 0.5, then 0.41");
    expect(agreementOf([fast, { losses: [NaN, 1] }]).agree).toBe(false);
  });

  it("say how much they can be trusted", () => {
    const calm = { load: 0.1, cores: 2 };
    expect(noiseText([fast], calm)).toBe("noise: the rounds of a backend are at most 2 % apart");
    expect(noiseText([fast, slow], { load: 3, cores: 2 }).replaceAll("\n", " ")).toMatch(
      /up to 3\.0 x apart, so smaller differences mean nothing \(load 3\.0 on 2 cores when it began\); close other/,
    );
    expect(noiseText([{ ...fast, rounds_apart: null }], calm)).toContain("unknown");
  });

  it("say once why several are left out", () => {
    const reason = "no GPU";
    expect(leftOutText(["webgpu", "headlessgl"].map((what) => ({ what, reason })))).toBe(
      "not measured: webgpu and headlessgl: no GPU",
    );
  });
});
