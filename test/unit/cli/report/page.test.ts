import { describe, expect, it } from "vitest";
import type { BackendReport } from "../../../../runtime/contract-backend.ts";
import type { ReportFacts, RowAxis } from "../../../../cli/report/facts.ts";
import { numberFormat } from "../../../../cli/report/forecast-plot.ts";
import { reportPage } from "../../../../cli/report/page.ts";

const axis: RowAxis = { title: "row", label: (row) => String(row + 1), time: undefined };
const backend: BackendReport = {
  requested: "auto",
  backend: "webasm",
  executorKind: "fused-sync",
  fallbackReason: null,
  adapter: null,
  software: false,
  reason: "no GPU",
};

const facts: ReportFacts = {
  name: "wave",
  description: "Predicts a wave.",
  summary: [["parameters", "1,266"]],
  log: [1, 2].map((epoch) => ({
    epoch,
    step: epoch,
    train_loss: 1 / epoch,
    validation_loss: 2 / epoch,
    learning_rate: 0.1,
    seconds: 0.5,
  })),
  bestEpoch: 2,
  scores: [
    {
      part: "test",
      target: "next",
      count: 2,
      baseline: "repeat the last value",
      rows: [
        {
          title: "Mean absolute error",
          formula: "mean |y - p|",
          unit: "data",
          better: "lower",
          model: 1.5,
          naive: 3,
          note: undefined,
        },
      ],
    },
  ],
  notes: [],
  forecast: {
    axis,
    baseline: "repeat the last value",
    horizon: 1,
    columns: [
      {
        name: "value",
        truth: [0, 1, 2, 3].map((row) => ({ row, value: row })),
        windows: [2, 3].map((row) => ({ row, model: [row + 0.5], naive: [row - 1] })),
        errors: { model: [0.5], naive: [1] },
      },
    ],
    left: [],
  },
  numbers: [],
  samples: undefined,
  attention: [
    {
      name: "context.weights",
      scope: "prefix",
      count: 1,
      shape: [2, 2],
      values: Float32Array.from([1, 0, 0.25, 0.75]),
      extent: () => ({ queries: 2, keys: 2 }),
      row: (_, step) => step,
      axis,
    },
  ],
  confusion: undefined,
  backend,
  spec: "specloom: 1\n",
};

describe("reportPage", () => {
  it("shows curves, forecast, attention, scores, backend and spec", async () => {
    const page = await reportPage(facts);
    expect(page).toMatch(/^<!doctype html>/);
    for (const title of ["Scores", "Forecast", "Attention", "Training", "What ran", "Spec"]) {
      expect(page.includes(`<h2>${title}</h2>`)).toBe(true);
    }
    expect(page.match(/<svg /g)).toHaveLength(3);
    expect(page.includes("fused-sync")).toBe(true);
    expect(page.match(/>\s*0\.50\s*</)).not.toBeNull();
  });

  it("loads nothing from anywhere", async () => {
    const page = (await reportPage(facts)).replaceAll(/data:image\/png;base64,[^"]*/g, "");
    const addresses = page.match(/\b(?:https?:)?\/\/[^"'\s<]+/g) ?? [];
    expect(addresses.filter((address) => !address.startsWith("http://www.w3.org/"))).toEqual([]);
    expect(page.match(/<(?:script|link|img|iframe|object)\b|\ssrc=|\son[a-z]+=|@import|url\((?!#)/gi)).toBeNull();
    expect(page.includes("default-src 'none'")).toBe(true);
  });

  it("is always the same, and names nothing in it twice", async () => {
    const page = await reportPage({ ...facts, attention: [...facts.attention, ...facts.attention] });
    const names = [...page.matchAll(/ id="([^"]+)"/g)].map((match) => match[1]);
    expect(names.length).toBeGreaterThan(1);
    expect(new Set(names).size).toBe(names.length);
    const used = [...page.matchAll(/url\(#([^)]+)\)/g)].map((match) => match[1]);
    expect(names).toEqual(expect.arrayContaining(used));
    expect((await reportPage(facts)) === (await reportPage(facts))).toBe(true);
  });

  it("shows a user's texts as text wherever they appear", async () => {
    const evil = `</pre><script>alert("1")</script><img src=x onerror=alert(2)>&'`;
    const column = {
      ...facts.forecast?.columns[0],
      name: evil,
      truth: [],
      windows: [{ row: 0, model: [1], naive: [1] }],
      errors: { model: [0], naive: [0] },
    };
    const page = await reportPage({
      ...facts,
      name: evil,
      description: evil,
      summary: [[evil, evil]],
      spec: evil,
      notes: [evil],
      scores: facts.scores.map((score) => ({ ...score, target: evil, baseline: evil })),
      forecast: { axis: { ...axis, title: evil }, baseline: evil, horizon: 1, columns: [column], left: [evil] },
      attention: facts.attention.map((attention) => ({
        ...attention,
        name: evil,
        axis: { ...axis, label: () => evil },
      })),
      backend: { ...backend, adapter: evil, reason: evil },
    });
    expect(page.match(/<script|<img|<\/pre><script/gi)).toBeNull();
    expect(page.includes("&lt;script&gt;")).toBe(true);
  });

  it("shows predictions that are no series, their errors per step, and what was written", async () => {
    const example = { label: "example 1", truth: [1, 2, 3, 4], model: [1, 2, 3, 5] };
    const lines = { target: "height", channels: 2, steps: 2, examples: [example], baseline: "mean", left: [] };
    const points = { ...lines, target: "weight", channels: 1, steps: 1, errors: undefined };
    const row = { example: 1, source: [4, 5], truth: [7, 8], written: [7, 9], score: -1.25, complete: false };
    const page = await reportPage({
      ...facts,
      numbers: [{ ...lines, errors: { model: [0, 0.5], naive: [1, 1] } }, points],
      samples: { search: "greedy search", rows: [row] },
    });
    expect(page.match(/<svg /g)).toHaveLength(6);
    expect(page).toContain("height: mean absolute error at each step");
    expect(page).toContain("a point on the dashed line is right");
    expect(page.replaceAll(/\s+/g, " ")).toMatch(/<td>4 5<\/td> <td>7 8<\/td> <td class="">7 9 \u2026<\/td>/);
  });

  it("draws in colours that the page has for light and for dark", async () => {
    const page = await reportPage(facts);
    expect(page).toContain("prefers-color-scheme: dark");
    expect(page).toContain('stroke="var(--model)"');
    expect(page.match(/(?:fill|stroke)="#(?:1f2933|0072b2|d55e00|323f4b)"/)).toBeNull();
  });

  it("says so when nothing was trained or scored", async () => {
    const page = await reportPage({
      ...facts,
      log: [],
      bestEpoch: null,
      scores: [],
      forecast: undefined,
      attention: [],
    });
    expect(page).toContain("No epoch was trained.");
    expect(page).toContain("Nothing was scored.");
    expect(page).not.toContain("<svg ");
  });
});

describe("the axis of a forecast", () => {
  it("has digits enough for its ticks to differ, far from 0 too", () => {
    const format = (...values: number[]): string => numberFormat(values.map((value) => ({ value })));
    expect(format(3, 2000)).toBe("~s");
    expect(format(7, 7)).toBe("~s");
    expect(format(10000000050, 10000000070, Number.NaN)).toBe(".12~s");
    expect(format(-123456789012845, -123456789012845.5)).toBe(".17~s");
  });
});
