import { describe, expect, it } from "vitest";
import { parse } from "../../../compiler/stages/1-parse.ts";
import { DiagnosticBag } from "../../../compiler/diagnostics/diagnostic.ts";
import { invariant } from "../../../compiler/support/internal-error.ts";
import { faultOf, SpecProblem } from "../../../cli/support/faults.ts";
import { Mistake } from "../../../cli/support/mistake.ts";
import { Problem, Problems } from "../../../runtime/problem.ts";

const missing = new Problem({
  code: "data-file-missing",
  message: "there is no such file.",
  help: "look elsewhere.",
  file: "data/a.csv",
  pointer: "/data/file",
});

describe("faultOf", () => {
  it("prints a mistake of the command line", () => {
    const fault = faultOf(
      new Mistake({ code: "folder-given", message: "a folder.", help: "a file.", file: "specs" }),
      {},
    );
    expect(fault.exitCode).toBe(1);
    expect(fault.text).toBe("specs: error[folder-given]: a folder.\n  help: a file.\n");
    expect(fault.objects).toEqual([
      {
        file: "specs",
        line: null,
        column: null,
        endLine: null,
        endColumn: null,
        severity: "error",
        code: "folder-given",
        message: "a folder.",
        help: "a file.",
        notes: [],
      },
    ]);
  });

  it("frames a problem of the data, and cleans what could steer a terminal", () => {
    const frame = { firstLine: 1, lines: ["a,b", "1,x\u001b[2J"], column: 3 };
    const problem = new Problem({
      code: "not-a-number",
      message: "no number.",
      file: "a.csv",
      line: 2,
      column: 3,
      length: 1,
      frame,
    });
    expect(faultOf(problem, {}).text).toBe(
      "a.csv:2:3: error[not-a-number]: no number.\n    1 | a,b\n    2 | 1,x\ufffd[2J\n      |   ^\n",
    );
  });

  it("puts the carets of data below what is wrong, as those of a spec, whatever stands before it", () => {
    const problem = (line: string, column: number): Problem =>
      new Problem({
        code: "not-a-number",
        message: "no number.",
        file: "a.csv",
        line: 1,
        column,
        length: 1,
        frame: { firstLine: 1, lines: [line], column },
      });
    expect(faultOf(problem("1\tx", 3), {}).text.split("\n").slice(1, 3)).toEqual(["    1 | 1  x", "      |    ^"]);
    expect(faultOf(problem("\u{1f600},x", 4), {}).text.split("\n").slice(1, 3)).toEqual([
      "    1 | \u{1f600},x",
      "      |   ^",
    ]);
  });

  it("shows where the spec asks for what is wrong", () => {
    const text = "specloom: 1\ndata: {kind: series, file: data/a.csv}\n";
    const document = parse({ file: "a.yaml", text }, {}, new DiagnosticBag());
    if (document === undefined) throw new Error("the spec is YAML");
    const fault = faultOf(new SpecProblem(missing, document), {});
    expect(fault.text).toBe(
      "data/a.csv: error[data-file-missing]: there is no such file.\n" +
        "  note: a.yaml:2:28: the spec says so here.\n    2 | data: {kind: series, file: data/a.csv}\n" +
        "  help: look elsewhere.\n",
    );
    expect(fault.objects).toMatchObject([{ notes: [{ file: "a.yaml", line: 2, column: 28, endColumn: 38 }] }]);
  });

  it("lists several problems and counts the rest", () => {
    const fault = faultOf(new Problems([missing, missing], 3), {});
    expect(fault.text.match(/error\[/g)).toHaveLength(2);
    expect(fault.text).toContain("3 more of the kind are not shown.");
    expect(fault.objects.at(-1)).toEqual({ omitted: 3 });
  });

  it("owns up to its own mistakes in one line, with the stack only when asked", () => {
    let error: unknown;
    try {
      invariant(false, "a node has no shape\nsecond line");
    } catch (thrown) {
      error = thrown;
    }
    const fault = faultOf(error, {});
    expect(fault.exitCode).toBe(70);
    expect(fault.text).toMatch(/^error\[internal\]: a node has no shape\n {2}help: .*\n$/);
    expect(fault.text).not.toContain("faults.test");
    expect(faultOf(error, { SPECLOOM_DEBUG: "1" }).text).toContain("faults.test");
    expect(faultOf("no error at all", {}).exitCode).toBe(70);
  });
});
