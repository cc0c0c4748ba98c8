/** Quantiles on the command line: every level is told and scored on the file's scale, and only a median is the forecast. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { containing, folderWith, specloom, waveCsv, waveSpec } from "../support/command-line.ts";

const spec = (levels: string, more: Readonly<Record<string, string>> = {}): string =>
  waveSpec({
    data: "{kind: series, file: data/wave.csv, columns: [value], window: 6, horizon: 2, normalize: standard}",
    layers:
      "[{name: encoder, kind: gru, hidden_size: 3, return: last}, {name: flat, kind: linear, out_features: 6}, {name: levels, kind: reshape, shape: [2, 1, 3]}]",
    loss: `{kind: quantile, levels: ${levels}, input: levels, target: future}`,
    metrics: "[mae]",
    outputs: "[levels]",
    ...more,
  });

let cwd = "";
let remove: () => Promise<void>;

beforeAll(async () => {
  ({ path: cwd, remove } = await folderWith({
    "data/wave.csv": waveCsv,
    "edges.yaml": spec("[0.1, 0.9, 0.95]"),
    "median.yaml": spec("[0.1, 0.5, 0.9]"),
    "watched.yaml": spec("[0.1, 0.9, 0.95]", {
      train: "{epochs: 1, batch_size: 8, early_stopping: {patience: 1, metric: mae}}",
    }),
    "unfit.yaml": waveSpec({ metrics: "[pinball]" }),
  }));
}, 120_000);

afterAll(async () => {
  await remove();
});

describe("quantiles", () => {
  it("without the median are none of them called the forecast", async () => {
    const ran = await specloom(["run", "edges.yaml", "--quiet"], { cwd });
    expect(ran.out).toContain('"future" has no forecast, since no level of its quantiles is 0.5: mae is not scored');
    expect(ran.out).toMatch(/from level 0\.1 to 0\.95 lie [\d.]+ % of the values; 85 % is right/);
    const raw = await specloom(["predict", "runs/edges/1", "data/wave.csv"], { cwd });
    expect(raw.out.split("\n")[0]).toBe("step,value_q0.1,value_q0.9,value_q0.95");
    expect(raw.err).toContain("quantiles 0.1, 0.9, 0.95 of the 2 rows after 2004-12");
    expect(raw.err).not.toContain("forecast of");
    const [said] = (await specloom(["predict", "runs/edges/1", "data/wave.csv", "--json", "--quiet"], { cwd })).objects;
    expect(said).not.toHaveProperty("forecast");
    const { quantiles } = said as {
      readonly quantiles: { readonly value: Readonly<Record<string, readonly number[]>> };
    };
    expect(Object.keys(quantiles.value)).toEqual(["0.1", "0.9", "0.95"]);
    // The wave lies around 20; scaled numbers would lie around 0.
    expect(quantiles.value["0.9"]?.every((value) => value > 8 && value < 32)).toBe(true);
    const [scored] = (await specloom(["evaluate", "runs/edges/1", "--json", "--quiet"], { cwd })).objects;
    expect(scored).toMatchObject({
      targets: [{ metrics: {}, quantiles: { levels: [{ level: 0.1 }, { level: 0.9 }, { level: 0.95 }] } }],
    });
  }, 120_000);

  it("with the median have it as the forecast, beside every level", async () => {
    expect((await specloom(["run", "median.yaml", "--quiet"], { cwd })).out).toMatch(/ {2}mae +\d/);
    const raw = await specloom(["predict", "runs/median/1", "data/wave.csv", "--quiet"], { cwd });
    const [header = "", ...lines] = raw.out.trim().split("\n");
    expect(header).toBe("step,value,value_q0.1,value_q0.5,value_q0.9");
    for (const line of lines) expect(line.split(",")[1]).toBe(line.split(",")[3]);
  }, 120_000);

  it("cannot be watched by what needs a forecast, and their metrics need them", async () => {
    expect(await specloom(["run", "watched.yaml", "--quiet"], { cwd })).toMatchObject({
      code: 1,
      err: containing(
        "early stopping watches mae, which compares a forecast, and no level of the quantiles is the median.",
      ),
    });
    expect((await specloom(["validate", "unfit.yaml"], { cwd })).err).toContain("error[metric-needs-quantiles]");
  }, 120_000);
});
