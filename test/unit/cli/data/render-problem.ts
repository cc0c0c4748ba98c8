/** Problems as text in the format of diagnostics, without colour: what the fixtures compare. */
import { problemsOf, type Problem } from "../../../../runtime/problem.ts";

export function renderProblems(error: unknown): string {
  const found = problemsOf(error);
  if (found === undefined) throw error;
  const rest = found.omitted > 0 ? `${String(found.omitted)} more problems.\n` : "";
  return found.problems.map(renderProblem).join("") + rest;
}

function renderProblem(problem: Problem): string {
  const place = [problem.file, problem.line, problem.column].filter((part) => part !== undefined).join(":");
  const lines = [`${place === "" ? "" : `${place}: `}error[${problem.code}]: ${problem.message}`];
  const { frame } = problem;
  frame?.lines.forEach((line, index) => {
    const number = frame.firstLine + index;
    lines.push(`${String(number).padStart(5)} | ${line}`.trimEnd());
    if (number !== problem.line) return;
    const mark = "^".repeat(Math.max(1, Math.min(problem.length ?? 1, line.length - frame.column + 1)));
    lines.push(`      | ${" ".repeat(frame.column - 1)}${mark}`);
  });
  if (problem.more > 0) lines.push(`  note: ${String(problem.more)} more of the kind.`);
  if (problem.help !== undefined) lines.push(`  help: ${problem.help}`);
  return `${lines.join("\n")}\n`;
}
