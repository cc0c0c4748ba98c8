/** What the numeric suite runs on. */
import { expect } from "vitest";
import type { Backend } from "../../runtime/contract-backend.ts";
import { isWhole } from "./extent.ts";

export interface Target {
  readonly title: string;
  readonly backend: Backend;
  /** Of wasm: without relaxed SIMD, although this engine has it. */
  readonly plain?: boolean;
}

/**
 * The targets under test: `SPECLOOM_TEST_BACKENDS=cpu,webasm,wasm,webgpu`; wasm is two, one per kind of SIMD. A part of the suite
 * runs on one of each target: gpu.js's plain JavaScript, and WebAssembly with the SIMD that the engine takes.
 */
export function testedTargets(): readonly Target[] {
  const given = process.env["SPECLOOM_TEST_BACKENDS"] ?? (isWhole ? "cpu,webasm,wasm" : "cpu,wasm");
  return given
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "")
    .map((name) => name as Backend)
    .flatMap((backend): readonly Target[] => [
      { title: backend, backend },
      ...(backend === "wasm" && isWhole ? [{ title: "wasm with plain SIMD", backend, plain: true }] : []),
    ]);
}

/** What a model on this target must say of itself, once it has run: else something else was tested. */
export function reportOf({ backend, plain = false }: Target): object {
  const executorKind: unknown =
    backend === "wasm"
      ? expect.stringMatching(plain ? /^simd(, \d threads)?$/ : /^relaxed-simd(, \d threads)?$/)
      : expect.any(String);
  return { backend, executorKind };
}
