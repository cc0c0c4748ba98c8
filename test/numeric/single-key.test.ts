/** A softmax over one position is 1 whatever its energy: its gradient is exactly 0, not rounding noise. */
import { expect, it } from "vitest";
import { compileText } from "../support/fixture-file.ts";
import { seeded } from "../support/seeded.ts";
import { testedTargets } from "../support/targets.ts";
import { moduleFor } from "../support/trainee.ts";

const compilation = compileText(
  "single.yaml",
  `
specloom: 1
data: {kind: tensors, file: data.json}
inputs: {x: {shape: [1, 6]}, y: {shape: [1, 2]}}
layers:
  - {name: heads, kind: multi_head_attention, num_heads: 2}
  - {name: block, kind: transformer_block, num_heads: 3, ff_size: 4, causal: true, dropout: 0}
  - {name: general, kind: attention, score: general, from: [block, heads]}
  - {name: additive, kind: attention, score: additive, from: [general, heads]}
  - {name: out, kind: linear, out_features: 2}
loss: {kind: mse, input: out, target: y}
optimizer: {kind: adam}
train: {batch_size: 3}`,
);

it.each(testedTargets())("on $title", async ({ backend, plain = false }) => {
  const live = await (await moduleFor(compilation, backend)).create({ backend, ...(plain ? { simd: "plain" } : {}) });
  const draw = seeded(8);
  const numbers = (count: number): Float32Array => Float32Array.from({ length: count }, () => draw.unit() * 2 - 1);
  const gradients = await live.gradients({ x: numbers(18), y: numbers(6) } as never);
  const size = 6;
  for (const [name, values] of Object.entries(gradients)) {
    // Of packed projections the thirds of queries and keys.
    if (name.includes("in_proj"))
      expect(
        values.slice(0, (values.length / 3) * 2).some((x) => x !== 0),
        name,
      ).toBe(false);
    if (/^(general|additive)\./.test(name))
      expect(
        values.some((x) => x !== 0),
        name,
      ).toBe(false);
    if (name.includes("out_proj.weight")) expect(values.length).toBe(size * size);
  }
  expect(Object.keys(gradients)).toContain("additive.W_q.weight");
  await live.dispose();
});
