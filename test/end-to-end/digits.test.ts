/** What is predicted has the digits of its float64, whatever was taken off before the model saw it. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { folderWith, specloom } from "../support/command-line.ts";

const rows = Array.from({ length: 60 }, (_, row) => 40 * row + 30 * Math.sin(row / 3));
const csv = (offset: number): string =>
  `value\n${rows.map((value) => String(offset + Math.round(value))).join("\n")}\n`;

const spec = (data: string): string =>
  `specloom: 1
data: { kind: series, columns: [value], window: 4, ${data} }
layers:
  - { name: forecast, kind: linear, out_features: 1 }
loss: { kind: mse, input: forecast, target: next }
optimizer: { kind: sgd, learning_rate: 0.01 }
train: { epochs: 1, batch_size: 8, seed: 1 }
metrics: [mae]
`;

const cases: readonly (readonly [name: string, offset: number, data: string])[] = [
  ["offset", 1e10, "normalize: standard"],
  ["differences", 123456789012345, "normalize: standard, transform: [{ difference: 1 }]"],
  ["logarithms", 1e12, "normalize: standard, transform: [log]"],
  ["range", -1e13, "normalize: minmax"],
];

let cwd = "";
let remove: () => Promise<void>;

beforeAll(async () => {
  const files = cases.flatMap(([name, offset, data]) => [
    [`${name}.csv`, csv(offset)],
    [`${name}.yaml`, spec(`file: ${name}.csv, ${data}`)],
  ]);
  ({ path: cwd, remove } = await folderWith(Object.fromEntries(files) as Record<string, string>));
}, 120_000);

afterAll(async () => {
  await remove();
});

describe.each(cases)("a series with %s of %d", (name, offset) => {
  it("is forecast to the last digit, raw and as JSON", async () => {
    expect((await specloom(["run", `${name}.yaml`, "--quiet"], { cwd })).code).toBe(0);
    const raw = await specloom(["predict", `runs/${name}/1`, `${name}.csv`, "--quiet"], { cwd });
    const [said] = (await specloom(["predict", `runs/${name}/1`, `${name}.csv`, "--json", "--quiet"], { cwd })).objects;
    const { forecast, outputs } = said as {
      readonly forecast: { readonly value: readonly [number] };
      readonly outputs: { readonly forecast: readonly (readonly [number])[] };
    };
    const [value] = forecast.value;
    expect(raw.out).toBe(`step,value\n1,${String(value)}\n`);
    const last = offset + Math.round(rows[59] ?? 0);
    expect(Math.abs(value - last)).toBeLessThan(20_000);
    expect(value).not.toBe(Number(value.toPrecision(9)));
    expect(value).not.toBe(Math.fround(value));
    const [scaled = Number.NaN] = outputs.forecast[3] ?? [];
    expect(scaled).toBe(Math.fround(scaled));
  }, 120_000);
});
