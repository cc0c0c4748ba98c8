/** A mistake in an equation is shown at its very character, however YAML writes the text. */
import { describe, expect, it } from "vitest";
import { compile } from "../../../compiler/compile.ts";

/** `line:column text` of every diagnostic. */
function placesIn(cells: string): readonly string[] {
  const text = `specloom: 1
data: {kind: tensors, file: data.json}
inputs: {x: {shape: [3, 2]}, y: {shape: [3, 1]}}
layers: [{kind: linear, out_features: 1, from: x, name: out}]
loss: {kind: mse, input: out, target: y}
optimizer: {kind: adam}
cells:
${cells}`;
  return compile({ file: "places.yaml", text }).diagnostics.map(({ place }) => {
    const { start, end } = place?.span ?? { start: 0, end: 0 };
    const before = text.slice(0, start).split("\n");
    return `${before.length}:${(before[before.length - 1] ?? "").length + 1} ${text.slice(start, end)}`;
  });
}

describe("places of mistakes in equations", () => {
  it.each([
    [
      "a literal block",
      "  c:\n    equations: |\n      # note\n      a = x\n\n        y = a +\n          tanh(bb)\n",
      ["14:16 bb"],
    ],
    ["a block that keeps its end", "  c:\n    equations: |+\n      y = x + bb\n\n\n", ["10:15 bb"]],
    ["a block that says its indentation", "  c:\n    equations: |2-\n        y = bb\n", ["10:13 bb"]],
    ["a folded block", "  c:\n    equations: >-\n      y = x +\n      x + bb\n", ["11:11 bb"]],
    ["double quotes", '  c: {equations: "a = x\\ny = \\"bb"}\n', ['8:30 \\"']],
    ["double quotes over lines", '  c:\n    equations: "y = x +\n      x * \\\n      bb"\n', ["11:7 bb"]],
    ["single quotes with primes", "  c: {state: {h: input}, equations: 'h'' = x * h + hh'''}\n", ["8:52 hh''"]],
    ["a plain text", "  c:\n    equations: y = x * bb # a comment of YAML\n", ["9:24 bb"]],
    ["a plain text over lines", "  c:\n    equations: y = x *\n      bb\n", ["10:7 bb"]],
    [
      "a list",
      "  c:\n    equations:\n      - a = x\n      - 'y = a + bb'\n      - z = cc + y\n",
      ["11:18 bb", "12:13 cc"],
    ],
    ["an alias", "  c:\n    description: &text y = bb\n    equations: *text\n", ["10:16 *text"]],
    ["Windows lines", "  c:\r\n    equations: |\r\n      a = x\r\n      y = a + bb\r\n", ["11:15 bb"]],
    ["a size", "  c:\n    parameters: {W: [2, 4 * size]}\n    equations: y = W @ x\n", ["9:29 size"]],
    ["an output", "  c:\n    equations: a = x\n    output: a + bb\n", ["10:17 bb"]],
    ["an end that is missing", "  c:\n    equations: |\n      y = x +\n", ["10:14 "]],
    ["characters of two units", "  c:\n    equations: |\n      # 𝜎\n      y = 𝜎(x)\n", ["11:11 𝜎"]],
  ])("%s", (_form, cells, expected) => {
    expect(placesIn(cells)).toEqual(expected);
  });
});
