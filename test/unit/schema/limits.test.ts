/** Whatever multiplies has a limit in the schema, and is refused at its place before it costs anything. */
import { describe, expect, it } from "vitest";
import { check } from "../../../compiler/compile.ts";
import { publishedSchema } from "../../../compiler/schema/assemble.ts";

/** Pointers of whole numbers without a limit on one side. */
function unlimited(schema: unknown, pointer = ""): readonly string[] {
  if (typeof schema !== "object" || schema === null) return [];
  const { type, minimum, maximum } = schema as Readonly<Record<string, unknown>>;
  const isOpen = type === "integer" && (typeof minimum !== "number" || typeof maximum !== "number");
  const inner = Object.entries(schema).flatMap(([key, value]) => unlimited(value, `${pointer}/${key}`));
  return isOpen ? [pointer, ...inner] : inner;
}

const spec = (layer: string, train = "{}", width = 4): string => `specloom: 1
data: { kind: tensors, file: x.json }
inputs: { x: { shape: [12, ${width}] }, y: { shape: [1] } }
layers:
  - ${layer}
  - { name: flat, kind: flatten }
  - { name: out, kind: linear, out_features: 1 }
loss: { kind: mse, input: out, target: y }
optimizer: { kind: sgd }
train: ${train}
`;

describe("limits", () => {
  it("are in the schema for every whole number", () => {
    expect(unlimited(publishedSchema())).toEqual([]);
    expect(unlimited({ properties: { a: { type: "integer", minimum: 1 } } })).toEqual(["/properties/a"]);
  });

  it.each([
    ["num_layers", "{ kind: lstm, hidden_size: 2, num_layers: 100000000 }"],
    ["num_layers of two directions", "{ kind: gru, hidden_size: 2, num_layers: 129, bidirectional: true }"],
    ["times", "{ repeat: { times: 100000000, layers: [{ kind: linear, out_features: 4 }] } }"],
    ["times of times", "{ repeat: { times: 900, layers: [{ repeat: { times: 900, layers: [{ kind: dropout, p: 0.5 }] } }] } }"],
    ["times of num_layers", "{ repeat: { times: 30, layers: [{ kind: gru, hidden_size: 4, num_layers: 100 }] } }"],
    ["heads", "{ kind: multi_head_attention, num_heads: 500000000 }"],
    ["ff_size", "{ kind: transformer_block, num_heads: 2, ff_size: 500000000 }"],
    ["hidden_size", "{ kind: lstm, hidden_size: 500000000 }"],
    ["out_features", "{ kind: linear, out_features: 500000000 }"],
    ["kernel_size", "{ kind: conv1d, out_channels: 2, kernel_size: 500000000, padding: causal }"],
    ["padding", "{ kind: conv1d, out_channels: 2, kernel_size: 2, padding: 500000000 }"],
    ["batch_size", "{ kind: dropout, p: 0.5 }", "{ batch_size: 500000000 }"],
    ["steps", "{ kind: dropout, p: 0.5 }", "{ steps: 600000000 }"],
    ["the shape of an input", "{ kind: multi_head_attention, num_heads: 7 }", "{}", 500000000],
  ])("refuse %s at its place", (_, layer, train?: string, width?: number) => {
    const { model, diagnostics } = check({ file: "large.yaml", text: spec(layer, train, width) });
    expect(model).toBeUndefined();
    expect(diagnostics.length).toBeGreaterThan(0);
    for (const { place } of diagnostics) expect(place).toBeDefined();
  });

  it("leave room for what is large and fits", () => {
    for (const layer of [
      "{ kind: lstm, hidden_size: 2, num_layers: 128 }",
      "{ repeat: { times: 1000, layers: [{ kind: linear, out_features: 4 }] } }",
      "{ kind: linear, out_features: 1000000 }",
    ]) {
      expect(check({ file: "fits.yaml", text: spec(layer) }).diagnostics).toEqual([]);
    }
  });
});
