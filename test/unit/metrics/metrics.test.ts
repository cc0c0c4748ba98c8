import { describe, expect, it } from "vitest";
import { accuracy } from "../../../compiler/metrics/accuracy.ts";
import { f1 } from "../../../compiler/metrics/f1.ts";
import type { Metric, Score } from "../../../compiler/metrics/define.ts";
import { metricNamed, metrics } from "../../../compiler/metrics/index.ts";
import { mae } from "../../../compiler/metrics/mae.ts";
import { mape } from "../../../compiler/metrics/mape.ts";
import { mase } from "../../../compiler/metrics/mase.ts";
import { perplexity } from "../../../compiler/metrics/perplexity.ts";
import { rmse } from "../../../compiler/metrics/rmse.ts";
import { smape } from "../../../compiler/metrics/smape.ts";

const column = { prediction: [2, 4, 9], truth: [1, 4, 5], training: [1, 3, 2, 5] };

describe("metrics by hand", () => {
  it("errors 1, 0 and 4", () => {
    expect(mae.score([column]).value).toBeCloseTo(5 / 3, 12);
    expect(rmse.score([column]).value).toBeCloseTo(Math.sqrt(17 / 3), 12);
    expect(mape.score([column]).value).toBeCloseTo((100 + 0 + 80) / 3, 12);
    expect(smape.score([column]).value).toBeCloseTo(((200 * 1) / 3 + 0 + (200 * 4) / 14) / 3, 12);
    // The training part changes by 2, 1 and 3: 2 on average.
    expect(mase.score([column]).value).toBeCloseTo(5 / 3 / 2, 12);
  });

  it("smape of two zeros is no error, of a zero and another number the whole", () => {
    expect(smape.score([{ prediction: [0, 3], truth: [0, 0] }]).value).toBe(100);
  });

  it("of several columns: errors pooled, MASE averaged", () => {
    const second = { prediction: [10, 10, 10], truth: [40, 40, 40], training: [0, 60, 0, 60] };
    expect(mae.score([column, second]).value).toBeCloseTo(95 / 6, 12);
    expect(rmse.score([column, second]).value).toBeCloseTo(Math.sqrt((17 + 2700) / 6), 12);
    expect(mase.score([column, second]).value).toBeCloseTo((5 / 6 + 0.5) / 2, 12);
  });

  it("accuracy is the share of equal classes", () => {
    const pairs = { predicted: [0, 1, 2, 1], truth: [0, 1, 1, 1], logProbabilities: [] };
    expect(accuracy.score(pairs)).toEqual({ value: 0.75 });
  });

  it("f1 is the mean over the classes that occur, predicted or true", () => {
    // Class 0: 2 * 1 / (2 + 1); class 1: 2 * 1 / (1 + 2); class 2 is only predicted.
    const pairs = { predicted: [0, 0, 1, 2], truth: [0, 1, 1, 1], logProbabilities: [] };
    expect(f1.score(pairs).value).toBeCloseTo((2 / 3 + 2 / 4 + 0) / 3, 12);
    expect(f1.score({ ...pairs, predicted: [NaN, NaN, NaN, NaN] }).value).toBe(0);
  });

  it("perplexity is the inverse of the geometric mean of what the true classes were given", () => {
    const logProbabilities = [Math.log(0.5), Math.log(0.125)];
    expect(perplexity.score({ predicted: [], truth: [], logProbabilities }).value).toBeCloseTo(4, 12);
    expect(perplexity.score({ predicted: [], truth: [], logProbabilities: [-Infinity] }).value).toBeNull();
  });
});

describe("metrics that are not defined", () => {
  it("say why instead of a number", () => {
    expect(mape.score([{ prediction: [1, 2], truth: [0, 2] }])).toEqual({
      value: null,
      reason: "1 of 2 true values are 0, of which there is no percentage",
    });
    expect(mase.score([{ prediction: [1], truth: [1] }]).reason).toMatch(/only a series/);
    expect(mase.score([{ prediction: [1], truth: [1], training: [3, 3, 3] }]).reason).toMatch(/does not change/);
    expect(mase.score([{ prediction: [1], truth: [1], training: [3] }]).value).toBeNull();
    for (const metric of [mae, rmse, mape, smape, mase]) {
      expect(metric.score([{ prediction: [Number.NaN], truth: [1], training: [1, 2] }]).value).toBeNull();
      expect(metric.score([{ prediction: [], truth: [], training: [1, 2] }]).value).toBeNull();
    }
    for (const metric of [accuracy, f1, perplexity]) {
      expect(metric.score({ predicted: [], truth: [], logProbabilities: [] }).value).toBeNull();
    }
  });
});

/** What a metric makes of what it takes, of any kind. */
function scoreOf(metric: Metric, given: Metric["example"]["given"]): Score {
  return (metric.score as (given: Metric["example"]["given"]) => Score)(given);
}

const nothing = { numbers: [], classes: { predicted: [], truth: [], logProbabilities: [] }, quantiles: [] } as const;

describe.each(metrics.map((metric) => [metric.kind, metric] as const))("%s", (_, metric) => {
  it("has the value of its example", () => {
    expect(scoreOf(metric, metric.example.given).value).toBeCloseTo(metric.example.value, 12);
  });

  it("of nothing is not defined, and says why", () => {
    expect(scoreOf(metric, nothing[metric.of])).toEqual({ value: null, reason: expect.any(String) as string });
  });
});

describe("the table", () => {
  it("has each kind once, and no other", () => {
    expect(new Set(metrics.map(({ kind }) => kind)).size).toBe(metrics.length);
    expect(metricNamed("rmse")).toBe(rmse);
    expect(() => metricNamed("bleu")).toThrow("there is no metric bleu.");
  });
});
