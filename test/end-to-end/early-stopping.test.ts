/** What early stopping watches: refused before training where it has no value, and seen wherever training is. */
import { access, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { folderWith, specloom, waveCsv, waveSpec } from "../support/command-line.ts";

const watching = (metric: string): string =>
  `{epochs: 3, batch_size: 8, seed: 5, early_stopping: {patience: 2, metric: ${metric}}}`;

/** A column of 60 numbers; rows 36 to 41 are what the validation windows forecast. */
const column = (value: (row: number) => number): string =>
  `value\n${Array.from({ length: 60 }, (_, row) => String(value(row))).join("\n")}\n`;

/** 20 examples in time order, of which the last two are the validation part; labels 0 to 2. */
const labelled = (label: (example: number) => number): string =>
  JSON.stringify({
    x: Array.from({ length: 20 }, (_, example) => [Math.sin(example), Math.cos(example)]),
    label: Array.from({ length: 20 }, (_, example) => label(example)),
  });

const classifier = (change: Readonly<Record<string, string>> = {}): string =>
  waveSpec({
    data: "{kind: tensors, file: data/labels.json, split: {train: 0.9, validation: 0.1, test: 0}}",
    inputs: "{x: {shape: [2]}, label: {shape: [], dtype: int32, vocabulary: 3}}",
    layers: "[{name: scores, kind: linear, out_features: 3}]",
    loss: "{kind: cross_entropy, input: scores, target: label, ignore_index: -100, label_smoothing: 0.1}",
    train: watching("accuracy"),
    metrics: "[accuracy, f1, perplexity]",
    outputs: "[scores]",
    ...change,
  });

describe("a watched metric", () => {
  let cwd = "";
  let remove = (): Promise<void> => Promise.resolve();
  const call = (...argv: readonly string[]) => specloom(argv, { cwd });
  const put = (name: string, text: string): Promise<void> => writeFile(path.join(cwd, name), text);
  const read = (file: string): Promise<string> => readFile(path.join(cwd, file), "utf8");

  beforeAll(async () => {
    const folder = await folderWith({
      "data/wave.csv": waveCsv,
      "data/labels.json": labelled((example) => example % 3),
    });
    cwd = folder.path;
    remove = folder.remove;
  });
  afterAll(() => remove());

  const undefinedCases: readonly (readonly [string, string, Readonly<Record<string, string>>, string])[] = [
    [
      "mape of a validation part with a zero",
      waveSpec({ train: watching("mape"), metrics: "[mae, mape]" }),
      { "data/wave.csv": column((row) => (row === 45 ? 0 : 5 + Math.sin(row))) },
      "early stopping watches mape, which is not defined on the validation part: 1 of 6 true values are 0, of which there is no percentage.",
    ],
    [
      "mase of a training part that does not change",
      waveSpec({ train: watching("mase"), metrics: "[mae, mase]" }),
      { "data/wave.csv": column((row) => (row < 42 ? 5 : row)) },
      "early stopping watches mase, which is not defined on the validation part: the series does not change in the training part.",
    ],
    ...["accuracy", "f1", "perplexity"].map(
      (metric) =>
        [
          `${metric} of labels that are all skipped`,
          classifier({ train: watching(metric) }),
          { "data/labels.json": labelled((example) => (example < 18 ? example % 3 : -100)) },
          `early stopping watches ${metric}, which is not defined on the validation part: there is nothing to score.`,
        ] as const,
    ),
    [
      "the loss of labels that are all skipped",
      classifier({ train: watching("loss") }),
      { "data/labels.json": labelled((example) => (example < 18 ? example % 3 : -100)) },
      "early stopping watches the loss, of which the validation part counts nothing: there is no value to predict in it.",
    ],
    [
      "a metric of what is no output",
      classifier({
        layers: "[{name: scores, kind: linear, out_features: 3}, {name: shown, kind: activation, function: softmax}]",
        outputs: "[shown]",
      }),
      {},
      "early stopping by accuracy needs the loss's input among the outputs, to score it.",
    ],
  ];

  for (const [name, spec, files, message] of undefinedCases) {
    it(`is refused before training, at its place: ${name}`, async () => {
      for (const [file, text] of Object.entries(files)) await put(file, text);
      await put("watch.yaml", spec);
      const line = spec.split("\n").findIndex((text) => text.startsWith("train:")) + 1;
      const start = (spec.split("\n")[line - 1] ?? "").indexOf("metric: ") + "metric: ".length + 1;
      for (const argv of [
        ["run", "watch.yaml", "--backend", "cpu", "--out", "none"],
        ["validate", "watch.yaml"],
      ]) {
        const { code, err } = await call(...argv);
        expect(code).toBe(1);
        expect(err).toContain(
          `watch.yaml:${String(line)}:${String(start)}: error[early-stopping-metric]: ${message}\n`,
        );
        expect(err).toMatch(/\n {6}\| +\^+\n {2}help: /);
      }
      await expect(access(path.join(cwd, "none"))).rejects.toThrow();
    });
  }

  it("is no number in what a run says of a part in which nothing counts", async () => {
    await put(
      "data/labels.json",
      labelled((example) => (example < 16 ? example % 3 : -100)),
    );
    const data = "{kind: tensors, file: data/labels.json, split: {train: 0.8, validation: 0.1, test: 0.1}}";
    await put("watch.yaml", classifier({ data, train: "{epochs: 2}" }));
    const { code, out } = await call("run", "watch.yaml", "--backend", "cpu", "--out", "uncounted");
    expect(code).toBe(0);
    expect(out).toContain("there is no loss: nothing in the test part counts for it.\ntest loss - over ");
    const metrics = JSON.parse(await read("uncounted/metrics.json")) as object;
    expect(metrics).toMatchObject({ validation: { loss: null }, test: { loss: null } });
  });

  it("is fine where other parts leave it undefined", async () => {
    await put(
      "data/wave.csv",
      column((row) => (row === 3 || row === 55 ? 0 : 5 + Math.sin(row))),
    );
    await put("fine.yaml", waveSpec({ train: watching("mape"), metrics: "[mape]" }));
    expect(await call("validate", "fine.yaml")).toMatchObject({ code: 0 });
  });

  it("is in the log, on the screen, in the metrics and in the report", async () => {
    await put(
      "data/labels.json",
      labelled((example) => example % 3),
    );
    await put("seen.yaml", classifier());
    const { code, out, err } = await call("run", "seen.yaml", "--backend", "cpu", "--out", "seen");
    expect(code).toBe(0);
    expect(err).toMatch(
      /^epoch 1\/3 {2}step 3 {2}smoothed train loss \S+ {2}smoothed validation loss \S+ {2}validation accuracy /m,
    );
    const log = (await read("seen/log.jsonl"))
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, number>);
    const accuracies = log.map((record) => record["validation_accuracy"] ?? NaN);
    const best = Math.max(...accuracies);
    const epoch = accuracies.indexOf(best) + 1;
    expect(log.map((record) => record["label_smoothing"])).toEqual(log.map(() => 0.1));
    const metrics = JSON.parse(await read("seen/metrics.json")) as Record<string, unknown>;
    expect(metrics).toMatchObject({
      watched: "accuracy",
      best_epoch: epoch,
      best_value: best,
      kept: { choice: "best", epoch, step: 3 * epoch, whole: true, value: best },
      validation: { label_smoothing: 0.1, targets: [{ metrics: { accuracy: { model: best } } }] },
    });
    expect(metrics).not.toHaveProperty("best_loss");
    expect(out).toContain(
      `the weights after epoch ${String(epoch)} (step ${String(3 * epoch)}) are kept, the best by validation accuracy: `,
    );
    const report = await read("seen/report.html");
    expect(report).toContain("validation accuracy");
    expect(report).toContain("label smoothing of 0.1");
    const { watched, best_value: value, kept, ...old } = metrics;
    expect([watched, kept]).not.toContain(undefined);
    await put("seen/metrics.json", JSON.stringify({ ...old, best_loss: value }));
    expect(await call("report", "seen", "--backend", "cpu")).toMatchObject({ code: 0 });
    expect(await read("seen/report.html")).toContain(`The weights of epoch ${String(epoch)} are kept.`);
  });

  it("says which weights of how much training are kept", async () => {
    await put("data/wave.csv", waveCsv);
    await put("said.yaml", waveSpec({ train: "{steps: 7, batch_size: 8, seed: 5}" }));
    const argv = ["run", "said.yaml", "--backend", "cpu"];
    const cut = await call(...argv, "--out", "cut");
    expect(cut.out).toMatch(
      /^trained for 1 epoch and a part of epoch 2 \(7 steps, \S+ s\); the weights after (epoch 1 \(step 5\)|step 7 \(within epoch 2\)) are kept, the best by validation loss: /m,
    );
    const last = await call(...argv, "--out", "last", "--set", "data.split={train: 0.8, validation: 0, test: 0.2}");
    expect(last.out).toContain("; the last weights are kept, after step 7 (within epoch 2)\n");
    const none = await call(...argv, "--out", "untrained", "--epochs", "0");
    expect(none.out).toMatch(/^trained for 0 epochs \(0 steps, \S+ s\); the weights are those that it started with$/m);
  });
});
