/**
 * Wrong specs with the exact text a user reads. A case is a folder of test/fixtures/diagnostics: spec.yaml, expected.txt,
 * files that spec.yaml inherits, and where needed options.json. UPDATE_FIXTURES=1 writes the texts anew. Where a message lists all
 * kinds of a table, the expected text has the table's name in angle brackets: a new kind rewrites no text.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { DataFacts } from "../../../compiler/contracts/spec.ts";
import { DiagnosticBag } from "../../../compiler/diagnostics/diagnostic.ts";
import { renderDiagnostics } from "../../../compiler/diagnostics/render.ts";
import { dataKinds } from "../../../compiler/data/index.ts";
import { groups, layers } from "../../../compiler/layers/index.ts";
import { losses } from "../../../compiler/losses/index.ts";
import { optimizers } from "../../../compiler/optimizers/index.ts";
import { schedules } from "../../../compiler/schedules/index.ts";
import { metrics } from "../../../compiler/metrics/index.ts";
import { parse } from "../../../compiler/stages/1-parse.ts";
import { validate } from "../../../compiler/stages/2-validate.ts";
import { resolve } from "../../../compiler/stages/3-resolve.ts";

interface CaseOptions {
  readonly overrides?: readonly string[];
  readonly dataFacts?: DataFacts;
  readonly projectRoot?: string;
  readonly directory?: string;
}

const tables: Readonly<Record<string, readonly { readonly kind: string }[]>> = {
  layers: [...layers, ...groups],
  losses,
  optimizers,
  schedules,
  metrics,
  data: dataKinds,
};

/** A list is that of a table when it has all kinds in the table's order. */
function withNamesOfTables(text: string): string {
  return Object.entries(tables).reduce(
    (shorter, [name, records]) =>
      shorter.replaceAll(records.map(({ kind }) => kind).join(", "), `<every kind of ${name}>`),
    text,
  );
}

const root = fileURLToPath(new URL("../../fixtures/diagnostics", import.meta.url));
const update = process.env["UPDATE_FIXTURES"] === "1";
const cases = readdirSync(root).filter((name) => existsSync(join(root, name, "spec.yaml")));

describe("diagnostics of wrong specs", () => {
  it("has at least 45 cases", () => {
    expect(cases.length).toBeGreaterThanOrEqual(45);
  });

  it.each(cases)("%s", (name) => {
    const text = diagnose(join(root, name));
    const expectedFile = join(root, name, "expected.txt");
    if (update) writeFileSync(expectedFile, text);
    expect(text).not.toBe("");
    expect(text).toBe(readFileSync(expectedFile, "utf8"));
  });
});

function diagnose(folder: string): string {
  const optionsFile = join(folder, "options.json");
  const options = (existsSync(optionsFile) ? JSON.parse(readFileSync(optionsFile, "utf8")) : {}) as CaseOptions;
  const { overrides = [], ...resolveOptions } = options;
  const diagnostics = new DiagnosticBag();
  const readBase = (file: string): { file: string; text: string } | undefined => {
    const path = join(folder, file);
    return existsSync(path) ? { file, text: readFileSync(path, "utf8") } : undefined;
  };
  const source = { file: "spec.yaml", text: readFileSync(join(folder, "spec.yaml"), "utf8") };
  const document = parse(source, { overrides, readBase }, diagnostics);
  const spec = document && validate(document, diagnostics);
  const model = document && spec && resolve(document, spec, resolveOptions, diagnostics);
  expect(model === undefined).toBe(!diagnostics.isEmpty);
  return withNamesOfTables(renderDiagnostics(diagnostics.sorted()));
}
