/** docs/reference.md is what the tables say. UPDATE_FIXTURES=1 writes it anew. */
import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { dataKinds } from "../../../compiler/data/index.ts";
import { keyTable } from "../../support/documentation/keys.ts";
import { anchor, prose, table, wrap } from "../../support/documentation/markdown.ts";
import { referencePage } from "../../support/documentation/reference.ts";
import { groups, layers } from "../../../compiler/layers/index.ts";
import { losses } from "../../../compiler/losses/index.ts";
import { metrics } from "../../../compiler/metrics/index.ts";
import { optimizers } from "../../../compiler/optimizers/index.ts";
import { schedules } from "../../../compiler/schedules/index.ts";
import { decodeKeys } from "../../../compiler/schema/decode.ts";
import { initializers } from "../../../compiler/schema/initializers.ts";
import { trainKeys } from "../../../compiler/schema/train.ts";

const file = new URL("../../../docs/reference.md", import.meta.url);
const page = referencePage();
if (process.env["UPDATE_FIXTURES"] === "1") writeFileSync(file, page);

/** Fenced blocks: language and text. */
const blocks = [...page.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language, text = ""]) => ({
  language,
  text,
}));
const plain = page.replace(/^```\w+\n[\s\S]*?^```$/gm, "");

describe("the reference page", () => {
  it("is fresh", () => {
    expect(readFileSync(file, "utf8")).toBe(page);
  });

  it("has every kind, with formula and source", () => {
    const tables = {
      data: dataKinds,
      layer: layers,
      group: groups,
      loss: losses,
      optimizer: optimizers,
      schedule: schedules,
    };
    for (const [name, kinds] of Object.entries(tables)) {
      for (const record of kinds) {
        expect(page).toContain(`\n### ${name} \`${record.kind}\`\n`);
        if (!("source" in record)) continue;
        expect(page.replace(/\s+/g, " ")).toContain(prose(record.source).replace(/\s+/g, " "));
        expect(blocks.map(({ text }) => text.trim().replace(/\s+/g, " "))).toContain(
          record.formula.replace(/\s+/g, " "),
        );
      }
    }
    for (const { kind } of [...metrics, ...initializers]) expect(page).toContain(`\n| \`${kind}\` |`);
  });

  it("has every key, with its meaning and its default", () => {
    const records = [...dataKinds, ...layers, ...groups, ...losses, ...optimizers, ...schedules].map(
      ({ keys }) => keys,
    );
    for (const keys of [...records, trainKeys, decodeKeys]) {
      if (Object.keys(keys).length > 0) expect(page).toContain(keyTable(keys)?.split("\n").slice(2).join("\n"));
    }
  });

  it("links to headings that exist, each but once", () => {
    const anchors = [...plain.matchAll(/^#+ (.*)$/gm)].map(([, title = ""]) => anchor(title));
    expect(new Set(anchors).size).toBe(anchors.length);
    const links = [...plain.matchAll(/\]\(#([^)]*)\)/g)].map(([, link]) => link);
    expect(links.length).toBeGreaterThan(50);
    for (const link of links) expect(anchors).toContain(link);
  });

  it("has tables whose rows are as long as their heads", () => {
    for (const rows of plain.split("\n\n").map((part) => part.split("\n").filter((line) => line.startsWith("|")))) {
      const cells = rows.map((row) => row.replace(/\\\|/g, "").split("|").length);
      expect(new Set(cells).size, rows[0]).toBeLessThanOrEqual(1);
    }
  });

  it("shows specs that are YAML, with shapes for every layer", () => {
    const examples = blocks.filter(({ language }) => language === "yaml");
    for (const { text } of examples) expect(parse(text, { uniqueKeys: false })).toBeTruthy();
    expect(examples.filter(({ text }) => /^# {3}gives +\[B/m.test(text))).toHaveLength(layers.length);
    const lstm = examples.find(({ text }) => text.includes("kind: lstm"))?.text;
    expect(lstm).toContain("[B, T, C] = [B, 4, 2]");
    expect(lstm).toContain("weight_ih_l0 [12, 2]");
  });
});

describe("what the page is made of", () => {
  it("keeps markup out of text and leaves code alone", () => {
    expect(prose("a*b [B, D*H] `x*y` <pad>")).toBe("a\\*b `[B, D*H]` `x*y` \\<pad>");
    expect(table(["a"], [["x | y"]])).toBe("| a |\n| --- |\n| x \\| y |");
    expect(
      wrap(`${"word ".repeat(30)}end`, "  ")
        .split("\n")
        .map((line) => line.length <= 120),
    ).toEqual([true, true]);
  });

  it("says values in words", () => {
    const row = (schema: object): string => keyTable({ k: { description: "d", ...schema } })?.split("\n")[2] ?? "";
    expect(row({ type: "integer", minimum: 1 })).toBe("| `k` | whole number from 1 | **required** | d |");
    expect(row({ type: "number", minimum: 0, exclusiveMaximum: 1, default: 0 })).toBe(
      "| `k` | number from 0, below 1 | `0` | d |",
    );
    expect(row({ type: "string", enum: ["a", "b"], default: "a" })).toBe("| `k` | `a` or `b` | `a` | d |");
    expect(row({ type: "array", items: { type: "number" }, minItems: 2, maxItems: 2, optional: true })).toBe(
      "| `k` | list (2) of number | optional | d |",
    );
    const nested = {
      type: "object",
      properties: { p: { type: "boolean", description: "e" } },
      required: ["p"],
      optional: true,
    };
    expect(keyTable({ k: { description: "d", ...nested } as never })).toContain(
      "| `k` | mapping | optional | d |\n| `k.p` | `true` or `false` | **required** | e |",
    );
  });
});
