/**
 * Wrong data, one folder per case under test/fixtures/data: `case.json` holds the data section (and inputs), `expected.txt`
 * the exact text. UPDATE_FIXTURES=1 writes the texts anew.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { DataSection, InputFact } from "../../../../runtime/contract.ts";
import { projectFiles } from "../../../../cli/data/files.ts";
import { loadDataset } from "../../../../cli/data-kinds/index.ts";
import { renderProblems } from "./render-problem.ts";

const root = fileURLToPath(new URL("../../../fixtures/data", import.meta.url));

interface Case {
  readonly data: DataSection;
  readonly inputs?: readonly InputFact[];
}

async function problemText(directory: string): Promise<string> {
  const { data, inputs } = JSON.parse(readFileSync(path.join(directory, "case.json"), "utf8")) as Case;
  try {
    await loadDataset(data, inputs ?? [], projectFiles({ directory, root: directory, from: directory }));
  } catch (error) {
    return renderProblems(error);
  }
  return "no problem\n";
}

describe("wrong data", () => {
  for (const name of readdirSync(root)) {
    it(name, async () => {
      const directory = path.join(root, name);
      const text = await problemText(directory);
      const file = path.join(directory, "expected.txt");
      if (process.env["UPDATE_FIXTURES"] === "1") writeFileSync(file, text);
      expect(existsSync(file), "expected.txt").toBe(true);
      expect(text).toBe(readFileSync(file, "utf8"));
    });
  }
});
