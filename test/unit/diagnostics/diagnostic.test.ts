import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { Place } from "../../../compiler/contracts/document.ts";
import { catalogue } from "../../../compiler/diagnostics/catalogue.ts";
import { cellCodes } from "../../../compiler/diagnostics/catalogue/cells.ts";
import { dataCodes } from "../../../compiler/diagnostics/catalogue/data.ts";
import { keyCodes } from "../../../compiler/diagnostics/catalogue/keys.ts";
import { meaningCodes } from "../../../compiler/diagnostics/catalogue/meaning.ts";
import { textCodes } from "../../../compiler/diagnostics/catalogue/text.ts";
import { DiagnosticBag } from "../../../compiler/diagnostics/diagnostic.ts";

const at = (start: number, file = "a.yaml"): Place => ({ file, text: "x".repeat(20), span: { start, end: start + 1 } });

describe("the bag", () => {
  it("sorts by place, whole files first, and drops what is said twice", () => {
    const bag = new DiagnosticBag();
    bag.report("merge-key", undefined, { place: at(9) });
    bag.report("empty-spec", undefined, { place: at(3) });
    bag.report("merge-key", undefined, { place: at(9) });
    bag.report("duplicate-key", { key: "k" }, { place: at(1, "b.yaml") });
    bag.report("empty-spec", undefined, { file: "a.yaml" });
    expect(bag.count).toBe(5);
    expect(bag.sorted().map(({ code, place }) => [code, place?.span.start])).toEqual([
      ["empty-spec", undefined],
      ["empty-spec", 3],
      ["merge-key", 9],
      ["duplicate-key", 1],
    ]);
  });
});

describe("very many errors", () => {
  it("are counted rather than kept", () => {
    const bag = new DiagnosticBag();
    for (let index = 0; index < 250; index += 1) bag.report("merge-key", undefined, { place: at(index) });
    expect(bag.count).toBe(250);
    expect(bag.sorted()).toHaveLength(101);
    expect(bag.sorted().at(-1)?.message).toBe("there are 150 more errors.");
  });
});

describe("the catalogue", () => {
  it("has every code once", () => {
    const parts = [textCodes, keyCodes, meaningCodes, dataCodes, cellCodes].map((codes) => Object.keys(codes).length);
    expect(Object.keys(catalogue)).toHaveLength(parts.reduce((sum, count) => sum + count, 0));
  });

  it("has a fixture for every code that a short spec can show", () => {
    const folder = fileURLToPath(new URL("../../fixtures/diagnostics", import.meta.url));
    const texts = readdirSync(folder).map((name) => readFileSync(`${folder}/${name}/expected.txt`, "utf8"));
    const shown = new Set(
      texts.flatMap((text) => Array.from(text.matchAll(/error\[([a-z-]+)\]/g), (match) => match[1])),
    );
    const missing = Object.keys(catalogue).filter((code) => !shown.has(code));
    expect(missing.sort()).toEqual(["extends-too-long", "more-errors", "too-large", "too-many-values"]);
  });
});
