import { describe, expect, it } from "vitest";
import { compile } from "../../../../compiler/compile.ts";
import { printWasm } from "../../../../compiler/stages/8-print.ts";

const spec = (blocks: number): string => `
specloom: 1
data: {kind: series, file: x.csv, columns: [a], window: 6, horizon: next}
layers:
  - {kind: linear, out_features: 8}
  - repeat:
      name: blocks
      times: ${blocks}
      layers: [{kind: transformer_block, num_heads: 2, ff_size: 12}]
  - {name: forecast, kind: linear, out_features: 1}
loss: {kind: mse, input: forecast, target: next}
optimizer: {kind: adam}
`;

describe("functions of the wasm module", () => {
  const source = (blocks: number): string => {
    const { compilation, diagnostics } = compile({ file: "deep.yaml", text: spec(blocks) });
    expect(diagnostics).toEqual([]);
    return compilation === undefined ? "" : printWasm(compilation).text;
  };
  const functionsIn = (text: string): number => text.match(/^function /gmu)?.length ?? 0;

  it("are the same for equal layers: more of these bring calls, not functions", () => {
    const [four, eight] = [source(4), source(8)];
    expect(functionsIn(eight)).toBe(functionsIn(four));
    expect(eight.length).toBeGreaterThan(four.length);
    // Each call stands in a function of the whole layer, which is told where its tensors lie.
    expect(eight.length - four.length).toBeLessThan(four.length / 4);
  });
});
