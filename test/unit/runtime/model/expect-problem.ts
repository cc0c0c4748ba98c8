import { expect } from "vitest";
import { Problem } from "../../../../runtime/problem.ts";
import type { ProblemCode } from "../../../../runtime/problems.ts";

/** The problem that a call ends in. */
export async function problemOf(call: () => unknown): Promise<Problem> {
  try {
    await call();
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error("no problem was thrown");
}

/** That a call ends in a problem of this code, whose message and help match. */
export async function expectProblem(call: () => unknown, code: ProblemCode, message: RegExp): Promise<void> {
  const problem = await problemOf(call);
  expect(problem.code).toBe(code);
  expect(`${problem.message} help: ${problem.help ?? ""}`).toMatch(message);
}
