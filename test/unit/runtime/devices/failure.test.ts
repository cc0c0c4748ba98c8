import { describe, expect, it } from "vitest";
import { failureOf, messageOf } from "../../../../runtime/devices/failure.ts";
import { Problem } from "../../../../runtime/problem.ts";

describe("what leaves a backend", () => {
  it("is a Problem that names the backend and what it did, whatever was thrown", () => {
    for (const thrown of [
      new WebAssembly.RuntimeError("unreachable"),
      "unreachable",
      new Error("unreachable.\n  at x"),
    ]) {
      const failure = failureOf(thrown, "wasm", "the program predict");
      expect(failure).toBeInstanceOf(Problem);
      expect(failure).toMatchObject({
        code: "backend-failed",
        message: "The backend wasm failed in the program predict: unreachable.",
      });
    }
  });

  it("stays the Problem that it was", () => {
    const problem = new Problem({ code: "wrong-inputs", message: "x" });
    expect(failureOf(problem, "cpu", "its start")).toBe(problem);
  });

  it("is said in one line", () => {
    expect(messageOf(new Error("first.\nsecond"))).toBe("first");
  });
});
