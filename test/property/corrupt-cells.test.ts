/** Corrupted equations: each ends in a cell that can be built, or in diagnostics that lie inside its text; never in an exception. */
import { expect, it } from "vitest";
import { cellLayer } from "../../compiler/cells/layer.ts";
import type { Spec } from "../../compiler/contracts/spec.ts";
import { DiagnosticBag } from "../../compiler/diagnostics/diagnostic.ts";
import { renderDiagnostics } from "../../compiler/diagnostics/render.ts";
import { parse } from "../../compiler/stages/1-parse.ts";
import { build } from "../../compiler/stages/4-build.ts";
import { resolveCells } from "../../compiler/stages/3-resolve/cells.ts";
import { countOf } from "../support/extent.ts";
import { layerModel } from "../support/layer-model.ts";
import { seeded } from "../support/seeded.ts";
import type { Draw } from "../support/seeded.ts";

const count = countOf(1500, 300);

const equations = `a = W @ x + b # what comes in
f, g = split(a + U @ h)
k = sigmoid(f) * h[0:size] + (1 - sigmoid(f)) ^ 2 * max(tanh(g), -0.5)
d = mean(k) / sqrt(size) - softmax(v * k) @ v
h' = concat(k, d * c)
c' = c + k * d`;

const head = `cells:
  gated:
    keys: {size: 3, rate: 0.5}
    state: {h: 2 * size, c: size}
    parameters: {W: [2 * size, input], U: [2 * size, 2 * size], b: [2 * size], v: [size]}
    output: h' * rate
    equations: |
`;

const pieces = [
  ..."()[],:=+-*/@^'#;.",
  ..."\\n \\n\\n **  0 3 1e9 1e-3 x h h' c' W U b v size rate input split( max( concat( transpose(W) y = a, b = $ 𝜎".split(
    " ",
  ),
];

function corrupted(text: string, draw: Draw): string {
  const tokens = text.match(/\w+'*|\s+|./gu) ?? [];
  for (let times = 1 + draw.below(2); times > 0; times--) {
    const at = draw.below(tokens.length);
    const piece = draw.one(pieces).replaceAll("\\n", "\n");
    const other = tokens[draw.below(tokens.length)] ?? "";
    const change = draw.below(4);
    if (change === 0) tokens.splice(at, 1);
    else if (change === 1) tokens.splice(at, 0, piece);
    else tokens.splice(at, 1, change === 2 ? piece : other);
  }
  return tokens.join("");
}

const input = { shape: [4, 2], axes: ["T", "C"], time: true };

it(`${count} corrupted cells`, { timeout: 120_000 }, () => {
  const outcomes = { cells: 0, diagnosed: 0 };
  for (let seed = 1; seed <= count; seed++) {
    const changed = corrupted(equations, seeded(seed));
    const text = head + changed.replaceAll(/^/gm, "      ");
    const diagnostics = new DiagnosticBag();
    const document = parse({ file: "cells.yaml", text }, {}, diagnostics);
    const cell = document && resolveCells(document, document.value as Spec, diagnostics).get("gated");
    expect(cell === undefined, changed).toBe(!diagnostics.isEmpty);
    if (cell === undefined) {
      outcomes.diagnosed++;
      for (const { place } of diagnostics.sorted()) {
        expect(place?.span.start, changed).toBeGreaterThan(0);
        expect(place?.span.end, changed).toBeLessThanOrEqual(text.length);
      }
      expect(renderDiagnostics(diagnostics.sorted())).not.toBe("");
      continue;
    }
    outcomes.cells++;
    let problems = 0;
    const definition = cellLayer(cell, () => problems++);
    // Sizes that do not come out are told to whoever asks, and the layer is not planned.
    try {
      const model = layerModel(definition, { config: {}, inputs: [input] });
      build({ ...model, layers: model.layers.map((layer) => ({ ...layer, cell })) });
    } catch (error) {
      expect(problems, `${changed}\n${String(error)}`).toBeGreaterThan(0);
    }
  }
  expect(outcomes.cells).toBeGreaterThan(count / 50);
  expect(outcomes.diagnosed).toBeGreaterThan(count / 2);
});
