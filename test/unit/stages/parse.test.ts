import { describe, expect, it } from "vitest";
import type { Document } from "../../../compiler/contracts/document.ts";
import { DiagnosticBag } from "../../../compiler/diagnostics/diagnostic.ts";
import { parse } from "../../../compiler/stages/1-parse.ts";
import type { ParseOptions } from "../../../compiler/stages/1-parse.ts";

interface Parsed {
  readonly document: Document | undefined;
  readonly codes: readonly string[];
}

function parseText(text: string, options: ParseOptions = {}, file = "specs/model.yaml"): Parsed {
  const diagnostics = new DiagnosticBag();
  const document = parse({ file, text }, options, diagnostics);
  return { document, codes: diagnostics.sorted().map(({ code }) => code) };
}

/** Reads inherited files from a table. */
const filesOf =
  (files: Readonly<Record<string, string>>): NonNullable<ParseOptions["readBase"]> =>
  (file) => {
    const text = files[file];
    return text === undefined ? undefined : { file, text };
  };

function textAt(document: Document | undefined, pointer: string, part?: "key" | "value"): string | undefined {
  const place = document?.locate(pointer, part);
  return place?.text.slice(place.span.start, place.span.end);
}

describe("parse", () => {
  it("reads YAML 1.2: 1e-4 is a number, yes is text, 0o14 is twelve", () => {
    expect(parseText("a: 1e-4\nb: yes\nc: 0o14\nd: [1, null, true]\n").document?.value).toEqual({
      a: 1e-4,
      b: "yes",
      c: 12,
      d: [1, null, true],
    });
  });

  it("knows the stem of the file", () => {
    expect(parseText("a: 1", {}, "specs\\next-number.yaml").document?.stem).toBe("next-number");
  });

  it("locates keys and values, and falls back to the nearest ancestor", () => {
    const { document } = parseText("a:\n  b: [10, {c: 30}]\n");
    expect(textAt(document, "/a/b/0")).toBe("10");
    expect(textAt(document, "/a/b/1/c", "key")).toBe("c");
    expect(textAt(document, "/a/b/1/missing")).toBe("{c: 30}");
    expect(textAt(document, "/a/b/7")).toBe("[10, {c: 30}]");
    expect(textAt(document, "/a", "key")).toBe("a");
    expect(textAt(document, "")).toBe("a:\n  b: [10, {c: 30}]");
  });

  it("follows aliases: the alias has its own place, what is inside has the anchor's", () => {
    const { document } = parseText("a: &x {b: 1}\nc: *x\n");
    expect(document?.value).toEqual({ a: { b: 1 }, c: { b: 1 } });
    expect(textAt(document, "/c")).toBe("*x");
    expect(document?.locate("/c/b").span.start).toBe(10);
  });

  it("limits the text, before it parses", () => {
    expect(parseText(`# ${"x".repeat(1024 * 1024)}`).codes).toEqual(["too-large"]);
    expect(parseText(`a: [${"1,".repeat(100_001)}]`).codes).toEqual(["too-many-values"]);
  });

  it.each([
    ["[".repeat(1 << 19), "too-deep"],
    ["- ".repeat(1 << 18), "too-deep"],
    ["? ".repeat(1 << 18), "too-deep"],
    ["a: ".repeat(1 << 18), "too-deep"],
    ["]".repeat(1 << 19), "yaml-syntax"],
    ["[".repeat(100) + "]".repeat(100), "too-deep"],
    [Array.from({ length: 80 }, (_, depth) => `${" ".repeat(depth)}a:`).join("\n"), "too-deep"],
    [Array.from({ length: 1400 }, (_, depth) => `${" ".repeat(depth)}a:`).join("\n"), "too-deep"],
    [Array.from({ length: 130 }, (_, row) => " ".repeat(row * 100) + "- ".repeat(50)).join("\n"), "too-deep"],
  ])("neither overflows nor hangs on absurd nesting (%#)", (text, code) => {
    expect(parseText(text).codes).toEqual([code]);
  });
});

describe("extends", () => {
  it("joins mappings, replaces lists, and leaves the name behind", () => {
    const readBase = filesOf({
      "specs/base.yaml": "name: base\ntrain: {epochs: 1, seed: 2}\noutputs: [a, b]\n",
    });
    const { document } = parseText("extends: base.yaml\ntrain: {epochs: 5}\noutputs: [c]\n", { readBase });
    expect(document?.value).toEqual({ train: { epochs: 5, seed: 2 }, outputs: ["c"] });
    expect(document?.locate("/train/seed").file).toBe("specs/base.yaml");
    expect(document?.locate("/train/epochs").file).toBe("specs/model.yaml");
  });

  it("replaces a mapping of another kind", () => {
    const readBase = filesOf({ "specs/base.yaml": "loss: {kind: huber, delta: 2, input: a}\n" });
    expect(parseText("extends: base.yaml\nloss: {kind: mse, input: b}\n", { readBase }).document?.value).toEqual({
      loss: { kind: "mse", input: "b" },
    });
    expect(parseText("extends: base.yaml\nloss: {kind: huber, input: b}\n", { readBase }).document?.value).toEqual({
      loss: { kind: "huber", delta: 2, input: "b" },
    });
  });

  it("goes from file to file, each path relative to its own file", () => {
    const readBase = filesOf({
      "shared/one.yaml": "extends: deep/two.yaml\na: 1\n",
      "shared/deep/two.yaml": "a: 2\nb: 2\n",
    });
    expect(parseText("extends: ../shared/one.yaml\nc: 3\n", { readBase }).document?.value).toEqual({
      a: 1,
      b: 2,
      c: 3,
    });
  });

  it("ends a chain that is too long", () => {
    const readBase: ParseOptions["readBase"] = (file) => ({
      file,
      text: `extends: ${file.replace(/\d*\.yaml$/, (end) => `${Number.parseInt(end, 10) + 1}.yaml`).replace("specs/", "")}\n`,
    });
    expect(parseText("extends: base0.yaml", { readBase }).codes).toEqual(["extends-too-long"]);
  });

  it("needs somebody who reads files", () => {
    expect(parseText("extends: base.yaml").codes).toEqual(["extends-not-found"]);
  });

  it("reports what is wrong in the inherited text", () => {
    expect(parseText("extends: base.yaml", { readBase: filesOf({ "specs/base.yaml": "- 1\n" }) }).codes).toEqual([
      "not-a-mapping",
    ]);
  });
});

describe("--set", () => {
  const text = "train: {epochs: 1}\nlayers: [{name: a, size: 1}, {name: b, size: 2}]\n";

  it("replaces, adds, and finds list items by name and by index", () => {
    const overrides = ["train.epochs=5", "train.seed=7", "layers.b.size=20", "layers.0.size=10", "data.columns=[x, y]"];
    expect(parseText(text, { overrides }).document?.value).toEqual({
      train: { epochs: 5, seed: 7 },
      layers: [
        { name: "a", size: 10 },
        { name: "b", size: 20 },
      ],
      data: { columns: ["x", "y"] },
    });
  });

  it("lets the later one win, and reads values as YAML", () => {
    const overrides = ["train.epochs=5", "train.epochs=1e1", 'description="a=b"'];
    expect(parseText(text, { overrides }).document?.value).toMatchObject({ train: { epochs: 10 }, description: "a=b" });
  });

  it("has places of its own", () => {
    const { document } = parseText(text, { overrides: ["train.epochs=five"] });
    expect(document?.locate("/train/epochs")).toEqual({
      file: "--set",
      text: "train.epochs=five",
      span: { start: 13, end: 17 },
    });
    expect(textAt(document, "/train/epochs", "key")).toBe("epochs");
  });

  it.each([
    ["=5", "set-syntax"],
    ["train.=5", "set-syntax"],
    ["train..epochs=5", "set-syntax"],
    ["train.epochs= ", "set-syntax"],
    ["train.epochs.deep=5", "set-path"],
    ["layers.5.size=5", "set-path"],
    ["__proto__.polluted=5", "reserved-key"],
    ["train={__proto__: 1}", "reserved-key"],
    ["train.epochs=[1", "yaml-syntax"],
    ["train.epochs=!!int 5", "yaml-tag"],
  ])("rejects %s", (argument, code) => {
    expect(parseText(text, { overrides: [argument] }).codes).toEqual([code]);
  });
});
