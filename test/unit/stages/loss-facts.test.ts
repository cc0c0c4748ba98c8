import { describe, expect, it } from "vitest";
import { withDefaults } from "../../../compiler/keys/define.ts";
import { losses } from "../../../compiler/losses/index.ts";
import type { LossReading } from "../../../runtime/contract.ts";

function factsOf(kind: string, config: Readonly<Record<string, unknown>>, dtype: "float32" | "int32"): LossReading {
  const record = losses.find((one) => one.kind === kind);
  const filled = withDefaults(record?.keys ?? {}, config);
  return record?.facts?.(filled, { shape: [3], axes: ["C"], time: false, dtype }) ?? {};
}

describe("what a loss says of its input", () => {
  it.each<readonly [string, Readonly<Record<string, unknown>>, "float32" | "int32", LossReading]>([
    ["mse", {}, "float32", {}],
    ["ctc", {}, "int32", {}],
    ["nll", { ignore_index: 3 }, "int32", { classes: true, ignored: 3 }],
    ["cross_entropy", {}, "int32", { classes: true, ignored: -100 }],
    [
      "cross_entropy",
      { label_smoothing: 0.1 },
      "float32",
      { classes: true, labelSmoothing: 0.1, link: { kind: "softmax", size: 3 } },
    ],
    ["bce_with_logits", {}, "float32", { link: { kind: "sigmoid" } }],
    ["bce", {}, "float32", {}],
    ["kl_div", {}, "float32", { link: { kind: "exp" } }],
    ["kl_div", { log_target: true }, "float32", {}],
    ["quantile", {}, "float32", { quantiles: { levels: [0.1, 0.5, 0.9], median: 1 } }],
    ["quantile", { levels: [0.2, 0.8] }, "float32", { quantiles: { levels: [0.2, 0.8] } }],
  ])("%s %j of %s", (kind, config, dtype, facts) => {
    expect(factsOf(kind, config, dtype)).toEqual(facts);
  });
});
