import { describe, expect, it } from "vitest";
import type { Place } from "../../../compiler/contracts/document.ts";
import type { Diagnostic } from "../../../compiler/diagnostics/diagnostic.ts";
import { diagnosticToJson, renderDiagnostic, renderDiagnostics } from "../../../compiler/diagnostics/render.ts";

const place = (text: string, start: number, end: number): Place => ({ file: "a.yaml", text, span: { start, end } });
const at = (text: string, start: number, end: number): Diagnostic => ({
  code: "empty-spec",
  message: "wrong.",
  place: place(text, start, end),
});
const frameOf = (text: string, start: number, end: number): string =>
  renderDiagnostic(at(text, start, end))
    .split("\n")
    .slice(1, -1)
    .join("\n");

describe("rendering as text", () => {
  it("shows the lines around, carets, notes and help", () => {
    const text = "one: 1\ntwo: 2\nthree: 3\n";
    const diagnostic: Diagnostic = {
      ...at(text, 12, 13),
      help: "write 3.",
      notes: [{ message: "it comes from here.", place: place(text, 0, 3) }],
    };
    expect(renderDiagnostic(diagnostic)).toBe(
      [
        "a.yaml:2:6: error[empty-spec]: wrong.",
        "    1 | one: 1",
        "    2 | two: 2",
        "      |      ^",
        "    3 | three: 3",
        "  note: a.yaml:1:1: it comes from here.",
        "    1 | one: 1",
        "      | ^^^",
        "  help: write 3.",
        "",
      ].join("\n"),
    );
  });

  it("keeps carets below the text behind tabs, wide line ends and astral characters", () => {
    expect(frameOf("\ta: b", 4, 5)).toBe("    1 |   a: b\n      |      ^");
    expect(frameOf("a: b\r\nc: d\r\n", 9, 10)).toBe("    1 | a: b\n    2 | c: d\n      |    ^");
    expect(frameOf("\u{1f600}: b", 4, 5)).toBe("    1 | \u{1f600}: b\n      |    ^");
  });

  it("marks the end of the file and the first line of a longer span", () => {
    expect(frameOf("a: [\n", 5, 5)).toBe("    1 | a: [\n    2 |\n      | ^");
    expect(frameOf("a:\n  b: 1\n  c: 2\n", 5, 16)).toBe("    1 | a:\n    2 |   b: 1\n      |   ^^^^\n    3 |   c: 2");
  });

  it("cuts very long lines around the span", () => {
    const text = `${"x".repeat(5000)}HERE${"y".repeat(5000)}`;
    const [line = "", carets = ""] = frameOf(text, 5000, 5004).split("\n");
    expect(line.length).toBeLessThan(140);
    expect(line.startsWith("    1 | ... xxx")).toBe(true);
    expect(line.endsWith(" ...")).toBe(true);
    expect(line.slice(carets.indexOf("^"), carets.lastIndexOf("^") + 1)).toBe("HERE");
  });

  it("has no frame for an empty file, and no place for a whole file", () => {
    expect(renderDiagnostic(at("", 0, 0))).toBe("a.yaml:1:1: error[empty-spec]: wrong.\n");
    expect(renderDiagnostic({ code: "empty-spec", message: "wrong.", file: "b.yaml" })).toBe(
      "b.yaml: error[empty-spec]: wrong.\n",
    );
    expect(renderDiagnostic({ code: "empty-spec", message: "wrong." })).toBe("error[empty-spec]: wrong.\n");
  });

  it("lets nothing steer the terminal", () => {
    const text = renderDiagnostic({ ...at("a: \u001b[31mred", 3, 4), message: "bad \u001b[2J \u202e." });
    expect(text).not.toContain("\u001b");
    expect(text).not.toContain("\u202e");
  });

  it("separates diagnostics by an empty line", () => {
    expect(renderDiagnostics([at("", 0, 0), at("", 0, 0)]).split("\n\n")).toHaveLength(2);
  });
});

describe("rendering as JSON", () => {
  it("has the same content", () => {
    const text = "one: 1\ntwo: 2\n";
    const note = { message: "here.", place: place(text, 0, 3) };
    expect(diagnosticToJson({ ...at(text, 7, 13), help: "write.", notes: [note] })).toEqual({
      file: "a.yaml",
      line: 2,
      column: 1,
      endLine: 2,
      endColumn: 7,
      severity: "error",
      code: "empty-spec",
      message: "wrong.",
      help: "write.",
      notes: [{ file: "a.yaml", line: 1, column: 1, endLine: 1, endColumn: 4, message: "here." }],
    });
  });

  it("says null where there is no place", () => {
    expect(diagnosticToJson({ code: "empty-spec", message: "wrong.", file: "b.yaml" })).toMatchObject({
      file: "b.yaml",
      line: null,
      help: null,
      notes: [],
    });
  });
});
