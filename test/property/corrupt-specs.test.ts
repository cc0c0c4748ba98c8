/** Corrupted specs, 10,000 of them in all: each ends in a model or in diagnostics that lie inside the text, never in an exception. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { DiagnosticBag } from "../../compiler/diagnostics/diagnostic.ts";
import { diagnosticToJson, renderDiagnostics } from "../../compiler/diagnostics/render.ts";
import { parse } from "../../compiler/stages/1-parse.ts";
import { validate } from "../../compiler/stages/2-validate.ts";
import { resolve } from "../../compiler/stages/3-resolve.ts";
import { countOf } from "../support/extent.ts";

const count = countOf(10_000, 1000);
const slowest = 2_000;

/** mulberry32: small, seeded, good enough to choose corruptions. */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296) * below);
  };
}

type Random = ReturnType<typeof randomNumbers>;
type Corruption = (text: string, random: Random) => string;

const tensorSpec = `specloom: 1
data: {kind: tensors, file: data/points.json, split: {train: 0.8, validation: 0.2}}
sizes: {time: 20}
inputs:
  x: {shape: [time, 3], lengths: true}
  label: {shape: [time], dtype: int32, vocabulary: 4}
layers:
  - {name: encoder, kind: lstm, hidden_size: 8, num_layers: 2, bidirectional: true, dropout: 0.1}
  - {name: decoder, kind: lstm, hidden_size: 8, num_layers: 2, bidirectional: true, initial_state: encoder, from: x}
  - {name: both, kind: concat, from: [encoder, decoder]}
  - {kind: dropout, p: 0.2}
  - {name: scores, kind: linear, out_features: 4, init: {kind: xavier_uniform}}
loss:
  - {kind: cross_entropy, input: scores, target: label}
optimizer: &o {kind: adamw, learning_rate: 1e-3, betas: [0.9, 0.99]}
train: {epochs: 3, clip_grad_norm: 1, early_stopping: {patience: 2}}
metrics: [accuracy]
outputs: [scores, encoder.final_state]
`;

const pieces = [
  ..."[]{}:,-?*&!|>'\"%@`#\t\r\n\\ ",
  "\u0000",
  "\u2028",
  "\ufeff",
  "\ud83d\ude00",
  "\ud800",
  "__proto__: {a: 1}\n",
  "constructor",
  "<<: ",
  "*o",
  "&o ",
  "!!str ",
  "---\n",
  "...\n",
  "null",
  ".nan",
  "-1",
  "0",
  "1e400",
  "99999999999999999999",
  "[]",
  "{}",
  "encoder",
  "from: scores",
  "kind",
  "toString",
  "../../x",
];

const pick = <T>(items: readonly T[], random: Random): T => items[random(items.length)] as T;
const splice = (text: string, start: number, end: number, piece: string): string =>
  text.slice(0, start) + piece + text.slice(Math.max(start, end));

const characterCorruptions: readonly Corruption[] = [
  (text, random) => splice(text, random(text.length), 0, pick(pieces, random)),
  (text, random) => {
    const start = random(text.length);
    return splice(text, start, start + 1 + random(4), "");
  },
  (text, random) => {
    const start = random(text.length);
    return splice(text, start, start + 1, pick(pieces, random));
  },
  (text, random) => text.slice(0, random(text.length)),
  (text, random) => splice(text, random(text.length), 0, String.fromCharCode(random(0x10000))),
];

const lineCorruptions: readonly Corruption[] = [
  (text, random) => changeLines(text, (lines) => lines.splice(random(lines.length), 1)),
  (text, random) => changeLines(text, (lines) => lines.splice(random(lines.length), 0, pick(lines, random))),
  (text, random) =>
    changeLines(text, (lines) => {
      const [first, second] = [random(lines.length), random(lines.length)];
      [lines[first], lines[second]] = [lines[second] ?? "", lines[first] ?? ""];
    }),
  (text, random) =>
    changeLines(text, (lines) => {
      const line = random(lines.length);
      lines[line] = " ".repeat(random(6)) + (lines[line] ?? "").trimStart();
    }),
];

/** Nodes as words of the text: keys, values, and whole brackets. */
const nodeCorruptions: readonly Corruption[] = [
  (text, random) => replaceNode(text, random, () => pick(pieces, random)),
  (text, random) => replaceNode(text, random, () => pick(wordsOf(text), random).text),
  (text, random) => replaceNode(text, random, (node) => `[${node}]`),
  (text, random) => replaceNode(text, random, (node) => `{${node}: ${node}}`),
  (text, random) => replaceNode(text, random, (node) => node + node.slice(-1)),
  (text, random) => replaceNode(text, random, () => ""),
];

const corruptions = [...characterCorruptions, ...lineCorruptions, ...nodeCorruptions, ...nodeCorruptions];

function changeLines(text: string, change: (lines: string[]) => unknown): string {
  const lines = text.split("\n");
  change(lines);
  return lines.join("\n");
}

function wordsOf(text: string): readonly { readonly text: string; readonly start: number }[] {
  const matches = Array.from(text.matchAll(/\[[^\]\n]*\]|\{[^}\n]*\}|[A-Za-z0-9_./-]+/g));
  return matches.length === 0 ? [{ text, start: 0 }] : matches.map((match) => ({ text: match[0], start: match.index }));
}

function replaceNode(text: string, random: Random, change: (node: string) => string): string {
  const node = pick(wordsOf(text), random);
  return splice(text, node.start, node.start + node.text.length, change(node.text));
}

function validSpecs(): readonly string[] {
  const folder = fileURLToPath(new URL("../../specs", import.meta.url));
  const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".yaml")) : [];
  return [
    tensorSpec,
    ...files.sort().map((name) => readFileSync(`${folder}/${name}`, "utf8").replace(/^name: .*\n/m, "")),
  ];
}

interface Outcome {
  readonly model: boolean;
  readonly diagnostics: ReturnType<DiagnosticBag["sorted"]>;
}

function compileFront(text: string): Outcome {
  const diagnostics = new DiagnosticBag();
  const readBase = (): undefined => undefined;
  const document = parse({ file: "specs/model.yaml", text }, { readBase }, diagnostics);
  const spec = document && validate(document, diagnostics);
  const model = document && spec && resolve(document, spec, {}, diagnostics);
  return { model: model !== undefined, diagnostics: diagnostics.sorted() };
}

describe("corrupted specs", () => {
  it("starts from specs of which at least one is valid", () => {
    expect(compileFront(tensorSpec).diagnostics).toEqual([]);
  });

  it(`${count} times ends in diagnostics within the text, or in a model`, { timeout: 300_000 }, () => {
    const specs = validSpecs();
    let models = 0;
    for (let seed = 0; seed < count; seed += 1) {
      const random = randomNumbers(seed);
      let text = pick(specs, random);
      for (let step = 1 + random(3); step > 0; step -= 1) text = pick(corruptions, random)(text, random);
      const start = performance.now();
      const problem = check(text);
      if (performance.now() - start > slowest) expect.fail(`seed ${seed} took too long:\n${text}`);
      if (typeof problem === "string") expect.fail(`seed ${seed}: ${problem}\n${text}`);
      models += problem ? 1 : 0;
    }
    // Some corruptions change nothing that matters; most must be noticed.
    expect(models).toBeGreaterThan(count / 100);
    expect(models).toBeLessThan(count / 2);
  });
});

/** Whether a model came out, or what is wrong with the outcome. */
function check(text: string): boolean | string {
  let outcome: Outcome;
  try {
    outcome = compileFront(text);
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : "threw no error";
  }
  const { model, diagnostics } = outcome;
  if (model !== (diagnostics.length === 0)) return "a model with diagnostics, or neither";
  if (renderDiagnostics(diagnostics).includes("undefined")) return `undefined in:\n${renderDiagnostics(diagnostics)}`;
  for (const { place, notes = [] } of diagnostics) {
    for (const one of [place, ...notes.map((note) => note.place)]) {
      if (!one) continue;
      const { start, end } = one.span;
      if (one.text !== text || start < 0 || end < start || end > text.length)
        return `a place outside: ${start}..${end}`;
    }
  }
  return diagnostics.map(diagnosticToJson).some(({ message }) => message === "") ? "an empty message" : model;
}
