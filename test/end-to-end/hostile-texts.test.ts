/** Names that JavaScript has, and texts that steer a terminal: a result or a located error, and nothing raw anywhere. */
import { readFile, readdir } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { compile, gpuModule } from "../../compiler/compile.ts";
import { renderDiagnostics } from "../../compiler/diagnostics/render.ts";
import { countOf, partOf } from "../support/extent.ts";
import { folderWith, specloom, type Said } from "../support/command-line.ts";
import { typeErrors } from "../support/type-check.ts";

const inherited = ["constructor", "toString", "valueOf", "hasOwnProperty", "__proto__", "__defineGetter__"];
const steering =
  "a \u001b]0;owned\u0007 \u001b[2J \u009b31m \u202e \u2066 \u200f \u061c \u2028 \u2029 \ufeff \u200b \u007f \u00ad z";
const awkward = [
  "a.b[0]",
  "</pre><script>alert(1)</script>",
  "$x",
  "*/ x",
  "\\",
  steering.replaceAll(/[\u2028\u2029]/g, ""),
];

/** Controls, format characters, separators of lines and paragraphs, halves of surrogate pairs. */
const raw = /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

function forecaster(columns: readonly string[], more = ""): string {
  return `
specloom: 1
description: ${JSON.stringify(`${steering} */ ${"long ".repeat(50)} \ud800`)}
data: {kind: series, file: table.csv, columns: ${JSON.stringify(columns)}, window: 4, split: {train: 0.7, validation: 0.1, test: 0.2}}
layers:
  - {name: encoder, kind: lstm, hidden_size: 2}
  - {name: context, kind: attention_pool, scope: prefix}
  - {name: forecast, kind: linear, out_features: ${String(columns.length)}}
loss: {kind: mse, input: forecast, target: next}
optimizer: {kind: adam}
train: {epochs: 1, batch_size: 8}
metrics: [mae]
outputs: [forecast, context.weights]
${more}`;
}

function table(columns: readonly string[]): string {
  const cell = (text: string): string => `"${text.replaceAll('"', '""')}"`;
  const rows = Array.from({ length: 60 }, (_, row) => [
    columns[row % columns.length] ?? "",
    ...columns.map((_, column) => String(Math.sin(row / (column + 2)))),
  ]);
  return [["label", ...columns], ...rows].map((row) => row.map(cell).join(",")).join("\n");
}

function expectClean({ out, err }: Said): void {
  expect(out).not.toMatch(raw);
  expect(err).not.toMatch(raw);
}

const named: readonly (readonly [string, readonly string[]])[] = [
  ["that steer, close and inject", awkward],
  ["that every object inherits", inherited],
];

describe.each(partOf(named, 1))("columns and labels with names %s", (_, columns) => {
  it("train, report and predict, and leave nothing raw in any file", { timeout: 240_000 }, async () => {
    const { path: cwd, remove } = await folderWith({ "m.yaml": forecaster(columns), "table.csv": table(columns) });
    try {
      for (const argv of [
        ["inspect", "m.yaml"],
        ["run", "m.yaml"],
        ["run", "m.yaml", "--json"],
        ["predict", "runs/m/1", "table.csv"],
        ["predict", "runs/m/1", "table.csv", "--json"],
      ]) {
        const said = await specloom(argv, { cwd });
        expect({ argv, code: said.code, err: said.code === 0 ? "" : said.err }).toEqual({ argv, code: 0, err: "" });
        expectClean(said);
      }
      const { objects } = await specloom(["predict", "runs/m/1", "table.csv", "--json"], { cwd });
      expect(Object.keys(objects[0]?.["forecast"] as object)).toEqual(columns);

      const run = path.join(cwd, "runs", "m", "1");
      const texts = (await readdir(run)).filter((name) => /\.(?:html|yaml|jsonl?)$/.test(name));
      expect(texts.sort()).toEqual(["log.jsonl", "metrics.json", "report.html", "spec.yaml"]);
      for (const name of texts) expect(await readFile(path.join(run, name), "utf8")).not.toMatch(raw);
      expect(await readFile(path.join(run, "report.html"), "utf8")).not.toContain("<script");
      const parts = ["gpu", "gpu-text", "kernels", "wasm", "wasm-relaxed", "wasm-simd"].map((part) => `m/${part}.ts`);
      const files = ["m.ts", ...parts].map(
        async (file) => [file, await readFile(path.join(cwd, "generated", file), "utf8")] as const,
      );
      const module = Object.fromEntries(await Promise.all(files));
      expect(await readdir(path.join(cwd, "generated", "m"))).toHaveLength(parts.length);
      for (const text of Object.values(module)) expect(text).not.toMatch(raw);
      expect(typeErrors(module)).toEqual([]);
    } finally {
      await remove();
    }
  });
});

describe("every other name", () => {
  const cell = (name: string, key: string, state: string): string => `
cells: {${name}: {keys: {${key}: 3}, state: {${state}: ${key}}, parameters: {W: [${key}, input]}, equations: "${state}' = tanh(W @ x) + ${state}"}}`;
  const all = inherited.flatMap((name) =>
    [
      ["cell", forecaster(["v"], cell(name, "n", "h")).replace("kind: lstm, hidden_size: 2", `kind: ${name}`)],
      ["key", forecaster(["v"], cell("own", name, "h")).replace("kind: lstm, hidden_size: 2", "kind: own")],
      ["state", forecaster(["v"], cell("own", "n", name)).replace("kind: lstm, hidden_size: 2", "kind: own")],
      ["layer", forecaster(["v"]).replaceAll("forecast", name)],
      ["kind", forecaster(["v"]).replace("lstm", name)],
      ["loss kind", forecaster(["v"]).replace("mse", name)],
      ["target", forecaster(["v"]).replace("target: next", `target: ${name}`)],
      ["reading", forecaster(["v"]).replace("attention_pool", `attention_pool, from: ${name}`)],
      ["output", forecaster(["v"]).replace("context.weights", `context.${name}`)],
      ["metric", forecaster(["v"]).replace("mae", name)],
      ["input", forecaster(["v"], `inputs: {${name}: {shape: [2]}}`)],
      ["size", forecaster(["v"], `sizes: {${name}: 2}`)],
      ["unknown key", forecaster(["v"], `${name}: 2`)],
      ["unknown key of a layer", forecaster(["v"]).replace("hidden_size: 2", `hidden_size: 2, ${name}: 2`)],
    ].map(([what, text]) => [what ?? "", name, text ?? ""] as const),
  );

  const specs = partOf(all, 25);
  const modules: Record<string, string> = {};

  it.each(specs)("%s %s: a result or a located error", (what, name, text) => {
    const { compilation, diagnostics } = compile({ file: "m.yaml", text });
    const said = renderDiagnostics(diagnostics);
    expect(said).not.toMatch(raw);
    if (compilation === undefined) expect(said).toMatch(/^m\.yaml:\d+:\d+: error\[/);
    else modules[`${what}-${name}.ts`] = gpuModule(compilation);
  });

  it("of which those that compile give modules that type-check", () => {
    expect(Object.keys(modules).length).toBeGreaterThan(countOf(5, 1));
    expect(typeErrors(modules)).toEqual([]);
  });
});

describe("what steers a terminal", () => {
  it.each([
    ["an argument", ["validate", `${steering}.yaml`]],
    ["an option", ["validate", `--${steering}`]],
    ["a command", [steering]],
    ["--set", ["validate", "m.yaml", "--set", `train.${steering}=${steering}`]],
    ["a run", ["report", steering]],
  ])("does not leave by %s", async (_, argv) => {
    const { path: cwd, remove } = await folderWith({ "m.yaml": forecaster(["v"]), "table.csv": table(["v"]) });
    try {
      const said = await specloom(argv, { cwd });
      expect(said.code).toBeGreaterThan(0);
      expect(said.code).toBeLessThan(70);
      expectClean(said);
      expectClean(await specloom([...argv, "--json"], { cwd }));
    } finally {
      await remove();
    }
  });
});
